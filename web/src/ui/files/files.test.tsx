import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { idToBytes } from "parlor-client/net/id";
import { type Attachment, fromRest } from "parlor-client/sync/attachments";
import type { Client } from "parlor-client/sync/client";
import type { ReactNode } from "react";
import { IntlProvider } from "react-intl";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sharedFile } from "../../../client/test/fake-rest";
import { ROOM } from "../../../client/test/fake-server";
import { inRoom, rest, server, stage } from "../../../client/test/stage";
import { en } from "../../i18n/en";
import { Composer } from "../chat/Composer";
import { ChatContext } from "../chat/context";
import Attachments from "./Attachments";
import { useAttach } from "./useAttach";

let client: Client;
stage();
beforeEach(async () => {
  client = await inRoom();
});
afterEach(cleanup);

async function show(what: ReactNode): Promise<void> {
  const auth = await rest.auth();
  render(
    <IntlProvider locale="en" messages={en}>
      <ChatContext value={{ client, auth, show: () => {} }}>{what}</ChatContext>
    </IntlProvider>,
  );
}
function Writing() {
  return <Composer id={ROOM} attach={useAttach(ROOM, true)} onEditLast={() => {}} />;
}
function Room({ allowed }: { allowed: boolean }) {
  const { onPaste, onDragEnter, onDrop, over } = useAttach(ROOM, allowed);
  return (
    <main onPaste={onPaste} onDragEnter={onDragEnter} onDrop={onDrop}>
      {over ? "held" : "empty"}
    </main>
  );
}
const names = () => client.uploads.drafted(ROOM).map(({ name }) => name);
const choose = (...files: File[]) =>
  fireEvent.change(screen.getByTestId("attach-input"), { target: { files } });
const picture = (change: Parameters<typeof sharedFile>[0] = {}): Attachment =>
  fromRest(sharedFile({ name: "plan.png", kind: "image", width: 800, height: 400, ...change }));

test("a file is chosen, goes up, and is sent with the line, or without one", async () => {
  await show(<Writing />);
  choose(new File(["hello"], "notes.txt"));
  const chip = await screen.findByTestId("upload");
  await waitFor(() => expect(chip.dataset["state"]).toBe("done"));
  expect(within(chip).getByText("notes.txt")).toBeTruthy();
  fireEvent.keyDown(screen.getByTestId("composer"), { key: "Enter" });
  await waitFor(() => expect(server.last.all("request").some(({ body }) => body.case === "post")).toBe(true));
  const [post] = server.last.all("request").flatMap(({ body }) => (body.case === "post" ? [body.value] : []));
  const [arrived] = rest.uploads.values();
  expect(post).toMatchObject({ text: "", attachmentIds: [idToBytes(arrived?.file?.id ?? "")] });
  await waitFor(() => expect(screen.queryByTestId("upload")).toBeNull());
});

test("what is too large says so, and nothing is sent before it is taken away", async () => {
  rest.fileBytes = 3;
  await client.api.targets();
  await show(<Writing />);
  choose(new File(["hello"], "notes.txt"));
  await screen.findByText("too large: at most 3 bytes");
  fireEvent.change(screen.getByTestId("composer"), { target: { value: "look" } });
  fireEvent.keyDown(screen.getByTestId("composer"), { key: "Enter" });
  await screen.findByText("Remove what was not taken, or try it again. Then send.");
  expect(client.outbox.getSnapshot()).toEqual([]);
  fireEvent.click(screen.getByRole("button", { name: "Remove notes.txt" }));
  fireEvent.keyDown(screen.getByTestId("composer"), { key: "Enter" });
  await waitFor(() => expect(client.outbox.getSnapshot()).toHaveLength(1));
});

test("what may tell where it was taken is named before it is sent, pictures made anew are not", async () => {
  await show(<Writing />);
  choose(new File(["x"], "a.png", { type: "image/png" }), new File(["x"], "notes.txt"));
  await screen.findAllByTestId("upload");
  expect(screen.queryByTestId("tells-place")).toBeNull();
  choose(new File(["x"], "IMG_1.HEIC"));
  const told = await screen.findByTestId("tells-place");
  expect(told.textContent).toContain("IMG_1.HEIC is passed on as it is,");
  fireEvent.click(screen.getByRole("button", { name: "Remove IMG_1.HEIC" }));
  await waitFor(() => expect(screen.queryByTestId("tells-place")).toBeNull());
  choose(new File(["x"], "walk", { type: "video/mp4" }));
  await screen.findByTestId("tells-place");
});

test("a picture has its room before a byte of it is there", async () => {
  await show(<Attachments files={[picture()]} roomId={ROOM} />);
  const { style } = screen.getByTestId("picture");
  expect([style.width, style.aspectRatio]).toEqual(["400px", "400 / 200"]);
  expect(screen.getByAltText("plan.png")).toBeTruthy();
});

test("a file that is not there any more says so, in the same room", async () => {
  await show(<Attachments files={[picture()]} roomId={ROOM} />);
  fireEvent.error(screen.getByAltText("plan.png"));
  await screen.findByText("This file is gone.");
  expect(screen.getByTestId("picture-missing").style.width).toBe("400px");
});

test("pictures are turned by arrows, and Esc gives the focus back", async () => {
  const ids = ["a", "b"].map((name) => picture({ id: name, name: `${name}.png` }));
  await show(<Attachments files={ids} roomId={ROOM} />);
  const [first] = screen.getAllByTestId("picture");
  first?.focus();
  fireEvent.click(first as HTMLElement);
  const lightbox = await screen.findByTestId("lightbox");
  expect(within(lightbox).getByAltText("a.png")).toBeTruthy();
  fireEvent.keyDown(lightbox, { key: "ArrowRight" });
  expect(within(lightbox).getByAltText("b.png")).toBeTruthy();
  fireEvent.keyDown(lightbox, { key: "ArrowRight" });
  expect(within(lightbox).getByAltText("a.png")).toBeTruthy();
  fireEvent(lightbox, new Event("cancel", { cancelable: true }));
  await waitFor(() => expect(screen.queryByTestId("lightbox")).toBeNull());
});

test("a screenshot is pasted under a name that tells when; cells of a table stay text", async () => {
  await show(<Room allowed />);
  const room = screen.getByRole("main");
  const shot = new File(["x"], "image.png", { type: "image/png" });
  fireEvent.paste(room, { clipboardData: { files: [shot], types: ["text/plain", "Files"] } });
  expect(names()).toEqual([]);
  fireEvent.paste(room, { clipboardData: { files: [shot], types: ["Files"] } });
  expect(names()).toEqual([expect.stringMatching(/^screenshot \d{4}-\d\d-\d\d \d{6}\.png$/)]);
});

test("files are dropped on the room, folders are not, and nothing is where nobody may write", async () => {
  const item = (name: string, isDirectory: boolean) => ({
    kind: "file",
    webkitGetAsEntry: () => ({ isDirectory }),
    getAsFile: () => new File(["x"], name),
  });
  const dataTransfer = { types: ["Files"], items: [item("a.txt", false), item("folder", true)] };
  await show(<Room allowed={false} />);
  fireEvent.drop(screen.getByRole("main"), { dataTransfer });
  expect(names()).toEqual([]);
  cleanup();
  await show(<Room allowed />);
  const room = screen.getByRole("main");
  fireEvent.dragEnter(room, { dataTransfer });
  expect(room.textContent).toBe("held");
  fireEvent.drop(room, { dataTransfer });
  expect(room.textContent).toBe("empty");
  expect(names()).toEqual(["a.txt"]);
});

test("a clip says how long it plays where that is known", async () => {
  const clip = (id: string, duration_ms: number) =>
    fromRest(sharedFile({ id, name: `${id}.mp3`, kind: "audio", bytes: "2048", duration_ms }));
  const clips = [clip("a", 62_400), clip("b", 3_723_000), clip("c", 0)];
  await show(<Attachments files={clips} roomId={ROOM} />);
  const lines = screen.getAllByTestId("file").map((line) => line.querySelector(".label")?.textContent);
  expect(lines).toEqual(["1:02 · 2 kB", "1:02:03 · 2 kB", "2 kB"]);
});
