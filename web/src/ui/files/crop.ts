// A square part of a picture, moved and resized within it. Pure, in the picture's pixels.
import type { Crop } from "parlor-client/net/rest";
import type { Size } from "parlor-client/sync/picture";

/** What is smaller is not worth looking at, unless the picture is. */
const LEAST = 64;

/** The largest square, in the middle. */
export function middle({ width, height }: Size): Crop {
  const size = Math.min(width, height);
  return { x: Math.round((width - size) / 2), y: Math.round((height - size) / 2), size };
}

/** The smallest and the largest square there can be. */
export function sizes({ width, height }: Size): { least: number; most: number } {
  const most = Math.min(width, height);
  return { least: Math.min(LEAST, most), most };
}

export function moved(crop: Crop, dx: number, dy: number, picture: Size): Crop {
  return within({ ...crop, x: crop.x + dx, y: crop.y + dy }, picture);
}

/** Another size, round the same middle as far as there is room. */
export function resized(crop: Crop, size: number, picture: Size): Crop {
  const { least, most } = sizes(picture);
  const next = Math.round(Math.min(most, Math.max(least, size)));
  const shift = (crop.size - next) / 2;
  return within({ x: crop.x + shift, y: crop.y + shift, size: next }, picture);
}

function within({ x, y, size }: Crop, { width, height }: Size): Crop {
  const clamp = (value: number, most: number) => Math.round(Math.min(most, Math.max(0, value)));
  return { x: clamp(x, width - size), y: clamp(y, height - size), size };
}
