// Everything a signed-in user's page keeps in step with the server.
import type { Auth } from "../net/auth.js";
import { deviceName } from "../net/auth.js";
import type { ServerKind } from "../net/frame.js";
import {
  type Event,
  type Events,
  type Ok,
  PresenceState,
  type RoomHead,
} from "../net/gen/parlor/realtime/v1/realtime_pb.js";
import { bytesToId, idToBytes, newId } from "../net/id.js";
import type { LaneKind, OpenLane } from "../net/lane.js";
import { openWebSocket } from "../net/lanes/websocket.js";
import { openWebTransport } from "../net/lanes/webtransport.js";
import { forcedLane, LaneMemory } from "../net/memory.js";
import { type Preferences, type Room, Unreachable, type User } from "../net/rest.js";
import { SessionEnded } from "../net/session.js";
import { browserTabs, SharedConnection, type TabLinks, type TabSession } from "../net/tabs/shared.js";
import { Store } from "../store.js";
import { Activity } from "./activity.js";
import { AnnouncementStore } from "./announcements.js";
import { Api } from "./api.js";
import { DraftStore } from "./drafts.js";
import { Follower } from "./follower.js";
import { FriendStore, listsOf } from "./friends.js";
import { changeOf } from "./heard.js";
import { History } from "./history.js";
import { Keeper } from "./keeper.js";
import type { Log } from "./log.js";
import { countUnread } from "./mentions.js";
import { Joined, Repeated } from "./once.js";
import { type Intent, type IntentBody, Outbox } from "./outbox.js";
import { OwnLog } from "./own.js";
import { PeopleStore } from "./people.js";
import { PreferenceWishes } from "./preferences.js";
import { PresenceStore } from "./presence.js";
import { PrivacyStore } from "./privacy.js";
import { QuoteStore } from "./quotes.js";
import { ReadWishes } from "./reads.js";
import { RoomView } from "./room.js";
import { keptEntry, RoomList, summaryEntry } from "./rooms.js";
import { forgetStorage, openStorage, type Storage } from "./storage.js";
import { TypingStore } from "./typing.js";
import { type Uploads, uploadsOf } from "./uploads.js";
import { peersOf, peopleIn, requestBody } from "./wire.js";

/** A cached room further behind than this is loaded anew, in events. */
const CACHE_BEHIND = 500;
/** Of a room that is not on screen, as many are in memory. */
const ENTRIES_OFF_SCREEN = 400;
/** Rooms of which what is kept is brought into memory before anybody enters them. */
const WARM_ROOMS = 12;
const REFRESH_WITHIN_MS = 30_000;

export interface ClientOptions {
  auth: Auth;
  user: User;
  openers?: Record<LaneKind, OpenLane>;
  /** How the tabs of this browser find each other: as the browser offers it, where nothing is said. */
  tabs?: TabLinks | null;
}

export class Client {
  readonly user: User;
  readonly api: Api;
  readonly rooms = new RoomList();
  readonly people: PeopleStore;
  readonly friends: FriendStore;
  readonly typing = new TypingStore();
  readonly connection: SharedConnection;
  readonly outbox: Outbox;
  readonly uploads: Uploads;
  /** What was begun and not sent, by room. */
  readonly drafts: DraftStore;
  readonly privacy: PrivacyStore;
  /** How the people are who are on screen. */
  readonly presence = new PresenceStore(() => this.connection.session);

  /** Answered messages that are older than what is loaded. */
  readonly quotes: QuoteStore;
  /** The message that the next line answers, by room. */
  readonly answering = new Store<ReadonlyMap<string, number>>(new Map());

  /** What is told to everybody. */
  readonly announcements: AnnouncementStore;
  /** Whether the user runs the server. */
  readonly isAdmin = new Store(false);

  /** Grows whenever a link into some room was made or taken back. */
  readonly inviteChanges = new Store(0);

  readonly #storage: Storage;
  readonly #follower: Follower;
  readonly #views = new Map<string, RoomView>();
  readonly #loading = new Joined((roomId) => this.#loadOnce(roomId));
  /** What rooms have had before the newest. */
  readonly history: History;
  readonly #keeper: Keeper;
  readonly #reads: ReadWishes;
  readonly #preferences: PreferenceWishes;
  readonly #activity = new Activity((away) => this.#sayAway(away));
  readonly #refreshing = new Repeated(() => this.#refreshOnce());
  #refreshTimer: ReturnType<typeof setTimeout> | undefined;
  #friendsTimer: ReturnType<typeof setTimeout> | undefined;
  #current: string | null = null;

  private constructor({ auth, user, openers, tabs }: ClientOptions, storage: Storage) {
    this.user = user;
    this.#storage = storage;
    this.api = new Api(auth);
    this.#keeper = new Keeper(storage, {
      rooms: () => [...this.rooms.getSnapshot().rooms],
      people: () => [...this.people.getSnapshot().values()],
      friends: () => (this.friends.getSnapshot().status === "ready" ? this.friends.toKeep() : null),
      reads: () => this.#reads.toKeep(),
      completeAt: (roomId) =>
        this.#follower.isOpen(roomId) ? Date.now() : this.view(roomId).getSnapshot().completeAt,
      leaving: () => {
        const id = this.#current;
        if (id !== null && this.#follower.isOpen(id)) this.#keeper.log(this.#follower.log(id));
      },
    });
    this.#preferences = new PreferenceWishes(this.rooms, this.api.prefer, () => void this.refreshRooms());
    this.people = new PeopleStore((id) => this.api.user(id));
    this.people.add([user]);
    this.quotes = new QuoteStore(async (roomId, seq) => {
      const message = await this.api.message(roomId, seq);
      if (message !== null) this.people.need([message.author_id]);
      return message;
    });
    this.people.subscribe(() => this.rooms.nameDirects(this.people.getSnapshot()));
    this.friends = new FriendStore(async () => {
      const [friends, blocks] = await Promise.all([this.api.friends(), this.api.blocks()]);
      this.people.add([...friends, ...blocks].map(({ user }) => user));
      return listsOf(friends, blocks);
    });
    this.announcements = new AnnouncementStore(() => this.api.announcements());
    this.friends.subscribe(() => this.#keeper.friends());
    this.#reads = new ReadWishes({
      rooms: this.rooms,
      log: (roomId) => this.#follower.log(roomId),
      count: (log, after) => countUnread(log.entries, after, user.id, this.friends.getSnapshot().blocked),
      session: () => this.connection.session,
      changed: () => this.#keeper.reads(),
    });
    this.drafts = new DraftStore({
      fetch: () => this.api.drafts(),
      session: () => this.connection.session,
      keep: (draft) => this.#keeper.draft(draft),
    });
    this.privacy = new PrivacyStore({
      fetch: () => this.api.privacy(),
      ask: (change) => this.api.changePrivacy(change, newId()),
    });
    const own = new OwnLog({
      user,
      rooms: this.rooms,
      people: this.people,
      friends: this.friends,
      drafts: this.drafts,
      privacy: this.privacy,
      reads: this.#reads,
      preferences: this.#preferences,
      left: (roomId) => this.#follower.left(roomId),
      refreshRooms: () => this.refreshRooms(),
      newerThanList: () => this.#newerThanList(),
      keepRooms: () => this.#keeper.rooms(),
    });
    this.history = new History({
      api: this.api,
      people: this.people,
      log: (roomId) => this.#follower.log(roomId),
      view: (roomId) => this.view(roomId),
      settled: (roomId) => this.#loading.settled(roomId),
    });
    this.#follower = new Follower({
      applied: (log, events) => this.#applied(log, events),
      appliedOwn: (events) => {
        for (const event of events) own.apply(event);
      },
      missedOwn: () => {
        void this.refreshRooms();
        void this.friends.load();
        void this.drafts.load();
        void this.privacy.load();
      },
      reload: (log) => void this.#load(log.id),
      gone: (roomId) => this.#gone(roomId),
      proven: () => this.connection.proven(),
    });
    this.connection = new SharedConnection({
      userId: user.id,
      tabs: tabs === undefined ? browserTabs(user.id) : tabs,
      targets: () => this.api.targets(),
      token: () => auth.token(),
      refresh: () => auth.refresh(),
      renewInMs: () => auth.renewInMs,
      openers: openers ?? { webtransport: openWebTransport, websocket: openWebSocket },
      forcedLane,
      memory: new LaneMemory(),
      deviceName: deviceName(),
      resume: () => this.#follower.resume(),
      digest: () => this.#follower.digest(),
      onWelcome: (session) => this.#welcome(session),
      onFrame: (kind) => this.#frame(kind),
      onClosed: (roomId) => this.#follower.closed(roomId),
    });
    this.connection.subscribe(() => {
      if (this.connection.session === null) this.#away();
    });
    this.uploads = uploadsOf(this, storage);
    this.outbox = new Outbox({
      storage,
      files: this.uploads,
      send: (intent) => this.#send(intent),
      isLive: () => this.connection.session !== null,
      isShown: (roomId, seq) => {
        const log = this.#follower.log(roomId);
        return !this.#follower.isOpen(roomId) || (log.loaded && log.seq >= seq);
      },
    });
  }

  /** Reads what was kept, shows it, and connects. */
  static async start(options: ClientOptions): Promise<Client> {
    const client = new Client(options, await openStorage(options.user.id));
    client.connection.start();
    client.#activity.start();
    await client.#restore();
    client.#keeper.start();
    return client;
  }

  /** Ends everything; `forget` also removes what was kept on this device. */
  async stop(forget: boolean): Promise<void> {
    this.connection.stop();
    this.outbox.stop();
    this.uploads.stop();
    this.#keeper.stop();
    this.#reads.stop();
    this.announcements.stop();
    this.drafts.stop();
    this.presence.stop();
    this.#activity.stop();
    clearTimeout(this.#refreshTimer);
    clearTimeout(this.#friendsTimer);
    this.#storage.close();
    if (forget) await forgetStorage(this.user.id);
  }

  // ---- rooms ----

  view(roomId: string): RoomView {
    let view = this.#views.get(roomId);
    if (view === undefined) {
      view = new RoomView(roomId);
      this.#views.set(roomId, view);
    }
    return view;
  }

  /** The room comes on screen. */
  async enter(roomId: string): Promise<void> {
    this.#current = roomId;
    const view = this.view(roomId);
    view.note({ divider: null, held: false });
    this.#divide(roomId);
    view.note({ entered: true });
    this.#follower.focus(roomId);
    const log = this.#follower.log(roomId);
    if (log.loaded) {
      view.show(log);
      this.#follower.follow(roomId);
      return;
    }
    if (await this.#restoreLog(log)) this.#follower.follow(roomId);
    if (!log.loaded) await this.#load(roomId);
  }

  /** Brings what is kept of the latest rooms into memory, so that each is there at once when it is
      entered. They are followed from then on. */
  async warm(): Promise<void> {
    const latest = this.rooms
      .getSnapshot()
      .rooms.toSorted((a, b) => (b.lastAt ?? 0) - (a.lastAt ?? 0))
      .slice(0, WARM_ROOMS);
    for (const { id } of latest) await this.#restoreLog(this.#follower.log(id));
  }

  /** Remembers where reading stood, for as long as the room is on screen. */
  #divide(roomId: string): void {
    const room = this.rooms.get(roomId);
    if (room !== undefined && room.unread > 0) this.view(roomId).note({ divider: room.readSeq });
  }

  /** The room goes off screen; it stays open in the background for a while. */
  exit(roomId: string): void {
    if (this.#current !== roomId) return;
    this.#current = null;
    this.view(roomId).note({ entered: false });
    this.#follower.focus(null);
    // A long way back costs memory only while somebody is there.
    const log = this.#follower.log(roomId);
    log.trim(ENTRIES_OFF_SCREEN);
    this.view(roomId).show(log);
  }

  /** Loads the newest page, once at a time. */
  reload(roomId: string): Promise<void> {
    const view = this.view(roomId);
    if (view.getSnapshot().status !== "ready") view.note({ status: "loading", error: null });
    return this.#load(roomId);
  }

  /** Fetches the list of rooms; what is asked for meanwhile is fetched after. */
  refreshRooms(): Promise<void> {
    return this.#refreshing.run();
  }

  async #refreshOnce(): Promise<void> {
    this.rooms.retrying();
    try {
      const rooms = await this.api.myRooms();
      this.people.add(peersOf(rooms));
      this.rooms.merge(rooms.map(summaryEntry), (id) => this.#preferences.isWaiting(id));
      this.#reads.show();
      this.#enterAgain();
      // It may have changed on another device while this one was away.
      this.people.ask(this.user.id);
      this.#keeper.rooms();
    } catch {
      this.rooms.failed();
    }
  }

  /** The room on screen was closed to the user, who is in it now. */
  #enterAgain(): void {
    const id = this.#current;
    if (id === null || this.rooms.get(id) === undefined) return;
    const { status } = this.view(id).getSnapshot();
    if (status === "missing" || status === "outside") void this.reload(id);
  }

  /** A room just created or joined: listed at once, before its event arrives. */
  admit(room: Room): void {
    this.rooms.put(room);
    this.#keeper.rooms();
    const view = this.view(room.id);
    if (view.getSnapshot().status !== "ready") view.note({ status: "loading", error: null });
    if (this.#current === room.id) void this.#load(room.id);
  }

  /** The room of two with somebody, made the first time: its id. */
  async direct(userId: string): Promise<string> {
    const room = await this.api.openDirect(userId);
    this.people.add(peersOf([room]));
    if (this.rooms.get(room.id) === undefined) this.admit(room);
    return room.id;
  }

  /** Comes into a room by a link; the same key again is the same request. */
  async accept(code: string, key: string): Promise<void> {
    this.admit(await this.api.acceptInvite(code, key));
  }

  async leave(roomId: string): Promise<void> {
    await this.api.leaveRoom(roomId);
    this.#follower.left(roomId);
  }

  /** The same key again is the same request. */
  async deleteRoom(roomId: string, key: string): Promise<void> {
    await this.api.deleteRoom(roomId, key);
    this.#follower.left(roomId);
  }

  /** Brings a deleted room back; the same key again is the same request. */
  async restoreRoom(roomId: string, key: string): Promise<void> {
    this.admit(await this.api.restoreRoom(roomId, key));
  }

  /** Shown at once; rejects where the server does not agree. */
  async prefer(roomId: string, change: Partial<Preferences>): Promise<void> {
    await this.#preferences.wish(roomId, change).finally(() => this.#keeper.rooms());
  }

  // ---- people ----

  /** Asks somebody to be friends, or says yes to who asks. */
  befriend = (userId: string) => this.#between(() => this.api.befriend(userId));
  /** Takes a request back, declines one, or ends a friendship. */
  unfriend = (userId: string) => this.#between(() => this.api.unfriend(userId));
  block = (userId: string) => this.#between(() => this.api.block(userId));
  unblock = (userId: string) => this.#between(() => this.api.unblock(userId));

  /** What became of it the user's own log says; while it is not heard, the lists do. */
  async #between(act: () => Promise<unknown>): Promise<void> {
    await act();
    if (this.connection.session === null) await this.friends.load();
  }

  // ---- writing ----

  write(roomId: string, body: IntentBody): void {
    void this.outbox.add(roomId, body);
    if (body.what !== "post") return;
    this.typing.reset();
    this.drafts.posted(roomId);
  }

  /** The next line of a room answers this message; null for none. */
  answer(roomId: string, seq: number | null): void {
    const all = new Map(this.answering.getSnapshot());
    if (seq === null) all.delete(roomId);
    else all.set(roomId, seq);
    this.answering.set(all);
  }

  sayTyping(roomId: string): void {
    const { session } = this.connection;
    if (session === null || !this.typing.shouldSay(roomId)) return;
    session.send({ case: "typing", value: { roomId: idToBytes(roomId) } });
  }

  /** Everything up to `seq` was seen. */
  markRead(roomId: string, seq: number): void {
    if (!this.view(roomId).getSnapshot().held) this.#reads.markRead(roomId, seq);
  }

  /** The message of this seq and what follows shall be unread, until the room is entered again. */
  markUnread(roomId: string, seq: number): void {
    if (this.rooms.get(roomId) === undefined) return;
    this.view(roomId).note({ divider: seq - 1, held: true });
    this.#reads.markUnread(roomId, seq);
    this.#keeper.rooms();
  }

  // ---- the session ----

  #welcome(session: TabSession): void {
    this.#follower.attach(session);
    if (session.isCurrent) {
      const { heads } = session.welcome;
      this.rooms.retain(new Set(heads.map(({ roomId }) => bytesToId(roomId))));
      this.#heads(heads);
    }
    // Names may have changed meanwhile. Many clients come back together: only
    // a page that has no list yet asks for it at once.
    if (this.rooms.isFresh && session.isCurrent) {
      clearTimeout(this.#refreshTimer);
      this.#refreshTimer = setTimeout(() => void this.refreshRooms(), REFRESH_WITHIN_MS * Math.random());
    } else void this.refreshRooms();
    if (!this.friends.isFresh) void this.#loadFriends(session);
    this.#askAbout();
    void this.outbox.adopt();
    this.uploads.wake();
    this.outbox.drainAll();
    this.#reads.send();
    this.drafts.begin();
    this.presence.begin();
    if (this.#activity.away) this.#sayAway(true);
    if (!this.privacy.isFresh) void this.privacy.load();
    for (const [roomId, view] of this.#views) {
      const { status, older } = view.getSnapshot();
      if (older === "offline") view.note({ older: "idle" });
      if (status === "error" || (status === "loading" && roomId === this.#current)) void this.#load(roomId);
    }
  }

  /** There is no session: what is shown is what there was until now. */
  #away(): void {
    const completeAt = Date.now();
    for (const [roomId, view] of this.#views) {
      if (!this.#follower.isOpen(roomId)) continue;
      view.note({ completeAt });
      this.#keeper.log(this.#follower.log(roomId));
    }
    this.#follower.detach();
    this.uploads.rest();
    const { state } = this.connection.getSnapshot();
    // A list that nothing is kept of does not come by waiting.
    if (state !== "connecting" && this.rooms.getSnapshot().status === "loading") this.rooms.failed();
  }

  /** What no log tells. Many clients come back together: only a page that knows
      nothing yet asks at once. */
  #askAbout(): void {
    if (this.announcements.isFresh) {
      this.announcements.loadWithin(REFRESH_WITHIN_MS);
      return;
    }
    void this.announcements.load();
    void this.learnStanding();
  }

  /** Asks whether the user runs the server. */
  async learnStanding(): Promise<void> {
    try {
      this.isAdmin.set((await this.api.me()).is_admin);
    } catch {
      // The next page asks again; an admin's own pages say so too.
    }
  }

  /** What changed while no page was open is told by the lists alone: they are asked
      for until they come. */
  async #loadFriends(session: TabSession): Promise<void> {
    await this.friends.load();
    if (this.friends.isFresh || this.connection.session !== session) return;
    clearTimeout(this.#friendsTimer);
    this.#friendsTimer = setTimeout(() => void this.#loadFriends(session), REFRESH_WITHIN_MS * Math.random());
  }

  #frame(kind: ServerKind): void {
    switch (kind.case) {
      case "events":
        if (this.#follower.hears(bytesToId(kind.value.logId))) return this.#follower.events(kind.value);
        return this.#overheard(kind.value);
      case "reset":
        return this.#follower.reset(kind.value);
      case "heartbeat":
        return this.#follower.heartbeat(kind.value);
      case "roomHeads":
        return this.#heads(kind.value.heads);
      case "announcement":
        return this.announcements.loadWithin();
      case "typing":
        this.typing.seen(bytesToId(kind.value.roomId), bytesToId(kind.value.userId));
        this.people.need([bytesToId(kind.value.userId)]);
        return;
      case "presence":
        return this.presence.told(kind.value);
      default:
    }
  }

  /** Another tab has the room open, and so the server does not tell its head: it is counted here. */
  #overheard(run: Events): void {
    const roomId = bytesToId(run.logId);
    for (const event of run.events) {
      const room = this.rooms.get(roomId);
      const seq = Number(event.seq);
      if (room === undefined || seq <= room.head) continue;
      const recounts = event.body.case === "messageDeleted" || event.body.case === "messageEdited";
      // What cannot be told from the event alone, the list tells.
      if (seq > room.head + 1 || (recounts && room.unread > 0)) return void this.refreshRooms();
      this.#roomEvent(this.#follower.log(roomId), event);
    }
    this.people.need(peopleIn(run.events));
    this.#keeper.rooms();
  }

  #heads(heads: readonly RoomHead[]): void {
    const unknown = this.rooms.heads(
      heads,
      (id) => this.#follower.isOpen(id),
      (id) => this.#reads.isWaiting(id),
    );
    if (unknown.length > 0) void this.refreshRooms();
    this.#keeper.rooms();
  }

  #send(intent: Intent): Promise<Ok> {
    const { session } = this.connection;
    if (session === null) return Promise.reject(new SessionEnded("there is no session"));
    return session.request(intent.requestId, requestBody(intent, this.uploads));
  }

  // ---- events ----

  #applied(log: Log, events: readonly Event[]): void {
    const requestIds = new Set<string>();
    for (const event of events) {
      if (event.requestId.length === 16) requestIds.add(bytesToId(event.requestId));
      this.#roomEvent(log, event);
    }
    this.people.need(peopleIn(events));
    this.view(log.id).show(log);
    this.history.apply(log, events);
    this.outbox.settle(log.id, requestIds);
    this.#keeper.log(log);
    this.#keeper.rooms();
  }

  #roomEvent(log: Log, event: Event): void {
    const room = this.rooms.get(log.id);
    if (room === undefined) return;
    const { body } = event;
    const change = changeOf(room, event, this.user.id, this.friends.getSnapshot().blocked);
    switch (body.case) {
      case "messagePosted":
        this.typing.stopped(log.id, bytesToId(event.actorId));
        break;
      case "messageEdited":
      case "messageDeleted":
        this.quotes.changed(log.id, Number(body.value.messageSeq));
        Object.assign(change, this.#reads.recount(log, room));
        break;
      case "inviteCreated":
      case "inviteRevoked":
        this.inviteChanges.update((count) => count + 1);
        break;
      case "memberLeft":
        // Whoever goes by themselves may have deleted their account.
        if (Number(event.seq) > room.head) this.people.ask(bytesToId(body.value.userId));
        break;
      default:
    }
    this.rooms.change(log.id, change);
  }

  /** Something changed that the list tells too; one that is on its way may be older. */
  #newerThanList(): void {
    if (this.#refreshing.isRunning) void this.refreshRooms();
    this.#keeper.rooms();
  }

  #gone(roomId: string): void {
    this.rooms.remove(roomId);
    this.drafts.forget(roomId);
    const last = this.view(roomId).getSnapshot().entries.at(-1);
    const deleted = last?.kind === "system" && last.change.what === "roomDeleted";
    this.view(roomId).note({ status: "missing", deleted, entries: [] });
    this.#keeper.forgetLog(roomId);
    this.#keeper.rooms();
  }

  // ---- loading and keeping ----

  #load(roomId: string): Promise<void> {
    return this.#loading.run(roomId);
  }

  async #loadOnce(roomId: string): Promise<void> {
    const view = this.view(roomId);
    try {
      if (this.rooms.get(roomId) === undefined) {
        await this.refreshRooms();
        if (this.rooms.get(roomId) === undefined) {
          const room = await this.api.room(roomId);
          if (room.role === null) return view.note({ status: "outside" });
          this.people.add(peersOf([room]));
          this.rooms.put(room);
        }
        this.#divide(roomId);
      }
      const page = await this.api.newest(roomId);
      this.history.meet(page);
      const log = this.#follower.log(roomId);
      const applied = log.load(page);
      view.show(log);
      if (applied.length > 0) this.#applied(log, applied);
      this.#follower.follow(roomId);
      this.outbox.settle(roomId, new Set());
      this.#keeper.log(log);
    } catch (cause) {
      view.failed(cause);
      // What is kept from before is better than nothing.
      const kept = cause instanceof Unreachable && this.#restoreLog(this.#follower.log(roomId), true);
      if (await kept) this.#follower.follow(roomId);
    }
  }

  /** True where something is kept of it, which is shown now. */
  async #restoreLog(log: Log, evenIfOld = false): Promise<boolean> {
    const cached = await this.#storage.get("logs", log.id);
    const head = this.rooms.get(log.id)?.head ?? 0;
    if (cached === undefined || log.loaded || (!evenIfOld && head - cached.seq > CACHE_BEHIND)) return false;
    log.restore(cached);
    this.view(log.id).note({ completeAt: cached.completeAt ?? null });
    this.people.need(
      cached.entries.flatMap((entry) =>
        entry.kind === "message"
          ? [entry.authorId, ...entry.mentions.users, ...(entry.forwarded ? [entry.forwarded.authorId] : [])]
          : [entry.actorId],
      ),
    );
    this.view(log.id).show(log);
    return true;
  }

  async #restore(): Promise<void> {
    const kept = await this.#keeper.read();
    this.drafts.restore(kept.drafts);
    this.people.add(kept.people);
    if (kept.friends !== undefined) this.friends.restore(kept.friends);
    if (kept.rooms !== undefined && this.rooms.getSnapshot().status !== "ready")
      this.rooms.load(kept.rooms.map(keptEntry));
    this.#reads.restore(kept.reads);
    await this.outbox.start();
  }

  #sayAway(away: boolean): void {
    const state = away ? PresenceState.AWAY : PresenceState.ONLINE;
    this.connection.session?.send({ case: "setPresence", value: { state } });
  }
}
