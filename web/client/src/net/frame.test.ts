import { create, toBinary } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { decodeWhole, encodeFrame, FRAME_BYTES, FrameError, FrameReader } from "./frame.js";
import {
  ClientFrameSchema,
  type ServerFrame,
  ServerFrameSchema,
} from "./gen/parlor/realtime/v1/realtime_pb.js";

const probe = (nonce: bigint) => create(ServerFrameSchema, { kind: { case: "probe", value: { nonce } } });
const nonces = (frames: ServerFrame[]) =>
  frames.map(({ kind }) => (kind.case === "probe" ? kind.value.nonce : undefined));

function framed(...frames: ServerFrame[]): Uint8Array {
  return Uint8Array.from(
    frames.flatMap((frame) => {
      const body = toBinary(ServerFrameSchema, frame);
      return [body.length, ...body];
    }),
  );
}

describe("rule_1_2 frames", () => {
  test("are cut out of a stream however its bytes are chunked", () => {
    const bytes = framed(probe(1n), probe(300n), probe(70_000n));
    for (let size = 1; size <= bytes.length; size += 1) {
      const reader = new FrameReader();
      const got: ServerFrame[] = [];
      for (let at = 0; at < bytes.length; at += size) got.push(...reader.push(bytes.subarray(at, at + size)));
      reader.end();
      expect(nonces(got)).toEqual([1n, 300n, 70_000n]);
    }
  });

  test("carry their length as a varint", () => {
    const text = "x".repeat(300);
    const frame = encodeFrame({ case: "renew", value: { accessToken: text } });
    const body = toBinary(
      ClientFrameSchema,
      create(ClientFrameSchema, { kind: { case: "renew", value: { accessToken: text } } }),
    );
    expect([...frame.subarray(0, 2)]).toEqual([(body.length & 0x7f) | 0x80, body.length >> 7]);
    expect(frame.subarray(2)).toEqual(body);
  });

  test.each([
    ["a length of zero", [0]],
    ["a length above the limit, before its bytes come", [0x81, 0x80, 0x04]],
    ["a length that never ends", [0xff, 0xff, 0xff, 0xff]],
    ["bytes that do not decode", [2, 0xff, 0xff]],
  ])("refuse %s", (_, bytes) => {
    expect(() => new FrameReader().push(Uint8Array.from(bytes))).toThrow(FrameError);
  });

  test("of exactly the limit are taken", () => {
    const reader = new FrameReader();
    expect(reader.push(Uint8Array.from([0x80, 0x80, 0x04]))).toEqual([]);
    expect(FRAME_BYTES).toBe(0x04 << 14);
  });

  test("that are cut off are refused at the end", () => {
    const bytes = framed(probe(1n));
    expect(() => decodeWhole(bytes.subarray(0, -1))).toThrow(FrameError);
    expect(nonces(decodeWhole(bytes))).toEqual([1n]);
  });

  test("above the limit are not sent", () => {
    expect(() => encodeFrame({ case: "renew", value: { accessToken: "x".repeat(FRAME_BYTES) } })).toThrow(
      FrameError,
    );
  });
});
