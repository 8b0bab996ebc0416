import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { IntlProvider } from "react-intl";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ADA } from "../../../client/test/fake-rest";
import { OTHER, USER } from "../../../client/test/fake-server";
import { begin, rest, stage } from "../../../client/test/stage";
import { en } from "../../i18n/en";
import { ChatContext } from "../chat/context";
import AdminPages from "./AdminPages";

const BEN = { ...ADA, id: OTHER, name: "ben", display_name: "Ben" };
const USERS = "/admin/users?limit=50";

stage();
beforeEach(() => {
  rest.answers.set("/me", { user: ADA, device_id: USER, is_admin: true });
  const it = { is_admin: false, disabled_at: null, seen_at: null };
  rest.answers.set(USERS, {
    items: [
      { ...it, user: ADA, is_admin: true },
      { ...it, user: BEN },
    ],
    next_cursor: null,
  });
});
afterEach(cleanup);

async function open(section: string) {
  const client = await begin();
  const auth = await rest.auth();
  render(
    <IntlProvider locale="en" messages={en}>
      <ChatContext value={{ client, auth, show: () => {} }}>
        <AdminPages section={section} />
      </ChatContext>
    </IntlProvider>,
  );
}

async function choose(act: string) {
  fireEvent.click(await screen.findByRole("button", { name: "What to do about ben" }));
  fireEvent.click(screen.getByRole("menuitem", { name: act }));
  return within(screen.getByRole("dialog"));
}

test("whoever is no admin finds nothing", async () => {
  rest.answers.set("/me", { user: ADA, device_id: USER, is_admin: false });
  await open("users");
  await waitFor(() => expect(rest.asked).toContain("GET /me"));
  expect(screen.queryByTestId("admin-users")).toBeNull();
  expect(rest.asked.some((asked) => asked.includes("/admin"))).toBe(false);
});

test("an account is disabled after a second word, and shown so where it stands", async () => {
  await open("users");
  const path = `/admin/users/${OTHER}/disable`;
  rest.answers.set(path, {});
  const dialog = await choose("Disable");
  expect(rest.asked).not.toContain(`POST ${path}`);
  fireEvent.click(dialog.getByRole("button", { name: "Disable" }));
  await screen.findByText("disabled");
  expect(rest.asked).toContain(`POST ${path}`);
  expect(rest.asked.filter((asked) => asked === `GET ${USERS}`)).toHaveLength(1);
});

test("a reset link is shown once, with where it works", async () => {
  await open("users");
  const link = { code: "abc", path: "/reset#abc", expires_at: "2026-11-29T08:00:00Z" };
  rest.answers.set(`/admin/users/${OTHER}/reset`, link);
  const dialog = await choose("Password reset link");
  fireEvent.click(dialog.getByRole("button", { name: "Password reset link" }));
  const field = await screen.findByTestId<HTMLInputElement>("one-time-link");
  expect(field.value).toBe(`${location.origin}/reset#abc`);
});

test("what is kept is told, with the files", async () => {
  rest.answers.set("/admin/settings", { sign_up: "open" });
  rest.answers.set("/admin/limits", { items: [] });
  rest.answers.set("/admin/storage", {
    database: { bytes: "2097152", users: "3", devices: "4", rooms: "5", events: "1234" },
    files: { attached: "1200", attached_bytes: "5242880", waiting: "2", waiting_bytes: "7" },
  });
  await open("settings");
  const storage = within(await screen.findByRole("region", { name: "Storage" }));
  await storage.findByText("Files");
  const rows = [...document.querySelectorAll("#admin-storage ~ dl > div")].map((row) =>
    [...row.children].map((cell) => cell.textContent),
  );
  expect(rows).toEqual([
    ["Database", "2 MB"],
    ["People", "3"],
    ["Devices", "4"],
    ["Rooms", "5"],
    ["Events", "1,234"],
    ["Files", "1,200 · 5 MB"],
    ["Files not sent yet", "2 · 7 bytes"],
  ]);
});

test("what is refused is told, and what did not come is asked for again", async () => {
  rest.refused.add(USERS);
  await open("users");
  fireEvent.click(await screen.findByRole("button", { name: "Try again" }));
  await screen.findByText("@ben");
  rest.refused.add(`/admin/users/${OTHER}/admin`);
  const dialog = await choose("Make admin");
  fireEvent.click(dialog.getByRole("button", { name: "Make admin" }));
  await screen.findByRole("alert");
});

test("the audit log names acts in words, those of a newer server by their name", async () => {
  const entry = { at: "2026-11-28T08:00:00Z", by: ADA, address: "", user: BEN, thing: null, detail: "" };
  rest.answers.set("/admin/audit?limit=50", {
    items: [
      { ...entry, id: "2", act: "teleport_user" },
      { ...entry, id: "1", act: "disable_user", by: null },
    ],
    next_cursor: null,
  });
  await open("audit");
  const entries = await screen.findAllByTestId("audit-entry");
  expect(entries.map((it) => it.querySelector("p")?.textContent)).toEqual([
    "@ada teleport_user @ben",
    "parlor admin disabled @ben",
  ]);
});
