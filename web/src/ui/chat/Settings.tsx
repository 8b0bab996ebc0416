import { useId, useState } from "react";
import { language, setLanguage } from "../../i18n";
import { Dialog } from "../Dialog";
import { reasonOf, useStore, useT } from "../hooks";
import { setTheme, THEMES, theme } from "../theme";
import { Account } from "./Account";
import { nameOf, useChat, useMe } from "./context";
import { NotifyChoice } from "./NotifyChoice";

export function Settings({ onClose }: { onClose(): void }) {
  const t = useT();
  const { client, auth } = useChat();
  const me = useMe();
  const { locale } = useStore(language);
  const look = useStore(theme);
  const waiting = useStore(client.outbox).length;

  async function signOut() {
    await client.stop(true);
    await auth.signOut();
  }

  return (
    <Dialog title={t("settings.title")} onClose={onClose}>
      <div className="grid gap-6">
        <Choice
          legend={t("settings.theme")}
          value={look}
          options={THEMES.map((choice) => [choice, t(`settings.theme.${choice}`)] as const)}
          onChange={setTheme}
        />
        <Choice
          legend={t("settings.language")}
          value={locale}
          options={[
            ["en", "English"],
            ["zh", "中文"],
          ]}
          onChange={(next) => void setLanguage(next)}
        />
        <NotifyChoice />
        <ReadMarks />
        <Account />
        <div className="border-t border-line pt-4">
          <p className="label mb-3">{t("settings.signedIn", { name: nameOf(me) ?? "" })}</p>
          {waiting > 0 && (
            <p className="mb-3 text-amber">{t("settings.signOut.waiting", { count: waiting })}</p>
          )}
          <button type="button" className="button danger" onClick={() => void signOut()}>
            {t("settings.signOut")}
          </button>
        </div>
      </div>
    </Dialog>
  );
}

/** Whether each sees up to where the other has read. */
function ReadMarks() {
  const t = useT();
  const { client } = useChat();
  const privacy = useStore(client.privacy);
  const [error, setError] = useState<string | null>(null);
  if (privacy === null) return null;
  async function change(read_marks: boolean) {
    try {
      setError(null);
      await client.privacy.wish({ read_marks });
    } catch (cause) {
      setError(t("action.error", { detail: reasonOf(cause, t) }));
    }
  }
  return (
    <div>
      <Choice
        legend={t("settings.readMarks")}
        value={privacy.read_marks ? "on" : "off"}
        options={[
          ["on", t("settings.readMarks.on")],
          ["off", t("settings.readMarks.off")],
        ]}
        onChange={(next) => void change(next === "on")}
      />
      <p className="label mt-2">{t("settings.readMarks.hint")}</p>
      {error !== null && (
        <p role="alert" className="text-coral text-sm">
          {error}
        </p>
      )}
    </div>
  );
}

interface ChoiceProps<T extends string> {
  legend: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onChange(value: T): void;
}

function Choice<T extends string>({ legend, value, options, onChange }: ChoiceProps<T>) {
  const name = useId();
  return (
    <fieldset>
      <legend className="mb-2 text-sm font-medium">{legend}</legend>
      <div className="flex flex-wrap rounded-lg border border-line bg-rail p-1">
        {options.map(([option, label]) => (
          <label
            key={option}
            className="flex min-h-8 flex-auto cursor-pointer items-center justify-center rounded-md px-3 whitespace-nowrap max-md:px-2 has-checked:bg-surface has-checked:font-medium has-checked:inset-ring has-checked:inset-ring-line has-focus-visible:outline-2 has-focus-visible:outline-accent pointer-coarse:min-h-11"
          >
            <input
              type="radio"
              className="sr-only"
              name={name}
              checked={option === value}
              onChange={() => onChange(option)}
            />
            {label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
