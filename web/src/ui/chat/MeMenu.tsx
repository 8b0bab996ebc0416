import { useState } from "react";
import { useLocation } from "wouter";
import { Avatar } from "../Avatar";
import { reasonOf, useStore, useT } from "../hooks";
import { Menu, MenuChoice, MenuItem } from "../Menu";
import { ConfirmDialog } from "./ConfirmDialog";
import { nameOf, useChat, useMe } from "./context";

/** Oneself, and what one can change about it. */
export function MeMenu({ up = false }: { up?: boolean }) {
  const t = useT();
  const { show, client } = useChat();
  const isAdmin = useStore(client.isAdmin);
  const [, go] = useLocation();
  const privacy = useStore(client.privacy);
  const [error, setError] = useState<string | null>(null);
  const me = useMe();
  const name = nameOf(me) ?? "";
  async function hide(invisible: boolean) {
    try {
      await client.privacy.wish({ invisible });
    } catch (cause) {
      setError(t("action.error", { detail: reasonOf(cause, t) }));
    }
  }
  return (
    <>
      <Menu
        label={t("me.menu", { name })}
        up={up}
        trigger={
          <span className="relative" data-testid="me">
            <Avatar person={me} />
            {me.status_emoji !== "" && (
              <span aria-hidden="true" className="absolute -end-1.5 -bottom-1.5 text-sm leading-none">
                {me.status_emoji}
              </span>
            )}
          </span>
        }
      >
        <div role="presentation" className="border-b border-line px-3 pt-1 pb-2">
          <p className="truncate font-medium">{name}</p>
          <p className="label truncate">
            {me.status_text === "" ? `@${me.name}` : `${me.status_emoji} ${me.status_text}`}
          </p>
          {privacy?.invisible === true && <p className="label text-amber">{t("me.hidden")}</p>}
        </div>
        {privacy !== null && (
          <MenuChoice
            role="menuitemcheckbox"
            testId="invisible"
            checked={privacy.invisible}
            onSelect={() => void hide(!privacy.invisible)}
          >
            {t("me.invisible")}
          </MenuChoice>
        )}
        <MenuItem onSelect={() => show("profile")}>{t("profile.title")}</MenuItem>
        <MenuItem onSelect={() => show("devices")}>{t("devices.title")}</MenuItem>
        <MenuItem onSelect={() => show("password")}>{t("password.title")}</MenuItem>
        <MenuItem onSelect={() => show("settings")}>{t("settings.title")}</MenuItem>
        {isAdmin && <MenuItem onSelect={() => go("/admin/users")}>{t("admin.title")}</MenuItem>}
      </Menu>
      {error !== null && (
        <ConfirmDialog title={t("me.invisible")} text={error} onClose={() => setError(null)} />
      )}
    </>
  );
}
