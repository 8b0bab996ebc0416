import { type FormEvent, type ReactNode, useState } from "react";
import { useT } from "../hooks";
import { PasswordField } from "../PasswordField";
import { useChat } from "./context";
import { passwordFailure } from "./passwordFailure";

interface Props {
  children: ReactNode;
  /** What is done, on the button. */
  action: string;
  /** Whatever else is needed is there. */
  ready: boolean;
  onClose(): void;
  /** The account is left with it. */
  act(password: string): Promise<unknown>;
}

/** Asks for the password before one leaves, and signs this browser out after it. */
export function OwnerForm({ children, action, ready, onClose, act }: Props) {
  const t = useT();
  const { client, auth } = useChat();
  const [password, setPassword] = useState("");
  const [working, setWorking] = useState(false);
  const [error, setError] = useState<string | null>(null);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (working || !ready) return;
    setWorking(true);
    setError(null);
    try {
      await act(password);
    } catch (cause) {
      setError(passwordFailure(cause, t));
      setWorking(false);
      return;
    }
    await client.stop(true);
    auth.ended();
  }

  return (
    <form className="grid gap-4" onSubmit={submit}>
      {children}
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
        label={t("auth.password")}
        value={password}
        onChange={setPassword}
        testId="owner-password"
        autoFocus
      />
      {error !== null && (
        <p role="alert" className="text-coral text-sm">
          {error}
        </p>
      )}
      <div className="flex flex-wrap justify-end gap-3">
        <button type="button" className="button" onClick={onClose}>
          {t("cancel")}
        </button>
        <button
          type="submit"
          data-testid="owner-submit"
          className="button danger"
          disabled={working || !ready || password === ""}
        >
          {working ? t("auth.working") : action}
        </button>
      </div>
    </form>
  );
}
