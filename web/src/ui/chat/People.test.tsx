import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { idToBytes } from "parlor-client/net/id";
import { IntlProvider } from "react-intl";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ADA } from "../../../client/test/fake-rest";
import { OTHER, USER } from "../../../client/test/fake-server";
import { begin, rest, server, stage } from "../../../client/test/stage";
import { en } from "../../i18n/en";
import { ChatContext } from "./context";
import People from "./People";

const BEN = { ...ADA, id: OTHER, name: "ben", display_name: "Ben" };
stage();
beforeEach(async () => {
  rest.friends = [{ user: BEN, tie: "asked", since: "" }];
  const client = await begin();
  const auth = await rest.auth();
  render(
    <IntlProvider locale="en" messages={en}>
      <ChatContext value={{ client, auth, show: () => {} }}>
        <People />
      </ChatContext>
    </IntlProvider>,
  );
  await screen.findByTestId("people-asked");
});
afterEach(cleanup);

test("a request is answered, and moves to the friends when the log says so", async () => {
  fireEvent.click(screen.getByRole("button", { name: "Accept the request of Ben" }));
  await waitFor(() => expect(rest.asked).toContain(`PUT /users/${OTHER}/friend`));
  server.last.events(1, [{ body: { case: "friendAdded", value: { userId: idToBytes(OTHER) } } }], USER);
  await waitFor(() => expect(screen.queryByTestId("people-asked")).toBeNull());
  expect(within(screen.getByTestId("people-friends")).getByText("@ben")).toBeTruthy();
});

test("blocking is asked for twice, and who is blocked can only be unblocked", async () => {
  const menu = () => fireEvent.click(screen.getByRole("button", { name: "Menu of Ben" }));
  menu();
  fireEvent.click(screen.getByTestId("block"));
  expect(rest.asked).not.toContain(`PUT /users/${OTHER}/block`);
  fireEvent.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Block" }));
  await waitFor(() => expect(rest.asked).toContain(`PUT /users/${OTHER}/block`));
  const user = { userId: idToBytes(OTHER) };
  server.last.events(
    1,
    [{ body: { case: "userBlocked", value: user } }, { body: { case: "friendRemoved", value: user } }],
    USER,
  );
  await screen.findByTestId("people-blocked");
  menu();
  expect(screen.getAllByRole("menuitem").map((item) => item.textContent)).toEqual(["Unblock"]);
});

test("what is refused is told in words", async () => {
  rest.refused.add(`/users/${OTHER}/friend`);
  fireEvent.click(screen.getByRole("button", { name: "Decline the request of Ben" }));
  await screen.findByRole("alert");
  expect(screen.getByTestId("people-asked")).toBeTruthy();
});
