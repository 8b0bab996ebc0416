import { Problem } from "parlor-client/net/rest";
import { expect, test } from "vitest";
import { en } from "../../i18n/en";
import type { Translate } from "../hooks";
import { passwordFailure } from "./passwordFailure";

const t = ((id: keyof typeof en) => en[id]) as Translate;

test("t7 a wrong password, and too many of them, are told apart from other trouble", () => {
  const words = (code: string) => passwordFailure(new Problem(400, code, "detail", null, 3), t);
  expect(words("BAD_CREDENTIALS")).toBe(en["password.wrong"]);
  expect(words("RATE_LIMITED")).toBe(en["auth.error.RATE_LIMITED"]);
  expect(words("CONFLICT")).toBe(en["edit.error"]);
});
