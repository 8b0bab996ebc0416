import type { Person } from "parlor-client/sync/people";
import { Avatar } from "../Avatar";
import { PresenceDot } from "./Presence";

/** Somebody's picture, and in its corner how they are. */
export function Portrait({ person, size = "small" }: { person: Person; size?: "tiny" | "small" }) {
  return (
    <span className="relative flex flex-none">
      <Avatar person={person} size={size} />
      <span
        className={`absolute flex rounded-full has-[svg]:bg-ground ${size === "tiny" ? "-end-1.5 -bottom-1.5 scale-75" : "-end-1.5 -bottom-1.5"}`}
      >
        <PresenceDot id={person.id} />
      </span>
    </span>
  );
}
