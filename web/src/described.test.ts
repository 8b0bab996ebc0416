import { create, type DescMessage, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import {
  ClientFrameSchema,
  file_parlor_realtime_v1_realtime as generated,
} from "parlor-client/net/gen/parlor/realtime/v1/realtime_pb";
import { expect, test } from "vitest";
import { written } from "../scripts/descriptor";
import { describedFile } from "./described";

const embedded = create(FileDescriptorProtoSchema, generated.proto);
// As the generator embeds it, without what follows from the names.
for (const { field } of embedded.messageType)
  for (const each of field) Reflect.deleteProperty(each, "jsonName");
const described = describedFile(JSON.parse(written(toBinary(FileDescriptorProtoSchema, embedded))));

test("the description that is built in says what the generated one says", () => {
  const said = ({ typeName, members, fields, oneofs }: DescMessage) => ({
    typeName,
    members: members.map(({ kind, localName }) => [kind, localName]),
    oneofs: oneofs.map((oneof) => [oneof.localName, oneof.fields.map(({ localName }) => localName)]),
    fields: fields.map((field) => [
      ...[field.localName, field.number, field.jsonName, field.fieldKind, field.presence, field.scalar],
      ...[field.message?.typeName, field.enum?.typeName, field.oneof?.localName],
      ...(field.fieldKind === "list" ? [field.listKind, field.packed] : []),
    ]),
  });
  expect(generated.messages.length).toBeGreaterThan(20);
  expect(described.messages.map(said)).toEqual(generated.messages.map(said));
  const enums = (file: typeof generated) =>
    file.enums.map(({ typeName, values }) => [
      typeName,
      ...values.map(({ localName, number }) => [localName, number]),
    ]);
  expect(enums(described)).toEqual(enums(generated));
});

test("frames go the same way through both", () => {
  const roomId = new Uint8Array(16).fill(7);
  const resume = [{ logId: roomId, epoch: 5n, seq: 2n ** 60n }];
  const hello = { accessToken: "token", deviceName: "a browser", resume };
  const frame = create(ClientFrameSchema, { kind: { case: "hello", value: hello } });
  const bytes = toBinary(ClientFrameSchema, frame);
  const schema = described.messages.find(({ name }) => name === "ClientFrame") as typeof ClientFrameSchema;
  expect(fromBinary(schema, bytes)).toEqual(frame);
  expect(toBinary(schema, create(schema, { kind: { case: "hello", value: hello } }))).toEqual(bytes);
});
