import { type ReactNode, useEffect } from "react";
import { Link } from "wouter";
import type { MessageId } from "../../i18n/en";
import { useChat } from "../chat/context";
import { Missing } from "../chat/Missing";
import { Page } from "../chat/Page";
import { useStore, useT } from "../hooks";
import { AdminAnnouncements } from "./AdminAnnouncements";
import { AdminAudit } from "./AdminAudit";
import { AdminRooms } from "./AdminRooms";
import { AdminSessions } from "./AdminSessions";
import { AdminSettings } from "./AdminSettings";
import { AdminUsers } from "./AdminUsers";

const SECTIONS: Record<string, { title: MessageId; Body: () => ReactNode }> = {
  users: { title: "admin.users", Body: AdminUsers },
  rooms: { title: "admin.rooms", Body: AdminRooms },
  sessions: { title: "admin.sessions", Body: AdminSessions },
  settings: { title: "admin.settings", Body: AdminSettings },
  announcements: { title: "admin.announcements", Body: AdminAnnouncements },
  audit: { title: "admin.audit", Body: AdminAudit },
};

/** Running the server, for those who do. */
export default function AdminPages({ section }: { section: string }) {
  const t = useT();
  const { client } = useChat();
  const isAdmin = useStore(client.isAdmin);
  const shown = SECTIONS[section];
  useEffect(() => {
    document.title = `${t("admin.title")} · ${t("app.name")}`;
    // The link may have been opened before that was known.
    if (!isAdmin) void client.learnStanding();
  }, [t, client, isAdmin]);
  if (!isAdmin || shown === undefined) return <Missing />;
  const { Body } = shown;
  return (
    <Page title={t("admin.title")}>
      <div className="mx-auto max-w-4xl p-6 max-md:p-4">
        <nav
          aria-label={t("admin.nav")}
          className="mb-6 flex flex-wrap gap-x-1 gap-y-1 border-b border-line pb-3"
        >
          {Object.entries(SECTIONS).map(([name, { title }]) => (
            <Link
              key={name}
              href={`/admin/${name}`}
              className="item w-auto max-md:px-2"
              aria-current={name === section ? "page" : undefined}
            >
              {t(title)}
            </Link>
          ))}
        </nav>
        <div data-testid={`admin-${section}`}>
          <Body />
        </div>
      </div>
    </Page>
  );
}
