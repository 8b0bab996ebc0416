import { newId } from "parlor-client/net/id";
import type { Invite } from "parlor-client/net/rest";
import type { RoomEntry } from "parlor-client/sync/rooms";
import { type FormEvent, useId, useRef, useState } from "react";
import { Dialog } from "../Dialog";
import { useStore, useT } from "../hooks";
import { Trouble } from "../Trouble";
import { useLoaded } from "../useLoaded";
import { useChat } from "./context";
import { InviteLink } from "./InviteLink";
import { InviteList } from "./InviteList";

const DAY_SECONDS = 86_400;
/** For how many days a link may hold, and for how many people; null for no end. */
const DAYS = [1, 7, 30, null] as const;
const USES = [1, 10, null] as const;

/** Links into a room: making them, showing them, taking them back. */
export default function InvitePeople({ room, onClose }: { room: RoomEntry; onClose(): void }) {
  const t = useT();
  const { client } = useChat();
  const ids = useId();
  const [days, setDays] = useState<(typeof DAYS)[number]>(7);
  const [uses, setUses] = useState<(typeof USES)[number]>(null);
  const [working, setWorking] = useState(false);
  const [shownId, setShownId] = useState<string | null>(null);
  // A retry after a lost answer makes no second link; other terms do.
  const tried = useRef({ content: "", key: "" });
  const makeButton = useRef<HTMLButtonElement>(null);
  const changes = useStore(client.inviteChanges);
  const { id, members } = room;

  const fetch = async () => {
    const all = await client.api.invites(id);
    return all.sort((a, b) => b.created_at.localeCompare(a.created_at));
  };
  // Who came in has used one up.
  const list = useLoaded(fetch, [client, id, changes, members], "invites.error");
  const { value: links, error, load, attempt } = list;

  async function make(event: FormEvent) {
    event.preventDefault();
    if (working) return;
    setWorking(true);
    const terms = { expires_in_seconds: days === null ? null : days * DAY_SECONDS, max_uses: uses };
    const content = JSON.stringify(terms);
    if (tried.current.content !== content) tried.current = { content, key: newId() };
    await attempt(async () => {
      const made = await client.api.createInvite(id, terms, tried.current.key);
      tried.current = { content: "", key: "" };
      setShownId(made.id);
    });
    setWorking(false);
  }

  async function revoke(invite: Invite) {
    const done = await attempt(() => client.api.revokeInvite(id, invite.id));
    // The button that had it has gone with the link.
    if (done) makeButton.current?.focus();
  }

  const shown = links?.find((link) => link.id === shownId);
  return (
    <Dialog title={t("invites.title", { name: room.name })} onClose={onClose} high>
      <form className="grid gap-4" onSubmit={make}>
        <div className="grid grid-cols-2 gap-3">
          <div className="grid gap-1">
            <label htmlFor={`${ids}days`} className="text-sm font-medium">
              {t("invites.days")}
            </label>
            <select
              id={`${ids}days`}
              className="field"
              value={`${days}`}
              onChange={({ target }) => setDays(DAYS.find((it) => `${it}` === target.value) ?? null)}
            >
              {DAYS.map((count) => (
                <option key={count} value={`${count}`}>
                  {count === null ? t("invites.endless") : t("invites.days.count", { count })}
                </option>
              ))}
            </select>
          </div>
          <div className="grid gap-1">
            <label htmlFor={`${ids}uses`} className="text-sm font-medium">
              {t("invites.uses")}
            </label>
            <select
              id={`${ids}uses`}
              className="field"
              value={`${uses}`}
              onChange={({ target }) => setUses(USES.find((it) => `${it}` === target.value) ?? null)}
            >
              {USES.map((count) => (
                <option key={count} value={`${count}`}>
                  {count === null ? t("invites.uses.any") : t("room.people", { count })}
                </option>
              ))}
            </select>
          </div>
        </div>
        <button
          ref={makeButton}
          type="submit"
          data-testid="make-invite"
          className="button primary min-h-10 pointer-coarse:min-h-11"
          aria-disabled={working}
        >
          {t("invites.make")}
        </button>
      </form>
      {error !== null && <Trouble className="mt-3 text-sm" text={error} onRetry={() => void load()} />}
      {shown !== undefined && <InviteLink key={shown.id} code={shown.code} />}
      <InviteList
        links={links}
        shownId={shown?.id ?? null}
        onShow={({ id }) => setShownId(id)}
        onRevoke={revoke}
      />
    </Dialog>
  );
}
