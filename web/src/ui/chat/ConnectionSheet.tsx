import type { LaneKind } from "parlor-client/net/lane";
import { forcedLane, forceLane } from "parlor-client/net/memory";
import { type ReactNode, useState } from "react";
import { FormattedTime } from "react-intl";
import { Dialog } from "../Dialog";
import { useStore, useT } from "../hooks";
import { useChat } from "./context";

const LANE_NAMES: Record<LaneKind, string> = { webtransport: "WebTransport", websocket: "WebSocket" };

export function ConnectionSheet({ onClose }: { onClose(): void }) {
  const t = useT();
  const { client } = useChat();
  const status = useStore(client.connection);
  const [copied, setCopied] = useState(false);
  const [forced, setForced] = useState(forcedLane());
  const ms = (value: number) => Math.max(1, Math.round(value));

  function force(lane: LaneKind | null) {
    forceLane(lane);
    setForced(lane);
    client.connection.reconnect();
  }

  async function copy() {
    const report = {
      state: status.state,
      lane: status.lane,
      fallback: status.fallback,
      rtt_ms: status.rtts.map(ms),
      proven_at: status.provenAt === null ? null : new Date(status.provenAt).toISOString(),
      node: status.node,
      session: status.sessionId,
      protocol: "parlor.realtime.v1",
      agent: navigator.userAgent,
    };
    await navigator.clipboard?.writeText(JSON.stringify(report, null, 2));
    setCopied(true);
  }

  return (
    <Dialog title={t("conn.title")} onClose={onClose}>
      {status.state === "offline" && <p className="mb-4 text-coral">{t("conn.offline.hint")}</p>}
      {status.fallback !== null && status.lane !== null && (
        <p className="mb-4 text-amber">{t(`conn.why.${status.fallback}`)}</p>
      )}
      {status.fallback === "failed" && status.lane !== null && (
        <button
          type="button"
          className="button mb-4"
          disabled={status.upgrading}
          onClick={() => void client.connection.upgrade()}
        >
          {t(status.upgrading ? "conn.trying" : "conn.tryWt")}
        </button>
      )}
      <dl className="grid gap-x-6 md:grid-cols-[auto_minmax(0,1fr)] md:gap-y-2">
        <Fact name={t("conn.lane")}>
          {status.lane === null ? t("conn.lane.none") : LANE_NAMES[status.lane]}
        </Fact>
        <Fact name={t("conn.rtt")}>
          {status.rttMs === null ? (
            "—"
          ) : (
            <span className="flex items-center gap-3">
              {status.rtts.length > 1 && <Spark values={status.rtts} />}
              {t("conn.rtt.now", { ms: ms(status.rttMs) })}
            </span>
          )}
        </Fact>
        <Fact name={t("conn.proven")}>
          {status.provenAt === null ? (
            t("conn.proven.never")
          ) : (
            <FormattedTime value={status.provenAt} hour="2-digit" minute="2-digit" second="2-digit" />
          )}
        </Fact>
        <Fact name={t("conn.node")}>{status.node || "—"}</Fact>
        <Fact name={t("conn.session")}>
          <code className="font-mono text-xs break-all">{status.sessionId || "—"}</code>
        </Fact>
        <Fact name={t("conn.protocol")}>parlor.realtime.v1</Fact>
        <dt className="label md:pt-3">
          <label htmlFor="force-lane">{t("conn.force")}</label>
        </dt>
        <dd>
          <select
            id="force-lane"
            className="field"
            value={forced ?? ""}
            onChange={(event) => force((event.target.value || null) as LaneKind | null)}
          >
            <option value="">{t("conn.force.auto")}</option>
            <option value="webtransport">WebTransport</option>
            <option value="websocket">WebSocket</option>
          </select>
          <p className="label mt-1">{t("conn.force.hint")}</p>
        </dd>
      </dl>
      <div className="mt-6 flex justify-end">
        <button type="button" className="button" onClick={() => void copy()} aria-live="polite">
          {t(copied ? "conn.copied" : "conn.copy")}
        </button>
      </div>
    </Dialog>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="label leading-[22px]">{name}</dt>
      <dd className="tabular-nums max-md:mb-2">{children}</dd>
    </>
  );
}

/** The round trips of the last minute as a line; its height is the slowest. */
function Spark({ values }: { values: readonly number[] }) {
  const top = Math.max(...values, 1);
  const points = values.map(
    (value, at) => `${(at * 72) / Math.max(1, values.length - 1)},${19 - (value / top) * 17}`,
  );
  return (
    <svg width="72" height="20" aria-hidden="true" className="overflow-visible text-accent">
      <polyline points={points.join(" ")} fill="none" stroke="currentColor" strokeWidth="1.5" />
    </svg>
  );
}
