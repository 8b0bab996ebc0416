import { newId } from "parlor-client/net/id";
import { useRef, useState } from "react";
import { useLocation } from "wouter";
import { Dialog } from "../Dialog";
import { reasonOf, useT } from "../hooks";
import { useChat } from "./context";
import { RoomForm } from "./RoomForm";

export function CreateRoom({ onClose }: { onClose(): void }) {
  const t = useT();
  const { client } = useChat();
  const [, go] = useLocation();
  const [isPrivate, setPrivate] = useState(false);
  // A retry after a lost answer makes no second room; other content does.
  const attempt = useRef({ content: "", key: "" });

  async function create(name: string, topic: string): Promise<string | null> {
    const room = { name, topic, visibility: isPrivate ? ("private" as const) : ("public" as const) };
    const content = JSON.stringify(room);
    if (attempt.current.content !== content) attempt.current = { content, key: newId() };
    try {
      const made = await client.api.createRoom(room, attempt.current.key);
      client.admit(made);
      onClose();
      go(`/rooms/${made.id}`);
      return null;
    } catch (cause) {
      return t("create.error", { detail: reasonOf(cause, t) });
    }
  }

  return (
    <Dialog title={t("rooms.new")} onClose={onClose}>
      <RoomForm name="" topic="" submitLabel={t("create.submit")} onSubmit={create} onClose={onClose}>
        <label className="flex min-h-8 items-start gap-2 pointer-coarse:py-2.5">
          <input
            type="checkbox"
            data-testid="new-room-private"
            className="mt-1 size-4"
            checked={isPrivate}
            onChange={(event) => setPrivate(event.target.checked)}
          />
          {t("create.private")}
        </label>
      </RoomForm>
    </Dialog>
  );
}
