// The picture that others see beside one's name.
import { newId } from "../net/id.js";
import type { Crop } from "../net/rest.js";
import type { Client } from "./client.js";
import { transfer } from "./transfer.js";

type Own = Pick<Client, "api" | "people">;

/** Others see this part of a picture from now on; `sent` hears how many bytes are there. */
export async function setAvatar(
  { api, people }: Own,
  picture: Blob,
  crop: Crop,
  sent: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const file = { name: "avatar", blob: picture, uploadId: null, attempt: newId() };
  const { uploadId } = await transfer(api, file, { begun: () => {}, sent }, signal);
  people.add([await api.setAvatar(uploadId, crop)]);
}

export async function removeAvatar({ api, people }: Own): Promise<void> {
  people.add([await api.removeAvatar()]);
}
