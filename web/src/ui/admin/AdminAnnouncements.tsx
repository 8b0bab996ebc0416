import type { AnnouncementLevel } from "parlor-client/net/rest";
import { type FormEvent, useId, useState } from "react";
import { useChat } from "../chat/context";
import { useT } from "../hooks";
import { LoadedState } from "../LoadedState";
import { useLoaded } from "../useLoaded";
import { useMoment } from "./parts";

const HOUR_S = 3_600;
const LENGTHS = [
  ["admin.announce.hour", HOUR_S],
  ["admin.announce.day", 24 * HOUR_S],
  ["admin.announce.week", 7 * 24 * HOUR_S],
  ["admin.announce.open", null],
] as const;

/** What everybody is told, above all else. */
export function AdminAnnouncements() {
  const t = useT();
  const moment = useMoment();
  const { client } = useChat();
  const { admin } = client.api;
  const told = useLoaded(() => client.api.announcements(), [], "admin.announcements.error");
  const [text, setText] = useState("");
  const [level, setLevel] = useState<AnnouncementLevel>("info");
  const [length, setLength] = useState(1);
  const [working, setWorking] = useState(false);
  const ids = useId();

  async function announce(event: FormEvent) {
    event.preventDefault();
    if (working || text.trim() === "") return;
    setWorking(true);
    const seconds = LENGTHS[length]?.[1] ?? null;
    if (await told.attempt(() => admin.announce(text.trim(), level, seconds))) setText("");
    setWorking(false);
  }

  return (
    <>
      <form className="mb-6 grid gap-3" onSubmit={announce}>
        <label htmlFor={`${ids}text`} className="text-sm font-medium">
          {t("admin.announce.text")}
        </label>
        <input
          id={`${ids}text`}
          data-testid="announce-text"
          className="field"
          maxLength={500}
          required
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
          <label className="flex min-h-8 items-center gap-2 pointer-coarse:min-h-11">
            <input
              type="checkbox"
              checked={level === "warning"}
              onChange={(event) => setLevel(event.target.checked ? "warning" : "info")}
            />
            {t("admin.announce.warning")}
          </label>
          <label className="flex items-center gap-2">
            {t("admin.announce.length")}
            <select
              className="field w-auto"
              value={length}
              onChange={(event) => setLength(Number(event.target.value))}
            >
              {LENGTHS.map(([name], index) => (
                <option key={name} value={index}>
                  {t(name)}
                </option>
              ))}
            </select>
          </label>
          <button
            type="submit"
            data-testid="announce"
            className="button primary ms-auto max-md:w-full"
            disabled={working}
          >
            {t("admin.announce")}
          </button>
        </div>
      </form>
      <h2 className="mb-2 text-base font-semibold">{t("admin.announcements.now")}</h2>
      <LoadedState of={told} />
      {told.value?.length === 0 && told.error === null && (
        <p className="py-6 text-center text-muted" role="status">
          {t("admin.announcements.none")}
        </p>
      )}
      <ul className="divide-y divide-line">
        {told.value?.map((it) => (
          <li key={it.id} data-testid="admin-announcement" className="flex items-center gap-3 py-3">
            <span className="min-w-0 flex-1">
              <span className="block break-words">
                {it.level === "warning" && (
                  <strong className="text-amber">{t("admin.announce.warning")}</strong>
                )}{" "}
                {it.text}
              </span>
              <span className="label block">
                {it.until === null
                  ? t("admin.announce.open")
                  : t("admin.announce.until", { time: moment(it.until) })}
              </span>
            </span>
            <button
              type="button"
              className="button"
              aria-label={t("admin.announce.end.named", { text: it.text })}
              onClick={() => void told.attempt(() => admin.endAnnouncement(it.id))}
            >
              {t("admin.announce.end")}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
