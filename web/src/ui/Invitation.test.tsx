import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { Auth } from "parlor-client/net/auth";
import { IntlProvider } from "react-intl";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeRest } from "../../client/test/fake-rest";
import { ROOM } from "../../client/test/fake-server";
import { en } from "../i18n/en";
import { Invitation, useInvited } from "./Invitation";
import { SignIn } from "./SignIn";

const CODE = "2lTyb6gJc_QfXkY1u0sH7w";
const PREVIEW = {
  room_id: ROOM,
  name: "design",
  topic: "How things shall look",
  visibility: "private",
  members: 3,
  invited_by: { name: "ada", display_name: "Ada" },
  expires_at: null,
};

let rest: FakeRest;
beforeEach(() => {
  localStorage.clear();
  rest = new FakeRest();
  vi.stubGlobal("fetch", rest.fetch);
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function Shown() {
  const [invited, retry] = useInvited(CODE);
  return <Invitation invited={invited} onRetry={retry} />;
}
const inEnglish = (what: React.ReactNode) =>
  render(
    <IntlProvider locale="en" messages={en}>
      {what}
    </IntlProvider>,
  );

test("a link tells where it leads, and who invites", async () => {
  rest.answers.set(`/invites/${CODE}`, PREVIEW);
  inEnglish(<Shown />);
  const shown = await screen.findByTestId("invitation");
  expect(shown.textContent).toBe("Ada invites you todesignHow things shall lookPrivate room · 3 people");
  expect(rest.asked).toEqual([`GET /invites/${CODE}`]);
});

test("a link that holds no longer says so and what to do; one that cannot be asked for is tried again", async () => {
  rest.away = true;
  inEnglish(<Shown />);
  const retry = await screen.findByRole("button", { name: "Try again" });
  rest.away = false;
  fireEvent.click(retry);
  const gone = await screen.findByTestId("invitation-gone");
  expect(gone.textContent).toContain("Ask the person who sent it");
});

test("the sign-in page shows the invitation, and works without one", async () => {
  rest.answers.set(`/invites/${CODE}`, PREVIEW);
  const auth = new Auth();
  const { rerender } = inEnglish(
    <SignIn auth={auth} expired={false} letsIn={null} claims={false} invite={CODE} onFocus={() => {}} />,
  );
  expect(await screen.findByTestId("invitation")).toBeTruthy();
  expect(screen.getByTestId("auth-name")).toBeTruthy();
  rerender(
    <IntlProvider locale="en" messages={en}>
      <SignIn auth={auth} expired={false} letsIn={null} claims={false} invite={null} onFocus={() => {}} />
    </IntlProvider>,
  );
  expect(screen.queryByTestId("invitation")).toBeNull();
});
