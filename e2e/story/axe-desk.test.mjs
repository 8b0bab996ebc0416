// axe finds nothing on any screen of a desk, in light, dark and high contrast, in both languages.

import { tour } from "../lib/screens.mjs";
import { story } from "../lib/world.mjs";

const viewport = { width: 1280, height: 900 };

for (const [locale, theme] of [
  ["en", "light"],
  ["zh", "dark"],
  ["en", "contrast"],
]) {
  story(`axe finds nothing in ${locale}, ${theme}, on a desk`, async (world) => {
    await tour(world, { locale, theme, viewport });
  });
}
