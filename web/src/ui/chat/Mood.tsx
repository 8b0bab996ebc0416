import type { Person } from "parlor-client/sync/people";

/** The emoji of a status; what it stands for is said aloud and on hover. */
export function Mood({ person }: { person: Person | undefined }) {
  const { status_emoji: emoji = "", status_text: text = "" } = person ?? {};
  if (emoji === "") return null;
  return (
    <span role="img" className="font-normal" aria-label={text || emoji} title={text || undefined}>
      {emoji}
    </span>
  );
}
