import { AtSign, Hash, Lock } from "lucide-react";
import type { Visibility } from "parlor-client/net/rest";
import { useStore, useT } from "../hooks";
import { useChat } from "./context";
import { Portrait } from "./Portrait";
import { PresenceDot } from "./Presence";

const MARKS = { public: Hash, private: Lock, direct: AtSign } as const;

/** What kind of room it is; of a direct one, how the other one is. */
export function RoomMark({
  visibility,
  peerId = null,
  size = 15,
  strong = false,
}: {
  visibility: Visibility;
  peerId?: string | null;
  size?: number;
  strong?: boolean;
}) {
  const t = useT();
  const { client } = useChat();
  const people = useStore(client.people);
  const peer = peerId === null ? undefined : people.get(peerId);
  if (peerId !== null)
    return (
      <>
        <span className="sr-only">{t("room.direct")}</span>
        {peer === undefined ? <PresenceDot id={peerId} /> : <Portrait person={peer} size="tiny" />}
      </>
    );
  const Mark = MARKS[visibility];
  return (
    <Mark
      size={size}
      className={`w-5 flex-none ${strong ? "text-ink" : "text-muted"}`}
      aria-label={t(`room.${visibility}`)}
    />
  );
}
