import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { IntlProvider } from "react-intl";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { summary } from "../../../client/test/fake-rest";
import { OTHER, ROOM } from "../../../client/test/fake-server";
import { message } from "../../../client/test/page";
import { begin, rest, server, stage } from "../../../client/test/stage";
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

/** A room whose reader has gone up to the oldest lines. */
async function readingAbove() {
  rest.messages = Array.from({ length: COUNT }, (_, at) => message(at + 1));
  rest.rooms = [summary({ head: `${COUNT}`, read_seq: `${COUNT}` })];
  const client = await begin();
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
  const timeline = screen.getByTestId("timeline");
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
