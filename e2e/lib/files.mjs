// What stories about files have in common.

import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { png } from "./pictures.mjs";
import { until } from "./wait.mjs";

export const picture = (name, width, height) => ({ name, mimeType: "image/png", buffer: png(width, height) });
export const bytes = (name, length) => ({
  name,
  mimeType: "application/x-things",
  buffer: randomBytes(length),
});
export const digest = (buffer) => createHash("sha256").update(buffer).digest("hex");

/** The last message, once it is no longer on its way. */
export async function lastSent(person) {
  const last = person.page.getByTestId("message").last();
  await until(`${person.name}'s message is sent`, async () => {
    return (await last.getAttribute("data-state")) === "sent";
  });
  return last;
}

/** True once all pictures of the page are drawn. */
export const drawn = (person, count) =>
  until(`${person.name} sees ${count} pictures`, async () => {
    const widths = await person.page
      .getByTestId("picture")
      .locator("img")
      .evaluateAll((images) => images.map(({ naturalWidth }) => naturalWidth));
    return widths.length === count && widths.every((width) => width > 0);
  });

/** Downloads a file by its name. */
export async function download(person, name) {
  const { path, ...got } = await person.download(name);
  return { ...got, content: await readFile(path) };
}

/** Ada and ben in one room, both live. */
export async function together(world) {
  await world.serve();
  const ada = await world.person("ada");
  await ada.register();
  await ada.createRoom("celadon");
  const ben = await world.person("ben");
  await ben.register();
  await ben.join("celadon");
  await Promise.all([ada.onLane("webtransport"), ben.onLane("webtransport")]);
  return { ada, ben };
}
