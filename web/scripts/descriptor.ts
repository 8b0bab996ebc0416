// The description of the protocol is parsed when the app is built, so that no reader has to load
// what describes descriptions. src/described.ts takes it from there.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { base64Decode } from "@bufbuild/protobuf/wire";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import type { Plugin } from "vite";

const GENERATED = /\/net\/gen\/.*_pb\.ts$/;
const DESCRIPTION = /\bfileDesc\("([\w+/=]+)"\)/;

export function parsedDescriptor(): Plugin {
  return {
    name: "parlor-descriptor",
    apply: "build",
    enforce: "pre",
    transform(source, id) {
      if (!GENERATED.test(id)) return null;
      const [call, base64] = DESCRIPTION.exec(source) ?? [];
      if (call === undefined || base64 === undefined) throw new Error(`${id} holds no description`);
      const code = source.replace(call, () => `describedFile(${written(base64Decode(base64))})`);
      return { code: `import { describedFile } from "/src/described.ts";\n${code}`, map: null };
    },
  };
}

/** A file descriptor as JSON, without all that is as it is where nothing is said. */
export function written(bytes: Uint8Array): string {
  const isSaid = (key: string, value: unknown) =>
    !key.startsWith("$") && !(Array.isArray(value) && value.length === 0);
  const json = JSON.stringify(fromBinary(FileDescriptorProtoSchema, bytes), (key, value) =>
    isSaid(key, value) ? value : undefined,
  );
  const again = toBinary(FileDescriptorProtoSchema, create(FileDescriptorProtoSchema, JSON.parse(json)));
  if (Buffer.compare(bytes, again) !== 0) throw new Error("the description says more than can be written");
  return json;
}
