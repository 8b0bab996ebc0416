// The WebTransport lane: one control stream, event streams opened by the
// server, and datagrams (PROTOCOL 1.3, 1.5).
import { DATAGRAM_BYTES, decodeWhole, FrameReader } from "../frame.js";
import type { LaneEvents, OpenLane } from "../lane.js";

/** How long the goodbye may take to leave before the connection is dropped. */
const GOODBYE_MS = 300;

/** Safari offers `createWritable()` in place of the `writable` of the others. */
interface DatagramWriters {
  writable?: WritableStream<Uint8Array>;
  createWritable?(): WritableStream<Uint8Array>;
}

export const openWebTransport: OpenLane = async (target, events, signal) => {
  signal.throwIfAborted();
  const transport = new WebTransport(target.url, {
    congestionControl: "low-latency",
    ...(target.certificateHashes.length > 0 && {
      serverCertificateHashes: target.certificateHashes.map((value) => ({ algorithm: "sha-256", value })),
    }),
  });
  let over = false;
  const drop = () => {
    try {
      transport.close();
    } catch {
      // It never came up, or is closed already.
    }
  };
  signal.addEventListener("abort", drop);
  // The browser rejects this beside `ready`; what matters is handled there.
  transport.closed.catch(() => {});

  let control: WebTransportBidirectionalStream;
  try {
    await transport.ready;
    control = await transport.createBidirectionalStream();
  } catch (cause) {
    drop();
    throw signal.aborted ? signal.reason : cause;
  } finally {
    signal.removeEventListener("abort", drop);
  }
  if (signal.aborted) {
    drop();
    throw signal.reason;
  }

  const finish = (cause: unknown) => {
    if (over) return;
    over = true;
    drop();
    events.closed(cause);
  };
  const guarded: LaneEvents = {
    frame: (frame) => {
      if (!over) events.frame(frame);
    },
    closed: finish,
  };
  transport.closed.then(
    () => finish(new Error("the server closed the connection")),
    (cause: unknown) => finish(cause),
  );

  readFrames(control.readable, guarded).then(() => finish(new Error("the control stream ended")), finish);
  acceptStreams(transport.incomingUnidirectionalStreams, guarded).catch(finish);
  readDatagrams(transport.datagrams.readable, guarded).catch(finish);

  const writer = control.writable.getWriter();
  const writers = transport.datagrams as unknown as DatagramWriters;
  const datagrams = (writers.createWritable?.() ?? writers.writable)?.getWriter();

  const send = (frame: Uint8Array<ArrayBuffer>) => {
    if (!over) writer.write(frame).catch(finish);
  };
  return {
    kind: "webtransport",
    send,
    sendDatagram: (frame) => {
      if (datagrams === undefined || frame.length > DATAGRAM_BYTES) send(frame);
      // A datagram that cannot leave is one that was lost.
      else if (!over) datagrams.write(frame).catch(() => {});
    },
    close: () => {
      over = true;
      writer.close().catch(() => {});
      setTimeout(drop, GOODBYE_MS);
    },
  };
};

async function acceptStreams(incoming: ReadableStream, events: LaneEvents): Promise<void> {
  const reader: ReadableStreamDefaultReader<ReadableStream<Uint8Array>> = incoming.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    readFrames(value, events).catch((cause: unknown) => {
      // One that the server resets was not wanted any more (PROTOCOL 1.3).
      if (!isStreamReset(cause)) events.closed(cause);
    });
  }
}

function isStreamReset(cause: unknown): boolean {
  return cause instanceof WebTransportError && cause.source === "stream";
}

async function readFrames(stream: ReadableStream<Uint8Array>, events: LaneEvents): Promise<void> {
  const frames = new FrameReader();
  const reader = stream.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return frames.end();
    for (const frame of frames.push(value)) events.frame(frame);
  }
}

async function readDatagrams(readable: ReadableStream, events: LaneEvents): Promise<void> {
  const reader: ReadableStreamDefaultReader<Uint8Array> = readable.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    try {
      for (const frame of decodeWhole(value)) events.frame(frame);
    } catch {
      // A datagram that does not decode is dropped (PROTOCOL 1.5).
    }
  }
}
