// What can be told of a picture before the server has seen it.

/** Kinds that every browser shows and the server takes as pictures. */
const SHOWN = ["image/png", "image/jpeg", "image/webp", "image/gif"];

export function isPicture(mediaType: string): boolean {
  return SHOWN.includes(mediaType);
}

export interface Size {
  width: number;
  height: number;
}

/** In pixels, upright; null where it is none that can be shown. */
export async function sizeOf(blob: Blob): Promise<Size | null> {
  if (!isPicture(blob.type)) return null;
  const url = URL.createObjectURL(blob);
  try {
    const image = new Image();
    // Its head is enough: it is not drawn.
    const read = new Promise<boolean>((done) => {
      image.onload = () => done(true);
      image.onerror = () => done(false);
    });
    image.src = url;
    return (await read) ? { width: image.naturalWidth, height: image.naturalHeight } : null;
  } finally {
    URL.revokeObjectURL(url);
  }
}
