// Whether a file may tell where it was made.
import { isPicture } from "./picture.js";

const WITH_PLACE = /^(image\/(avif|hei[cf]|tiff)|video\/(mp4|quicktime|3gpp))\b/;
const NAMED_SO = /\.(avif|hei[cf]|hif|tiff?|dng|mov|mp4|m4v|3gp)$/i;

/** Cameras write where they were into such files, and the server hands them on as they
    are: it makes anew only pictures that it can show. */
export function mayTellPlace({ name, mediaType }: { name: string; mediaType: string }): boolean {
  return !isPicture(mediaType) && (WITH_PLACE.test(mediaType) || NAMED_SO.test(name));
}
