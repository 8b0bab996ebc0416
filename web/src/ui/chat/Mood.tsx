import type { Person } from "parlor-client/sync/people";
import { useT } from "../hooks";

interface Props {
  person: Person | undefined;
  /** There is no place for words. */
  brief?: boolean;
}

/** The emoji of a status; what it stands for is said aloud and on hover. Of an account
    that is put aside, that it is. */
export function Mood({ person, brief = false }: Props) {
  const t = useT();
  if (person?.standing === "deactivated" && !brief) {
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
