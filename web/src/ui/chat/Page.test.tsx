import { cleanup, render, screen } from "@testing-library/react";
import { Client } from "parlor-client/sync/client";
import { forgetStorage } from "parlor-client/sync/storage";
import { IntlProvider } from "react-intl";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ADA, FakeRest } from "../../../client/test/fake-rest";
import { FakeServer, USER } from "../../../client/test/fake-server";
import { en } from "../../i18n/en";
import { ChatContext, type ChatContextValue } from "./context";
import { Page } from "./Page";

let context: ChatContextValue;
beforeEach(async () => {
  localStorage.clear();
  vi.stubGlobal("WebTransport", class {});
  const rest = new FakeRest();
  vi.stubGlobal("fetch", rest.fetch);
  const auth = await rest.auth();
  const client = await Client.start({ auth, user: ADA, openers: new FakeServer().openers });
  context = { client, auth, show: () => {} };
});
afterEach(async () => {
  cleanup();
  await context.client.stop(false);
  await forgetStorage(USER);
  vi.unstubAllGlobals();
});

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
