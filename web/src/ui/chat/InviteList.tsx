import type { Invite } from "parlor-client/net/rest";
import { useId } from "react";
import { useIntl } from "react-intl";
import { useT } from "../hooks";
import { nameOf } from "./context";

interface Props {
  /** The newest first; null while they are on the way. */
  links: readonly Invite[] | null;
  /** The one that is shown already. */
  shownId: string | null;
  onShow(link: Invite): void;
  onRevoke(link: Invite): void;
}

/** The links into a room that hold now. */
export function InviteList({ links, shownId, onShow, onRevoke }: Props) {
  const t = useT();
  const ids = useId();
  return (
    <section className="mt-6 border-t border-line pt-4" aria-labelledby={`${ids}title`}>
      <h3 id={`${ids}title`} className="text-sm font-semibold">
        {t("invites.list")}
      </h3>
      {links === null && <div className="skeleton mt-3 h-3 w-1/2" aria-hidden="true" />}
      {links?.length === 0 && <p className="label mt-2">{t("invites.none")}</p>}
      <ul className="divide-y divide-line" data-testid="invites">
        {links?.map((link) => (
          <InviteItem
            key={link.id}
            link={link}
            shown={link.id === shownId}
            onShow={() => onShow(link)}
            onRevoke={() => onRevoke(link)}
          />
        ))}
      </ul>
    </section>
  );
}

function InviteItem({
  link: { uses, max_uses, expires_at, created_at, created_by },
  shown,
  onShow,
  onRevoke,
}: {
  link: Invite;
  shown: boolean;
  onShow(): void;
  onRevoke(): void;
}) {
  const t = useT();
  const intl = useIntl();
  const time = (at: string) =>
    intl.formatDate(at, { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" });
  const name = nameOf(created_by) ?? "";
  const made = t("invites.by", { name, time: time(created_at) });
  const used =
    max_uses !== null
      ? t("invites.usedOf", { count: uses, most: max_uses })
      : t(uses === 0 ? "invites.unused" : "invites.used", { count: uses });
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 py-3">
      <span className="min-w-0 flex-1 basis-48">
        <span className="block">
          {used}
          {" · "}
          {expires_at === null ? t("invites.endless") : t("invites.until", { time: time(expires_at) })}
        </span>
        <span className="label block">{made}</span>
      </span>
      <span className="flex flex-none gap-4">
        {!shown && (
          <button
            type="button"
            data-testid="show-invite"
            className="link min-h-8 text-sm"
            aria-label={`${t("invites.show")}: ${made}`}
            onClick={onShow}
          >
            {t("invites.show")}
          </button>
        )}
        <button
          type="button"
          data-testid="revoke-invite"
          className="min-h-8 pointer-coarse:min-h-11 pointer-coarse:min-w-11 text-coral text-sm hover:underline"
          aria-label={`${t("invites.revoke")}: ${made}`}
          onClick={onRevoke}
        >
          {t("invites.revoke")}
        </button>
      </span>
    </li>
  );
}
