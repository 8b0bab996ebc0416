import { useId, useState } from "react";
import { useT } from "./hooks";

const PASSWORD_MIN = 8;

interface Props {
  label: string;
  value: string;
  onChange(value: string): void;
  /** A password to be: says how long it has to be. */
  fresh?: boolean;
  testId: string;
  autoFocus?: boolean;
}

/** A password that can be looked at while it is typed. */
export function PasswordField({ label, value, onChange, fresh = false, testId, autoFocus }: Props) {
  const t = useT();
  const ids = useId();
  const [visible, setVisible] = useState(false);
  const left = PASSWORD_MIN - [...value].length;
  return (
    <div className="grid gap-1">
      <label htmlFor={`${ids}password`} className="text-sm font-medium">
        {label}
      </label>
      <div className="relative">
        <input
          id={`${ids}password`}
          data-testid={testId}
          className="field pe-16"
          type={visible ? "text" : "password"}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          autoComplete={fresh ? "new-password" : "current-password"}
          minLength={fresh ? PASSWORD_MIN : undefined}
          required
          aria-describedby={fresh ? `${ids}hint` : undefined}
          data-autofocus={autoFocus}
        />
        <button
          type="button"
          className="label absolute inset-y-0 end-0 px-3 hover:text-ink"
          onClick={() => setVisible(!visible)}
          aria-pressed={visible}
        >
          {t(visible ? "auth.hide" : "auth.show")}
        </button>
      </div>
      {fresh && (
        <p id={`${ids}hint`} className="label" aria-live="polite">
          {value === "" && t("auth.password.hint")}
          {value !== "" && left > 0 && t("auth.password.left", { count: left })}
          {value !== "" && left <= 0 && t("auth.password.long")}
        </p>
      )}
    </div>
  );
}
