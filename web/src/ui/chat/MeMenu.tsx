import { useLocation } from "wouter";
import { useStore, useT } from "../hooks";
import { Menu, MenuItem } from "../Menu";
import { nameOf, useChat, useMe } from "./context";

/** Oneself, and what one can change about it. */
export function MeMenu({ up = false }: { up?: boolean }) {
  const t = useT();
  const { show, client } = useChat();
  const isAdmin = useStore(client.isAdmin);
  const [, go] = useLocation();
  const me = useMe();
  const name = nameOf(me) ?? "";
  return (
    <Menu
      label={t("me.menu", { name })}
      up={up}
      trigger={
        <span
          className="flex size-8 items-center justify-center rounded-md bg-tint text-sm font-semibold text-accent"
          data-testid="me"
        >
          {me.status_emoji || [...name][0]?.toUpperCase()}
        </span>
      }
    >
      <div role="presentation" className="border-b border-line px-3 pt-1 pb-2">
        <p className="truncate font-medium">{name}</p>
        <p className="label truncate">
          {me.status_text === "" ? `@${me.name}` : `${me.status_emoji} ${me.status_text}`}
        </p>
      </div>
      <MenuItem onSelect={() => show("profile")}>{t("profile.title")}</MenuItem>
      <MenuItem onSelect={() => show("devices")}>{t("devices.title")}</MenuItem>
      <MenuItem onSelect={() => show("password")}>{t("password.title")}</MenuItem>
      <MenuItem onSelect={() => show("settings")}>{t("settings.title")}</MenuItem>
      {isAdmin && <MenuItem onSelect={() => go("/admin/users")}>{t("admin.title")}</MenuItem>}
    </Menu>
  );
}
