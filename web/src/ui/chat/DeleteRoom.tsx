import { newId } from "parlor-client/net/id";
import type { RoomEntry } from "parlor-client/sync/rooms";
import { type FormEvent, useRef, useState } from "react";
import { useLocation } from "wouter";
import { Dialog } from "../Dialog";
import { reasonOf, useT } from "../hooks";
import { useChat } from "./context";
import { TypedName } from "./TypedName";

/** Deletes a room, after its name was typed. */
export default function DeleteRoom({ room, onClose }: { room: RoomEntry; onClose(): void }) {
  const t = useT();
  const { client } = useChat();
  const [, go] = useLocation();
  const [typed, setTyped] = useState("");
  const [working, setWorking] = useState(false);
  const [error, setError] = useState<string | null>(null);
  // A retry after a lost answer is the same request.
  const key = useRef(newId());
  const meant = typed.trim() === room.name;

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (working || !meant) return;
    setWorking(true);
    setError(null);
    try {
      await client.deleteRoom(room.id, key.current);
      go("/");
    } catch (cause) {
      setError(t("action.error", { detail: reasonOf(cause, t) }));
      setWorking(false);
    }
  }

  return (
    <Dialog title={t("room.delete.title", { name: room.name })} onClose={onClose}>
      <form className="grid gap-4" onSubmit={submit}>
        <p>{t("room.delete.text")}</p>
        <TypedName label={t("room.delete.type")} name={room.name} value={typed} onChange={setTyped} />
        {error !== null && (
          <p role="alert" className="text-coral text-sm">
            {error}
          </p>
        )}
        <div className="flex flex-wrap justify-end gap-3">
          <button type="button" className="button" onClick={onClose}>
            {t("cancel")}
          </button>
          <button
            type="submit"
            data-testid="delete-room-submit"
            className="button danger"
            disabled={working || !meant}
          >
            {working ? t("auth.working") : t("room.delete.action")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
