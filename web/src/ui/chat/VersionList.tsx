import { FormattedDate } from "react-intl";
import { useT } from "../hooks";
import { LoadedState } from "../LoadedState";
import { Markdown } from "../markdown";
import { useLoaded } from "../useLoaded";
import { useChat } from "./context";

/** Every text that a message has had, the present one first. */
export default function VersionList({ seq, roomId }: { seq: number; roomId: string }) {
  const t = useT();
  const { client } = useChat();
  const fetch = async () => (await client.api.versions(roomId, seq)).toReversed();
  const list = useLoaded(fetch, [client, roomId, seq], "versions.error");

  return (
    <div className="max-h-[50dvh] w-100 max-w-full overflow-y-auto px-2 pb-1">
      <h2 className="label py-1 font-semibold">{t("versions.title")}</h2>
      <LoadedState of={list} />
      <ol>
        {list.value?.map((version, index) => (
          <li key={version.seq} data-testid="version" className="border-t border-line py-2 first:border-0">
            <p className="label">
              <time dateTime={version.at}>
                <FormattedDate value={version.at} dateStyle="medium" timeStyle="short" hourCycle="h23" />
              </time>
              {index === 0 && ` · ${t("versions.now")}`}
            </p>
            <div className={`prose wrap-anywhere ${index === 0 ? "" : "text-muted"}`}>
              <Markdown text={version.text} />
            </div>
          </li>
        ))}
      </ol>
    </div>
  );
}
