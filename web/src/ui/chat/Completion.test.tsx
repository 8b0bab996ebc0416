import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { Client } from "parlor-client/sync/client";
import { forgetStorage } from "parlor-client/sync/storage";
import { useRef, useState } from "react";
import { IntlProvider } from "react-intl";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ADA, FakeRest } from "../../../client/test/fake-rest";
import { FakeServer, OTHER, ROOM, USER } from "../../../client/test/fake-server";
import { en } from "../../i18n/en";
import { CompletionList, useCompletion } from "./Completion";
import { ChatContext, type ChatContextValue } from "./context";

let context: ChatContextValue;
beforeEach(async () => {
  localStorage.clear();
  vi.stubGlobal("WebTransport", class {});
  const rest = new FakeRest();
  vi.stubGlobal("fetch", rest.fetch);
  const auth = await rest.auth();
  const client = await Client.start({ auth, user: ADA, openers: new FakeServer().openers });
  const ben = { ...ADA, id: OTHER, name: "阿本", display_name: "" };
  vi.spyOn(client.api, "members").mockResolvedValue([{ user: ben, role: "member", joined_at: "" }]);
  context = { client, auth, show: () => {} };
});
afterEach(async () => {
  cleanup();
  await context.client.stop(false);
  await forgetStorage(USER);
  vi.unstubAllGlobals();
});

function Line() {
  const [text, setText] = useState("");
  const area = useRef<HTMLTextAreaElement>(null);
  const completion = useCompletion({ id: ROOM, text, area, onChange: setText });
  return (
    <>
      <CompletionList of={completion} />
      <textarea
        ref={area}
        value={text}
        onChange={({ target }) => completion.onChange(target.value)}
        onKeyDown={completion.onKeyDown}
        onSelect={completion.onSelect}
      />
    </>
  );
}

test("a name that an input method puts in, without a key, is found and replaced whole", async () => {
  render(
    <IntlProvider locale="en" messages={en}>
      <ChatContext value={context}>
        <Line />
      </ChatContext>
    </IntlProvider>,
  );
  const line = screen.getByRole<HTMLTextAreaElement>("textbox");
  fireEvent.change(line, { target: { value: "@" } });
  await screen.findByText("@阿本");
  expect(screen.getAllByRole("option").map(({ textContent }) => textContent)).toHaveLength(2);
  fireEvent.change(line, { target: { value: "@阿" } });
  expect(screen.getAllByRole("option")).toHaveLength(1);
  fireEvent.keyDown(line, { key: "Enter" });
  expect(line.value).toBe("@阿本 ");
});
