// The protocol's description as scripts/descriptor.ts writes it into the built app.
import { createFileRegistry, type DescFile } from "@bufbuild/protobuf";
import { protoCamelCase } from "@bufbuild/protobuf/reflect";
import type { DescriptorProto, FileDescriptorProto } from "@bufbuild/protobuf/wkt";

type Written<T> = { [K in keyof T]?: T[K] extends (infer Item)[] ? Written<Item>[] : T[K] };

/** Does what `fileDesc` does with a description that is still to be parsed. */
export function describedFile(written: Written<FileDescriptorProto>): DescFile {
  const file = {
    $typeName: "google.protobuf.FileDescriptorProto",
    dependency: [],
    enumType: [],
    extension: [],
    service: [],
    ...written,
    messageType: written.messageType?.map(messageOf) ?? [],
  } as unknown as FileDescriptorProto;
  const described = createFileRegistry(file, () => undefined).getFile(file.name);
  if (described === undefined) throw new Error(`${file.name} is not what was described`);
  return described;
}

/** Lists that nothing stands in are not written. */
function messageOf(written: Written<DescriptorProto>): object {
  return {
    enumType: [],
    extension: [],
    oneofDecl: [],
    ...written,
    field: written.field?.map((field) => ({ ...field, jsonName: protoCamelCase(field.name ?? "") })) ?? [],
    nestedType: written.nestedType?.map(messageOf) ?? [],
  };
}
