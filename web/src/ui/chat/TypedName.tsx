import { useId } from "react";

interface Props {
  /** Says what to type, and why; the name stands behind it. */
  label: string;
  name: string;
  value: string;
  onChange(value: string): void;
}

/** A name that is typed to show that it is meant. */
export function TypedName({ label, name, value, onChange }: Props) {
  const id = useId();
  return (
    <div className="grid gap-1">
      <label htmlFor={id} className="text-sm wrap-anywhere">
        {label} <strong className="font-semibold">{name}</strong>
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
