// Builds the service worker beside the app, as /sw.js: it holds the list of the
// files of that very build, so that it changes whenever one of them does.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { build, type Plugin } from "vite";
import type { Build } from "../src/worker/routes";

/** `PARLOR_WORKER=off` builds in its place a worker that removes itself. */
const isOff = process.env["PARLOR_WORKER"] === "off";

interface Made {
  fileName: string;
  isEntry?: boolean;
  source?: string | Uint8Array;
}

export function serviceWorker(): Plugin {
  let root = "";
  let publicFolder = "";
  return {
    name: "parlor-service-worker",
    apply: "build",
    enforce: "post",
    configResolved(config) {
      root = config.root;
      publicFolder = config.publicDir;
    },
    generateBundle: {
      // After all others: index.html is among the files by then.
      order: "post",
      async handler(_options, bundle) {
        const file = join(root, "src", "worker", isOff ? "gone.ts" : "sw.ts");
        const source = await worker(file, describe(Object.values(bundle), publicFolder));
        this.emitFile({ type: "asset", fileName: "sw.js", source });
      },
    },
  };
}

function describe(made: readonly Made[], publicFolder: string): Build {
  const index = made.find(({ fileName }) => fileName === "index.html");
  const entry = made.find(({ isEntry }) => isEntry === true);
  if (index?.source === undefined || entry === undefined) throw new Error("the build has no page");
  const assets = made.filter((file) => file !== index).map(({ fileName }) => fileName);
  const kept = readdirSync(publicFolder);
  const digest = createHash("sha256").update(index.source);
  for (const name of assets.toSorted()) digest.update(name);
  for (const name of kept.toSorted()) digest.update(readFileSync(join(publicFolder, name)));
  return {
    version: digest.digest("hex").slice(0, 16),
    entry: `/${entry.fileName}`,
    files: ["", ...assets, ...kept].map((name) => `/${name}`),
  };
}

/** One plain script: not every browser takes modules for service workers. */
async function worker(file: string, of: Build): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: "warn",
    define: { __BUILD__: JSON.stringify(of) },
    publicDir: false,
    build: {
      write: false,
      modulePreload: false,
      rolldownOptions: { input: file, output: { format: "iife", entryFileNames: "sw.js" } },
    },
  });
  const [first] = Array.isArray(built) ? built : [built];
  if (first === undefined || !("output" in first)) throw new Error("the service worker was not built");
  return first.output[0].code;
}
