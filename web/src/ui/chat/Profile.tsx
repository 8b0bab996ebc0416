import { X } from "lucide-react";
import { newId } from "parlor-client/net/id";
import { type FormEvent, useId, useRef, useState } from "react";
import { Dialog } from "../Dialog";
import { AvatarEditor } from "../files/AvatarEditor";
import { reasonOf, useT } from "../hooks";
import { useChat, useMe } from "./context";

/** What people are mostly at. */
const USUAL = [
  ["🗓️", "profile.usual.meeting"],
  ["🚆", "profile.usual.way"],
  ["🏠", "profile.usual.home"],
  ["🤒", "profile.usual.sick"],
  ["🌴", "profile.usual.holiday"],
] as const;

/** A status has one emoji: another one takes its place. */
function lastSign(text: string): string {
  return [...new Intl.Segmenter().segment(text)].at(-1)?.segment ?? "";
}

/** What others see of oneself, and the changing of it. */
export function Profile({ onClose }: { onClose(): void }) {
  const t = useT();
  const { client } = useChat();
  const me = useMe();
  const ids = useId();
  const [name, setName] = useState(me.display_name);
  const [emoji, setEmoji] = useState(me.status_emoji);
  const [text, setText] = useState(me.status_text);
  const [working, setWorking] = useState(false);
  const [error, setError] = useState<string | null>(null);
  // A retry after a lost answer changes nothing twice; other content does.
  const attempt = useRef({ content: "", key: "" });

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (working || name.trim() === "") return;
    const change = { display_name: name, status_text: text, status_emoji: emoji };
    const content = JSON.stringify(change);
    if (attempt.current.content !== content) attempt.current = { content, key: newId() };
    setWorking(true);
    try {
      client.people.add([await client.api.changeMe(change, attempt.current.key)]);
      onClose();
    } catch (cause) {
      setError(t("edit.error", { detail: reasonOf(cause, t) }));
      setWorking(false);
    }
  }

  return (
    <Dialog title={t("profile.title")} onClose={onClose}>
      <div className="mb-6">
        <AvatarEditor />
      </div>
      <form className="grid gap-6" onSubmit={submit}>
        <div className="grid gap-1">
          <label htmlFor={`${ids}name`} className="text-sm font-medium">
            {t("profile.name")}
          </label>
          <input
            id={`${ids}name`}
            data-testid="profile-name"
            className="field"
            value={name}
            onChange={(event) => setName(event.target.value)}
            maxLength={64}
            autoComplete="name"
            required
            data-autofocus
          />
          <p className="label">{t("profile.name.hint", { name: me.name })}</p>
        </div>
        <fieldset>
          <legend className="mb-1 text-sm font-medium">{t("profile.status")}</legend>
          <div className="flex gap-1">
            <input
              className="field w-14 flex-none text-center"
              data-testid="profile-emoji"
              aria-label={t("profile.emoji")}
              placeholder="🙂"
              value={emoji}
              onChange={(event) => setEmoji(lastSign(event.target.value))}
              autoComplete="off"
            />
            <input
              className="field min-w-0 flex-1"
              data-testid="profile-status"
              aria-label={t("profile.status")}
              placeholder={t("profile.status.hint")}
              value={text}
              onChange={(event) => setText(event.target.value)}
              maxLength={100}
              autoComplete="off"
            />
            <button
              type="button"
              className="icon-button self-center"
              aria-label={t("profile.clear")}
              title={t("profile.clear")}
              disabled={emoji === "" && text === ""}
              onClick={() => {
                setEmoji("");
                setText("");
              }}
            >
              <X size={16} aria-hidden="true" />
            </button>
          </div>
          <ul className="mt-2 grid grid-cols-2 gap-x-1 max-md:grid-cols-1">
            {USUAL.map(([usual, words]) => (
              <li key={usual}>
                <button
                  type="button"
                  className="item"
                  onClick={() => {
                    setEmoji(usual);
                    setText(t(words));
                  }}
                >
                  <span aria-hidden="true">{usual}</span>
                  {t(words)}
                </button>
              </li>
            ))}
          </ul>
        </fieldset>
        {error !== null && (
          <p role="alert" className="text-coral text-sm">
            {error}
          </p>
        )}
        <div className="flex justify-end gap-3">
          <button type="button" className="button" onClick={onClose}>
            {t("cancel")}
          </button>
          <button type="submit" data-testid="profile-save" className="button primary" disabled={working}>
            {t("save")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
