import { useId } from "react";

interface Props {
  /** Says what to type, and why. */
  label: string;
  value: string;
  onChange(value: string): void;
}

/** A name that is typed to show that it is meant. */
export function TypedName({ label, value, onChange }: Props) {
  const id = useId();
  return (
    <div className="grid gap-1">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <input
        id={id}
        data-testid="typed-name"
        className="field"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        required
        data-autofocus
      />
    </div>
  );
}
