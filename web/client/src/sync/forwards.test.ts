import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { OTHER, ROOM, USER } from "../../test/fake-server.js";
import { message, page } from "../../test/page.js";
import { inRoom, requests, rest, server, stage, until } from "../../test/stage.js";
import { type EventSchema, EventsSchema } from "../net/gen/parlor/realtime/v1/realtime_pb.js";
import { bytesToId, idToBytes } from "../net/id.js";
import { wordsOf } from "./forwards.js";
import { Log } from "./log.js";

stage();

const THIRD = "77777777-7777-4777-8777-777777777777";
const AWAY = "66666666-6666-4666-8666-666666666666";
type Body = NonNullable<MessageInitShape<typeof EventSchema>["body"]>;
const passedOn = (text: string): Body => ({
  case: "messagePosted",
  value: { text, forwarded: { authorId: idToBytes(THIRD), saidAtUs: 5_000_000n, text: "the plan" } },
});

test("rule_3_19 what is passed on comes by events and by pages alike, and goes with its message", () => {
  const log = new Log(ROOM);
  const said = { author_id: THIRD, said_at: new Date(5_000).toISOString(), text: "the plan" };
  log.load(page([message(1, "look", { forwarded: said })], 1));
  const events = [
    passedOn("look"),
    { case: "messageEdited", value: { messageSeq: 2n, text: "mind" } } as Body,
  ];
  const run = (firstSeq: number, bodies: Body[]) =>
    create(EventsSchema, {
      logId: idToBytes(ROOM),
      epoch: 1n,
      firstSeq: BigInt(firstSeq),
      events: bodies.map((body, at) => ({ seq: BigInt(firstSeq + at), actorId: idToBytes(OTHER), body })),
    });
  log.apply(run(2, events));
  const expected = { authorId: THIRD, at: 5_000, text: "the plan" };
  expect([log.message(1)?.forwarded, log.message(2)?.forwarded]).toEqual([expected, expected]);
  expect([log.message(1)?.text, log.message(2)?.text]).toEqual(["look", "mind"]);
  log.apply(run(4, [{ case: "messageDeleted", value: { messageSeq: 2n } }]));
  expect(log.message(2)).toMatchObject({ deleted: true, forwarded: null });
});

test("a message is told by its own words, else by those it passes on", () => {
  expect(wordsOf({ text: "look", forwarded: { text: "the plan" } })).toBe("look");
  expect(wordsOf({ text: "", forwarded: { text: "the plan" } })).toBe("the plan");
  expect(wordsOf({ text: "", forwarded: null })).toBe("");
});

test("rule_3_19 a forward goes under its request id, leaves the draft alone, and names who said it", async () => {
  const client = await inRoom();
  server.onRequest = () => {};
  client.drafts.write(ROOM, "half a thought");
  const said = { authorId: THIRD, at: 5_000, text: "the plan" };
  client.write(ROOM, { what: "forward", source: AWAY, seq: 7, text: "look", said });
  await until(() => expect(requests("post")).toHaveLength(1));
  const [asked] = requests("post");
  expect(asked?.body.value).toMatchObject({ text: "look", forwardOf: { seq: 7n }, replyTo: 0n });
  const value = asked?.body.value;
  expect(
    bytesToId((value !== undefined && "forwardOf" in value && value.forwardOf?.roomId) as Uint8Array),
  ).toBe(AWAY);
  expect(client.drafts.getSnapshot().get(ROOM)).toBe("half a thought");
  const requestId = asked?.requestId as Uint8Array;
  server.last.events(2, [{ actorId: idToBytes(USER), requestId, body: passedOn("look") }]);
  expect(client.outbox.getSnapshot()).toEqual([]);
  await until(() => expect(rest.asked).toContain(`GET /users/${THIRD}`));
  server.last.events(3, [{ actorId: idToBytes(OTHER), body: passedOn("") }]);
  expect(client.rooms.get(ROOM)).toMatchObject({ preview: "the plan" });
});
