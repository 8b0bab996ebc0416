// Files made on the spot: pictures, a sound, and what only looks like them.

import { crc32, deflateSync } from "node:zlib";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

function chunk(type, body) {
  const data = Buffer.concat([Buffer.from(type, "latin1"), body]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(data));
  return Buffer.concat([length, data, check]);
}

/** A PNG of this size, with a slow change of colour so that a blurred one can be told from it. */
export function png(width, height, hue = 0) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = y * (width * 3 + 1) + 1 + x * 3;
      const band = (Math.floor(x / 40) + Math.floor(y / 40)) % 2 === 0 ? 24 : 0;
      rows[at] = (80 + (120 * x) / width + hue + band) & 0xff;
      rows[at + 1] = (110 + (100 * y) / height + band) & 0xff;
      rows[at + 2] = (150 - (60 * x) / width - hue + band) & 0xff;
    }
  }
  return pngOf(header, rows);
}

/** A PNG of what its parts hold: the header, a palette where there is one, and the rows as they are. */
export function pngOf(header, rows, palette) {
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", header),
    ...(palette === undefined ? [] : [chunk("PLTE", palette)]),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** A second of a quiet tone, as WAV. */
export function tone(seconds = 1) {
  const rate = 8_000;
  const samples = rate * seconds;
  const wav = Buffer.alloc(44 + samples);
  wav.write("RIFF", 0, "latin1");
  wav.writeUInt32LE(36 + samples, 4);
  wav.write("WAVEfmt ", 8, "latin1");
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(rate, 24);
  wav.writeUInt32LE(rate, 28);
  wav.writeUInt16LE(1, 32);
  wav.writeUInt16LE(8, 34);
  wav.write("data", 36, "latin1");
  wav.writeUInt32LE(samples, 40);
  for (let at = 0; at < samples; at += 1) wav[44 + at] = 128 + 20 * Math.sin((at * 440 * 2 * Math.PI) / rate);
  return wav;
}
