import type { Auth } from "parlor-client/net/auth";
import type { User } from "parlor-client/net/rest";
import { Client } from "parlor-client/sync/client";
import { unreadOf } from "parlor-client/sync/rooms";
import { useEffect, useMemo, useRef, useState } from "react";
import { Route, Switch, useLocation, useRoute } from "wouter";
import { FILE_PARTS } from "../files/parts";
import { PHONE, useMedia, useStore } from "../hooks";
import { later } from "../later";
import { Told } from "../Told";
import { useTab } from "../title";
import { useSwipeBack } from "../useSwipeBack";
import { Announcements } from "./Announcements";
import { ChatContext, type Sheet } from "./context";
import { Home } from "./Home";
import { Missing } from "./Missing";
import { BESIDE_ROOMS, RoomPage } from "./RoomPage";
import { Sidebar } from "./Sidebar";
import { inOrder, sections } from "./sections";
import { useKeys } from "./useKeys";
import { useNotifications } from "./useNotifications";

const Switcher = later(() => import("./Switcher"), null);
const Sheets = later(() => import("./Sheets"), null);
const Directory = later(() => import("./Directory"), null);
const AdminPages = later(() => import("../admin/AdminPages"), null);
const ClaimPage = later(() => import("../admin/ClaimPage"), null);
const People = later(() => import("./People"), null);
const Search = later(() => import("./Search"), null);
const InvitePage = later(() => import("./InvitePage"), null);
/** Loaded as soon as the page has nothing else to do: without a network they are wanted too. */
const SOON = [Switcher, Sheets, Directory, People, Search, InvitePage, ...BESIDE_ROOMS, ...FILE_PARTS];

interface Props {
  auth: Auth;
  user: User;
  /** The code of the link at which the user signed in. */
  invite: string | null;
  /** The code of the link of a server that has no admin. */
  claim: string | null;
}

export default function Chat({ auth, user, invite, claim }: Props) {
  const [client, setClient] = useState<Client | null>(null);
  const userRef = useRef(user);
  useEffect(() => {
    let gone = false;
    const starting = Client.start({ auth, user: userRef.current });
    void starting.then((started) => {
      if (!gone) setClient(started);
    });
    return () => {
      gone = true;
      void starting.then((started) => started.stop(false));
    };
  }, [auth]);
  if (client === null) return <div className="h-full" aria-busy="true" />;
  return <Shell client={client} auth={auth} invite={invite} claim={claim} />;
}

interface ShellProps {
  client: Client;
  auth: Auth;
  invite: string | null;
  claim: string | null;
}

function Shell({ client, auth, invite, claim }: ShellProps) {
  const [sheet, show] = useState<Sheet | null>(null);
  const context = useMemo(() => ({ client, auth, show }), [client, auth]);
  const [path, go] = useLocation();
  const [, params] = useRoute("/rooms/:id/:seq?");
  const current = params?.id ?? null;
  const { rooms } = useStore(client.rooms);

  useEffect(() => {
    const load = () => void client.warm().finally(() => Promise.allSettled(SOON.map((part) => part.load())));
    if (typeof requestIdleCallback !== "function") return void setTimeout(load, 1_000);
    const idle = requestIdleCallback(load);
    return () => cancelIdleCallback(idle);
  }, [client]);

  // Where the room on screen stood in the list when it was entered.
  const entered = useRef({ id: "", unread: false });
  if (current !== null && entered.current.id !== current) {
    const room = rooms.find((candidate) => candidate.id === current);
    if (room !== undefined) entered.current = { id: current, unread: unreadOf(room) > 0 };
  }
  const parts = sections(rooms, current, entered.current.id === current && entered.current.unread);
  useKeys({ order: inOrder(parts), current, go, show, sheet });

  useTab(rooms.reduce((sum, room) => sum + unreadOf(room), 0));
  useNotifications(client, current, go);
  const phone = useMedia(PHONE);
  const list = path === "/";
  useSwipeBack(phone && !list, () => go("/"));
  return (
    <ChatContext value={context}>
      <div className="clear-of-edges flex h-full flex-col">
        <Announcements />
        <div className="grid min-h-0 flex-1 grid-cols-1 grid-rows-[minmax(0,1fr)] md:grid-cols-[16rem_minmax(0,1fr)] lg:grid-cols-[20rem_minmax(0,1fr)]">
          {(!phone || list) && <Sidebar parts={parts} current={current} phone={phone} />}
          {(!phone || !list) && (
            <Switch>
              <Route path="/">
                <Home />
              </Route>
              <Route path="/browse">
                <Directory />
              </Route>
              <Route path="/people">
                <People />
              </Route>
              <Route path="/search">
                <Search />
              </Route>
              <Route path="/rooms/:id/:seq?">
                {({ id, seq }) => <RoomPage key={id} id={id} at={seqOf(seq)} />}
              </Route>
              <Route path="/invite/:code">
                {({ code }) => <InvitePage key={code} code={code} joins={code === invite} />}
              </Route>
              <Route path="/admin/claim">
                <ClaimPage code={claim} />
              </Route>
              <Route path="/admin/:section?">
                {({ section }) => <AdminPages section={section ?? "users"} />}
              </Route>
              <Route>
                <Missing />
              </Route>
            </Switch>
          )}
        </div>
      </div>
      <Told />
      {sheet !== null && sheet !== "switch" && (
        <div className="fixed inset-x-4 bottom-20 z-30 mx-auto w-fit">
          <Sheets sheet={sheet} onClose={() => show(null)} />
        </div>
      )}
      {sheet === "switch" && <Switcher onClose={() => show(null)} />}
    </ChatContext>
  );
}

/** The message that a link names; null where it names none. */
function seqOf(text: string | undefined): number | null {
  return text !== undefined && /^[1-9]\d{0,15}$/.test(text) ? Number(text) : null;
}
