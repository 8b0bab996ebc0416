import { act, cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { idToBytes } from "parlor-client/net/id";
import type { Client } from "parlor-client/sync/client";
import { IntlProvider } from "react-intl";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ADA, sharedFile, summary } from "../../../client/test/fake-rest";
import { OTHER, ROOM } from "../../../client/test/fake-server";
import { message } from "../../../client/test/page";
import { begin, posted, rest, server, stage } from "../../../client/test/stage";
import { en } from "../../i18n/en";
import { ChatContext } from "./context";
import { Timeline } from "./Timeline";

const COUNT = 40;
const WINDOW_PX = 300;

stage();
beforeEach(() => {
  // What has no layout has no size.
  vi.spyOn(HTMLElement.prototype, "offsetHeight", "get").mockReturnValue(WINDOW_PX);
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(WINDOW_PX);
  vi.spyOn(HTMLElement.prototype, "scrollHeight", "get").mockReturnValue(COUNT * WINDOW_PX);
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

/** Draws the room. */
async function draw(client: Client) {
  // It stays on its way.
  server.onRequest = () => {};
  await client.enter(ROOM);
  const none = () => {};
  const auth = await rest.auth();
  render(
    <IntlProvider locale="en" messages={en}>
      <ChatContext value={{ client, auth, show: none }}>
        <Timeline
          id={ROOM}
          editing={null}
          setEditing={none}
          shown={null}
          setShown={none}
          onJump={none}
          past={null}
          onNewest={none}
        />
      </ChatContext>
    </IntlProvider>,
  );
  return screen.getByTestId("timeline");
}

/** A room whose reader has gone up to the oldest lines. */
async function readingAbove() {
  rest.messages = Array.from({ length: COUNT }, (_, at) => message(at + 1));
  rest.rooms = [summary({ head: `${COUNT}`, read_seq: `${COUNT}` })];
  const client = await begin();
  const timeline = await draw(client);
  await waitFor(() => expect(timeline.scrollTop).toBeGreaterThan(0));
  timeline.scrollTop = 0;
  fireEvent.scroll(timeline);
  return { client, timeline };
}

test.each([
  { what: "post", text: "mine", replyTo: null, files: [] } as const,
  {
    what: "forward",
    source: ROOM,
    seq: 1,
    text: "",
    said: { authorId: OTHER, at: 1_000, text: "text 1" },
  } as const,
])("one's own line is shown, wherever one was reading: $what", async (body) => {
  const { client, timeline } = await readingAbove();
  await act(async () => client.write(ROOM, { what: "pin", seq: 2, on: true }));
  await waitFor(() => expect(client.outbox.getSnapshot()).toHaveLength(1));
  expect(timeline.scrollTop).toBe(0);
  await act(async () => client.write(ROOM, body));
  await waitFor(() => expect(timeline.scrollTop).toBeGreaterThan(0));
});

const BLOCKED = "77777777-7777-4777-8777-777777777777";
const user = (id: string, name: string) => ({ ...ADA, id, name, display_name: name });

describe.each(["public", "direct"] as const)("in a room that is %s", (visibility) => {
  test("what somebody blocked said is folded where others pass it on, and where that is answered", async () => {
    const forwarded = { author_id: BLOCKED, said_at: "2026-01-01T00:00:00Z", text: "their words" };
    rest.messages = [
      message(1, "", { forwarded, attachments: [sharedFile()] }),
      message(2, "an answer", { reply_to: "1" }),
    ];
    const peer = visibility === "direct" ? user(OTHER, "Ben") : null;
    rest.rooms = [summary({ head: "2", read_seq: "2", visibility, peer })];
    rest.blocks = [{ user: user(BLOCKED, "Eve"), blocked_at: "2026-01-01T00:00:00Z" }];
    const client = await begin();
    await waitFor(() => expect(client.friends.getSnapshot().blocked.has(BLOCKED)).toBe(true));
    await draw(client);
    const folded = await screen.findByTestId("folded-forward");
    expect(screen.queryByText("their words")).toBeNull();
    expect(screen.queryByText("notes.txt")).toBeNull();
    expect(screen.getByTestId("quote").textContent).toBe(en["timeline.folded"]);
    fireEvent.click(within(folded).getByRole("button"));
    expect(await screen.findByText("their words")).toBeTruthy();
    expect(document.activeElement?.tagName, "reading goes on from there").toBe("ARTICLE");
  });
});

test("the other one of a direct room is not folded there, though they are blocked", async () => {
  rest.messages = [message(1, "before the block")];
  rest.rooms = [summary({ head: "1", read_seq: "1", visibility: "direct", peer: user(OTHER, "Ben") })];
  rest.blocks = [{ user: user(OTHER, "Ben"), blocked_at: "2026-01-01T00:00:00Z" }];
  const client = await begin();
  await waitFor(() => expect(client.friends.getSnapshot().blocked.has(OTHER)).toBe(true));
  await draw(client);
  expect(await screen.findByText("before the block")).toBeTruthy();
});

test("keys do what the acts of a message do before these are drawn", async () => {
  rest.messages = [message(1, "shall we meet?")];
  rest.rooms = [summary({ head: "1", read_seq: "1" })];
  const client = await begin();
  // No frame is painted.
  vi.spyOn(globalThis, "requestAnimationFrame").mockReturnValue(1);
  await draw(client);
  const line = (await screen.findByText("shall we meet?")).closest("article");
  expect(screen.queryByRole("toolbar")).toBeNull();
  const answer = vi.spyOn(client, "answer");
  fireEvent.keyDown(line as HTMLElement, { key: "r" });
  expect(answer).toHaveBeenCalledWith(ROOM, 1);
});

test("what somebody blocked said is not read aloud where others pass it on", async () => {
  rest.messages = [message(1)];
  rest.rooms = [summary({ head: "1", read_seq: "1" })];
  rest.blocks = [{ user: user(BLOCKED, "Eve"), blocked_at: "2026-01-01T00:00:00Z" }];
  const client = await begin();
  await waitFor(() => expect(client.friends.getSnapshot().blocked.has(BLOCKED)).toBe(true));
  await draw(client);
  const event = posted("");
  const forwarded = { authorId: idToBytes(BLOCKED), saidAtUs: 1n, text: "their words" };
  event.body.value = { ...event.body.value, forwarded } as typeof event.body.value;
  server.last.events(2, [event]);
  const aloud = () => document.querySelector("[aria-live=polite].sr-only")?.textContent;
  await waitFor(() => expect(aloud()).toContain(en["timeline.folded"]));
  expect(aloud()).not.toContain("their words");
});
