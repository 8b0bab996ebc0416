import type { Auth } from "parlor-client/net/auth";
import { Problem, type SignUp, serverInfo, Unreachable } from "parlor-client/net/rest";
import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import { language, setLanguage } from "../i18n";
import { type Translate, useStore, useT } from "./hooks";
import { Invitation, useInvited } from "./Invitation";
import { PasswordField } from "./PasswordField";

interface Props {
  auth: Auth;
  expired: boolean;
  /** The code of the link that was opened. */
  invite: string | null;
  /** The code of a link that lets somebody register where not everybody may. */
  letsIn: string | null;
  /** Whoever signs in runs the server from then on. */
  claims: boolean;
  /** Called once the reader begins to type: the rest may be fetched now. */
  onFocus(): void;
}

export function SignIn({ auth, expired, invite, letsIn, claims, onFocus }: Props) {
  const t = useT();
  const [mode, setMode] = useState<"in" | "up">(letsIn !== null && invite === null ? "up" : "in");
  const policy = useSignUp();
  const isOpen = claims || policy === "open" || (policy === "invite" && letsIn !== null);
  const [name, setName] = useState("");
  const [displayName, setDisplayName] = useState("");
  const [password, setPassword] = useState("");
  const [working, setWorking] = useState(false);
  const [error, setError] = useState<string | null>(null);
  /** Name and password are right, and the account is put aside. */
  const [away, setAway] = useState(false);
  const nameInput = useRef<HTMLInputElement>(null);
  const ids = useId();

  useEffect(() => {
    document.title = t("app.name");
    nameInput.current?.focus();
  }, [t]);

  async function submit(event: FormEvent) {
    event.preventDefault();
    await enter(false);
  }

  async function enter(reactivate: boolean) {
    if (working) return;
    setWorking(true);
    setError(null);
    try {
      if (mode === "in") await auth.signIn(name.trim(), password, reactivate);
      else await auth.signUp(name.trim(), displayName.trim(), password, letsIn);
    } catch (cause) {
      setAway(cause instanceof Problem && cause.code === "ACCOUNT_DEACTIVATED");
      setError(authError(cause, t));
      setWorking(false);
    }
  }

  return (
    <main className="flex h-full flex-col overflow-y-auto p-6" onFocus={onFocus}>
      <div className="m-auto w-full max-w-[23rem] py-6">
        <header className="mb-6 flex items-center gap-3">
          <img src="/icon.svg" alt="" width="36" height="36" />
          <div>
            <h1 className="text-xl leading-6 font-semibold tracking-tight">{t("app.name")}</h1>
            <p className="label">{t("app.tagline")}</p>
          </div>
        </header>
        {invite !== null && <InviteNote code={invite} />}
        {claims && <p className="mb-6 rounded-lg bg-tint p-6">{t("claim.signIn")}</p>}
        <form
          className="grid gap-4 rounded-lg border border-line bg-surface p-6"
          onSubmit={submit}
          aria-labelledby={`${ids}title`}
        >
          <h2 id={`${ids}title`} className="text-base font-semibold">
            {t(mode === "in" ? "auth.signIn" : "auth.signUp")}
          </h2>
          {expired && error === null && <p className="text-amber text-sm">{t("auth.expired")}</p>}
          <div className="grid gap-1">
            <label htmlFor={`${ids}name`} className="text-sm font-medium">
              {t("auth.name")}
            </label>
            <input
              id={`${ids}name`}
              ref={nameInput}
              data-testid="auth-name"
              className="field"
              value={name}
              onChange={(event) => setName(event.target.value)}
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              maxLength={32}
              required
              aria-describedby={mode === "up" ? `${ids}nameHint` : undefined}
            />
            {mode === "up" && (
              <p id={`${ids}nameHint`} className="label">
                {t("auth.name.hint")}
              </p>
            )}
          </div>
          {mode === "up" && (
            <div className="grid gap-1">
              <label htmlFor={`${ids}display`} className="text-sm font-medium">
                {t("auth.displayName")}
              </label>
              <input
                id={`${ids}display`}
                className="field"
                value={displayName}
                onChange={(event) => setDisplayName(event.target.value)}
                autoComplete="name"
                maxLength={64}
              />
            </div>
          )}
          <PasswordField
            label={t("auth.password")}
            value={password}
            onChange={setPassword}
            fresh={mode === "up"}
            testId="auth-password"
          />
          {error !== null && (
            <p data-testid="auth-error" role="alert" className="text-coral text-sm">
              {error}
            </p>
          )}
          {away && error !== null && (
            <button
              data-testid="reactivate"
              type="button"
              className="button min-h-10 pointer-coarse:min-h-11"
              disabled={working}
              onClick={() => void enter(true)}
            >
              {t("auth.reactivate")}
            </button>
          )}
          <button
            data-testid="auth-submit"
            type="submit"
            className="button primary min-h-10 pointer-coarse:min-h-11"
            disabled={working}
          >
            {working ? t("auth.working") : t(mode === "in" ? "auth.signIn" : "auth.signUp")}
          </button>
        </form>
        <div className="mt-4 flex items-center justify-between gap-4 text-sm">
          {mode === "in" && !isOpen ? (
            <p data-testid="auth-closed" className="text-muted">
              {t(policy === "invite" ? "auth.inviteOnly" : "auth.closed")}
            </p>
          ) : (
            <button
              type="button"
              data-testid="auth-switch"
              className="link min-h-8 pointer-coarse:min-h-11"
              onClick={() => {
                setMode(mode === "in" ? "up" : "in");
                setError(null);
                nameInput.current?.focus();
              }}
            >
              {t(mode === "in" ? "auth.toSignUp" : "auth.toSignIn")}
            </button>
          )}
          <LanguageSwitch />
        </div>
      </div>
    </main>
  );
}

/** Who may register; taken for open until the server has said otherwise. */
function useSignUp(): SignUp {
  const [policy, setPolicy] = useState<SignUp>("open");
  useEffect(() => {
    let left = false;
    serverInfo().then(
      ({ sign_up }) => {
        if (!left) setPolicy(sign_up);
      },
      // Whoever tries is told then.
      () => {},
    );
    return () => {
      left = true;
    };
  }, []);
  return policy;
}

/** Where one comes after signing in. */
function InviteNote({ code }: { code: string }) {
  const t = useT();
  const [invited, retry] = useInvited(code);
  return (
    <section className="mb-6 rounded-lg bg-tint p-6" aria-label={t("invite.title")}>
      <Invitation invited={invited} onRetry={retry} />
      {invited.status === "ready" && <p className="mt-3">{t("invite.signIn")}</p>}
    </section>
  );
}

function LanguageSwitch() {
  const { locale } = useStore(language);
  const other = locale === "en" ? "zh" : "en";
  return (
    <button
      type="button"
      lang={other === "zh" ? "zh-Hans" : "en"}
      className="min-h-8 pointer-coarse:min-h-11 pointer-coarse:min-w-11 whitespace-nowrap text-muted hover:text-ink"
      onClick={() => void setLanguage(other)}
    >
      {other === "zh" ? "中文" : "English"}
    </button>
  );
}

function authError(cause: unknown, t: Translate): string {
  if (cause instanceof Unreachable) return t("auth.error.UNREACHABLE");
  if (!(cause instanceof Problem)) return t("auth.error.REFUSED", { detail: String(cause) });
  switch (cause.code) {
    case "BAD_CREDENTIALS":
      return t("auth.error.BAD_CREDENTIALS");
    case "ACCOUNT_DISABLED":
      return t("auth.error.ACCOUNT_DISABLED");
    case "SIGN_UP_CLOSED":
      return t("auth.error.SIGN_UP_CLOSED");
    case "ACCOUNT_DEACTIVATED":
      return t("auth.error.ACCOUNT_DEACTIVATED");
    case "NAME_TAKEN":
      return t("auth.error.NAME_TAKEN");
    case "RATE_LIMITED":
      return t("auth.error.RATE_LIMITED", { seconds: Math.max(1, cause.retryAfterSeconds) });
    default:
      return t("auth.error.REFUSED", { detail: cause.message });
  }
}
