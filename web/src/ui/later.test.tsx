import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { IntlProvider } from "react-intl";
import { afterEach, test } from "vitest";
import { en } from "../i18n/en";
import { later } from "./later";

afterEach(cleanup);
const show = (Part: React.ComponentType<{ of: string }>) =>
  render(
    <IntlProvider locale="en" messages={en}>
      <Part of="ada" />
    </IntlProvider>,
  );

test("a part comes when it is loaded; one that does not come says so, and is tried again", async () => {
  let away = true;
  const Part = later(
    async () => {
      if (away) throw new TypeError("no network");
      return { default: ({ of }: { of: string }) => <p>the part of {of}</p> };
    },
    <p>waiting</p>,
  );
  show(Part);
  screen.getByText("waiting");
  await screen.findByRole("alert");
  away = false;
  fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  await screen.findByText("the part of ada");
});

test("one that was loaded before is there at once", async () => {
  const Part = later(async () => ({ default: ({ of }: { of: string }) => <p>the part of {of}</p> }), null);
  await Part.load();
  show(Part);
  screen.getByText("the part of ada");
});
