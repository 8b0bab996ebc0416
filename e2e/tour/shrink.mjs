// A picture of a screen has few colours: kept with a palette it is a third as large.

import { pngOf } from "../lib/pictures.mjs";

const COLOURS = 256;
const FREQUENT = 160;
/** Nearer than this, by the square, nobody sees a difference. */
const APART = 12;

/** The pixels of a PNG, read by a browser: what Node does not do by itself. */
async function pixels(page, png) {
  const { width, height, base64 } = await page.evaluate(async (source) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${source}`)).blob());
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    let text = "";
    for (let at = 0; at < data.length; at += 0x8000)
      text += String.fromCharCode(...data.subarray(at, at + 0x8000));
    return { width: image.width, height: image.height, base64: btoa(text) };
  }, png.toString("base64"));
  return { width, height, rgba: Buffer.from(base64, "base64") };
}

const distance = (a, b) =>
  ((a >> 16) - (b >> 16)) ** 2 + (((a >> 8) & 255) - ((b >> 8) & 255)) ** 2 + ((a & 255) - (b & 255)) ** 2;

/** The most frequent colours, and then those that the ones before would replace worst. */
function choose(counts) {
  const ranked = [...counts].sort(([, a], [, b]) => b - a);
  const chosen = [];
  for (const [colour] of ranked) {
    if (chosen.length === FREQUENT) break;
    if (chosen.every((other) => distance(colour, other) >= APART)) chosen.push(colour);
  }
  const left = ranked.map(([colour, count]) => {
    return { colour, count, away: Math.min(...chosen.map((other) => distance(colour, other))) };
  });
  while (chosen.length < COLOURS) {
    const worst = left.reduce((a, b) => (b.away * b.count > a.away * a.count ? b : a));
    if (worst.away === 0) break;
    chosen.push(worst.colour);
    for (const other of left) other.away = Math.min(other.away, distance(other.colour, worst.colour));
  }
  return chosen;
}

/** The same picture with a palette. */
export async function shrink(page, png) {
  const { width, height, rgba } = await pixels(page, png);
  const counts = new Map();
  const colours = new Uint32Array(width * height);
  for (let at = 0; at < colours.length; at += 1) {
    const colour = (rgba[at * 4] << 16) | (rgba[at * 4 + 1] << 8) | rgba[at * 4 + 2];
    colours[at] = colour;
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  const palette = choose(counts);
  const nearest = new Map();
  for (const colour of counts.keys()) {
    let best = 0;
    for (let at = 1; at < palette.length; at += 1) {
      if (distance(colour, palette[at]) < distance(colour, palette[best])) best = at;
    }
    nearest.set(colour, best);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3], 8);
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) rows[y * (width + 1) + 1 + x] = nearest.get(colours[y * width + x]);
  }
  const bytes = palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]);
  return pngOf(header, rows, Buffer.from(bytes));
}
