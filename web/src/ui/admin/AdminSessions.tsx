import type { AdminSession } from "parlor-client/net/rest";
import { useState } from "react";
import { useIntl } from "react-intl";
import { ConfirmDialog } from "../chat/ConfirmDialog";
import { useChat } from "../chat/context";
import { useT } from "../hooks";
import { Facts, PageState, useMoment } from "./parts";
import { usePages } from "./usePages";

const LANES: Record<string, string> = { webtransport: "WebTransport", websocket: "WebSocket", quic: "QUIC" };

/** Who is connected now, and how. */
export function AdminSessions() {
  const t = useT();
  const { client } = useChat();
  const { admin } = client.api;
  const [lanes, setLanes] = useState<{ lane: string; sessions: number }[]>([]);
  const sessions = usePages(
    async (cursor) => {
      const page = await admin.sessions(cursor);
      setLanes(page.by_lane);
      return page;
    },
    [],
    "admin.sessions.error",
  );
  const [asked, ask] = useState<AdminSession | null>(null);

  return (
    <>
      <div className="mb-4 flex flex-wrap items-center justify-between gap-3">
        <dl className="flex flex-wrap gap-x-6 gap-y-1">
          {lanes.map(({ lane, sessions }) => (
            <div key={lane} className="flex gap-2">
              <dt className="text-muted">{LANES[lane] ?? lane}</dt>
              <dd className="font-medium tabular-nums">{sessions}</dd>
            </div>
          ))}
        </dl>
        <button type="button" className="button" onClick={() => void sessions.load()}>
          {t("admin.refresh")}
        </button>
      </div>
      <ul className="divide-y divide-line">
        {sessions.value?.map((it) => (
          <SessionItem key={it.id} it={it} onEnd={() => ask(it)} />
        ))}
      </ul>
      <PageState of={sessions} empty={t("admin.sessions.none")} />
      {asked !== null && (
        <ConfirmDialog
          title={t("admin.end.title", { name: asked.user.name })}
          text={t("admin.end.text")}
          action={t("admin.end")}
          onClose={() => ask(null)}
          onConfirm={() =>
            sessions.change(
              () => admin.signOutDevice(asked.device_id),
              ({ device_id }) => device_id === asked.device_id,
              () => null,
            )
          }
        />
      )}
    </>
  );
}

function SessionItem({ it, onEnd }: { it: AdminSession; onEnd(): void }) {
  const t = useT();
  const intl = useIntl();
  const moment = useMoment();
  const rtt =
    it.rtt_us === null
      ? t("admin.rtt.none")
      : t("admin.rtt", { ms: intl.formatNumber(it.rtt_us / 1_000, { maximumFractionDigits: 1 }) });
  const queued = intl.formatNumber(it.queued_bytes, { style: "unit", unit: "byte", unitDisplay: "long" });
  return (
    <li data-testid="admin-session" className="flex items-center gap-3 py-3">
      <span className="min-w-0 flex-1">
        <span className="flex flex-wrap items-center gap-x-2">
          <span className="truncate font-medium">{it.user.display_name}</span>
          <span className="label">@{it.user.name}</span>
        </span>
        <Facts of={[LANES[it.lane] ?? it.lane, rtt, t("admin.queued", { size: queued })]} />
        <Facts of={[t("admin.since", { time: moment(it.since) }), it.address]} />
      </span>
      <button
        type="button"
        className="button"
        aria-label={t("admin.end.named", { name: it.user.name })}
        onClick={onEnd}
      >
        {t("admin.end")}
      </button>
    </li>
  );
}
