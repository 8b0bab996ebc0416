import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import type { Client } from "parlor-client/sync/client";
import { IntlProvider } from "react-intl";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { summary } from "../../../client/test/fake-rest";
import { OTHER, ROOM } from "../../../client/test/fake-server";
import { begin, rest, stage } from "../../../client/test/stage";
import { en } from "../../i18n/en";
import { ChatContext } from "./context";
import Forwarding from "./Forwarding";

const AWAY = "66666666-6666-4666-8666-666666666666";
const onClose = vi.fn();
let client: Client;

const row = {
  kind: "message" as const,
  key: "m7",
  seq: 7,
  authorId: OTHER,
  text: "the *plan*",
  mentions: { users: [], room: false },
  replyTo: null,
  quoted: null,
  folded: false,
  foldsSaid: false,
  callsMe: false,
  at: 5_000,
  edited: false,
  deleted: false,
  pinned: false,
  reactions: [],
  attachments: [],
  forwarded: null,
  uploads: [],
  state: "sent" as const,
  pending: null,
  refused: [],
  continued: false,
  sameMinute: false,
};

stage();
beforeEach(async () => {
  rest.rooms = [
    summary(),
    summary({ id: AWAY, name: "kiln" }),
    summary({ id: crypto.randomUUID(), name: "closed", archived: true }),
  ];
  client = await begin();
  const auth = await rest.auth();
  await waitFor(() => expect(client.rooms.getSnapshot().status).toBe("ready"));
  const shown = (forwarded: { authorId: string; at: number; text: string } | null) => (
    <IntlProvider locale="en" messages={en}>
      <ChatContext value={{ client, auth, show: () => {} }}>
        <Forwarding row={{ ...row, forwarded }} roomId={ROOM} onClose={onClose} />
      </ChatContext>
    </IntlProvider>
  );
  render(shown(null));
});
afterEach(() => {
  cleanup();
  vi.clearAllMocks();
});

test("by keyboard alone a message goes to another room, with a word to it", async () => {
  const write = vi.spyOn(client, "write");
  const field = await screen.findByRole("combobox", { name: "Forward to" });
  expect(screen.getByText("the *plan*")).toBeTruthy();
  const names = () => screen.getAllByRole("option").map((option) => option.textContent);
  expect(names()).not.toContain("closed");
  fireEvent.change(field, { target: { value: "kil" } });
  expect(names()).toEqual(["kiln"]);
  fireEvent.keyDown(field, { key: "Enter" });
  const comment = await screen.findByTestId("forward-comment");
  expect(document.activeElement).toBe(comment);
  fireEvent.change(comment, { target: { value: " look " } });
  fireEvent.keyDown(comment, { key: "Enter", shiftKey: true });
  expect(write).not.toHaveBeenCalled();
  fireEvent.keyDown(comment, { key: "Enter" });
  const said = { authorId: OTHER, at: 5_000, text: "the *plan*" };
  expect(write).toHaveBeenCalledWith(AWAY, { what: "forward", source: ROOM, seq: 7, text: "look", said });
  expect(onClose).toHaveBeenCalledOnce();
  expect(location.pathname).toBe(`/rooms/${AWAY}`);
});

test("another place can be chosen before it goes, and a word is not needed", async () => {
  const write = vi.spyOn(client, "write");
  fireEvent.click(await screen.findByText("kiln"));
  fireEvent.click(await screen.findByTestId("forward-target"));
  fireEvent.click(await screen.findByText("design"));
  fireEvent.click(await screen.findByTestId("forward-send"));
  expect(write).toHaveBeenCalledWith(ROOM, expect.objectContaining({ what: "forward", text: "" }));
});
