import { describe, expect, test, vi } from "vitest";
import { ADA, summary } from "../../test/fake-rest.js";
import { OTHER, ROOM, USER } from "../../test/fake-server.js";
import { message, page } from "../../test/page.js";
import {
  begin,
  inRoom,
  kept,
  posted,
  requests,
  rest,
  server,
  stage,
  texts,
  until,
} from "../../test/stage.js";
import { positionDigest } from "../net/digest.js";
import {
  ErrorCode,
  FileKind,
  Notify,
  PresenceState,
  Role,
} from "../net/gen/parlor/realtime/v1/realtime_pb.js";
import { bytesToId, idToBytes } from "../net/id.js";
import { setAvatar } from "./avatar.js";
import type { Client } from "./client.js";
import { openStorage } from "./storage.js";

stage();

test("rule_4_1 a room first opened is loaded, then followed from the head of its page", async () => {
  const client = await inRoom();
  expect(texts(client)).toEqual(["text 1"]);
  expect(requests("open")[0]?.body.value).toMatchObject({ epoch: 1n, afterSeq: 1n });
  server.last.events(2, [posted("live")]);
  expect(texts(client)).toEqual(["text 1", "live"]);
});

test("c9 a room that the list does not have yet shows what comes", async () => {
  const client = await inRoom();
  // As by a Welcome that was on its way when the room was made.
  client.rooms.retain(new Set());
  server.last.events(2, [posted("live")]);
  expect(texts(client)).toEqual(["text 1", "live"]);
});

test("a line is shown at once and gives way to the message with its request id", async () => {
  const client = await inRoom();
  server.onRequest = () => {};
  client.write(ROOM, { what: "post", text: "mine", replyTo: null });
  expect(client.outbox.getSnapshot()).toMatchObject([{ state: "queued" }]);
  await until(() => expect(requests("post")).toHaveLength(1));
  server.last.events(2, [posted("mine", requests("post")[0]?.requestId, USER)]);
  expect(client.outbox.getSnapshot()).toEqual([]);
  expect(texts(client)).toEqual(["text 1", "mine"]);
});

test("a reaction shows at once, is sent under its request id, and stays when it is confirmed", async () => {
  const client = await inRoom();
  server.onRequest = () => {};
  client.write(ROOM, { what: "react", seq: 1, emoji: "👍", on: true });
  await until(() => expect(requests("react")).toHaveLength(1));
  const [asked] = requests("react");
  expect(asked?.body.value).toMatchObject({ seq: 1n, emoji: "👍", remove: false });
  const body = { case: "reactionAdded" as const, value: { messageSeq: 1n, emoji: "👍" } };
  server.last.events(2, [{ actorId: idToBytes(USER), requestId: asked?.requestId as Uint8Array, body }]);
  expect(client.outbox.getSnapshot()).toEqual([]);
  expect(client.view(ROOM).getSnapshot().entries[0]).toMatchObject({
    reactions: [{ emoji: "👍", count: 1, users: [USER] }],
  });
});

test("c7 a lost session resumes from where the reader stands, and sends again what had no answer", async () => {
  const client = await inRoom();
  server.onRequest = () => {};
  client.write(ROOM, { what: "post", text: "mine", replyTo: null });
  await until(() => expect(requests("post")).toHaveLength(1));
  const before = requests("post")[0]?.requestId as Uint8Array;
  server.last.events(2, [posted("live")]);
  const old = server.last;
  old.die();
  await until(() => expect(server.last).not.toBe(old));
  const resumed = server.last.all("hello")[0]?.resume.map(({ logId, seq }) => [bytesToId(logId), seq]);
  expect(resumed).toEqual([
    [ROOM, 2n],
    [USER, 0n],
  ]);
  await until(() => expect(requests("post")).toHaveLength(1));
  expect(requests("post")[0]?.requestId).toEqual(before);
});

test("a long way back is let go with the room, and can be loaded again", async () => {
  const client = await inRoom();
  const many = Array.from({ length: 500 }, (_, at) => posted(`line ${at}`));
  for (let at = 0; at < many.length; at += 100) server.last.events(2 + at, many.slice(at, at + 100));
  expect(texts(client)).toHaveLength(501);
  client.exit(ROOM);
  expect(texts(client)).toHaveLength(400);
  expect(texts(client).at(-1)).toBe("line 499");
  expect(client.view(ROOM).getSnapshot().moreBefore).toBe(true);
  rest.older = page([message(1)], 501);
  await client.enter(ROOM);
  await client.history.loadOlder(ROOM);
  expect(texts(client)[0]).toBe("text 1");
});

test("rule_5_3 a hole is healed by opening the log again from before it", async () => {
  const client = await inRoom();
  server.last.events(3, [posted("three")]);
  expect(texts(client)).toEqual(["text 1"]);
  await until(() => expect(requests("open")).toHaveLength(2));
  expect(requests("open")[1]?.body.value).toMatchObject({ afterSeq: 1n });
  server.last.events(2, [posted("two"), posted("three")]);
  expect(texts(client)).toEqual(["text 1", "two", "three"]);
});

test("c22 the view is proven complete when both digests are the same", async () => {
  const client = await inRoom();
  const digest = positionDigest(ROOM, 1n, 1) ^ positionDigest(USER, 1n, 0);
  server.last.say({ case: "heartbeat", value: { digest: digest ^ 1n } });
  expect(client.connection.getSnapshot().provenAt).toBeNull();
  server.last.say({ case: "heartbeat", value: { digest } });
  expect(client.connection.getSnapshot().provenAt).not.toBeNull();
});

test("rule_4_1 a Reset loads the room anew", async () => {
  const client = await inRoom();
  rest.newest = page([message(1, "restored")], 1, { epoch: "9" });
  server.last.say({ case: "reset", value: { logId: idToBytes(ROOM), epoch: 9n, head: 1n } });
  await until(() => expect(texts(client)).toEqual(["restored"]));
});

test("c22 a Reset of the user's own log asks for what it would have told", async () => {
  const client = await inRoom();
  rest.rooms = [];
  server.last.say({ case: "reset", value: { logId: idToBytes(USER), epoch: 9n, head: 4n } });
  await until(() => expect(client.rooms.getSnapshot().rooms).toEqual([]));
});

test("rule_2_5 a Reset to nothing takes the room away", async () => {
  const client = await inRoom();
  server.last.say({ case: "reset", value: { logId: idToBytes(ROOM), epoch: 0n, head: 0n } });
  expect(client.view(ROOM).getSnapshot().status).toBe("missing");
  expect(client.rooms.get(ROOM)).toBeUndefined();
});

const removed = { body: { case: "roomRemoved" as const, value: { roomId: idToBytes(ROOM) } } };
const added = { body: { case: "roomAdded" as const, value: { roomId: idToBytes(ROOM) } } };

test("rule_4_7 leaving, removed or banned, ends the room, and coming back opens it", async () => {
  const client = await inRoom();
  server.last.events(1, [removed], USER);
  expect(client.view(ROOM).getSnapshot().status).toBe("missing");
  expect(client.rooms.get(ROOM)).toBeUndefined();
  server.last.events(2, [added], USER);
  await until(() => expect(client.view(ROOM).getSnapshot().status).toBe("ready"));
});

test("rule_4_16 a room deleted while it is on screen says so, and is back once restored", async () => {
  const client = await inRoom();
  server.last.events(2, [{ body: { case: "roomDeleted", value: {} } }]);
  expect(texts(client)).toEqual(["text 1", "roomDeleted"]);
  server.last.events(1, [removed], USER);
  expect(client.view(ROOM).getSnapshot()).toMatchObject({ status: "missing", deleted: true, entries: [] });
  expect(client.rooms.get(ROOM)).toBeUndefined();
  server.last.events(2, [added], USER);
  await until(() =>
    expect(client.view(ROOM).getSnapshot()).toMatchObject({ status: "ready", deleted: false }),
  );
});

test("a room that was deleted and restored before is there as any", async () => {
  const client = await inRoom();
  server.last.events(2, [
    { body: { case: "roomDeleted", value: {} } },
    { body: { case: "roomRestored", value: {} } },
  ]);
  expect(texts(client)).toEqual(["text 1", "roomDeleted", "roomRestored"]);
  server.last.events(1, [removed], USER);
  expect(client.view(ROOM).getSnapshot()).toMatchObject({ status: "missing", deleted: false });
});

test("rule_4_17 who has a direct room with a deleted account hears of it", async () => {
  rest.answers.set(`/users/${OTHER}`, {
    ...ADA,
    id: OTHER,
    display_name: "Deleted account",
    standing: "deleted",
  });
  const client = await inRoom();
  server.last.events(1, [{ body: { case: "accountDeleted", value: { userId: idToBytes(OTHER) } } }], USER);
  await until(() => expect(client.people.getSnapshot().get(OTHER)?.standing).toBe("deleted"));
});

test("c9 one's own departure of long ago does not end the room", async () => {
  const client = await inRoom();
  const userId = idToBytes(USER);
  server.last.events(2, [
    { body: { case: "memberBanned", value: { userId, wasMember: true } } },
    { body: { case: "memberUnbanned", value: { userId } } },
    { body: { case: "memberJoined", value: { userId, role: Role.MEMBER } } },
  ]);
  expect(client.view(ROOM).getSnapshot().status).toBe("ready");
  expect(texts(client)).toEqual(["text 1", "banned", "unbanned", "joined"]);
  expect(client.rooms.get(ROOM)?.members).toBe(2);
});

test("who is banned is counted no more, if they were counted", async () => {
  const client = await inRoom();
  const banned = (wasMember: boolean) => ({
    body: { case: "memberBanned" as const, value: { userId: idToBytes(OTHER), wasMember } },
  });
  server.last.events(2, [banned(true)]);
  expect(client.rooms.get(ROOM)?.members).toBe(1);
  const unbanned = { case: "memberUnbanned" as const, value: { userId: idToBytes(OTHER) } };
  server.last.events(3, [{ body: unbanned }, banned(false)]);
  expect(client.rooms.get(ROOM)?.members).toBe(1);
  expect(texts(client)).toEqual(["text 1", "banned", "unbanned", "banned"]);
});

test("rule_4_10 one's own role follows one's own log", async () => {
  const client = await inRoom();
  const role = (userId: string) => ({
    body: { case: "roleChanged" as const, value: { userId: idToBytes(userId), role: Role.OWNER } },
  });
  server.last.events(2, [role(OTHER), role(USER)]);
  expect(client.rooms.get(ROOM)?.role).toBe("member");
  const own = { case: "ownRoleChanged" as const, value: { roomId: idToBytes(ROOM), role: Role.ADMIN } };
  server.last.events(1, [{ body: own }], USER);
  expect(client.rooms.get(ROOM)?.role).toBe("admin");
});

test("a list that was on its way when a role changed is fetched again", async () => {
  const client = await inRoom();
  let answer = () => {};
  rest.held = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const refreshed = client.refreshRooms();
  rest.rooms = [summary({ head: "1", read_seq: "1", role: "admin" })];
  const own = { case: "ownRoleChanged" as const, value: { roomId: idToBytes(ROOM), role: Role.ADMIN } };
  server.last.events(1, [{ body: own }], USER);
  answer();
  await refreshed;
  await until(() => expect(client.rooms.get(ROOM)?.role).toBe("admin"));
});

test("a list that was on its way when one was removed does not bring the room back", async () => {
  const client = await inRoom();
  let answer = () => {};
  rest.held = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const lists = () => rest.asked.filter((path) => path.startsWith("GET /rooms?"));
  const before = lists().length;
  const refreshed = client.refreshRooms();
  await until(() => expect(lists()).toHaveLength(before + 1));
  rest.rooms = [];
  server.last.events(1, [removed], USER);
  answer();
  await refreshed;
  await until(() => expect(lists()).toHaveLength(before + 2));
  await until(() => expect(client.rooms.getSnapshot().rooms).toEqual([]));
});

test("nothing of a room is kept on this device after one was removed", async () => {
  const client = await inRoom();
  const userId = idToBytes(USER);
  server.last.events(2, [{ body: { case: "memberBanned", value: { userId, wasMember: true } } }]);
  server.last.events(1, [removed], USER);
  rest.rooms = [];
  const storage = await openStorage(USER);
  // Written at the same pace as the room's log would be, and after it.
  await vi.waitFor(async () => expect((await storage.get("state", "rooms"))?.rooms).toEqual([]), {
    timeout: 4_000,
  });
  expect(await storage.get("logs", ROOM)).toBeUndefined();
  storage.close();
  expect(client.rooms.get(ROOM)).toBeUndefined();
});

describe("invite links", () => {
  const code = "2lTyb6gJc_QfXkY1u0sH7w";
  const accept = `/invites/${code}/accept`;

  test("whoever comes in by one has the room at once, and a retry is the same request", async () => {
    rest.rooms = [];
    const client = await begin();
    await until(() => expect(client.rooms.getSnapshot().status).toBe("ready"));
    await expect(client.accept(code, "key")).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(client.rooms.get(ROOM)).toBeUndefined();
    const { name, role } = summary();
    rest.answers.set(accept, summary());
    await client.accept(code, "key");
    expect(client.rooms.get(ROOM)).toMatchObject({ name, role });
    expect(rest.asked.filter((path) => path === `POST ${accept}`)).toHaveLength(2);
  });

  test("rule_4_12 what becomes of links is no line, and is told to who shows them", async () => {
    const client = await inRoom();
    const inviteId = idToBytes(OTHER);
    server.last.events(2, [
      { actorId: idToBytes(OTHER), body: { case: "inviteCreated" as const, value: { inviteId } } },
      { actorId: idToBytes(OTHER), body: { case: "inviteRevoked" as const, value: { inviteId } } },
      posted("after them"),
    ]);
    expect(texts(client)).toEqual(["text 1", "after them"]);
    expect(client.inviteChanges.getSnapshot()).toBe(2);
  });
});

describe("what is one's own", () => {
  const roomId = idToBytes(ROOM);
  const draft = (text: string, superseded = false) => ({
    body: { case: "draftChanged" as const, value: { roomId, text, superseded } },
  });

  test("rule_4_14 a draft of another device is shown, and what a later event replaced is not", async () => {
    rest.drafts = [{ room_id: ROOM, text: "listed", reply_to: null }];
    const client = await inRoom();
    await until(() => expect(client.drafts.getSnapshot().get(ROOM)).toBe("listed"));
    server.last.events(1, [draft("", true), draft("from the phone")], USER);
    expect(client.drafts.getSnapshot().get(ROOM)).toBe("from the phone");
    server.last.events(3, [draft("")], USER);
    expect(client.drafts.getSnapshot().has(ROOM)).toBe(false);
  });

  test("rule_3_17 posting what was kept takes it away", async () => {
    rest.drafts = [{ room_id: ROOM, text: "kept", reply_to: null }];
    const client = await inRoom();
    await until(() => expect(client.drafts.getSnapshot().get(ROOM)).toBe("kept"));
    client.write(ROOM, { what: "post", text: "kept", replyTo: null });
    await until(() => expect(requests("setDraft")).toHaveLength(1));
    expect(requests("setDraft")[0]?.body.value).toMatchObject({ text: "", replyTo: 0n });
    expect(client.drafts.getSnapshot().has(ROOM)).toBe(false);
  });

  test("rule_4_15 how far the other one of a direct room has read", async () => {
    const client = await inRoom();
    const read = (seq: bigint) => ({ body: { case: "partnerRead" as const, value: { roomId, seq } } });
    server.last.events(1, [read(1n)], USER);
    expect(client.rooms.get(ROOM)).toMatchObject({ peerReadSeq: 1 });
    // A list that was on its way does not take it back.
    await client.refreshRooms();
    expect(client.rooms.get(ROOM)).toMatchObject({ peerReadSeq: 1 });
  });

  test("rule_4_14 what others may know is as the server has it", async () => {
    const client = await begin();
    await until(() => expect(client.privacy.getSnapshot()).toEqual({ invisible: false, read_marks: true }));
    await client.privacy.wish({ invisible: true });
    expect(rest.asked).toContain("PATCH /me/privacy");
    const told = { case: "privacyChanged" as const, value: { invisible: false, readMarks: false } };
    server.last.events(1, [{ body: told }], USER);
    expect(client.privacy.getSnapshot()).toEqual({ invisible: false, read_marks: false });
  });

  test("rule_5_6 a session that begins is told whom the page shows", async () => {
    const client = await begin();
    client.presence.watch([OTHER]);
    await until(() => expect(server.last.all("watchPresence")).toHaveLength(1));
    const entries = [{ userId: idToBytes(OTHER), state: PresenceState.AWAY }];
    server.last.say({ case: "presence", value: { entries } });
    expect(client.presence.getSnapshot().get(OTHER)?.state).toBe("away");
    const old = server.last;
    old.die();
    await until(() => expect(server.last).not.toBe(old));
    await until(() => expect(server.last.all("watchPresence")).toHaveLength(1));
  });
});

describe("preferences", () => {
  const path = `/rooms/${ROOM}/preferences`;
  const preferences = (client: Client) => {
    const { notify, favourite } = client.rooms.get(ROOM) ?? {};
    return { notify, favourite };
  };
  const told = (notify: Notify, favourite: boolean) => ({
    body: { case: "preferencesChanged" as const, value: { roomId: idToBytes(ROOM), notify, favourite } },
  });

  test("are shown at once, and stay when the server agrees", async () => {
    const client = await inRoom();
    const agreed = client.prefer(ROOM, { favourite: true });
    expect(preferences(client)).toEqual({ notify: "all", favourite: true });
    await agreed;
    expect(preferences(client)).toEqual({ notify: "all", favourite: true });
    expect(rest.asked).toContain(`PATCH ${path}`);
  });

  test("are as they were where the server does not agree, and that is told", async () => {
    const client = await inRoom();
    rest.refused.add(path);
    const refused = client.prefer(ROOM, { notify: "none" });
    expect(preferences(client).notify).toBe("none");
    await expect(refused).rejects.toMatchObject({ code: "FORBIDDEN" });
    expect(preferences(client)).toEqual({ notify: "all", favourite: false });
  });

  test("rule_4_10 those chosen on another device are shown here", async () => {
    const client = await inRoom();
    server.last.events(1, [told(Notify.MENTIONS, true)], USER);
    expect(preferences(client)).toEqual({ notify: "mentions", favourite: true });
  });

  test("neither events nor a list undo a wish that has no answer", async () => {
    const client = await inRoom();
    let answer = () => {};
    rest.held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const agreed = client.prefer(ROOM, { notify: "none" });
    await until(() => expect(rest.asked).toContain(`PATCH ${path}`));
    rest.held = null;
    server.last.events(1, [told(Notify.ALL, true)], USER);
    await client.refreshRooms();
    expect(preferences(client).notify).toBe("none");
    answer();
    await agreed;
    expect(preferences(client).notify).toBe("none");
  });

  test("what another device said meanwhile holds where it was said later", async () => {
    const client = await inRoom();
    let answer = () => {};
    rest.held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const agreed = client.prefer(ROOM, { notify: "none" });
    await until(() => expect(rest.asked).toContain(`PATCH ${path}`));
    rest.held = null;
    server.last.events(1, [told(Notify.NONE, false), told(Notify.MENTIONS, false)], USER);
    rest.rooms = [summary({ head: "1", read_seq: "1", notify: "mentions" })];
    answer();
    await agreed;
    await until(() => expect(preferences(client).notify).toBe("mentions"));
  });

  test("of two wishes the later one holds, whatever becomes of the first", async () => {
    const client = await inRoom();
    rest.refused.add(path);
    const first = client.prefer(ROOM, { notify: "none" });
    const second = client.prefer(ROOM, { favourite: true });
    await expect(first).rejects.toMatchObject({ code: "FORBIDDEN" });
    await second;
    expect(preferences(client)).toEqual({ notify: "all", favourite: true });
  });
});

describe("people", () => {
  const about = (which: "friendAdded" | "friendRemoved" | "userBlocked" | "userUnblocked") => ({
    body: { case: which, value: { userId: idToBytes(OTHER) } },
  });
  const asks = (outgoing: boolean) => ({
    body: { case: "friendRequested" as const, value: { userId: idToBytes(OTHER), outgoing } },
  });
  const tie = (client: Client) => client.friends.getSnapshot().ties.get(OTHER);
  const ready = async () => {
    const client = await inRoom();
    await until(() => expect(client.friends.getSnapshot().status).toBe("ready"));
    return client;
  };

  test("rule_4_12 ties and blocks follow one's own log", async () => {
    rest.friends = [{ user: { ...ADA, id: OTHER }, tie: "asked", since: "" }];
    const client = await ready();
    expect(tie(client)).toBe("asked");
    server.last.events(1, [about("friendAdded")], USER);
    expect(tie(client)).toBe("friends");
    server.last.events(2, [about("userBlocked"), about("friendRemoved")], USER);
    expect(client.friends.getSnapshot()).toMatchObject({ blocked: new Set([OTHER]), ties: new Map() });
    server.last.events(4, [about("userUnblocked"), asks(true)], USER);
    expect(client.friends.getSnapshot().blocked.size).toBe(0);
    expect(tie(client)).toBe("requested");
  });

  test("c22 a Reset of the user's own log fetches the lists anew", async () => {
    const client = await ready();
    rest.friends = [{ user: { ...ADA, id: OTHER }, tie: "friends", since: "" }];
    server.last.say({ case: "reset", value: { logId: idToBytes(USER), epoch: 9n, head: 4n } });
    await until(() => expect(tie(client)).toBe("friends"));
  });

  test("without a session the answer to an act is the list", async () => {
    const client = await ready();
    server.refused.add("webtransport").add("websocket");
    server.last.die();
    await until(() => expect(client.connection.session).toBeNull());
    rest.friends = [{ user: { ...ADA, id: OTHER }, tie: "requested", since: "" }];
    await client.befriend(OTHER);
    expect(rest.asked).toContain(`PUT /users/${OTHER}/friend`);
    expect(tie(client)).toBe("requested");
  });

  test("rule_3_13 who is blocked calls nobody, from the next message on", async () => {
    const client = await ready();
    const call = { case: "messagePosted" as const, value: { text: "@ada", mentionIds: [idToBytes(USER)] } };
    server.last.events(2, [{ body: call }]);
    expect(client.rooms.get(ROOM)).toMatchObject({ unread: 1, mentions: 1 });
    rest.rooms = [summary({ head: "2", read_seq: "1", unread: 1, mentions: 0 })];
    server.last.events(1, [about("userBlocked")], USER);
    await until(() => expect(client.rooms.get(ROOM)).toMatchObject({ unread: 1, mentions: 0 }));
    server.last.events(3, [{ body: call }]);
    expect(client.rooms.get(ROOM)).toMatchObject({ unread: 2, mentions: 0 });
  });

  test("what was kept is there before the server has answered", async () => {
    rest.friends = [{ user: { ...ADA, id: OTHER }, tie: "friends", since: "" }];
    const client = await ready();
    const storage = await openStorage(USER);
    await vi.waitFor(
      async () =>
        expect((await storage.get("state", "friends"))?.friends?.ties).toEqual([[OTHER, "friends"]]),
      { timeout: 4_000 },
    );
    storage.close();
    await client.stop(false);
    rest.away = true;
    const next = await begin();
    expect(tie(next)).toBe("friends");
  });
});

test("what is kept of a room waits in memory, and is followed when the room is entered", async () => {
  const client = await inRoom();
  server.last.events(2, [posted("live")]);
  await kept(2);
  await client.stop(false);
  const next = await begin();
  await next.warm();
  expect(next.view(ROOM).getSnapshot().status).toBe("ready");
  expect(texts(next)).toEqual(["text 1", "live"]);
  const opened = () => requests("open").length;
  const before = opened();
  await next.enter(ROOM);
  await until(() => expect(opened()).toBe(before + 1));
  expect(requests("open").at(-1)?.body.value).toMatchObject({ afterSeq: 2n });
});

test("older history comes before what is shown", async () => {
  rest.newest = page([message(3)], 3, { more_before: true });
  const client = await begin();
  await client.enter(ROOM);
  rest.older = page([message(1), message(2)], 3);
  await client.history.loadOlder(ROOM);
  expect(texts(client)).toEqual(["text 1", "text 2", "text 3"]);
  expect(rest.asked).toContain(`GET /rooms/${ROOM}/messages?before=3&limit=50`);
});

describe("reading", () => {
  test("rule_3_10 what was seen is told, once, and is no longer unread", async () => {
    const client = await inRoom();
    server.last.events(2, [posted("a"), posted("b")]);
    expect(client.rooms.get(ROOM)?.unread).toBe(2);
    client.markRead(ROOM, 2);
    client.markRead(ROOM, 3);
    expect(client.rooms.get(ROOM)?.unread).toBe(0);
    await until(() => expect(requests("markRead")).toHaveLength(1));
    expect(requests("markRead")[0]?.body.value).toMatchObject({ seq: 3n });
  });

  test("rule_3_13 what mentions one is counted apart, and counted anew when a message changes", async () => {
    const client = await inRoom();
    const calls = (text: string, mentionIds: Uint8Array[], mentionsRoom = false) => ({
      body: { case: "messagePosted" as const, value: { text, mentionIds, mentionsRoom } },
    });
    const me = idToBytes(USER);
    server.last.events(2, [calls("@ada", [me]), calls("@room", [], true), calls("@ben", [idToBytes(OTHER)])]);
    expect(client.rooms.get(ROOM)).toMatchObject({ unread: 3, mentions: 2 });
    const edited = { case: "messageEdited" as const, value: { messageSeq: 2n, text: "never mind" } };
    const deleted = { case: "messageDeleted" as const, value: { messageSeq: 4n } };
    server.last.events(5, [{ body: edited }, { body: deleted }]);
    expect(client.rooms.get(ROOM)).toMatchObject({ unread: 2, mentions: 1 });
    client.markRead(ROOM, 6);
    expect(client.rooms.get(ROOM)).toMatchObject({ unread: 0, mentions: 0 });
  });

  test("rule_3_14 what is marked unread stays so until the room is entered again", async () => {
    const client = await inRoom();
    server.last.events(2, [posted("a"), posted("b")]);
    client.markRead(ROOM, 3);
    await until(() => expect(requests("markRead")).toHaveLength(1));
    client.markUnread(ROOM, 3);
    expect(client.rooms.get(ROOM)).toMatchObject({ readSeq: 2, unread: 1 });
    expect(client.view(ROOM).getSnapshot()).toMatchObject({ divider: 2, held: true });
    expect(requests("markUnread")[0]?.body.value).toMatchObject({ seq: 3n });
    client.markRead(ROOM, 3);
    expect(client.rooms.get(ROOM)?.unread).toBe(1);
    await client.enter(ROOM);
    client.markRead(ROOM, 3);
    expect(client.rooms.get(ROOM)?.unread).toBe(0);
  });

  test("what was refused for now is said again", async () => {
    const client = await inRoom();
    server.last.events(2, [posted("a"), posted("b")]);
    let refused = 0;
    server.onRequest = (peer, { requestId, body }) => {
      if (body.case === "markUnread" && refused === 0) {
        refused += 1;
        peer.refuse(requestId, ErrorCode.UNAVAILABLE, 20);
      } else peer.ok(requestId, 1);
    };
    client.markRead(ROOM, 3);
    await until(() => expect(requests("markRead")).toHaveLength(1));
    client.markUnread(ROOM, 3);
    await until(() => expect(requests("markUnread")).toHaveLength(2));
    const [first, second] = requests("markUnread").map(({ requestId }) => bytesToId(requestId));
    expect(second, "the same request").toBe(first);
    expect(requests("markRead"), "what was answered is not said again").toHaveLength(1);
  });

  test("rule_3_14 of two devices the one that the server heard last decides", async () => {
    const client = await inRoom();
    server.last.events(2, [posted("a"), posted("b")]);
    server.onRequest = () => {};
    client.markRead(ROOM, 3);
    await until(() => expect(requests("markRead")).toHaveLength(1));
    const moved = (seq: bigint) => ({
      body: { case: "readMoved" as const, value: { roomId: idToBytes(ROOM), seq } },
    });
    server.last.events(1, [moved(3n), moved(1n)], USER);
    expect(client.rooms.get(ROOM)).toMatchObject({ readSeq: 3, unread: 0 });
    server.last.ok(requests("markRead")[0]?.requestId as Uint8Array, 1);
    await until(() => expect(client.rooms.get(ROOM)).toMatchObject({ readSeq: 1, unread: 2 }));
  });

  test("rule_3_14 another device's marking unread counts here too", async () => {
    const client = await inRoom();
    server.last.events(2, [posted("a"), posted("b")]);
    const moved = (seq: bigint) => ({
      body: { case: "readMoved" as const, value: { roomId: idToBytes(ROOM), seq } },
    });
    server.last.events(1, [moved(3n), moved(1n)], USER);
    expect(client.rooms.get(ROOM)).toMatchObject({ readSeq: 1, unread: 2 });
  });

  test("another device's reading counts here too", async () => {
    const client = await inRoom();
    server.last.events(2, [posted("a"), posted("b")]);
    const readMoved = { case: "readMoved" as const, value: { roomId: idToBytes(ROOM), seq: 2n } };
    server.last.events(1, [{ body: readMoved }], USER);
    expect(client.rooms.get(ROOM)).toMatchObject({ readSeq: 2, unread: 1 });
  });

  test("rule_4_8 rooms that are not open are counted by the server", async () => {
    const client = await begin();
    await until(() => expect(client.rooms.getSnapshot().status).toBe("ready"));
    const head = {
      roomId: idToBytes(ROOM),
      epoch: 1n,
      head: 7n,
      readSeq: 2n,
      unread: 4,
      preview: "hi",
      lastAtUs: 0n,
    };
    server.last.say({ case: "roomHeads", value: { heads: [head] } });
    expect(client.rooms.get(ROOM)).toMatchObject({ head: 7, unread: 4, preview: "hi" });
  });

  test("a room entered by its link, before the list is there, has its divider all the same", async () => {
    rest.newest = page([message(1), message(2)], 2);
    rest.rooms = [summary({ head: "2", read_seq: "1", unread: 1 })];
    const client = await begin();
    await client.enter(ROOM);
    expect(client.view(ROOM).getSnapshot()).toMatchObject({ status: "ready", divider: 1 });
  });

  test("what the server counted at Welcome is not counted again when it arrives", async () => {
    const client = await inRoom();
    const old = server.last;
    const head = {
      roomId: idToBytes(ROOM),
      epoch: 1n,
      head: 3n,
      readSeq: 1n,
      unread: 2,
      preview: "b",
      lastAtUs: 0n,
    };
    server.onHello = (peer) => peer.welcome({ heads: [head] as never });
    old.die();
    await until(() => expect(server.last).not.toBe(old));
    await until(() => expect(client.rooms.get(ROOM)?.unread).toBe(2));
    server.last.events(2, [posted("a"), posted("b"), posted("c")]);
    expect(client.rooms.get(ROOM)).toMatchObject({ unread: 3, head: 4 });
  });

  test("rule_2_3 rooms that Welcome does not name are no rooms of the user any more", async () => {
    const client = await inRoom();
    const old = server.last;
    old.die();
    await until(() => expect(server.last).not.toBe(old));
    await until(() => expect(client.rooms.get(ROOM)).toBeUndefined());
  });

  test("the divider stays where reading stood when the room was entered", async () => {
    rest.newest = page([message(1), message(2)], 2);
    rest.rooms = [summary({ head: "2", read_seq: "1", unread: 1 })];
    const client = await begin();
    await until(() => expect(client.rooms.getSnapshot().status).toBe("ready"));
    await client.enter(ROOM);
    client.markRead(ROOM, 2);
    expect(client.view(ROOM).getSnapshot().divider).toBe(1);
  });
});

test("rule_3_8 a room that is not there is missing, not broken", async () => {
  rest.rooms = [];
  const client = await begin();
  await client.enter(ROOM);
  expect(client.view(ROOM).getSnapshot().status).toBe("missing");
});

test("a public room one is not in offers to be joined", async () => {
  rest.rooms = [summary({ role: null })];
  const client = await begin();
  await client.enter(ROOM);
  expect(client.view(ROOM).getSnapshot().status).toBe("outside");
});

test("rule_4_1 an Open that must wait is asked again", async () => {
  rest.newest = page([message(1)], 1);
  let refused = 0;
  server.onRequest = (peer, { requestId, body }) => {
    if (body.case === "open" && refused === 0) {
      refused += 1;
      peer.refuse(requestId, ErrorCode.RATE_LIMITED, 20);
    } else peer.ok(requestId, 1);
  };
  const client = await begin();
  await client.enter(ROOM);
  await until(() => expect(requests("open")).toHaveLength(2));
});

test("rule_4_10 a profile changed on another device is shown here", async () => {
  const client = await inRoom();
  const avatar = idToBytes(OTHER);
  const value = { displayName: "Ada Lovelace", statusText: "on a train", statusEmoji: "🚆", avatar };
  server.last.events(1, [{ actorId: idToBytes(USER), body: { case: "profileChanged", value } }], USER);
  expect(client.people.getSnapshot().get(USER)).toMatchObject({
    name: "ada",
    display_name: "Ada Lovelace",
    status_text: "on a train",
    status_emoji: "🚆",
    avatar: OTHER,
  });
});

test("a last message without words is told by its files", async () => {
  const client = await inRoom();
  const files = [{ kind: FileKind.IMAGE }, { kind: FileKind.IMAGE }];
  const body = { case: "messagePosted" as const, value: { text: "", attachments: files } };
  server.last.events(2, [{ actorId: idToBytes(OTHER), body }]);
  expect(client.rooms.get(ROOM)).toMatchObject({ preview: "", previewFiles: { kind: "image", count: 2 } });
  server.last.events(3, [posted("words")]);
  expect(client.rooms.get(ROOM)).toMatchObject({ preview: "words", previewFiles: null });
});

test("a picture is cut on the server, and seen at once", async () => {
  const client = await inRoom();
  rest.answers.set("/me/avatar", { ...ADA, avatar: OTHER });
  const crop = { x: 1, y: 2, size: 3 };
  const sent: number[] = [];
  const picture = new Blob([new Uint8Array(300_000)]);
  await setAvatar(client, picture, crop, (bytes) => sent.push(bytes), new AbortController().signal);
  expect(sent.at(-1)).toBe(300_000);
  expect(client.people.getSnapshot().get(USER)?.avatar).toBe(OTHER);
});
