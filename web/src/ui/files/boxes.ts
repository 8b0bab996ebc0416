// How much room files take in the conversation: known before any byte of them is
// there, so that nothing moves when they come. Pure, in CSS pixels.
import type { Attachment } from "parlor-client/sync/attachments";

export interface Box {
  width: number;
  height: number;
}

const MOST: Box = { width: 400, height: 320 };
const LEAST = 48;
/** Of a picture whose size nobody told. */
const UNKNOWN: Box = { width: 240, height: 160 };
/** The side of one of several pictures where there is room enough. */
const TILE = 132;
const GAP = 4;
const LINE = 52;
const VIDEO = 225;
const AUDIO = 54;

/** A picture by itself, never larger than it is. */
export function pictureBox({ width, height }: Box): Box {
  if (width <= 0 || height <= 0) return UNKNOWN;
  const scale = Math.min(1, MOST.width / width, MOST.height / height);
  return {
    width: Math.max(LEAST, Math.round(width * scale)),
    height: Math.max(LEAST, Math.round(height * scale)),
  };
}

/** How many of several pictures stand in a row. */
export function columnsOf(count: number): 2 | 3 {
  return count === 2 || count === 4 ? 2 : 3;
}

type Shown = Pick<Attachment, "kind" | "width" | "height">;

/** How high files stand on a wide screen; a good guess on a narrow one. */
export function heightOf(files: readonly Shown[]): number {
  const pictures = files.filter(({ kind }) => kind === "image");
  const [only] = pictures;
  if (files.length === 0) return 0;
  let height = GAP;
  if (pictures.length === 1 && only !== undefined) height += pictureBox(only).height + GAP;
  else if (pictures.length > 1)
    height += Math.ceil(pictures.length / columnsOf(pictures.length)) * (TILE + GAP);
  for (const { kind } of files) {
    if (kind === "other") height += LINE + GAP;
    if (kind === "video") height += VIDEO + LINE + GAP;
    if (kind === "audio") height += AUDIO + LINE + GAP;
  }
  return height;
}
