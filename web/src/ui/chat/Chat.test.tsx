import { cleanup, render, screen } from "@testing-library/react";
import { Client } from "parlor-client/sync/client";
import { IntlProvider } from "react-intl";
import { afterEach, expect, test, vi } from "vitest";
import { ADA } from "../../../client/test/fake-rest";
import { ROOM } from "../../../client/test/fake-server";
import { begin, inRoom, kept, rest, stage, until } from "../../../client/test/stage";
import { en } from "../../i18n/en";
import Chat from "./Chat";

stage();
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

test("the latest rooms are in memory soon, though nobody has entered them", async () => {
  const first = await inRoom();
  await kept(1);
  await first.stop(false);
  const client = await begin();
  // The first page would enter the room.
  history.replaceState(null, "", "/people");
  vi.stubGlobal("requestIdleCallback", setTimeout);
  vi.stubGlobal("cancelIdleCallback", clearTimeout);
  vi.spyOn(Client, "start").mockResolvedValue(client);
  render(
    <IntlProvider locale="en" messages={en}>
      <Chat auth={await rest.auth()} user={ADA} invite={null} claim={null} />
    </IntlProvider>,
  );
  await screen.findByTestId("room-item");
  await until(() => expect(client.view(ROOM).getSnapshot().status).toBe("ready"));
});
