import { expect, test } from "vitest";
import { COMMON } from "./common";
import { loadEmoji } from "./load";
import { closeName, emojiBefore, fittingEmoji } from "./names";

const en = await loadEmoji("en");
const zh = await loadEmoji("zh");

test("a name is begun by a colon and two letters, and not by a time or an address", () => {
  expect(emojiBefore("so :ta", 6)).toEqual({ at: 3, begun: "ta" });
  expect(emojiBefore("so :+1", 6)).toEqual({ at: 3, begun: "+1" });
  for (const text of [":t", "at 12:30", "https://x", ":-)", "a:bc", "::bc", "std::io", ": ta"])
    expect(emojiBefore(text, text.length), text).toBeNull();
});

test("what is called so comes first, then what it may mean in the reader's words", () => {
  const names = (begun: string) => fittingEmoji(en, begun, 8).map(({ emoji }) => emoji);
  expect(names("tada")[0]).toBe("🎉");
  expect(names("+1")[0]).toBe("👍");
  expect(names("thumbs")).toContain("👍");
  expect(names("coffe")).toContain("☕");
  expect(names("klingon")).toEqual([]);
  expect(fittingEmoji(zh, "咖啡", 8).map(({ emoji }) => emoji)).toContain("☕");
});

test("a closing colon puts the emoji in, where the name is one", () => {
  expect(closeName(en, "yes :tada:!", 10)).toEqual({ text: "yes 🎉!", caret: 6 });
  expect(closeName(en, "10:30:", 6)).toBeNull();
  expect(closeName(en, ":nothing_like_it:", 17)).toBeNull();
});

test("an emoji is written as keyboards and the row of common ones write it", () => {
  const all = new Set(en.emojis.map(({ emoji }) => emoji));
  expect(COMMON.filter((emoji) => !all.has(emoji))).toEqual([]);
});

test("all groups have a name in both languages, and an emoji has its tones", () => {
  expect(en.categories).toHaveLength(9);
  expect(zh.categories.map(({ label }) => label).join("")).toMatch(/\p{Script=Han}/u);
  expect(en.emojis.length).toBeGreaterThan(1_500);
  expect(en.emojis.find(({ names }) => names.includes("wave"))?.skins?.dark).toBe("👋🏿");
});
