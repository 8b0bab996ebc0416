import { expect, test } from "vitest";
import { takeLink } from "./link";

function open(url: string) {
  history.replaceState(null, "", url);
  return takeLink();
}

test("a code is taken out of the address, where a page is for it", () => {
  expect(open("/reset#abc")).toEqual({ path: "/reset", code: "abc" });
  expect(location.href).toMatch(/\/reset$/);
  expect(open("/admin/claim#def")).toEqual({ path: "/admin/claim", code: "def" });
  expect(open("/register#ghi")).toEqual({ path: "/register", code: "ghi" });
  expect(location.pathname).toBe("/");
  for (const other of ["/", "/reset", "/rooms/1#abc", "/admin/users#abc"]) {
    expect(open(other)).toBeNull();
    expect(location.pathname + location.hash).toBe(other);
  }
});
