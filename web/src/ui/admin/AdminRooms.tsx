import type { AdminRoom } from "parlor-client/net/rest";
import { useState } from "react";
import { ConfirmDialog } from "../chat/ConfirmDialog";
import { useChat } from "../chat/context";
import { RoomMark } from "../chat/RoomMark";
import { useBytesInWords } from "../files/words";
import { useT } from "../hooks";
import { Facts, FindField, PageState, Tag, useMoment } from "./parts";
import { usePages } from "./usePages";

/** Counted no further. */
const COUNTED = 10_000;

/** Rooms: how large they are, not what is said there. */
export function AdminRooms() {
  const t = useT();
  const { client } = useChat();
  const { admin } = client.api;
  const [find, setFind] = useState("");
  const text = find.trim();
  const rooms = usePages((cursor) => admin.rooms(text, cursor), [text], "admin.rooms.error");
  const [asked, ask] = useState<AdminRoom | null>(null);

  const archive = (room: AdminRoom, archived: boolean) =>
    rooms.change(
      () => admin.archive(room.id, archived),
      ({ id }) => id === room.id,
      (before) => ({ ...before, archived }),
    );

  return (
    <>
      <FindField label={t("admin.rooms.find")} value={find} onChange={setFind} />
      <ul className="divide-y divide-line">
        {rooms.value?.map((room) => (
          <RoomItem
            key={room.id}
            room={room}
            onArchive={() => ask(room)}
            onRestore={() => archive(room, false)}
          />
        ))}
      </ul>
      <PageState of={rooms} empty={t("admin.rooms.none")} />
      {asked !== null && (
        <ConfirmDialog
          title={t("admin.archive.title", { name: asked.name ?? "" })}
          text={t("admin.archive.text")}
          action={t("admin.archive")}
          onClose={() => ask(null)}
          onConfirm={() => archive(asked, true)}
        />
      )}
    </>
  );
}

function RoomItem({ room, onArchive, onRestore }: { room: AdminRoom; onArchive(): void; onRestore(): void }) {
  const t = useT();
  const moment = useMoment();
  const size = useBytesInWords();
  const isDirect = room.visibility === "direct";
  const count = Math.min(room.messages, COUNTED);
  return (
    <li data-testid="admin-room" className="flex items-center gap-3 py-3">
      <span className="min-w-0 flex-1">
        <span className="flex items-center gap-x-2">
          <RoomMark visibility={room.visibility} strong={false} />
          <span className="truncate font-medium">{room.name ?? t("admin.rooms.direct")}</span>
          {room.archived && <Tag>{t("rooms.archived")}</Tag>}
        </span>
        <Facts
          of={[
            t("room.people", { count: room.members }),
            t(room.messages < COUNTED ? "admin.messages" : "admin.messages.more", { count }),
            ...(room.file_bytes === "0"
              ? []
              : [t("admin.room.files", { size: size(Number(room.file_bytes)) })]),
            t("admin.active", { time: moment(room.active_at) }),
          ]}
        />
      </span>
      {!isDirect && (
        <button
          type="button"
          className="button"
          aria-label={t(room.archived ? "admin.restore.named" : "admin.archive.named", {
            name: room.name ?? "",
          })}
          onClick={room.archived ? onRestore : onArchive}
        >
          {t(room.archived ? "admin.restore" : "admin.archive")}
        </button>
      )}
    </li>
  );
}
