import { AtSign, Hash, Lock } from "lucide-react";
import type { Visibility } from "parlor-client/net/rest";
import { useT } from "../hooks";
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
  if (peerId !== null)
    return (
      <>
        <span className="sr-only">{t("room.direct")}</span>
        <PresenceDot id={peerId} />
      </>
    );
  const Mark = MARKS[visibility];
  return (
    <Mark
      size={size}
      className={`flex-none ${strong ? "text-ink" : "text-muted"}`}
      aria-label={t(`room.${visibility}`)}
    />
  );
}
