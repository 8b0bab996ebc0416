import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { Menu, MenuChoice, MenuGroup, MenuItem } from "./Menu";

afterEach(cleanup);

function open(chosen: (what: string) => void) {
  render(
    <Menu label="Room menu">
      <MenuItem onSelect={() => chosen("copy")}>Copy</MenuItem>
      <MenuChoice role="menuitemcheckbox" checked onSelect={() => chosen("favourite")}>
        Favourite
      </MenuChoice>
      <MenuGroup label="Notifications">
        <MenuChoice role="menuitemradio" checked={false} onSelect={() => chosen("all")}>
          All
        </MenuChoice>
      </MenuGroup>
    </Menu>,
  );
  fireEvent.click(screen.getByRole("button"));
}
const press = (key: string) => fireEvent.keyDown(document.activeElement as Element, { key });
const focused = () => document.activeElement?.textContent;

test("arrows move over acts and choices alike, round and round", () => {
  open(() => {});
  expect(focused()).toBe("Copy");
  press("ArrowDown");
  expect(focused()).toBe("Favourite");
  press("ArrowDown");
  expect(focused()).toBe("All");
  press("ArrowDown");
  expect(focused()).toBe("Copy");
  press("ArrowUp");
  expect(focused()).toBe("All");
});

test("choices say whether they are on, and what is chosen closes the menu", () => {
  const chosen = vi.fn();
  open(chosen);
  expect(screen.getByText("Favourite").getAttribute("aria-checked")).toBe("true");
  expect(screen.getByText("All").getAttribute("aria-checked")).toBe("false");
  fireEvent.click(screen.getByText("All"));
  expect(chosen.mock.calls).toEqual([["all"]]);
  expect(screen.queryByRole("menu")).toBeNull();
  expect(document.activeElement).toBe(screen.getByRole("button"));
});

test("Esc closes and gives the focus back", () => {
  open(() => {});
  press("Escape");
  expect(screen.queryByRole("menu")).toBeNull();
  expect(document.activeElement).toBe(screen.getByRole("button"));
});
