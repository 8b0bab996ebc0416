import { avatarUrl } from "parlor-client/sync/attachments";
import type { Person } from "parlor-client/sync/people";
import { nameOf } from "./chat/context";
import { useBytes } from "./files/useBytes";

/** Small beside names, large where somebody looks at it. */
const SIZES = {
  tiny: "size-5 text-[11px]",
  small: "size-8 text-sm",
  large: "size-20 text-2xl",
} as const;

interface Props {
  person: Person | undefined;
  size?: keyof typeof SIZES;
}

/** The picture of somebody, or the first letter of their name. Names stand beside
    it: who listens need not hear of it. */
export function Avatar({ person, size = "small" }: Props) {
  return (
    <span
      aria-hidden="true"
      data-testid="avatar"
      className={`flex flex-none items-center justify-center overflow-hidden rounded-md bg-tint font-semibold text-accent select-none ${SIZES[size]}`}
    >
      {person?.avatar == null ? <Initial person={person} /> : <Picture person={person} id={person.avatar} />}
    </span>
  );
}

function Picture({ person, id }: { person: Person; id: string }) {
  const url = avatarUrl(person.id, id);
  const { state, round, onError } = useBytes(url);
  if (state !== "there") return <Initial person={person} />;
  return <img key={round} src={url} alt="" className="size-full object-cover" onError={onError} />;
}

function Initial({ person }: { person: Person | undefined }) {
  return [...(nameOf(person) ?? "?")][0]?.toUpperCase();
}
