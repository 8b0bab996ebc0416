import type { AuditEntry } from "parlor-client/net/rest";
import { useIntl } from "react-intl";
import type { MessageId } from "../../i18n/en";
import { useChat } from "../chat/context";
import { useT } from "../hooks";
import { PageState, useMoment } from "./parts";
import { usePages } from "./usePages";

/** What was done to the server, the newest first. */
export function AdminAudit() {
  const t = useT();
  const { client } = useChat();
  const entries = usePages((cursor) => client.api.admin.audit(cursor), [], "admin.audit.error");
  return (
    <>
      <p className="label mb-2">{t("admin.audit.hint")}</p>
      <ol className="divide-y divide-line">
        {entries.value?.map((entry) => (
          <Entry key={entry.id} entry={entry} />
        ))}
      </ol>
      <PageState of={entries} empty={t("admin.audit.none")} />
    </>
  );
}

function Entry({ entry }: { entry: AuditEntry }) {
  const t = useT();
  const { messages } = useIntl();
  const moment = useMoment();
  const by = entry.by === null ? t("admin.audit.server") : `@${entry.by.name}`;
  // What somebody did to themselves names them once.
  const whom = entry.user === null || entry.user.id === entry.by?.id ? "" : `@${entry.user.name}`;
  const known: string = `admin.act.${entry.act}`;
  // A newer server may do more than this page knows.
  const act = known in messages ? t(known as MessageId) : entry.act;
  return (
    <li data-testid="audit-entry" data-act={entry.act} className="py-3">
      <p className="break-words">
        <span className="font-medium">{by}</span> {act} <span className="font-medium">{whom}</span>
        {entry.detail !== "" && <span className="text-muted"> “{entry.detail}”</span>}
      </p>
      <p className="label tabular-nums">
        {moment(entry.at)}
        {entry.address !== "" && ` · ${entry.address}`}
      </p>
    </li>
  );
}
