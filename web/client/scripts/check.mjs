// What would be published, used as a stranger uses it: packed, unpacked into an
// empty project, type-checked by a strict consumer, and loaded by Node.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const client = join(dirname(fileURLToPath(import.meta.url)), "..");
const modules = join(client, "..", "node_modules");
const project = mkdtempSync(join(tmpdir(), "parlor-client-"));
const run = (command, args, cwd) =>
  execFileSync(command, args, { cwd, stdio: ["ignore", "pipe", "inherit"] });

const CONSUMER = `
import { Auth, Client, type Entry, type Room } from "parlor-client";
import { bytesToId, newId } from "parlor-client/net/id";

export async function say(room: Room, text: string): Promise<readonly Entry[]> {
  const auth = new Auth();
  await auth.signIn("ada", "correct horse battery");
  const state = auth.getSnapshot();
  if (state.kind !== "signedIn") return [];
  const client = await Client.start({ auth, user: state.user });
  await client.enter(room.id);
  client.write(room.id, { what: "post", text, replyTo: null });
  return client.view(room.id).getSnapshot().entries;
}
export const id: string = bytesToId(new Uint8Array(16)) + newId();
// @ts-expect-error: without types this would pass.
export const wrong: number = newId();
`;

const LOADED = `
import { Auth, Client } from "parlor-client";
import { newId } from "parlor-client/net/id";

if (typeof Client.start !== "function" || typeof Auth !== "function") throw new Error("no client");
if (newId().length !== 36) throw new Error("no ids");
`;

try {
  const packed = JSON.parse(run("npm", ["pack", "--json", "--pack-destination", project], client));
  const [{ filename, files }] = packed;
  const tests = files.filter(({ path }) => path.includes(".test."));
  if (tests.length > 0) throw new Error(`tests are packed: ${tests.map(({ path }) => path)}`);
  const installed = join(project, "node_modules", "parlor-client");
  mkdirSync(installed, { recursive: true });
  run("tar", ["-xzf", join(project, filename), "--strip-components=1", "-C", installed], project);
  mkdirSync(join(project, "node_modules", "@bufbuild"));
  symlinkSync(join(modules, "@bufbuild", "protobuf"), join(project, "node_modules", "@bufbuild", "protobuf"));
  symlinkSync(join(modules, "idb"), join(project, "node_modules", "idb"));
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "stranger", type: "module" }));
  writeFileSync(join(project, "consumer.ts"), CONSUMER);
  writeFileSync(join(project, "loaded.mjs"), LOADED);
  const compiler = join(modules, ".bin", "tsc");
  const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2023", "--types", ""];
  run(compiler, [...options, "consumer.ts"], project);
  run(process.execPath, ["loaded.mjs"], project);
} finally {
  rmSync(project, { recursive: true, force: true });
}
