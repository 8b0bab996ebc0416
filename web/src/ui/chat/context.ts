import type { Auth } from "parlor-client/net/auth";
import { Problem } from "parlor-client/net/rest";
import type { Client } from "parlor-client/sync/client";
import { nameOf as calledName, type Person } from "parlor-client/sync/people";
import { createContext, useContext, useSyncExternalStore } from "react";
import { useLocation } from "wouter";
import { useStore, useT } from "../hooks";

export type Sheet =
  | "create"
  | "switch"
  | "keys"
  | "profile"
  | "devices"
  | "password"
  | "settings"
  | "deactivate"
  | "deleteAccount"
  | "deletedRooms"
  | "connection";

export interface ChatContextValue {
  client: Client;
  auth: Auth;
  show(sheet: Sheet | null): void;
}

export const ChatContext = createContext<ChatContextValue | null>(null);

export function useChat(): ChatContextValue {
  const value = useContext(ChatContext);
  if (value === null) throw new Error("used outside of the chat");
  return value;
}

/** Whether there is a session. */
export function useLive(): boolean {
  const { client } = useChat();
  return useSyncExternalStore(
    client.connection.subscribe,
    () => client.connection.getSnapshot().lane !== null,
  );
}

/** A function from ids to names that follows what becomes known. */
export function useNames(): (id: string) => string {
  const { client } = useChat();
  const people = useStore(client.people);
  const t = useT();
  return (id) => {
    const person = people.get(id);
    if (person?.standing === "deleted") return t("person.deleted");
    return nameOf(person) ?? t("timeline.unknown");
  };
}

/** Oneself, as others see it now. */
export function useMe(): Person {
  const { client } = useChat();
  return useStore(client.people).get(client.user.id) ?? client.user;
}

/** Opens the room of two with somebody, and goes there. */
export function useMessage(): (userId: string) => Promise<void> {
  const direct = useDirect();
  const [, go] = useLocation();
  return async (userId) => go(`/rooms/${await direct(userId)}`);
}

/** The room of two with somebody, which is made the first time. */
export function useDirect(): (userId: string) => Promise<string> {
  const { client } = useChat();
  const t = useT();
  return async (userId) => {
    try {
      return await client.direct(userId);
    } catch (cause) {
      if (!(cause instanceof Problem) || cause.code !== "FORBIDDEN") throw cause;
      throw new Problem(cause.status, cause.code, t("reason.blocked"), cause.requestId, 0);
    }
  };
}

export function nameOf(person: Person | undefined): string | undefined {
  return person === undefined ? undefined : calledName(person);
}
