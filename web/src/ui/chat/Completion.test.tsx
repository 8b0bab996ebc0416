import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { useRef, useState } from "react";
import { IntlProvider } from "react-intl";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ADA } from "../../../client/test/fake-rest";
import { OTHER, ROOM } from "../../../client/test/fake-server";
import { begin, rest, stage } from "../../../client/test/stage";
import { en } from "../../i18n/en";
import { CompletionList, useCompletion } from "./Completion";
import { ChatContext, type ChatContextValue } from "./context";

let context: ChatContextValue;
stage();
beforeEach(async () => {
  const client = await begin();
  const ben = { ...ADA, id: OTHER, name: "阿本", display_name: "" };
  vi.spyOn(client.api, "members").mockResolvedValue([{ user: ben, role: "member", joined_at: "" }]);
  context = { client, auth: await rest.auth(), show: () => {} };
});
afterEach(cleanup);

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
