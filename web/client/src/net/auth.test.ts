import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { USER } from "../../test/fake-server.js";
import { Auth, deviceName, SignedOut } from "./auth.js";

const user = { id: USER, name: "ada", display_name: "Ada", created_at: "2026-01-01T00:00:00Z" };
const part = (value: object) => btoa(JSON.stringify(value)).replaceAll("=", "");
const token = (seconds: number) =>
  `${part({ alg: "EdDSA" })}.${part({ iat: 1_000, exp: 1_000 + seconds })}.sig`;
const session = (seconds: number) => ({
  user,
  access_token: token(seconds),
  access_expires_at: "2020-01-01T00:00:00Z",
  device_id: USER,
});
type Answer = { status: number; body: object } | Error;

let answers: Answer[];
const asked: string[] = [];
beforeEach(() => {
  localStorage.clear();
  answers = [];
  asked.length = 0;
  vi.stubGlobal("fetch", async (url: string) => {
    asked.push(url);
    const answer = answers.shift() ?? new Error("nothing was expected");
    if (answer instanceof Error) throw answer;
    return new Response(JSON.stringify(answer.body), { status: answer.status });
  });
});
afterEach(() => void vi.unstubAllGlobals());
const known = () => localStorage.setItem("parlor.user", JSON.stringify(user));

test("somebody new is asked to sign in without a request", async () => {
  const auth = new Auth();
  await auth.start();
  expect(auth.getSnapshot()).toEqual({ kind: "signedOut", notice: null });
  expect(asked).toEqual([]);
});

test("somebody known is signed in silently by the cookie", async () => {
  known();
  answers = [{ status: 200, body: session(900) }];
  const auth = new Auth();
  await auth.start();
  expect(auth.getSnapshot()).toMatchObject({ kind: "signedIn", user: { name: "ada" } });
  expect(await auth.token()).toBe(token(900));
  expect(asked).toEqual(["/api/v1/refresh"]);
});

test("x4 no token is ever kept where a script could find it later", async () => {
  answers = [{ status: 200, body: session(900) }];
  const auth = new Auth();
  await auth.signIn("ada", "secret words");
  const kept = JSON.stringify({ ...localStorage }) + JSON.stringify({ ...sessionStorage }) + document.cookie;
  expect(kept).not.toContain(token(900));
  expect(kept).not.toContain("secret words");
});

test("t5 many who need a token at once make one refresh", async () => {
  known();
  answers = [new Error("no network"), { status: 200, body: session(900) }];
  const auth = new Auth();
  await auth.start();
  const tokens = await Promise.all([auth.token(), auth.token(), auth.token()]);
  expect(new Set(tokens).size).toBe(1);
  expect(asked).toHaveLength(2);
});

test("a refused cookie signs out, and says why", async () => {
  known();
  answers = [{ status: 401, body: { code: "BAD_REFRESH_TOKEN" } }];
  const auth = new Auth();
  await auth.start();
  expect(auth.getSnapshot()).toEqual({ kind: "signedOut", notice: "expired" });
  await expect(auth.token()).rejects.toBeInstanceOf(SignedOut);
});

test("without a network one stays who one was", async () => {
  known();
  answers = [new Error("no network")];
  const auth = new Auth();
  await auth.start();
  expect(auth.getSnapshot().kind).toBe("signedIn");
});

test("c18 the life of a token is its own exp - iat, not this machine's clock", async () => {
  answers = [{ status: 200, body: session(900) }];
  const auth = new Auth();
  await auth.signIn("ada", "secret words");
  expect(auth.renewInMs).toBeGreaterThan(840_000);
});

test("a token near its end is exchanged first, a short-lived one not at once", async () => {
  vi.useFakeTimers();
  answers = [
    { status: 200, body: session(30) },
    { status: 200, body: session(900) },
  ];
  const auth = new Auth();
  await auth.signIn("ada", "secret words");
  expect(await auth.token()).toBe(token(30));
  vi.advanceTimersByTime(21_000);
  expect(await auth.token()).toBe(token(900));
  vi.useRealTimers();
});

test("a device is named so that its owner knows it", () => {
  expect(deviceName("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0")).toBe(
    "Firefox on Linux",
  );
  expect(deviceName("something else")).toBe("Browser");
});
