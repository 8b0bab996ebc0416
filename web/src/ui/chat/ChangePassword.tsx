import { type FormEvent, useState } from "react";
import { Dialog } from "../Dialog";
import { useT } from "../hooks";
import { PasswordField } from "../PasswordField";
import { useChat } from "./context";
import { passwordFailure } from "./passwordFailure";

/** The password so far, and the one from now on. */
export function ChangePassword({ onClose }: { onClose(): void }) {
  const t = useT();
  const { client } = useChat();
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const [state, setState] = useState<"asking" | "working" | "done">("asking");
  const [error, setError] = useState<string | null>(null);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (state === "working") return;
    setState("working");
    setError(null);
    try {
      await client.api.changePassword(old, fresh);
      setState("done");
    } catch (cause) {
      setError(passwordFailure(cause, t));
      setState("asking");
    }
  }

  return (
    <Dialog title={t("password.title")} onClose={onClose}>
      {state === "done" ? (
        <>
          <p role="status">{t("password.done")}</p>
          <div className="mt-6 flex justify-end">
            <button type="button" className="button primary" onClick={onClose}>
              {t("close")}
            </button>
          </div>
        </>
      ) : (
        <form className="grid gap-4" onSubmit={submit}>
          {/* Tells password managers whose it is. */}
          <input
            className="sr-only"
            autoComplete="username"
            value={client.user.name}
            readOnly
            tabIndex={-1}
            aria-hidden="true"
          />
          <PasswordField
            label={t("password.old")}
            value={old}
            onChange={setOld}
            testId="password-old"
            autoFocus
          />
          <PasswordField
            label={t("password.new")}
            value={fresh}
            onChange={setFresh}
            testId="password-new"
            fresh
          />
          <p className="label">{t("password.note")}</p>
          {error !== null && (
            <p role="alert" className="text-coral text-sm">
              {error}
            </p>
          )}
          <div className="flex justify-end gap-3">
            <button type="button" className="button" onClick={onClose}>
              {t("cancel")}
            </button>
            <button
              type="submit"
              data-testid="password-submit"
              className="button primary"
              disabled={state === "working"}
            >
              {t("password.title")}
            </button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
