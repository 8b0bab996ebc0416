// axe finds nothing on any screen of a phone that is touched, in light and dark, in both languages.

import { tour } from "../lib/screens.mjs";
import { story } from "../lib/world.mjs";

const viewport = { width: 390, height: 844 };

for (const [locale, theme] of [
  ["en", "dark"],
  ["zh", "light"],
]) {
  story(`axe finds nothing in ${locale}, ${theme}, on a phone`, async (world) => {
    await tour(world, { locale, theme, viewport, hasTouch: true });
  });
}
