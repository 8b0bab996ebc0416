import { AtSign, Hash, Lock } from "lucide-react";
import type { Visibility } from "parlor-client/net/rest";
import { useT } from "../hooks";

const MARKS = { public: Hash, private: Lock, direct: AtSign } as const;

/** What kind of room it is. */
export function RoomMark({
  visibility,
  size = 15,
  strong = false,
}: {
  visibility: Visibility;
  size?: number;
  strong?: boolean;
}) {
  const t = useT();
  const Mark = MARKS[visibility];
  return (
    <Mark
      size={size}
      className={`flex-none ${strong ? "text-ink" : "text-muted"}`}
      aria-label={t(`room.${visibility}`)}
    />
  );
}
