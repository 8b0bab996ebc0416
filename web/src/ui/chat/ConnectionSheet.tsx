import type { ProbeResult } from "parlor-client/net/connection";
import type { LaneKind } from "parlor-client/net/lane";
import { forcedLane, forceLane } from "parlor-client/net/memory";
import { type ReactNode, useState } from "react";
import { FormattedTime } from "react-intl";
import { copyText } from "../copy";
import { Dialog } from "../Dialog";
import { useStore, useT } from "../hooks";
import { useChat } from "./context";

const LANE_NAMES: Record<LaneKind, string> = { webtransport: "WebTransport", websocket: "WebSocket" };

export function ConnectionSheet({ onClose }: { onClose(): void }) {
  const t = useT();
  const { client } = useChat();
  const status = useStore(client.connection);
  /** Copied; or what could not be, to be copied by hand. */
  const [copied, setCopied] = useState<string | null>(null);
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
      rtt_ms: status.probes.map((probe) => (probe.ms === null ? "lost" : ms(probe.ms))),
      proven_at: status.provenAt === null ? null : new Date(status.provenAt).toISOString(),
      node: status.node,
      session: status.sessionId,
      protocol: "parlor.realtime.v1",
      agent: navigator.userAgent,
    };
    const text = JSON.stringify(report, null, 2);
    setCopied((await copyText(text)) ? "yes" : text);
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
            <span className="flex flex-wrap items-center gap-x-3">
              <Spark probes={status.probes} />
              {t("conn.rtt.now", { ms: ms(status.rttMs) })}
            </span>
          )}
        </Fact>
        <Fact name={t("conn.loss")}>
          {status.lane === "webtransport" ? (
            t("conn.loss.of", {
              lost: status.probes.filter((probe) => probe.ms === null).length,
              sent: status.probes.filter((probe) => probe.byDatagram).length,
            })
          ) : status.lane === "websocket" ? (
            <span className="text-muted">{t("conn.loss.repeated")}</span>
          ) : (
            "—"
          )}
        </Fact>
        <Fact name={t("conn.proven")}>
          {status.provenAt === null ? (
            t("conn.proven.never")
          ) : (
            <FormattedTime value={status.provenAt} timeStyle="medium" hourCycle="h23" />
          )}
        </Fact>
        <Fact name={t("conn.node")}>{status.node || "—"}</Fact>
        <Fact name={t("conn.session")}>
          <code className="font-mono text-xs wrap-anywhere">{status.sessionId || "—"}</code>
        </Fact>
        <Fact name={t("conn.protocol")}>parlor.realtime.v1</Fact>
        <dt className="label max-md:pt-1 max-md:pb-1 md:pt-3">
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
          {t(copied === "yes" ? "copy.done" : "conn.copy")}
        </button>
      </div>
      {copied !== null && copied !== "yes" && (
        <label className="mt-3 grid gap-1">
          <span className="label">{t("conn.copyByHand")}</span>
          <textarea readOnly rows={6} className="field font-mono text-xs" value={copied} />
        </label>
      )}
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

const SPARK = { width: 144, height: 28, minuteMs: 60_000 };

/** The round trips of the last minute as a line, its height the slowest; a stroke
    at the foot for each probe that was lost. */
function Spark({ probes }: { probes: readonly ProbeResult[] }) {
  const t = useT();
  const times = probes.flatMap(({ ms }) => ms ?? []);
  const last = probes.at(-1);
  if (last === undefined || times.length < 2) return null;
  const slowest = Math.max(...times, 1);
  const x = (at: number) => SPARK.width * (1 - (last.at - at) / SPARK.minuteMs);
  const y = (ms: number) => SPARK.height - 6 - (ms / slowest) * (SPARK.height - 8);
  const points = probes.flatMap(({ at, ms }) =>
    ms === null ? [] : `${x(at).toFixed(1)},${y(ms).toFixed(1)}`,
  );
  const words = t("conn.rtt.range", {
    low: Math.max(1, Math.round(Math.min(...times))),
    high: Math.max(1, Math.round(slowest)),
  });
  return (
    <svg
      width={SPARK.width}
      height={SPARK.height}
      role="img"
      aria-label={words}
      className="flex-none overflow-visible text-accent"
    >
      <title>{words}</title>
      <line x1="0" y1={SPARK.height - 4} x2={SPARK.width} y2={SPARK.height - 4} className="stroke-line" />
      <polyline points={points.join(" ")} fill="none" stroke="currentColor" strokeWidth="1.5" />
      {probes.map(({ at, ms }) =>
        ms === null ? (
          <line
            key={at}
            x1={x(at)}
            y1={SPARK.height - 8}
            x2={x(at)}
            y2={SPARK.height}
            className="stroke-coral"
            strokeWidth="2"
          />
        ) : null,
      )}
    </svg>
  );
}
