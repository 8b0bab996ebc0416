import { describe, expect, test } from "vitest";
import { type Build, cacheName, isOwnPage, oldCaches, route } from "./routes";

const ORIGIN = "https://chat.example";
const BUILD: Build = {
  version: "1a2b",
  entry: "/assets/index-1a2b.js",
  files: ["/", "/assets/index-1a2b.js", "/icon.svg", "/manifest.webmanifest"],
};
const ask = (path: string, mode = "cors", method = "GET") =>
  route({ method, url: new URL(path, ORIGIN).href, mode }, ORIGIN, BUILD);

describe("which requests the worker answers, and how", () => {
  test.each(["/", "/rooms/33333333-3333-4333-8333-333333333333", "/invite/abc", "/browse?x=1", "/people#a"])(
    "a visit to %s is the page",
    (path) => expect(ask(path, "navigate")).toBe("page"),
  );

  test.each([
    "/api/docs",
    "/api/v1/files/1",
    "/api/openapi.json",
    "/rt/v1",
    "/healthz",
    "/readyz",
    "/metrics",
    "/icon.svg",
    "/sw.js",
  ])("a visit to %s is the server's affair", (path) => expect(ask(path, "navigate")).toBe("network"));

  test.each(["/assets/index-1a2b.js", "/assets/index-9f9f.js", "/icon.svg", "/manifest.webmanifest"])(
    "%s comes from the cache",
    (path) => expect(ask(path)).toBe("file"),
  );

  test.each(["/", "/sw.js", "/api/v1/me", "/api/v1/assets/x", "/icon.svg?fresh", "/unknown.txt"])(
    "%s asked for by a script is not answered from the cache",
    (path) => expect(ask(path)).toBe("network"),
  );

  test("nothing but GET, and nothing of another origin", () => {
    expect(ask("/", "navigate", "POST")).toBe("network");
    expect(ask("https://other.example/assets/index-1a2b.js")).toBe("network");
    expect(ask("https://other.example/", "navigate")).toBe("network");
  });
});

test("the caches of other builds are old, those of others are none of ours", () => {
  const names = [cacheName(BUILD), cacheName({ ...BUILD, version: "0000" }), "somebody-else"];
  expect(oldCaches(names, BUILD)).toEqual(["parlor-app-0000"]);
});

test("a page that names the entry of another build is not kept with this one", () => {
  expect(isOwnPage('<script src="/assets/index-1a2b.js">', BUILD)).toBe(true);
  expect(isOwnPage('<script src="/assets/index-9f9f.js">', BUILD)).toBe(false);
});
