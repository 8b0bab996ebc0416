import { createIntl } from "react-intl";
import { expect, test } from "vitest";
import { en } from "../../i18n/en";
import { zh } from "../../i18n/zh";
import type { Translate } from "../hooks";
import { presenceWords } from "./Presence";

const NOW = Date.parse("2026-11-28T12:00:30Z");
const MINUTE = 60_000;

test.each([
  ["en", en],
  ["zh", zh],
] as const)("how somebody is, in words (%s)", (locale, messages) => {
  const intl = createIntl({ locale, messages });
  const t: Translate = (id, values) => intl.formatMessage({ id }, values);
  const seen = (agoMs: number | null, state: "online" | "away" | "offline" = "offline") =>
    presenceWords({ state, lastSeen: agoMs === null ? null : NOW - agoMs }, NOW, t, intl);
  const words = [
    seen(null, "online"),
    seen(null, "away"),
    seen(null),
    // Cut to the minute, and clocks differ: never in the future.
    seen(-2 * MINUTE),
    seen(5 * MINUTE + 30_000),
    seen(3 * 60 * MINUTE),
    seen(2 * 24 * 60 * MINUTE),
  ];
  expect(words).toEqual(
    locale === "en"
      ? [
          "online",
          "away",
          "offline",
          "last seen 1 minute ago",
          "last seen 5 minutes ago",
          "last seen 3 hours ago",
          "last seen 2 days ago",
        ]
      : ["在线", "离开", "离线", "1分钟前在线", "5分钟前在线", "3小时前在线", "2天前在线"],
  );
});
