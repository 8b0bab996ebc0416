import { Paperclip, SmilePlus } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { FormattedTime, useIntl } from "react-intl";
import { EmojiSheet } from "../emoji/EmojiSheet";
import { DraftFiles } from "../files/parts";
import type { Attach } from "../files/useAttach";
import { reasonOf, takeFocus, useStore, useT } from "../hooks";
import { Popover } from "../Popover";
import { Answering } from "./Answering";
import { CompletionList, useCompletion } from "./Completion";
import { useSeconds } from "./ConnectionBadge";
import { nameOf, useChat, useMe, useNames } from "./context";
import { Growing } from "./Growing";

/** The server's limit, in bytes of UTF-8. */
const TEXT_BYTES = 16_384;

interface Props {
  id: string;
  attach: Attach;
  onEditLast(seq: number): void;
}

/** The next line of the conversation: it stands where it will be read. */
export function Composer({ id, attach, onEditLast }: Props) {
  const t = useT();
  const { client } = useChat();
  const me = useMe();
  const { rooms } = useStore(client.rooms);
  const status = useStore(client.connection);
  const text = useStore(client.drafts).get(id) ?? "";
  const area = useRef<HTMLTextAreaElement>(null);
  const files = useStore(client.uploads).filter(({ roomId, taken }) => roomId === id && !taken);
  const [halted, setHalted] = useState(false);
  const notTaken = files.some(({ state }) => state === "failed");
  const room = rooms.find((candidate) => candidate.id === id);
  const name = room?.name ?? "";
  const { blocked } = useStore(client.friends);
  const peer = useStore(client.people).get(room?.peerId ?? "");
  const gone = peer?.standing;
  const blockedPeer = room?.peerId != null && blocked.has(room.peerId) ? room.peerId : null;

  useEffect(() => {
    takeFocus(area.current);
    return () => client.drafts.leave(id);
  }, [client, id]);

  // Whatever came or went, the next key is meant for the line.
  const count = files.length;
  const countBefore = useRef(count);
  useEffect(() => {
    const changed = countBefore.current !== count;
    countBefore.current = count;
    if (changed) takeFocus(area.current);
  }, [count]);

  // Whoever chose to answer writes next.
  const answering = useStore(client.answering).get(id) ?? null;
  const answeredBefore = useRef(answering);
  useEffect(() => {
    if (answering !== null && answering !== answeredBefore.current) area.current?.focus();
    answeredBefore.current = answering;
  }, [answering]);

  const completion = useCompletion({ id, text, area, onChange: change });
  const over = new TextEncoder().encode(text.trim()).length - TEXT_BYTES;

  function change(next: string) {
    client.drafts.write(id, next);
    if (next.trim() !== "") client.sayTyping(id);
  }
  /** Puts something where the caret is, and goes on behind it. */
  function insert(piece: string) {
    const element = area.current;
    const { selectionStart: from, selectionEnd: to } = element ?? {
      selectionStart: text.length,
      selectionEnd: text.length,
    };
    change(text.slice(0, from) + piece + text.slice(to));
    element?.focus();
    // The caret follows once the text is there.
    requestAnimationFrame(() => element?.setSelectionRange(from + piece.length, from + piece.length));
  }
  function send() {
    const body = text.trim();
    if ((body === "" && files.length === 0) || over > 0) return;
    setHalted(notTaken);
    if (notTaken) return;
    const keys = files.map(({ key }) => key);
    client.write(id, { what: "post", text: body, replyTo: answering, files: keys });
    client.answer(id, null);
    area.current?.focus();
  }
  function onKeyDown(event: KeyboardEvent) {
    // Enter that ends a word of an input method is not meant for us.
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (completion.onKeyDown(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      send();
    } else if (event.key === "ArrowUp" && text === "" && !event.altKey) {
      const last = client
        .view(id)
        .getSnapshot()
        .entries.findLast(
          (entry) => entry.kind === "message" && entry.authorId === client.user.id && !entry.deleted,
        );
      if (last === undefined) return;
      event.preventDefault();
      onEditLast(last.seq);
    } else if (event.key === "Escape" && answering !== null) {
      event.preventDefault();
      client.answer(id, null);
    }
  }

  const away = status.state === "offline" || status.state === "reconnecting";
  const edge =
    status.state === "offline"
      ? "border-coral"
      : status.state === "reconnecting"
        ? "border-amber"
        : "border-line";
  return (
    <div className="flex-none">
      <TypingLine id={id} />
      {room?.archived === true ? (
        <Note>{t("room.archivedNote")}</Note>
      ) : gone === "deactivated" || gone === "deleted" ? (
        <Note testId="peer-gone">{t(`room.peer.${gone}`, { name })}</Note>
      ) : blockedPeer !== null ? (
        <BlockedNote peerId={blockedPeer} name={name} />
      ) : (
        <form
          className={`ruled line relative items-start border-t py-2 ${edge}`}
          onSubmit={(event) => {
            event.preventDefault();
            send();
          }}
        >
          {/* Above all of the line, what it answers included. */}
          <div className="relative col-start-3 h-0 max-md:col-start-2">
            <CompletionList of={completion} />
          </div>
          {answering !== null && <Answering roomId={id} seq={answering} />}
          <span className="line-time py-1.5 text-accent" aria-hidden="true">
            <Now />
          </span>
          <span className="line-name py-1.5 text-accent max-md:hidden" aria-hidden="true">
            {nameOf(me)}
          </span>
          <div className="flex min-w-0 flex-wrap items-end gap-2 pe-3 max-md:ps-3">
            {files.length > 0 && <DraftFiles roomId={id} />}
            <div
              // Where it is narrow, words and buttons have no room side by side.
              className={`min-w-0 max-w-(--measure) flex-1 ${text === "" ? "" : "max-[900px]:basis-full"}`}
            >
              <Growing
                ref={area}
                data-testid="composer"
                aria-label={t("composer.label", { name })}
                placeholder={name && t("composer.placeholder", { name })}
                className="composer-input w-full placeholder-shown:truncate placeholder:truncate bg-transparent py-1.5 outline-none pointer-coarse:min-h-11 pointer-coarse:py-2.5"
                value={text}
                onChange={completion.onChange}
                onKeyDown={onKeyDown}
                onSelect={completion.onSelect}
                onBlur={() => {
                  completion.close();
                  client.drafts.leave(id);
                }}
                aria-autocomplete="list"
                aria-controls={completion.listId}
                aria-activedescendant={completion.activeId}
              />
              {over > 0 && (
                <p role="alert" className="text-sm text-coral">
                  {t("composer.tooLong", { count: over })}
                </p>
              )}
              {halted && notTaken && (
                <p role="alert" className="text-sm text-coral">
                  {t("files.notTaken")}
                </p>
              )}
              {attach.left > 0 && files.length > 0 && (
                <p role="alert" className="text-sm text-coral">
                  {t("files.tooMany", { count: attach.left, most: files.length })}
                </p>
              )}
              {away && (text !== "" || files.length > 0) && over <= 0 && (
                <p className="label">{t("composer.queuedHint")}</p>
              )}
            </div>
            <AttachButton attach={attach} />
            <EmojiButton onPick={insert} />
            <button
              type="submit"
              data-testid="send"
              className={`button pointer-fine:min-h-8.5 ${text.trim() === "" && files.length === 0 ? "text-muted" : "primary"}`}
            >
              {t("composer.send")}
            </button>
          </div>
        </form>
      )}
    </div>
  );
}

function AttachButton({ attach }: { attach: Attach }) {
  const t = useT();
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        data-testid="attach-input"
        onChange={({ target }) => {
          attach.add([...(target.files ?? [])]);
          // The same file again is another choice.
          target.value = "";
        }}
      />
      <button
        type="button"
        data-testid="attach"
        className="icon-button ms-auto"
        aria-label={t("files.attach")}
        title={t("files.attach")}
        onClick={() => input.current?.click()}
      >
        <Paperclip size={18} aria-hidden="true" />
      </button>
    </>
  );
}

function EmojiButton({ onPick }: { onPick(emoji: string): void }) {
  const t = useT();
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = useCallback(() => setOpen(false), []);
  return (
    <>
      <button
        ref={button}
        type="button"
        data-testid="add-emoji"
        className="icon-button"
        aria-label={t("composer.emoji")}
        title={t("composer.emoji")}
        aria-haspopup="dialog"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <SmilePlus size={18} aria-hidden="true" />
      </button>
      {open && (
        <Popover label={t("reaction.pick")} anchor={button} onClose={close}>
          <EmojiSheet
            onPick={(emoji) => {
              close();
              onPick(emoji);
            }}
          />
        </Popover>
      )}
    </>
  );
}

/** Why there is nothing to write with, where the line would stand. */
function Note({ testId, children }: { testId?: string; children: ReactNode }) {
  return (
    <div data-testid={testId} className="ruled line relative border-t border-line py-4 text-muted">
      <p className="col-span-full col-start-2 px-3">{children}</p>
    </div>
  );
}

/** In place of the composer in the room of two with somebody one blocks. */
function BlockedNote({ peerId, name }: { peerId: string; name: string }) {
  const t = useT();
  const { client } = useChat();
  const [error, setError] = useState<string | null>(null);
  async function unblock() {
    try {
      await client.unblock(peerId);
    } catch (cause) {
      setError(t("action.error", { detail: reasonOf(cause, t) }));
    }
  }
  return (
    <Note testId="blocked-note">
      {t("room.blockedNote", { name })}{" "}
      <button type="button" className="link" onClick={() => void unblock()}>
        {t("people.unblock")}
      </button>
      {error !== null && (
        <span role="alert" className="block text-coral text-sm">
          {error}
        </span>
      )}
    </Note>
  );
}

/** A short absence is not worth a word. */
const AWAY_WORTH_SECONDS = 3;

/** What is on screen while there is no server: until when it is complete, and what waits. */
function useSavedCopy(id: string): string | null {
  const t = useT();
  const intl = useIntl();
  const { client } = useChat();
  const { state, since } = useStore(client.connection);
  const { status, completeAt } = useStore(client.view(id));
  const outbox = useStore(client.outbox);
  const away = state === "offline" || state === "reconnecting";
  const seconds = useSeconds(away ? since : null);
  if (!away || status !== "ready" || (state === "reconnecting" && seconds < AWAY_WORTH_SECONDS)) return null;
  const waiting = outbox.filter(
    (pending) => pending.state === "queued" || pending.state === "sending",
  ).length;
  const parts = [t("offline.copy")];
  if (completeAt !== null) {
    const today = new Date(completeAt).toDateString() === new Date().toDateString();
    const day = today ? ({} as const) : ({ day: "numeric", month: "short" } as const);
    const time = intl.formatTime(completeAt, {
      ...day,
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
    parts[0] = t("offline.copy.until", { time });
  }
  if (waiting > 0) parts.push(t("conn.waiting", { count: waiting }));
  return parts.join(" · ");
}

/** A strip of constant height, so that a typist moves nothing. */
function TypingLine({ id }: { id: string }) {
  const t = useT();
  const names = useNames();
  const { client } = useChat();
  const { blocked } = useStore(client.friends);
  const typists = (useStore(client.typing).get(id) ?? []).filter(
    (user) => user !== client.user.id && !blocked.has(user),
  );
  const [a, b] = typists.map(names);
  const copy = useSavedCopy(id);
  return (
    <div className="ruled line relative h-5">
      <span />
      {copy === null ? (
        <p className="label col-span-full col-start-2 truncate px-3 leading-5" aria-live="off">
          {a !== undefined && b === undefined && t("typing.one", { a })}
          {a !== undefined && b !== undefined && typists.length === 2 && t("typing.two", { a, b })}
          {typists.length > 2 && t("typing.many")}
        </p>
      ) : (
        <p data-testid="saved-copy" className="label col-span-full col-start-2 truncate px-3 leading-5">
          {copy}
        </p>
      )}
    </div>
  );
}

/** The time at the edge of now, kept to the minute. */
function Now() {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setTimeout(() => setNow(Date.now()), 60_000 - (now % 60_000) + 50);
    return () => clearTimeout(timer);
  }, [now]);
  return <FormattedTime value={now} hour="2-digit" minute="2-digit" hourCycle="h23" />;
}
