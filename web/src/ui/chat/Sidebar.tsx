import { BellOff, Compass, MessagesSquare, Plus, Search, Settings, ShieldCheck, Users } from "lucide-react";
import { type RoomEntry, unreadOf } from "parlor-client/sync/rooms";
import type { ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { useGist } from "../files/useGist";
import { useStore, useT } from "../hooks";
import { withMod } from "../mod";
import { ConnectionBadge } from "./ConnectionBadge";
import { useChat } from "./context";
import { MeMenu } from "./MeMenu";
import { Mood } from "./Mood";
import { NewVersion } from "./NewVersion";
import { NotifyOffer } from "./NotifyOffer";
import { RoomMark } from "./RoomMark";
import { inOrder, type Sections } from "./sections";
import { Waiting } from "./Waiting";

interface Props {
  parts: Sections;
  current: string | null;
  /** Alone on the screen: the connection is shown here. */
  phone: boolean;
}

export function Sidebar(props: Props) {
  // Alone on the screen, the list is what the page is about.
  const Frame = props.phone ? "main" : "div";
  return (
    <Frame className="flex h-full min-h-0 border-line md:border-e">
      <Rail />
      <RoomList {...props} />
    </Frame>
  );
}

function Rail() {
  const t = useT();
  const { show, client } = useChat();
  const [path] = useLocation();
  const isAdmin = useStore(client.isAdmin);
  const isRooms = !["/search", "/browse", "/people"].includes(path) && !path.startsWith("/admin");
  return (
    <nav
      aria-label={t("nav.label")}
      data-landmark
      tabIndex={-1}
      className="hidden w-16 flex-none flex-col items-center gap-1 border-e border-line bg-rail py-3 lg:flex"
    >
      <img src="/icon.svg" alt="" width="28" height="28" className="mb-3" />
      <RailLink href="/" current={isRooms} label={t("nav.rooms")}>
        <MessagesSquare size={18} aria-hidden="true" />
      </RailLink>
      <RailLink href="/search" current={path === "/search"} label={t("nav.search")}>
        <Search size={18} aria-hidden="true" />
      </RailLink>
      <RailLink href="/browse" current={path === "/browse"} label={t("nav.browse")}>
        <Compass size={18} aria-hidden="true" />
      </RailLink>
      <RailLink href="/people" current={path === "/people"} label={t("nav.people")}>
        <span className="relative">
          <Users size={18} aria-hidden="true" />
          <span className="absolute start-full -top-1.5 ms-0.5">
            <Waiting />
          </span>
        </span>
      </RailLink>
      <div className="flex-1" />
      {isAdmin && (
        <RailLink href="/admin/users" current={path.startsWith("/admin")} label={t("admin.title")}>
          <ShieldCheck size={18} aria-hidden="true" />
        </RailLink>
      )}
      <RailButton onClick={() => show("settings")} label={t("nav.settings")}>
        <Settings size={18} aria-hidden="true" />
      </RailButton>
      <div className="mt-2">
        <MeMenu up />
      </div>
    </nav>
  );
}

const RAIL_ITEM =
  "flex w-14 flex-col items-center gap-0.5 rounded-md py-1.5 text-[11px] leading-4 text-muted hover:text-ink aria-[current=page]:text-accent";

function RailLink({
  href,
  current,
  label,
  children,
}: {
  href: string;
  current: boolean;
  label: string;
  children: ReactNode;
}) {
  return (
    <Link href={href} className={RAIL_ITEM} aria-current={current ? "page" : undefined}>
      {children}
      {label}
    </Link>
  );
}

function RailButton({ onClick, label, children }: { onClick(): void; label: string; children: ReactNode }) {
  return (
    <button type="button" className={RAIL_ITEM} onClick={onClick}>
      {children}
      {label}
    </button>
  );
}

function RoomList({ parts, current, phone }: Props) {
  const t = useT();
  const { show, client } = useChat();
  const { status } = useStore(client.rooms);
  const { state } = useStore(client.connection);
  const Name = phone ? "h1" : "span";
  const empty = inOrder(parts).length === 0;
  return (
    <nav
      aria-label={t("rooms.label")}
      data-landmark
      data-testid="room-list"
      tabIndex={-1}
      className="flex min-w-0 flex-1 flex-col bg-ground"
    >
      <header className="flex h-14 flex-none items-center justify-between gap-1 ps-5 pe-2">
        <Name className="me-auto font-semibold tracking-tight">{t("app.name")}</Name>
        {phone && <ConnectionBadge />}
        <span className="flex lg:hidden">
          <Link href="/search" className="icon-button" aria-label={t("nav.search")} title={t("nav.search")}>
            <Search size={18} aria-hidden="true" />
          </Link>
          <MeMenu />
        </span>
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto px-2 pb-3">
        {status === "loading" && empty && <Grey />}
        {status === "error" && empty && (
          <div className="px-3 py-2">
            <p>{t(state === "offline" ? "rooms.offline" : "rooms.error")}</p>
            <button type="button" className="button mt-3" onClick={() => void client.refreshRooms()}>
              {t("retry")}
            </button>
          </div>
        )}
        {status === "ready" && empty && <p className="px-3 py-2 text-muted">{t("rooms.empty")}</p>}
        <Group title={t("rooms.unread")} count={parts.unread.length} rooms={parts.unread} current={current} />
        <Group title={t("rooms.favourites")} rooms={parts.favourites} current={current} />
        <Group title={t("rooms.directs")} rooms={parts.directs} current={current} />
        <Group title={t("rooms.rooms")} rooms={parts.rooms} current={current} />
        <Group title={t("rooms.archived")} rooms={parts.archived} current={current} />
      </div>
      <NewVersion />
      <NotifyOffer />
      <footer className="flex flex-none flex-wrap items-center border-t border-line p-2 lg:flex-nowrap text-sm whitespace-nowrap">
        <button type="button" data-testid="new-room" className="item w-auto" onClick={() => show("create")}>
          <Plus size={16} aria-hidden="true" className="text-muted" />
          {t("rooms.new")}
        </button>
        <Link href="/browse" data-testid="browse-rooms" className="item w-auto">
          {t("nav.browse")}
        </Link>
        <Link href="/people" data-testid="people-link" className="item w-auto lg:hidden">
          {t("nav.people")} <Waiting />
        </Link>
        <button
          type="button"
          className="ms-auto hidden px-1 lg:block"
          onClick={() => show("switch")}
          aria-label={`${t("switch.title")} ${withMod("K")}`}
        >
          <kbd>{withMod("K")}</kbd>
        </button>
      </footer>
    </nav>
  );
}

function Group({
  title,
  count,
  rooms,
  current,
}: {
  title: string;
  count?: number;
  rooms: readonly RoomEntry[];
  current: string | null;
}) {
  if (rooms.length === 0) return null;
  return (
    <section aria-label={title}>
      <h2 className="heading flex justify-between">
        {title}
        {count !== undefined && <span className="tabular-nums">{count}</span>}
      </h2>
      <ul>
        {rooms.map((room) => (
          <li key={room.id}>
            <RoomItem room={room} current={room.id === current} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function RoomItem({ room, current }: { room: RoomEntry; current: boolean }) {
  const t = useT();
  const { client } = useChat();
  const drafts = useStore(client.drafts);
  const unread = unreadOf(room);
  const muted = room.notify === "none";
  const people = useStore(client.people);
  const peer = room.peerId === null ? undefined : people.get(room.peerId);
  const gist = useGist();
  // The server has the name of a file where there are no words.
  const preview = gist(room.previewFiles) || room.preview;
  return (
    <Link
      href={`/rooms/${room.id}`}
      data-testid="room-item"
      data-room-id={room.id}
      data-unread={unread}
      className="item"
      aria-current={current ? "page" : undefined}
      title={preview || undefined}
    >
      <RoomMark visibility={room.visibility} peerId={room.peerId} strong={unread > 0} />
      <span
        className={`min-w-0 flex-1 truncate ${unread > 0 ? "font-semibold" : ""} ${muted ? "text-muted" : ""}`}
      >
        {room.name} {peer !== undefined && <Mood person={peer} brief />}
      </span>
      {!current && drafts.has(room.id) && <span className="label italic">{t("rooms.draft")}</span>}
      {muted && (
        <BellOff size={13} className="flex-none text-muted" role="img" aria-label={t("rooms.muted")} />
      )}
      {room.mentions > 0 && !muted && (
        <span
          data-testid="mentions"
          className="text-xs font-semibold text-accent tabular-nums"
          role="img"
          aria-label={t("rooms.mentions", { count: room.mentions })}
          title={t("rooms.mentions", { count: room.mentions })}
        >
          @{room.mentions > 99 ? "99+" : room.mentions}
        </span>
      )}
      {room.notify === "all" && unread > 0 && (
        <span className="text-xs font-semibold tabular-nums">{unread > 99 ? "99+" : unread}</span>
      )}
    </Link>
  );
}

function Grey() {
  return (
    <div className="grid gap-4 px-3 py-4" aria-hidden="true">
      {["60%", "45%", "70%", "50%"].map((width) => (
        <div key={width} className="skeleton h-3" style={{ width }} />
      ))}
    </div>
  );
}
