import { type FormEvent, type ReactNode, useId, useState } from "react";
import { useT } from "../hooks";

interface Props {
  name: string;
  topic: string;
  submitLabel: string;
  /** Resolves with what went wrong, in words; with null when it is done. */
  onSubmit(name: string, topic: string): Promise<string | null>;
  onClose(): void;
  children?: ReactNode;
}

/** Name and topic of a room: for a new one, and for changing one. */
export function RoomForm({ submitLabel, onSubmit, onClose, children, ...initial }: Props) {
  const t = useT();
  const ids = useId();
  const [name, setName] = useState(initial.name);
  const [topic, setTopic] = useState(initial.topic);
  const [working, setWorking] = useState(false);
  const [error, setError] = useState<string | null>(null);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (working || name.trim() === "") return;
    setWorking(true);
    const failure = await onSubmit(name.trim(), topic.trim());
    setError(failure);
    setWorking(false);
  }

  return (
    <form className="grid gap-4" onSubmit={submit}>
      <div className="grid gap-1">
        <label htmlFor={`${ids}name`} className="text-sm font-medium">
          {t("create.name")}
        </label>
        <input
          id={`${ids}name`}
          data-testid="new-room-name"
          className="field"
          value={name}
          onChange={(event) => setName(event.target.value)}
          maxLength={80}
          required
          data-autofocus
        />
      </div>
      <div className="grid gap-1">
        <label htmlFor={`${ids}topic`} className="text-sm font-medium">
          {t("create.topic")}
        </label>
        <input
          id={`${ids}topic`}
          className="field"
          value={topic}
          onChange={(event) => setTopic(event.target.value)}
          maxLength={250}
        />
      </div>
      {children}
      {error !== null && (
        <p role="alert" className="text-coral text-sm">
          {error}
        </p>
      )}
      <div className="flex justify-end gap-3">
        <button type="button" className="button" onClick={onClose}>
          {t("cancel")}
        </button>
        <button type="submit" data-testid="new-room-submit" className="button primary" disabled={working}>
          {submitLabel}
        </button>
      </div>
    </form>
  );
}
