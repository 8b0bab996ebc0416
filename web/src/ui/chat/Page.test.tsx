import { cleanup, render, screen } from "@testing-library/react";
import { IntlProvider } from "react-intl";
import { afterEach, beforeEach, expect, test } from "vitest";
import { begin, rest, stage } from "../../../client/test/stage";
import { en } from "../../i18n/en";
import { ChatContext, type ChatContextValue } from "./context";
import { Page } from "./Page";

let context: ChatContextValue;
stage();
beforeEach(async () => {
  const client = await begin();
  context = { client, auth: await rest.auth(), show: () => {} };
});
afterEach(cleanup);

test("the page has the focus of what is gone from it, and takes it from nobody else", () => {
  const page = (names: readonly string[]) => (
    <IntlProvider locale="en" messages={en}>
      <ChatContext value={context}>
        <button type="button">outside</button>
        <Page title="People">
          {names.map((name) => (
            <button type="button" key={name}>
              {name}
            </button>
          ))}
        </Page>
      </ChatContext>
    </IntlProvider>
  );
  const { rerender } = render(page(["accept", "decline"]));
  const press = (name: string) => screen.getByRole("button", { name }).focus();
  expect(document.activeElement).toBe(document.body);
  press("accept");
  rerender(page(["decline"]));
  expect(document.activeElement).toBe(screen.getByRole("main"));
  press("decline");
  press("outside");
  rerender(page([]));
  expect(document.activeElement).toBe(screen.getByRole("button", { name: "outside" }));
});
