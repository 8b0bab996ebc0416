import { Problem, resetPassword } from "parlor-client/net/rest";
import { type FormEvent, useEffect, useState } from "react";
import { reasonOf, useT } from "./hooks";
import { PasswordField } from "./PasswordField";

/** A one-time link that sets a new password; whoever has it may. */
export default function ResetPage({ code, onDone }: { code: string; onDone(): void }) {
  const t = useT();
  const [password, setPassword] = useState("");
  const [state, setState] = useState<"asking" | "working" | "done" | "gone">("asking");
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    document.title = `${t("reset.title")} · ${t("app.name")}`;
  }, [t]);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setState("working");
    setError(null);
    try {
      await resetPassword(code, password);
      setState("done");
    } catch (cause) {
      const isGone = cause instanceof Problem && cause.code === "NOT_FOUND";
      setState(isGone ? "gone" : "asking");
      if (!isGone) setError(t("action.error", { detail: reasonOf(cause, t) }));
    }
  }

  const isOver = state === "done" || state === "gone";
  return (
    <main className="flex h-full flex-col overflow-y-auto p-6">
      <div className="m-auto w-full max-w-[23rem] py-6">
        <p className="mb-6 flex items-center gap-3 text-xl font-semibold tracking-tight">
          <img src="/icon.svg" alt="" width="36" height="36" />
          {t("app.name")}
        </p>
        <div className="rounded-lg border border-line bg-surface p-6">
          <h1 className="mb-4 text-base font-semibold">{t("reset.title")}</h1>
          {isOver ? (
            <div className="grid gap-4" role="status">
              <p data-testid={`reset-${state}`}>{t(state === "done" ? "reset.done" : "reset.gone")}</p>
              <button
                type="button"
                className="button primary min-h-10 pointer-coarse:min-h-11"
                onClick={onDone}
              >
                {t("auth.signIn")}
              </button>
            </div>
          ) : (
            <form className="grid gap-4" onSubmit={submit}>
              <p className="text-muted">{t("reset.text")}</p>
              <PasswordField
                label={t("reset.password")}
                value={password}
                onChange={setPassword}
                fresh
                testId="reset-password"
              />
              {error !== null && (
                <p role="alert" className="text-coral text-sm">
                  {error}
                </p>
              )}
              <button
                type="submit"
                data-testid="reset-submit"
                className="button primary min-h-10 pointer-coarse:min-h-11"
                disabled={state === "working"}
              >
                {t(state === "working" ? "auth.working" : "reset.do")}
              </button>
            </form>
          )}
        </div>
      </div>
    </main>
  );
}
