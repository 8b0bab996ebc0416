// Tells of new messages where nobody looks at them. Loaded after the page is there.
import { type Gist, gistOf } from "parlor-client/sync/attachments";
import type { Client } from "parlor-client/sync/client";
import { wordsOf } from "parlor-client/sync/forwards";
import type { ChatMessage } from "parlor-client/sync/log";
import { fromRest } from "parlor-client/sync/log";
import { mentioned } from "parlor-client/sync/mentions";
import { mentionedBetween, type Notice, noticesBetween } from "parlor-client/sync/notices";
import { nameOf } from "parlor-client/sync/people";
import { unreadOf } from "parlor-client/sync/rooms";
import { isLooking } from "../looking";
import { foldsIn, isFolded } from "./folds";
import { cannot, notifyState, offer } from "./notifyState";
import { type Showing, show, shownBefore } from "./showing";

const BODY_LENGTH = 200;
/** Tags of notifications: this, then the room's id. */
const TAG = "parlor ";
/** Which room is in front of somebody, for all tabs: the tab's id and the room's. */
const LOOKING_KEY = "parlor.looking";

export interface Where {
  go(path: string): void;
  /** The room on screen. */
  current(): string | null;
  /** What a message without text is called. */
  gist(gist: Gist | null): string;
  /** What stands for the words of somebody who is blocked. */
  folded(): string;
}

export interface Watch {
  /** Another room is on screen now. */
  moved(): void;
  stop(): void;
}

/** Watches the rooms until it is stopped. Of several tabs one shows what there is to show. */
export function watch(client: Client, { go, current, gist, folded }: Where): Watch {
  const tab = crypto.randomUUID();
  /** What is on screen, by room. */
  const shown = new Map<string, Showing>();
  const ended = new AbortController();
  let leads = !navigator.locks;
  navigator.locks
    ?.request(`parlor.notify.${client.user.id}`, { signal: ended.signal }, () => {
      leads = true;
      return new Promise<void>((release) => ended.signal.addEventListener("abort", () => release()));
    })
    .catch(() => {});

  function moved() {
    const room = current();
    if (isLooking() && room !== null) localStorage.setItem(LOOKING_KEY, `${tab} ${room}`);
    else if (localStorage.getItem(LOOKING_KEY)?.startsWith(tab)) localStorage.removeItem(LOOKING_KEY);
  }
  const isSeen = (roomId: string) =>
    (isLooking() && current() === roomId) ||
    localStorage.getItem(LOOKING_KEY)?.endsWith(` ${roomId}`) === true;

  /** The message that a notice is about; null where it is nobody's one wants to hear. */
  async function messageOf({ room, after, onlyMentions }: Notice): Promise<ChatMessage | null> {
    const heard = (message: ChatMessage) =>
      message.seq > after &&
      message.authorId !== client.user.id &&
      !message.deleted &&
      !client.friends.getSnapshot().blocked.has(message.authorId) &&
      (!onlyMentions || mentioned(message.mentions, client.user.id));
    const entries = client.view(room.id).getSnapshot().entries;
    const here = entries.findLast((entry): entry is ChatMessage => entry.kind === "message" && heard(entry));
    if (here !== undefined) return here;
    const page = await client.api.after(room.id, after);
    client.people.add(page.authors);
    return page.messages.map(fromRest).findLast(heard) ?? null;
  }

  async function tell(notice: Notice) {
    const { room } = notice;
    const message = await messageOf(notice).catch(() => null);
    // It may have been read meanwhile, here or on another device.
    const now = client.rooms.get(room.id);
    if (message === null || now === undefined || now.readSeq >= message.seq) return;
    if (ended.signal.aborted || isSeen(room.id)) return;
    const author = client.people.getSnapshot().get(message.authorId);
    const name = author === undefined ? "" : nameOf(author);
    const title = room.visibility === "direct" || name === "" ? room.name : `${name} · ${room.name}`;
    const folds = foldsIn(client.friends.getSnapshot().blocked, now.peerId);
    const body = isFolded(message, folds)
      ? folded()
      : wordsOf(message).slice(0, BODY_LENGTH) || gist(gistOf(message.attachments));
    const path = `/rooms/${room.id}/${message.seq}`;
    try {
      const showing = await show({ title, body, tag: TAG + room.id, path }, go);
      shown.set(room.id, showing);
      if (ended.signal.aborted) showing.close();
      else closeRead();
    } catch {
      // Some phones show them for installed apps alone.
      cannot();
    }
  }

  /** What was read needs no telling any more. */
  function closeRead() {
    for (const [roomId, showing] of shown) {
      const room = client.rooms.get(roomId);
      if (room !== undefined && unreadOf(room) > 0) continue;
      showing.close();
      shown.delete(roomId);
    }
  }
  // What was told before this page began is read here, too.
  void shownBefore().then((left) => {
    for (const [tag, showing] of left) {
      const roomId = tag.slice(TAG.length);
      if (tag.startsWith(TAG) && !shown.has(roomId)) shown.set(roomId, showing);
    }
    if (client.rooms.isFresh) closeRead();
  });

  let before = client.rooms.getSnapshot().rooms;
  let { isFresh } = client.rooms;
  const unsubscribe = client.rooms.subscribe(() => {
    const was = before;
    before = client.rooms.getSnapshot().rooms;
    // What waited before the page was opened is no news.
    if (!isFresh) {
      isFresh = client.rooms.isFresh;
      return;
    }
    if (mentionedBetween(was, before)) offer();
    closeRead();
    if (!leads || notifyState.getSnapshot() !== "on") return;
    for (const notice of noticesBetween(was, before)) if (!isSeen(notice.room.id)) void tell(notice);
  });

  const events = ["focus", "blur", "pagehide"] as const;
  for (const event of events) addEventListener(event, moved);
  document.addEventListener("visibilitychange", moved);
  moved();
  return {
    moved,
    stop() {
      unsubscribe();
      ended.abort();
      for (const event of events) removeEventListener(event, moved);
      document.removeEventListener("visibilitychange", moved);
      for (const showing of shown.values()) showing.close();
      if (localStorage.getItem(LOOKING_KEY)?.startsWith(tab)) localStorage.removeItem(LOOKING_KEY);
    },
  };
}
