import type { AdminUser, OneTimeLink } from "parlor-client/net/rest";
import { useState } from "react";
import { ConfirmDialog } from "../chat/ConfirmDialog";
import { useChat } from "../chat/context";
import { useT } from "../hooks";
import { Menu, MenuItem } from "../Menu";
import { FindField, LinkDialog, PageState, Tag, useMoment } from "./parts";
import { usePages } from "./usePages";

type Act = "disable" | "enable" | "reset" | "grant" | "revoke";

/** People, and what can be done about their accounts. */
export function AdminUsers() {
  const t = useT();
  const { client } = useChat();
  const { admin } = client.api;
  const [find, setFind] = useState("");
  const text = find.trim();
  const users = usePages((cursor) => admin.users(text, cursor), [text], "admin.users.error");
  const [asked, ask] = useState<{ act: Act; it: AdminUser } | null>(null);
  const [link, setLink] = useState<{ name: string; link: OneTimeLink } | null>(null);

  async function carryOut(act: Act, it: AdminUser) {
    const { id, name } = it.user;
    const isIt = (other: AdminUser) => other.user.id === id;
    const change = (call: () => Promise<unknown>, now: Partial<AdminUser>) =>
      users.change(call, isIt, (before) => ({ ...before, ...now }));
    switch (act) {
      case "disable":
        await change(() => admin.setDisabled(id, true), { disabled_at: new Date().toISOString() });
        break;
      case "enable":
        await change(() => admin.setDisabled(id, false), { disabled_at: null });
        break;
      case "grant":
        await change(() => admin.setAdmin(id, true), { is_admin: true });
        break;
      case "revoke":
        await change(() => admin.setAdmin(id, false), { is_admin: false });
        if (id === client.user.id) await client.learnStanding();
        break;
      case "reset":
        await change(async () => setLink({ name, link: await admin.resetLink(id) }), {});
    }
  }

  return (
    <>
      <FindField label={t("admin.users.find")} value={find} onChange={setFind} />
      <ul className="divide-y divide-line">
        {users.value?.map((it) => (
          <UserItem key={it.user.id} it={it} onAct={(act) => ask({ act, it })} />
        ))}
      </ul>
      <PageState of={users} empty={t("admin.users.none")} />
      {asked !== null && (
        <ConfirmDialog
          title={t(`admin.${asked.act}.title`, { name: `@${asked.it.user.name}` })}
          text={t(`admin.${asked.act}.text`)}
          action={t(`admin.${asked.act}`)}
          onClose={() => ask(null)}
          onConfirm={() => carryOut(asked.act, asked.it)}
        />
      )}
      {link !== null && (
        <LinkDialog
          title={t("admin.reset.link", { name: `@${link.name}` })}
          text={t("admin.reset.handOn")}
          link={link.link}
          onClose={() => setLink(null)}
        />
      )}
    </>
  );
}

function UserItem({ it, onAct }: { it: AdminUser; onAct(act: Act): void }) {
  const t = useT();
  const moment = useMoment();
  const { name, display_name } = it.user;
  return (
    <li data-testid="admin-user" data-name={name} className="flex items-center gap-3 py-3">
      <span className="min-w-0 flex-1">
        <span className="flex flex-wrap items-center gap-x-2">
          <span className="truncate font-medium">{display_name}</span>
          <span className="label">@{name}</span>
          {it.is_admin && <Tag>{t("admin.tag.admin")}</Tag>}
          {it.disabled_at !== null && <Tag bad>{t("admin.tag.disabled")}</Tag>}
        </span>
        <span className="label block">
          {it.disabled_at !== null
            ? t("admin.disabled.since", { time: moment(it.disabled_at) })
            : it.seen_at === null
              ? t("admin.seen.never")
              : t("devices.seen", { time: moment(it.seen_at) })}
        </span>
      </span>
      <Menu label={t("admin.menu", { name })}>
        <MenuItem onSelect={() => onAct("reset")}>{t("admin.reset")}</MenuItem>
        <MenuItem onSelect={() => onAct(it.is_admin ? "revoke" : "grant")}>
          {t(it.is_admin ? "admin.revoke" : "admin.grant")}
        </MenuItem>
        <MenuItem
          danger={it.disabled_at === null}
          onSelect={() => onAct(it.disabled_at === null ? "disable" : "enable")}
        >
          {t(it.disabled_at === null ? "admin.disable" : "admin.enable")}
        </MenuItem>
      </Menu>
    </li>
  );
}
