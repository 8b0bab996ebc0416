import { ArrowLeft } from "lucide-react";
import type { Preferences } from "parlor-client/net/rest";
import { mayInvite } from "parlor-client/sync/rooms";
import { useEffect, useLayoutEffect, useState } from "react";
import { Link, useLocation } from "wouter";
import { copyText } from "../copy";
import { Files } from "../files/parts";
import { useAttach } from "../files/useAttach";
import { reasonOf, useStore, useT } from "../hooks";
import { later } from "../later";
import { Menu, MenuChoice, MenuGroup, MenuItem } from "../Menu";
import { tell } from "../Told";
import { useTitle } from "../title";
import { Composer } from "./Composer";
import { ConfirmDialog } from "./ConfirmDialog";
import { ConnectionBadge } from "./ConnectionBadge";
import { useChat } from "./context";
import { Missing } from "./Missing";
import { Mood } from "./Mood";
import { usePresenceWords } from "./Presence";
import { RoomMark } from "./RoomMark";
import { Seeking, useSeek } from "./Seeking";
import { Forwarding, Timeline } from "./Timeline";
import { VersionList } from "./Versions";

const Outside = later(() => import("./Outside"), null);
const Members = later(() => import("./Members"), null);
const Pins = later(() => import("./Pins"), null);
const InvitePeople = later(() => import("./InvitePeople"), null);
const EditRoom = later(() => import("./EditRoom"), null);
const DeleteRoom = later(() => import("./DeleteRoom"), null);
/** What opens in place of a room, beside it and above it. */
export const BESIDE_ROOMS = [
  Outside,
  Members,
  Pins,
  InvitePeople,
  EditRoom,
  DeleteRoom,
  Forwarding,
  VersionList,
];

interface Props {
  id: string;
  /** A message that a link leads to. */
  at: number | null;
}

export function RoomPage({ id, at }: Props) {
  const t = useT();
  const { client } = useChat();
  const { rooms } = useStore(client.rooms);
  const view = client.view(id);
  const state = useStore(view);
  const [panel, setPanel] = useState<"people" | "pins" | "files" | null>(null);
  const [shown, setShown] = useState<number | null>(null);
  const [editing, setEditing] = useState<number | null>(null);
  const [, go] = useLocation();
  const valid = /^[0-9a-f-]{36}$/i.test(id);

  // Before anything is painted: reading begins at the divider.
  useLayoutEffect(() => {
    if (!valid) return;
    void client.enter(id);
    // The first time in a page it takes as long as a frame.
    const timer = setTimeout(() => localStorage.setItem("parlor.room", id));
    return () => {
      clearTimeout(timer);
      client.exit(id);
    };
  }, [client, id, valid]);

  const room = rooms.find((candidate) => candidate.id === id);
  const known = useStore(client.people);
  const peer = room?.peerId == null ? undefined : known.get(room.peerId);
  const { blocked } = useStore(client.friends);
  const mayWrite = room?.archived === false && (room.peerId === null || !blocked.has(room.peerId));
  const attach = useAttach(id, mayWrite);
  const topic = peer === undefined ? room?.topic : peer.status_text;
  useTitle(room?.name ?? "");

  const { seeking, seek, past, place, toNewest } = useSeek(id, setShown);
  // A link may lead to what has not come yet.
  const comes = at !== null && at > state.seq && state.seq < (room?.head ?? 0);
  useEffect(() => {
    if (at === null || state.status !== "ready" || comes) return;
    void seek(at);
    // The same link leads there again.
    go(`/rooms/${id}`, { replace: true });
  }, [at, state.status, comes, seek, go, id]);

  if (!valid || state.status === "missing") return <Missing deleted={valid && state.deleted} />;
  if (state.status === "outside") return <Outside id={id} />;

  return (
    <div className="relative flex h-full min-w-0">
      <main
        data-landmark
        tabIndex={-1}
        className="relative flex min-w-0 flex-1 flex-col"
        onPaste={attach.onPaste}
        onDragEnter={attach.onDragEnter}
        onDragOver={attach.onDragOver}
        onDragLeave={attach.onDragLeave}
        onDrop={attach.onDrop}
      >
        {attach.over && <DropHere name={room?.name ?? ""} />}
        <header className="flex h-14 flex-none items-center gap-2 border-b border-line ps-5 pe-2 max-md:ps-1">
          <Link href="/" className="icon-button md:hidden" aria-label={t("room.back")}>
            <ArrowLeft size={20} aria-hidden="true" />
          </Link>
          {room === undefined && <h1 className="sr-only">{t("app.name")}</h1>}
          {room !== undefined && (
            <>
              <div className="relative flex min-w-0 self-stretch md:items-center md:gap-1 max-md:flex-col max-md:justify-center">
                <h1 className="flex min-w-0 items-center gap-1.5 text-base leading-5 font-semibold">
                  <RoomMark visibility={room.visibility} peerId={room.peerId} size={16} />
                  <span className="truncate">
                    {room.name} <Mood person={peer} />
                  </span>
                </h1>
                {room.peerId !== null ? (
                  <PeerWords id={room.peerId} />
                ) : (
                  <button
                    type="button"
                    className="label flex-none rounded-md text-start hover:bg-tint hover:text-ink max-md:after:absolute max-md:after:inset-0 md:px-2 md:py-1"
                    aria-expanded={panel === "people"}
                    onClick={() => setPanel(panel === "people" ? null : "people")}
                  >
                    {t("room.people", { count: room.members })}
                  </button>
                )}
              </div>
              <p className="label min-w-0 flex-1 truncate max-md:hidden" title={topic}>
                {topic}
              </p>
            </>
          )}
          <div className="ms-auto flex flex-none items-center">
            <ConnectionBadge />
            <RoomMenu id={id} onPins={() => setPanel("pins")} onFiles={() => setPanel("files")} />
          </div>
        </header>
        <Timeline
          key={`${id} ${place}`}
          id={id}
          past={past}
          onNewest={toNewest}
          editing={editing}
          setEditing={setEditing}
          shown={shown}
          setShown={setShown}
          onJump={seek}
        />
        <Seeking state={seeking} />
        <Composer key={`c${id}`} id={id} attach={attach} onEditLast={setEditing} />
      </main>
      {panel === "people" && <Members id={id} onClose={() => setPanel(null)} />}
      {panel === "pins" && <Pins id={id} onClose={() => setPanel(null)} onShow={seek} />}
      {panel === "files" && <Files id={id} onClose={() => setPanel(null)} onShow={seek} />}
    </div>
  );
}

/** How the other one of a direct room is, in words. */
function PeerWords({ id }: { id: string }) {
  const words = usePresenceWords(id);
  return (
    <p data-testid="peer-presence" className="label truncate md:flex-none md:px-2">
      {words}
    </p>
  );
}

const NOTIFY = ["all", "mentions", "none"] as const;

/** Over the whole room while files are held above it. */
function DropHere({ name }: { name: string }) {
  const t = useT();
  return (
    <div
      data-testid="drop-here"
      className="pointer-events-none absolute inset-2 z-30 flex items-center justify-center rounded-lg border-2 border-dashed border-accent bg-tint/90 p-6 text-center font-semibold text-accent"
    >
      {t("files.drop", { name })}
    </div>
  );
}

function RoomMenu({ id, onPins, onFiles }: { id: string; onPins(): void; onFiles(): void }) {
  const t = useT();
  const { client } = useChat();
  const [, go] = useLocation();
  const { rooms } = useStore(client.rooms);
  const [open, setOpen] = useState<"edit" | "invite" | "leave" | "delete" | null>(null);
  const [error, setError] = useState<string | null>(null);
  const room = rooms.find((candidate) => candidate.id === id);
  if (room === undefined) return null;

  async function attempt(act: () => Promise<unknown>) {
    try {
      await act();
    } catch (cause) {
      setError(t("action.error", { detail: reasonOf(cause, t) }));
    }
  }
  const copy = async (text: string) => tell(t((await copyText(text)) ? "copy.done" : "copy.refused"));
  const archive = () =>
    attempt(async () => client.rooms.put(await client.api.archiveRoom(id, !room.archived)));
  const prefer = (change: Partial<Preferences>) => void attempt(() => client.prefer(id, change));

  return (
    <>
      <Menu label={t("room.menu")}>
        <MenuItem onSelect={() => void copy(`${location.origin}/rooms/${id}`)}>{t("room.copyLink")}</MenuItem>
        {mayInvite(room) && (
          <MenuItem testId="invite-people" onSelect={() => setOpen("invite")}>
            {t("room.invite")}
          </MenuItem>
        )}
        <MenuItem onSelect={onPins}>{t("pins.title")}</MenuItem>
        <MenuItem testId="room-files" onSelect={onFiles}>
          {t("files.title")}
        </MenuItem>
        <MenuChoice
          role="menuitemcheckbox"
          checked={room.favourite}
          onSelect={() => prefer({ favourite: !room.favourite })}
        >
          {t("room.favourite")}
        </MenuChoice>
        <MenuGroup label={t("room.notify")}>
          {NOTIFY.map((notify) => (
            <MenuChoice
              key={notify}
              role="menuitemradio"
              checked={room.notify === notify}
              onSelect={() => prefer({ notify })}
            >
              {t(`room.notify.${notify}`)}
            </MenuChoice>
          ))}
        </MenuGroup>
        {(room.role === "owner" || room.role === "admin") && (
          <MenuItem onSelect={() => setOpen("edit")}>{t("room.rename")}</MenuItem>
        )}
        {room.role === "owner" && (
          <MenuItem onSelect={() => void archive()}>
            {t(room.archived ? "room.restore" : "room.archive")}
          </MenuItem>
        )}
        {room.visibility !== "direct" && (
          <MenuItem danger onSelect={() => setOpen("leave")}>
            {t("room.leave")}
          </MenuItem>
        )}
        {room.role === "owner" && (
          <MenuItem danger testId="delete-room" onSelect={() => setOpen("delete")}>
            {t("room.delete")}
          </MenuItem>
        )}
      </Menu>
      {open === "invite" && <InvitePeople room={room} onClose={() => setOpen(null)} />}
      {open === "edit" && <EditRoom room={room} onClose={() => setOpen(null)} />}
      {open === "delete" && <DeleteRoom room={room} onClose={() => setOpen(null)} />}
      {open === "leave" && (
        <ConfirmDialog
          title={t("room.leave.confirm", { name: room.name })}
          text={t(room.visibility === "private" ? "room.leave.private" : "room.leave.public")}
          action={t("room.leave")}
          onClose={() => setOpen(null)}
          onConfirm={() =>
            attempt(async () => {
              await client.leave(id);
              go("/");
            })
          }
        />
      )}
      {error !== null && <ConfirmDialog title={t("room.menu")} text={error} onClose={() => setError(null)} />}
    </>
  );
}
