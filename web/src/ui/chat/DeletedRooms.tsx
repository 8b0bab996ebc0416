import { newId } from "parlor-client/net/id";
import type { DeletedRoom } from "parlor-client/net/rest";
import { useRef, useState } from "react";
import { useIntl } from "react-intl";
import { useLocation } from "wouter";
import { Dialog } from "../Dialog";
import { useT } from "../hooks";
import { LoadedState } from "../LoadedState";
import { useLoaded } from "../useLoaded";
import { useChat } from "./context";
import { RoomMark } from "./RoomMark";

const DAY_MS = 24 * 60 * 60_000;

/** The deleted rooms that can still be restored. */
export function DeletedRooms({ onClose }: { onClose(): void }) {
  const t = useT();
  const { client } = useChat();
  const [, go] = useLocation();
  const list = useLoaded(() => client.api.deletedRooms(), [client], "deleted.error");

  const restore = async (id: string, key: string) => {
    const restored = await list.attempt(() => client.restoreRoom(id, key));
    if (!restored) return;
    onClose();
    go(`/rooms/${id}`);
  };

  return (
    <Dialog title={t("deleted.title")} onClose={onClose} high>
      <p className="label mb-3">{t("deleted.hint")}</p>
      <LoadedState of={list} />
      {list.value?.length === 0 && (
        <p className="py-3 text-muted" role="status" data-testid="no-deleted-rooms">
          {t("deleted.empty")}
        </p>
      )}
      <ul className="divide-y divide-line">
        {list.value?.map((room) => (
          <DeletedItem key={room.id} room={room} onRestore={restore} />
        ))}
      </ul>
    </Dialog>
  );
}

interface ItemProps {
  room: DeletedRoom;
  onRestore(id: string, key: string): Promise<void>;
}

function DeletedItem({ room, onRestore }: ItemProps) {
  const t = useT();
  const intl = useIntl();
  const [working, setWorking] = useState(false);
  // A retry after a lost answer is the same request.
  const key = useRef(newId());
  const days = Math.max(0, Math.floor((Date.parse(room.kept_until) - Date.now()) / DAY_MS));
  return (
    <li className="flex items-center gap-3 py-3" data-testid="deleted-room">
      <span className="min-w-0 flex-1">
        <span className="flex items-center gap-1.5 font-medium">
          <RoomMark visibility={room.visibility} size={15} />
          <span className="truncate">{room.name}</span>
        </span>
        <span className="label block">
          {t("deleted.at", { date: intl.formatDate(room.deleted_at, { dateStyle: "medium" }) })} ·{" "}
          {t("room.people", { count: room.members })}
        </span>
        <span className="label block text-amber">
          {days === 0 ? t("deleted.today") : t("deleted.left", { days })}
        </span>
      </span>
      <button
        type="button"
        data-testid="restore-room"
        className="button flex-none"
        aria-label={t("deleted.restore.named", { name: room.name })}
        disabled={working}
        onClick={async () => {
          setWorking(true);
          await onRestore(room.id, key.current);
          setWorking(false);
        }}
      >
        {t("deleted.restore")}
      </button>
    </li>
  );
}
