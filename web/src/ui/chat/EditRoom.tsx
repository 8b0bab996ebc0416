import type { RoomEntry } from "parlor-client/sync/rooms";
import { Dialog } from "../Dialog";
import { reasonOf, useT } from "../hooks";
import { useChat } from "./context";
import { RoomForm } from "./RoomForm";

export default function EditRoom({ room, onClose }: { room: RoomEntry; onClose(): void }) {
  const t = useT();
  const { client } = useChat();

  async function change(name: string, topic: string): Promise<string | null> {
    try {
      const changed = await client.api.changeRoom(room.id, {
        ...(name !== room.name && { name }),
        ...(topic !== room.topic && { topic }),
      });
      client.rooms.put(changed);
      onClose();
      return null;
    } catch (cause) {
      return t("edit.error", { detail: reasonOf(cause, t) });
    }
  }

  return (
    <Dialog title={t("room.rename")} onClose={onClose}>
      <RoomForm
        name={room.name}
        topic={room.topic}
        submitLabel={t("save")}
        onSubmit={change}
        onClose={onClose}
      />
    </Dialog>
  );
}
