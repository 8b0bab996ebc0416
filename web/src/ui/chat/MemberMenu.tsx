import type { Member, Role } from "parlor-client/net/rest";
import type { RoomEntry } from "parlor-client/sync/rooms";
import { useState } from "react";
import { useT } from "../hooks";
import { Menu, MenuItem } from "../Menu";
import { ConfirmDialog } from "./ConfirmDialog";
import { nameOf, useChat } from "./context";
import { type Attempt, usePersonActs } from "./usePersonActs";

const ROLES: readonly Role[] = ["owner", "admin", "member"];

interface Props {
  member: Member;
  room: RoomEntry;
  attempt: Attempt;
}

/** What can be done with somebody who is in the room. */
export function MemberMenu({ member: { user, role }, room, attempt }: Props) {
  const t = useT();
  const { client } = useChat();
  const { items, block, dialog } = usePersonActs(user, attempt);
  const [asking, setAsking] = useState<Role | "ban" | null>(null);
  const name = nameOf(user) ?? "";
  const isMe = user.id === client.user.id;
  const owns = room.role === "owner";
  const mayRemove = !isMe && (owns || (room.role === "admin" && role !== "owner"));
  if (isMe && !owns) return null;

  const become = (next: Role) => attempt(() => client.api.changeRole(room.id, user.id, next));
  const act = (next: Role) => {
    // What one cannot take back alone is asked for twice.
    if (isMe || next === "owner") setAsking(next);
    else void become(next);
  };
  const close = () => setAsking(null);

  return (
    <>
      <Menu label={t("members.menu", { name })}>
        {!isMe && items}
        {owns &&
          ROLES.filter((next) => next !== role).map((next) => (
            <MenuItem key={next} onSelect={() => act(next)}>
              {isMe && next !== "owner" ? t(`members.step.${next}`) : t(`members.make.${next}`)}
            </MenuItem>
          ))}
        {mayRemove && (
          <>
            <MenuItem onSelect={() => void attempt(() => client.api.removeMember(room.id, user.id))}>
              {t("members.remove")}
            </MenuItem>
            <MenuItem danger onSelect={() => setAsking("ban")}>
              {t("members.ban")}
            </MenuItem>
          </>
        )}
        {!isMe && block}
      </Menu>
      {dialog}
      {asking === "ban" && (
        <ConfirmDialog
          title={t("members.ban.confirm", { name })}
          text={t("members.ban.hint")}
          action={t("members.ban")}
          onClose={close}
          onConfirm={() => attempt(() => client.api.ban(room.id, user.id))}
        />
      )}
      {asking === "owner" && (
        <ConfirmDialog
          title={t("members.owner.confirm", { name })}
          text={t("members.owner.hint")}
          action={t("members.make.owner")}
          onClose={close}
          onConfirm={() => become(asking)}
        />
      )}
      {(asking === "admin" || asking === "member") && (
        <ConfirmDialog
          title={t("members.step.confirm")}
          text={t("members.step.hint")}
          action={t(`members.step.${asking}`)}
          onClose={close}
          onConfirm={() => become(asking)}
        />
      )}
    </>
  );
}
