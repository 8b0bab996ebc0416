import { useEffect } from "react";
import { FormattedMessage } from "react-intl";
import { Link, useLocation } from "wouter";
import { useStore, useT } from "../hooks";
import { withMod } from "../mod";
import { useTitle } from "../title";
import { useChat } from "./context";
import { Notice, Page } from "./Page";
import { firstRoom } from "./sections";

/** Nothing chosen yet, where there is room for two panes: the last room opens. */
export function Home() {
  const t = useT();
  const { client } = useChat();
  const { status, rooms } = useStore(client.rooms);
  const [, go] = useLocation();

  useTitle("");
  useEffect(() => {
    if (status !== "ready") return;
    const room = firstRoom(rooms, localStorage.getItem("parlor.room"));
    if (room !== undefined) go(`/rooms/${room.id}`, { replace: true });
  }, [status, rooms, go]);

  return (
    <Page title={t("app.name")}>
      {status === "ready" && rooms.length === 0 ? (
        <Notice title={t("rooms.empty")}>
          <Link href="/browse" className="button">
            {t("browse.title")}
          </Link>
        </Notice>
      ) : (
        <Notice
          title={t("rooms.pick")}
          text={
            <FormattedMessage id="rooms.pick.hint" values={{ keys: <kbd key="k">{withMod("K")}</kbd> }} />
          }
        />
      )}
    </Page>
  );
}
