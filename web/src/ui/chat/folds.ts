// Whose words are folded away.
import { type Spoken, speakerOf } from "parlor-client/sync/forwards";
import { useMemo } from "react";
import { useStore } from "../hooks";
import { useChat } from "./context";

/** Those who are blocked, but the other one of a direct room: nobody else writes there. */
export function foldsIn(blocked: ReadonlySet<string>, peerId: string | null): ReadonlySet<string> {
  if (peerId === null || !blocked.has(peerId)) return blocked;
  const others = new Set(blocked);
  others.delete(peerId);
  return others;
}

/** Whose words are folded away in a room. */
export function useFolds(roomId: string): ReadonlySet<string> {
  const { client } = useChat();
  const { blocked } = useStore(client.friends);
  const peerId = useStore(client.rooms).rooms.find(({ id }) => id === roomId)?.peerId ?? null;
  return useMemo(() => foldsIn(blocked, peerId), [blocked, peerId]);
}

/** Whether a message, or what is shown of it in few words, is by one of them. */
export function isFolded(message: Spoken, folds: ReadonlySet<string>): boolean {
  return folds.has(message.authorId) || folds.has(speakerOf(message));
}
