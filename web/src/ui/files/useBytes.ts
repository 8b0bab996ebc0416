import { useCallback, useEffect, useState } from "react";
import { useChat, useLive } from "../chat/context";

/** `broken`: the bytes are there, and the browser cannot show them. */
export type BytesState = "there" | "gone" | "away" | "broken";

export interface Bytes {
  state: BytesState;
  /** Another one of what shows them is needed for another try. */
  round: number;
  onError(): void;
}

/** What an element that shows the bytes of an address does when it cannot: it asks
    why, once more with a fresh cookie, and again with each new connection. */
export function useBytes(url: string): Bytes {
  const { client } = useChat();
  const [state, setState] = useState<BytesState>("there");
  const [round, setRound] = useState(0);
  const live = useLive();

  // biome-ignore lint/correctness/useExhaustiveDependencies: another address begins anew
  useEffect(() => setState("there"), [url]);
  useEffect(() => {
    if (!live) return;
    setState((before) => (before === "away" ? "there" : before));
  }, [live]);

  const onError = useCallback(() => {
    client.api.hasBytes(url).then(
      (has) => {
        if (!has) setState("gone");
        else if (round > 0) setState("broken");
        else setRound(1);
      },
      () => setState("away"),
    );
  }, [client, url, round]);
  return { state, round, onError };
}
