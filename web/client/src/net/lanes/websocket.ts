// The WebSocket lane: binary messages of whole frames (PROTOCOL 1.4).
import { decodeWhole } from "../frame.js";
import type { Lane, LaneTarget, OpenLane } from "../lane.js";

export const openWebSocket: OpenLane = (target: LaneTarget, events, signal) =>
  new Promise<Lane>((resolve, reject) => {
    signal.throwIfAborted();
    const socket = new WebSocket(target.url, ["parlor.v1"]);
    socket.binaryType = "arraybuffer";
    let open = false;
    let over = false;

    const finish = (cause: unknown) => {
      if (over) return;
      over = true;
      signal.removeEventListener("abort", giveUp);
      socket.close();
      if (open) events.closed(cause);
      else reject(cause);
    };
    const giveUp = () => finish(signal.reason);
    signal.addEventListener("abort", giveUp);

    socket.onopen = () => {
      if (over) return;
      open = true;
      signal.removeEventListener("abort", giveUp);
      const send = (frame: Uint8Array<ArrayBuffer>) => {
        if (!over && socket.readyState === WebSocket.OPEN) socket.send(frame);
      };
      resolve({
        kind: "websocket",
        send,
        sendDatagram: send,
        close: () => {
          over = true;
          socket.close(1000);
        },
      });
    };
    socket.onmessage = ({ data }) => {
      if (over) return;
      try {
        if (!(data instanceof ArrayBuffer)) throw new TypeError("a text message");
        for (const frame of decodeWhole(new Uint8Array(data))) events.frame(frame);
      } catch (cause) {
        finish(cause);
      }
    };
    socket.onerror = () => finish(new Error("the WebSocket failed"));
    socket.onclose = ({ code }) => finish(new Error(`the WebSocket closed with code ${code}`));
  });
