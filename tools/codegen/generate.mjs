// Generates web/client/src/net/gen from proto/parlor/realtime/v1/realtime.proto, or
// with --check tells whether the committed code still matches the proto file.
// The generators need an older TypeScript than the web app, hence the folder
// and lock file of their own.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");
const source = "parlor/realtime/v1/realtime.proto";
const generated = "parlor/realtime/v1/realtime_pb.ts";
const committed = join(root, "web", "client", "src", "net", "gen");
const check = process.argv.includes("--check");
const bin = (name) => join(here, "node_modules", ".bin", name);

if (!existsSync(bin("buf"))) {
  execFileSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: here, stdio: "inherit" });
}

const out = check ? mkdtempSync(join(tmpdir(), "parlor-codegen-")) : committed;
try {
  const template = {
    version: "v2",
    plugins: [{ local: bin("protoc-gen-es"), out, opt: ["target=ts", "import_extension=js"] }],
  };
  execFileSync(
    bin("buf"),
    [
      "generate",
      join(root, "proto"),
      "--path",
      join(root, "proto", source),
      "--template",
      JSON.stringify(template),
    ],
    { cwd: root, stdio: "inherit" },
  );
  if (check) {
    const fresh = readFileSync(join(out, generated), "utf8");
    if (readFileSync(join(committed, generated), "utf8") !== fresh) {
      console.error("web/client/src/net/gen does not match the proto files: run `npm run gen` in web/");
      process.exitCode = 1;
    }
  }
} finally {
  if (check) rmSync(out, { recursive: true, force: true });
}
