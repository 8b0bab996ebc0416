import type { OneTimeLink, SignUp } from "parlor-client/net/rest";
import { useState } from "react";
import { useIntl } from "react-intl";
import type { MessageId } from "../../i18n/en";
import { useChat } from "../chat/context";
import { useBytesInWords } from "../files/words";
import { useT } from "../hooks";
import { LoadedState } from "../LoadedState";
import { useLoaded } from "../useLoaded";
import { LinkDialog } from "./parts";

const POLICIES: readonly SignUp[] = ["open", "invite", "closed"];

/** Who may register, how much is let through, and how much is kept. */
export function AdminSettings() {
  return (
    <div className="grid gap-8">
      <Policy />
      <Limits />
      <StorageUsed />
    </div>
  );
}

function Policy() {
  const t = useT();
  const { client } = useChat();
  const { admin } = client.api;
  const settings = useLoaded(() => admin.settings(), [], "admin.settings.error");
  const [link, setLink] = useState<OneTimeLink | null>(null);
  const now = settings.value?.sign_up ?? null;
  return (
    <section aria-labelledby="admin-policy">
      <h2 id="admin-policy" className="mb-2 text-base font-semibold">
        {t("admin.signUp")}
      </h2>
      <LoadedState of={settings} />
      {now !== null && (
        <fieldset className="grid gap-2">
          <legend className="sr-only">{t("admin.signUp")}</legend>
          {POLICIES.map((policy) => (
            <label key={policy} className="flex cursor-pointer items-baseline gap-3 py-1">
              <input
                type="radio"
                name="policy"
                data-testid={`policy-${policy}`}
                checked={policy === now}
                onChange={() => void settings.attempt(() => admin.setSignUp(policy))}
              />
              <span>
                <span className="block font-medium">{t(`admin.signUp.${policy}`)}</span>
                <span className="text-sm text-muted">{t(`admin.signUp.${policy}.hint`)}</span>
              </span>
            </label>
          ))}
        </fieldset>
      )}
      {now === "invite" && (
        <button
          type="button"
          className="button mt-4"
          onClick={() => void settings.attempt(async () => setLink(await admin.signUpLink()))}
        >
          {t("admin.signUp.link")}
        </button>
      )}
      {link !== null && (
        <LinkDialog
          title={t("admin.signUp.link.title")}
          text={t("admin.signUp.link.text")}
          link={link}
          onClose={() => setLink(null)}
        />
      )}
    </section>
  );
}

const LIMITS: Record<string, MessageId> = {
  http_address: "admin.limit.httpAddress",
  http_user: "admin.limit.httpUser",
  realtime: "admin.limit.realtime",
  realtime_user: "admin.limit.realtimeUser",
};

function Limits() {
  const t = useT();
  const intl = useIntl();
  const { client } = useChat();
  const limits = useLoaded(() => client.api.admin.limits(), [], "admin.limits.error");
  return (
    <section aria-labelledby="admin-limits">
      <h2 id="admin-limits" className="mb-2 text-base font-semibold">
        {t("admin.limits")}
      </h2>
      <p className="label mb-2">{t("admin.limits.hint")}</p>
      <LoadedState of={limits} />
      <ul className="divide-y divide-line">
        {limits.value?.map(({ name, burst, per_second, limited }) => (
          <li key={name} className="items-baseline justify-between gap-x-4 py-2 tabular-nums md:flex">
            <span>{LIMITS[name] === undefined ? name : t(LIMITS[name])}</span>
            <span className="label block">
              {t("admin.limit.rate", { burst, perSecond: per_second })} ·{" "}
              {t("admin.limit.limited", { number: intl.formatNumber(BigInt(limited)) })}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function StorageUsed() {
  const t = useT();
  const intl = useIntl();
  const { client } = useChat();
  const storage = useLoaded(() => client.api.admin.storage(), [], "admin.storage.error");
  const size = useBytesInWords();
  const count = (number: string) => intl.formatNumber(BigInt(number));
  const files = (number: string, bytes: string) => `${count(number)} · ${size(Number(bytes))}`;
  const { value } = storage;
  const rows: [string, string][] =
    value === null
      ? []
      : [
          [t("admin.storage.database"), size(Number(value.database.bytes))],
          [t("admin.users"), count(value.database.users)],
          [t("admin.storage.devices"), count(value.database.devices)],
          [t("admin.rooms"), count(value.database.rooms)],
          [t("admin.storage.events"), count(value.database.events)],
          [t("files.title"), files(value.files.attached, value.files.attached_bytes)],
          [t("admin.storage.waiting"), files(value.files.waiting, value.files.waiting_bytes)],
        ];
  return (
    <section aria-labelledby="admin-storage">
      <h2 id="admin-storage" className="mb-2 text-base font-semibold">
        {t("admin.storage")}
      </h2>
      <LoadedState of={storage} />
      <dl className="divide-y divide-line">
        {rows.map(([name, value]) => (
          <div key={name} className="flex justify-between gap-4 py-2">
            <dt>{name}</dt>
            <dd className="tabular-nums">{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
