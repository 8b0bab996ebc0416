import type { Member } from "parlor-client/net/rest";
import { mayInvite } from "parlor-client/sync/rooms";
import { useState } from "react";
import { useStore, useT } from "../hooks";
import { useLoaded } from "../useLoaded";
import { Banned } from "./Banned";
import { nameOf, useChat } from "./context";
import InvitePeople from "./InvitePeople";
import { MemberMenu } from "./MemberMenu";
import { Mood } from "./Mood";
import { Panel } from "./Panel";
import { PersonPicker } from "./PersonPicker";
import { Portrait } from "./Portrait";
import { usePresenceWords } from "./Presence";

/** Who is in the room. */
export default function Members({ id, onClose }: { id: string; onClose(): void }) {
  const t = useT();
  const { client } = useChat();
  const { rooms } = useStore(client.rooms);
  const { entries } = useStore(client.view(id));
  const room = rooms.find((candidate) => candidate.id === id);
  const [inviting, setInviting] = useState(false);
  const count = room?.members;
  // Whoever comes, goes or becomes something else leaves a line.
  const last = entries.findLast((entry) => entry.kind === "system" && "userId" in entry.change)?.seq;

  const fetch = async () => {
    const fresh = await client.api.members(id);
    client.people.add(fresh.map(({ user }) => user));
    return fresh;
  };
  const list = useLoaded(fetch, [client, id, count, last], "members.error");
  const { value: members, error, load, attempt } = list;

  const runs = room?.role === "owner" || room?.role === "admin";
  return (
    <Panel testId="members-panel" title={t("members.title")} onClose={onClose}>
      <div className="min-h-0 flex-1 overflow-y-auto px-2 py-3">
        {members === null && error === null && (
          <div className="grid gap-4 px-3 py-2" aria-hidden="true">
            <div className="skeleton h-3 w-1/2" />
            <div className="skeleton h-3 w-2/3" />
          </div>
        )}
        {error !== null && (
          <div className="px-3 pb-3">
            <p role="alert" className="text-coral text-sm">
              {error}
            </p>
            {members === null && (
              <button type="button" className="button mt-3" onClick={() => void load()}>
                {t("retry")}
              </button>
            )}
          </div>
        )}
        <ul>
          {members?.map((member) => (
            <li key={member.user.id} className="group flex items-center gap-2 rounded-md px-3 py-1.5">
              <Portrait person={member.user} />
              <MemberText member={member} />
              {room !== undefined && (
                <div className="flex-none pointer-fine:opacity-0 group-focus-within:opacity-100 group-hover:opacity-100">
                  <MemberMenu member={member} room={room} attempt={attempt} />
                </div>
              )}
            </li>
          ))}
        </ul>
        {runs && <Banned id={id} last={last} />}
      </div>
      {room !== undefined && mayInvite(room) && (
        <div className="grid flex-none gap-3 border-t border-line p-4">
          <button type="button" className="button" onClick={() => setInviting(true)}>
            {t("room.invite")}
          </button>
          <PersonPicker
            label={t("members.add")}
            without={new Set(members?.map(({ user }) => user.id))}
            onPick={({ name }) => attempt(() => client.api.addMember(id, name))}
          />
        </div>
      )}
      {inviting && room !== undefined && <InvitePeople room={room} onClose={() => setInviting(false)} />}
    </Panel>
  );
}

function MemberText({ member: { user, role } }: { member: Member }) {
  const t = useT();
  const { client } = useChat();
  const isMe = user.id === client.user.id;
  const presence = usePresenceWords(user.id);
  return (
    <span className="min-w-0 flex-1">
      <span
        className={`block truncate font-medium ${isMe ? "text-accent" : ""} ${(user.standing ?? "active") === "active" ? "" : "text-muted"}`}
      >
        {nameOf(user)} <Mood person={user} />
      </span>
      <span className="label block">
        {user.standing !== "deleted" && `@${user.name}`}
        {isMe && ` · ${t("members.you")}`}
        {role !== "member" && ` · ${t(`members.${role}`)}`}
        {presence !== null && ` · ${presence}`}
      </span>
      {user.status_text !== "" && (
        <span className="label block truncate" title={user.status_text}>
          {user.status_text}
        </span>
      )}
    </span>
  );
}
