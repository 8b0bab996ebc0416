import type { Auth } from "parlor-client/net/auth";
import type { User } from "parlor-client/net/rest";
import { Client } from "parlor-client/sync/client";
import { useEffect, useMemo, useRef, useState } from "react";
import { Route, Switch, useLocation, useRoute } from "wouter";
import { PHONE, useMedia, useStore } from "../hooks";
import { ChangePassword } from "./ChangePassword";
import { ConnectionSheet } from "./ConnectionSheet";
import { CreateRoom } from "./CreateRoom";
import { ChatContext, type Sheet } from "./context";
import { Devices } from "./Devices";
import { Directory } from "./Directory";
import { Home } from "./Home";
import { InvitePage } from "./InvitePage";
import { Missing } from "./Missing";
import { People } from "./People";
import { Profile } from "./Profile";
import { RoomPage } from "./RoomPage";
import { Search } from "./Search";
import { Settings } from "./Settings";
import { Shortcuts } from "./Shortcuts";
import { Sidebar } from "./Sidebar";
import { Switcher } from "./Switcher";
import { inOrder, sections, unreadOf } from "./sections";
import { useKeys } from "./useKeys";

/** The message that a link names; a link to something else leads to the room. */
function seqOf(text: string | undefined): number | null {
  return text !== undefined && /^[1-9][0-9]{0,14}$/.test(text) ? Number(text) : null;
}

interface Props {
  auth: Auth;
  user: User;
  /** The code of the link at which the user signed in. */
  invite: string | null;
}

export default function Chat({ auth, user, invite }: Props) {
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
  return <Shell client={client} auth={auth} invite={invite} />;
}

function Shell({ client, auth, invite }: { client: Client; auth: Auth; invite: string | null }) {
  const [sheet, show] = useState<Sheet | null>(null);
  const context = useMemo(() => ({ client, auth, show }), [client, auth]);
  const [path, go] = useLocation();
  const [, params] = useRoute("/rooms/:id/:seq?");
  const current = params?.id ?? null;
  const { rooms } = useStore(client.rooms);

  // Where the room on screen stood in the list when it was entered.
  const entered = useRef({ id: "", unread: false });
  if (current !== null && entered.current.id !== current) {
    const room = rooms.find((candidate) => candidate.id === current);
    if (room !== undefined) entered.current = { id: current, unread: unreadOf(room) > 0 };
  }
  const parts = sections(rooms, current, entered.current.id === current && entered.current.unread);
  useKeys({ order: inOrder(parts), current, go, show, sheet });

  const phone = useMedia(PHONE);
  const list = path === "/";
  return (
    <ChatContext value={context}>
      <div className="grid h-full grid-rows-[minmax(0,1fr)] md:grid-cols-[16rem_minmax(0,1fr)] lg:grid-cols-[20rem_minmax(0,1fr)]">
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
            <Route>
              <Missing />
            </Route>
          </Switch>
        )}
      </div>
      {sheet === "create" && <CreateRoom onClose={() => show(null)} />}
      {sheet === "switch" && <Switcher onClose={() => show(null)} />}
      {sheet === "keys" && <Shortcuts onClose={() => show(null)} />}
      {sheet === "profile" && <Profile onClose={() => show(null)} />}
      {sheet === "devices" && <Devices onClose={() => show(null)} />}
      {sheet === "password" && <ChangePassword onClose={() => show(null)} />}
      {sheet === "settings" && <Settings onClose={() => show(null)} />}
      {sheet === "connection" && <ConnectionSheet onClose={() => show(null)} />}
    </ChatContext>
  );
}
