// The list of the user's rooms.
import type { RoomHead } from "../net/gen/parlor/realtime/v1/realtime_pb.js";
import { bytesToId } from "../net/id.js";
import type { Preferences, Role, Room, RoomSummary, Visibility } from "../net/rest.js";
import { Store } from "../store.js";
import type { Gist } from "./attachments.js";
import { milliseconds } from "./log.js";
import { nameOf, type People } from "./people.js";

export interface RoomEntry extends Preferences {
  id: string;
  name: string;
  topic: string;
  visibility: Visibility;
  /** The other one, of a direct room; its name is the room's. */
  peerId: string | null;
  archived: boolean;
  role: Role | null;
  members: number;
  head: number;
  readSeq: number;
  /** Up to where the other one of a direct room has read, as the user was told. */
  peerReadSeq: number;
  /** Messages of others after `readSeq`; the server counts up to 100. */
  unread: number;
  /** Those of them that mention the user. */
  mentions: number;
  preview: string;
  /** The files of a last message that has no text, where this device saw it. */
  previewFiles: Gist | null;
  lastAt: number | null;
}

export interface RoomsState {
  status: "loading" | "ready" | "error";
  rooms: readonly RoomEntry[];
}

export class RoomList extends Store<RoomsState> {
  constructor() {
    super({ status: "loading", rooms: [] });
  }

  get(id: string): RoomEntry | undefined {
    return this.getSnapshot().rooms.find((room) => room.id === id);
  }

  /** Direct rooms are called like the other one is called now. */
  nameDirects(people: People): void {
    for (const { id, name, peerId } of this.getSnapshot().rooms) {
      const person = peerId === null ? undefined : people.get(peerId);
      if (person !== undefined && nameOf(person) !== name) this.change(id, { name: nameOf(person) });
    }
  }

  /** The whole list, from the server or from the cache. */
  load(rooms: readonly RoomEntry[]): void {
    this.set({ status: "ready", rooms: byName(rooms) });
  }

  /** True once the list has come from the server in this page's life. */
  isFresh = false;

  /** A list fetched a moment ago; rooms that are followed may be ahead of it,
      and `wished` has those whose preferences are on their way from here. */
  merge(fresh: readonly RoomEntry[], wished: (id: string) => boolean): void {
    this.isFresh = true;
    this.load(
      fresh.map((told) => {
        const known = this.get(told.id);
        if (known === undefined) return told;
        const { notify, favourite } = wished(told.id) ? known : told;
        const peerReadSeq = Math.max(known.peerReadSeq, told.peerReadSeq);
        const room = { ...told, notify, favourite, peerReadSeq };
        if (known.head < room.head) return room;
        const { head, preview, previewFiles, lastAt } = known;
        // At the same place the list knows better: it leaves out whom the user blocks now.
        const same = known.head === room.head && known.readSeq === room.readSeq;
        const { readSeq, unread, mentions } = known.readSeq >= room.readSeq && !same ? known : room;
        return {
          ...room,
          head,
          members: known.head > room.head ? known.members : room.members,
          readSeq,
          unread,
          mentions,
          preview: preview || room.preview,
          previewFiles,
          lastAt: lastAt ?? room.lastAt,
        };
      }),
    );
  }

  failed(): void {
    this.update((state) => (state.status === "ready" ? state : { ...state, status: "error" }));
  }

  retrying(): void {
    this.update((state) => (state.status === "error" ? { ...state, status: "loading" } : state));
  }

  /** What a room tells of itself; a new one begins with nothing unread. */
  put(room: Room): void {
    if (this.get(room.id) !== undefined) return this.change(room.id, factsOf(room));
    this.update((state) => ({ ...state, rooms: byName([...state.rooms, newEntry(room)]) }));
  }

  change(id: string, change: Partial<RoomEntry>): void {
    this.update((state) => {
      const rooms = state.rooms.map((room) => (room.id === id ? { ...room, ...change } : room));
      return { ...state, rooms: change.name === undefined ? rooms : byName(rooms) };
    });
  }

  remove(id: string): void {
    this.update((state) => ({ ...state, rooms: state.rooms.filter((room) => room.id !== id) }));
  }

  /** The rooms of the user are these and no others. */
  retain(ids: ReadonlySet<string>): void {
    this.update((state) => ({ ...state, rooms: state.rooms.filter((room) => ids.has(room.id)) }));
  }

  /** Heads from Welcome or RoomHeads; `keep` has rooms that are followed in
      full and know better, `ahead` those whose read position is on its way from
      here. Returns ids that are not in the list. */
  heads(heads: readonly RoomHead[], keep: (id: string) => boolean, ahead: (id: string) => boolean): string[] {
    const unknown: string[] = [];
    for (const head of heads) {
      const id = bytesToId(head.roomId);
      const room = this.get(id);
      if (room === undefined) {
        unknown.push(id);
        continue;
      }
      if (keep(id) && room.head >= Number(head.head)) continue;
      const { readSeq, unread, mentions } = ahead(id) ? room : { ...head, readSeq: Number(head.readSeq) };
      this.change(id, {
        head: Number(head.head),
        readSeq,
        unread,
        mentions,
        preview: head.preview,
        previewFiles: null,
        lastAt: head.lastAtUs === 0n ? null : milliseconds(head.lastAtUs),
      });
    }
    return unknown;
  }
}

/** As long as the user has said nothing else. */
const UNCHOSEN: Preferences = { notify: "all", favourite: false };

/** What an entry lacks that an older version kept on this device. */
const SINCE_ADDED = { peerId: null, peerReadSeq: 0, previewFiles: null, ...UNCHOSEN };

export function keptEntry(room: RoomEntry): RoomEntry {
  return { ...SINCE_ADDED, ...room };
}

export function summaryEntry(room: RoomSummary): RoomEntry {
  return {
    ...newEntry(room),
    readSeq: Number(room.read_seq),
    peerReadSeq: Number(room.peer_read_seq),
    unread: room.unread,
    mentions: room.mentions,
    preview: room.preview ?? "",
    lastAt: room.last_at === null ? null : Date.parse(room.last_at),
    notify: room.notify,
    favourite: room.favourite,
  };
}

/** A room just made, joined or looked at: nothing in it is unread. */
function newEntry(room: Room): RoomEntry {
  return {
    id: room.id,
    ...factsOf(room),
    members: room.members,
    head: Number(room.head),
    readSeq: Number(room.head),
    peerReadSeq: 0,
    unread: 0,
    mentions: 0,
    preview: "",
    previewFiles: null,
    lastAt: null,
    ...UNCHOSEN,
  };
}

/** What holds of a room whatever is known of its log, which alone counts its members and messages. */
function factsOf(room: Room) {
  return {
    name: room.peer === null ? room.name : nameOf(room.peer),
    topic: room.topic,
    visibility: room.visibility,
    peerId: room.peer?.id ?? null,
    archived: room.archived,
    role: room.role,
  };
}

/** How much of what is unread the user wants to be told of. */
export function unreadOf({ notify, unread, mentions }: RoomEntry): number {
  return { all: unread, mentions, none: 0 }[notify];
}

/** Whether the user may bring others in. */
export function mayInvite({ role, visibility, archived }: RoomEntry): boolean {
  const runs = role === "owner" || role === "admin";
  return !archived && (runs || (role !== null && visibility === "public"));
}

/** What making a direct room writes to it: one that holds no more was never used. */
const DIRECT_MADE_SEQ = 3;

/** A direct room that somebody opened and in which nothing was said. */
export function isUnused(room: RoomEntry): boolean {
  return room.visibility === "direct" && room.head <= DIRECT_MADE_SEQ;
}

function byName(rooms: readonly RoomEntry[]): RoomEntry[] {
  return [...rooms].sort((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id));
}
