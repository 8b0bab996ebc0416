import type { Person } from "parlor-client/sync/people";
import { type ReactNode, useState } from "react";
import { useStore, useT } from "../hooks";
import { MenuItem } from "../Menu";
import { ConfirmDialog } from "./ConfirmDialog";
import { nameOf, useChat, useMessage } from "./context";

/** Does it, and tells where it did not work. */
export type Attempt = (act: () => Promise<unknown>) => Promise<unknown>;

interface PersonActs {
  /** For a menu. */
  items: ReactNode;
  /** The last of them, after whatever else the menu holds. */
  block: ReactNode;
  /** What some of it asks with. */
  dialog: ReactNode;
}

/** What can be done about somebody. */
export function usePersonActs(person: Person, attempt: Attempt): PersonActs {
  const t = useT();
  const { client } = useChat();
  const message = useMessage();
  const { ties, blocked } = useStore(client.friends);
  const [asking, setAsking] = useState<"unfriend" | "block" | null>(null);
  const { id } = person;
  const name = nameOf(person) ?? "";
  const tie = ties.get(id);
  const close = () => setAsking(null);

  if (blocked.has(id)) {
    const items = (
      <MenuItem testId="unblock" onSelect={() => void attempt(() => client.unblock(id))}>
        {t("people.unblock")}
      </MenuItem>
    );
    return { items, block: null, dialog: null };
  }

  const items = (
    <>
      <MenuItem testId="message-person" onSelect={() => void attempt(() => message(id))}>
        {t("people.message", { name })}
      </MenuItem>
      {tie === undefined && (
        <MenuItem testId="befriend" onSelect={() => void attempt(() => client.befriend(id))}>
          {t("people.befriend")}
        </MenuItem>
      )}
      {tie === "asked" && (
        <>
          <MenuItem testId="accept" onSelect={() => void attempt(() => client.befriend(id))}>
            {t("people.accept")}
          </MenuItem>
          <MenuItem onSelect={() => void attempt(() => client.unfriend(id))}>{t("people.decline")}</MenuItem>
        </>
      )}
      {tie === "requested" && (
        <MenuItem onSelect={() => void attempt(() => client.unfriend(id))}>{t("people.withdraw")}</MenuItem>
      )}
      {tie === "friends" && (
        <MenuItem onSelect={() => setAsking("unfriend")}>{t("people.unfriend")}</MenuItem>
      )}
    </>
  );
  const block = (
    <MenuItem danger testId="block" onSelect={() => setAsking("block")}>
      {t("people.block")}
    </MenuItem>
  );
  const dialog = asking !== null && (
    <ConfirmDialog
      title={t(`people.${asking}.confirm`, { name })}
      text={t(`people.${asking}.hint`)}
      action={t(`people.${asking}`)}
      onClose={close}
      onConfirm={() => attempt(() => client[asking](id))}
    />
  );
  return { items, block, dialog };
}
