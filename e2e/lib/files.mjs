// What stories about files have in common.

import assert from "node:assert/strict";
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
const digest = (buffer) => createHash("sha256").update(buffer).digest("hex");

/** True once all pictures of the page are drawn. */
export const drawn = (person, count) =>
  until(`${person.name} sees ${count} pictures`, async () => {
    const widths = await person.page
      .getByTestId("picture")
      .locator("img")
      .evaluateAll((images) => images.map(({ naturalWidth }) => naturalWidth));
    return widths.length === count && widths.every((width) => width > 0);
  });

/** Downloads what somebody sent: it has the same name and the same bytes. */
export async function receives(person, { name, buffer }) {
  const got = await person.download(name);
  assert.equal(got.name, name);
  assert.equal(digest(await readFile(got.path)), digest(buffer));
}

/** The last picture that a person sees is called as a screenshot is in somebody's language. */
export async function seesScreenshot(person, of) {
  const shot = person.page.getByTestId("picture").last().getByRole("img");
  const name = new RegExp(`^${of.words("files.screenshot")} \\d{4}-\\d\\d-\\d\\d \\d{6}\\.png$`);
  assert.match(await shot.getAttribute("alt"), name);
}
