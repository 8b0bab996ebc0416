import type { Person } from "parlor-client/sync/people";
import { useT } from "../hooks";

/** The emoji of a status; what it stands for is said aloud and on hover. Of an account
    that is not in use, that it is not. */
export function Mood({ person }: { person: Person | undefined }) {
  const t = useT();
  if (person?.standing === "deactivated") {
    return <span className="label font-normal">({t("person.deactivated")})</span>;
  }
  const { status_emoji: emoji = "", status_text: text = "" } = person ?? {};
  if (emoji === "") return null;
  return (
    <span role="img" className="font-normal" aria-label={text || emoji} title={text || undefined}>
      {emoji}
    </span>
  );
}
