import type { Pin } from "parlor-client/net/rest";
import { gistOf } from "parlor-client/sync/attachments";
import { fromRest, wordsOf } from "parlor-client/sync/forwards";
import { FormattedDate } from "react-intl";
import { useGist } from "../files/useGist";
import { useStore, useT } from "../hooks";
import { LoadedState } from "../LoadedState";
import { Markdown } from "../markdown";
import { useLoaded } from "../useLoaded";
import { nameOf, useChat } from "./context";
import { isFolded, useFolds } from "./folds";
import { Panel } from "./Panel";

interface Props {
  id: string;
  onClose(): void;
  onShow(seq: number): void;
}

const spoken = ({ author, text, forwarded }: Pin) => ({
  authorId: author.id,
  text,
  forwarded: fromRest(forwarded),
});

/** What is pinned to the room, the last pinned first. */
export default function Pins({ id, onClose, onShow }: Props) {
  const t = useT();
  const { client } = useChat();
  const gist = useGist();
  const folds = useFolds(id);
  const { entries } = useStore(client.view(id));
  const last = entries.findLast(
    ({ kind, ...entry }) => kind === "system" && "change" in entry && entry.change.what.endsWith("pinned"),
  )?.seq;

  const list = useLoaded(() => client.api.pins(id), [client, id, last], "pins.error");
  const pins = list.value?.items;

  function show(seq: number) {
    // Where it cannot be loaded, the room says so.
    onShow(seq);
    // The panel covers the conversation where there is no room beside it.
    if (matchMedia("(width < 1100px)").matches) onClose();
  }

  return (
    <Panel testId="pins-panel" title={t("pins.title")} onClose={onClose}>
      <div className="min-h-0 flex-1 overflow-y-auto px-5 py-3">
        <LoadedState of={list} />
        {pins?.length === 0 && <p className="text-muted">{t("pins.empty")}</p>}
        <ol>
          {pins?.map((pin) => (
            <li
              key={pin.seq}
              data-testid="pin"
              className="border-t border-line py-3 first:border-0 first:pt-0"
            >
              <p className="label flex gap-2">
                <span className="min-w-0 flex-1">
                  {t("pins.by", { author: nameOf(pin.author) ?? "", by: nameOf(pin.pinned_by) ?? "" })}
                </span>
                <time dateTime={pin.posted_at}>
                  <FormattedDate value={pin.posted_at} day="numeric" month="short" />
                </time>
              </p>
              <div className="prose line-clamp-6 py-1 wrap-anywhere">
                {isFolded(spoken(pin), folds) ? (
                  <p className="text-muted">{t("timeline.folded")}</p>
                ) : wordsOf(pin) === "" ? (
                  gist(gistOf(pin.attachments))
                ) : (
                  <Markdown text={wordsOf(pin)} />
                )}
              </div>
              <button type="button" className="link text-sm" onClick={() => show(Number(pin.seq))}>
                {t("pins.show")}
              </button>
            </li>
          ))}
        </ol>
      </div>
    </Panel>
  );
}
