// Draws the icons of public/ from icon.svg with Chromium (PARLOR_CHROMIUM, or /usr/bin/chromium):
// only needed after the mark has changed.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const publicFolder = join(dirname(fileURLToPath(import.meta.url)), "..", "public");
const mark = readFileSync(join(publicFolder, "icon.svg"), "utf8");
// Systems cut these to a shape of their own: the colour reaches the edges, and
// for a mask the mark keeps to the safe zone, 80 % of the width.
const square = mark.replace('rx="7" ', "");
const masked = square
  .replace('viewBox="0 0 32 32"', 'viewBox="-4 -4 40 40"')
  .replace('<rect width="32" height="32"', '<rect x="-4" y="-4" width="40" height="40"');
const icons = [
  ["icon-192.png", mark, 192],
  ["icon-512.png", mark, 512],
  ["icon-maskable-512.png", masked, 512],
  ["apple-touch-icon.png", square, 180],
];

const folder = mkdtempSync(join(tmpdir(), "parlor-icons-"));
for (const [name, svg, size] of icons) {
  const page = join(folder, "icon.html");
  const style = `html{margin:0}svg{display:block;width:${size}px;height:${size}px}`;
  writeFileSync(page, `<!doctype html><style>${style}body{margin:0}</style>${svg}`);
  execFileSync(process.env.PARLOR_CHROMIUM ?? "/usr/bin/chromium", [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--default-background-color=00000000",
    `--window-size=${size},${size}`,
    `--screenshot=${join(publicFolder, name)}`,
    pathToFileURL(page).href,
  ]);
}
rmSync(folder, { recursive: true });
