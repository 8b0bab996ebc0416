import { ChevronRight } from "lucide-react";
import { useIntl } from "react-intl";
import { useT } from "../hooks";
import { Trouble } from "../Trouble";
import { useLoaded } from "../useLoaded";
import { nameOf, useChat } from "./context";

/** Who is kept out of the room, for those who may change it; nothing where nobody is. */
export function Banned({ id, last }: { id: string; last: number | undefined }) {
  const t = useT();
  const intl = useIntl();
  const { client } = useChat();
  const list = useLoaded(() => client.api.bans(id), [client, id, last], "bans.error");
  const { error, load, attempt } = list;
  const bans = list.value ?? [];
  const lift = (userId: string) => attempt(() => client.api.unban(id, userId));

  if (bans.length === 0 && error === null) return null;
  return (
    <div className="mt-3 border-t border-line pt-2">
      {error !== null && <Trouble className="px-3 py-1 text-sm" text={error} onRetry={() => void load()} />}
      {bans.length > 0 && (
        <details data-testid="bans" className="group/bans">
          <summary className="item label font-semibold">
            <ChevronRight size={14} aria-hidden="true" className="flex-none group-open/bans:rotate-90" />
            {t("bans.title")}
            <span className="ms-auto tabular-nums">{bans.length}</span>
          </summary>
          <ul>
            {bans.map(({ user, banned_by, banned_at }) => (
              <li key={user.id} className="flex items-center gap-2 px-3 py-1.5">
                <span className="min-w-0 flex-1">
                  <span className="block truncate font-medium">{nameOf(user)}</span>
                  <span className="label block">
                    {t("bans.by", {
                      name: nameOf(banned_by) ?? "",
                      date: intl.formatDate(banned_at, { dateStyle: "medium" }),
                    })}
                  </span>
                </span>
                <button
                  type="button"
                  className="link flex-none text-sm"
                  aria-label={t("bans.lift.named", { name: nameOf(user) ?? "" })}
                  onClick={() => void lift(user.id)}
                >
                  {t("bans.lift")}
                </button>
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
