import { type KeyboardEvent, useLayoutEffect, useRef, useState } from "react";
import { useT } from "../hooks";
import { Growing } from "./Growing";

interface Props {
  text: string;
  onSave(text: string): void;
  onCancel(): void;
}

export function EditBox({ text, onSave, onCancel }: Props) {
  const t = useT();
  const [value, setValue] = useState(text);
  const area = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    const element = area.current;
    const before = document.activeElement;
    element?.focus();
    element?.setSelectionRange(element.value.length, element.value.length);
    return () => {
      // To the box below, or to the message: its button was taken away meanwhile.
      if (!element?.contains(document.activeElement)) return;
      if (before instanceof HTMLTextAreaElement && before.isConnected) before.focus();
      else element.closest<HTMLElement>("article")?.focus();
    };
  }, []);

  function save() {
    const next = value.trim();
    if (next === "") onCancel();
    else onSave(next);
  }
  function onKeyDown(event: KeyboardEvent) {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Escape") {
      event.preventDefault();
      onCancel();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      save();
    }
  }

  return (
    <div className="py-1">
      <Growing
        ref={area}
        className="field composer-input"
        aria-label={t("message.edit")}
        value={value}
        onChange={setValue}
        onKeyDown={onKeyDown}
      />
      {/* Fingers have neither key: for them the words are larger. */}
      <div className="label mt-1 flex items-center gap-3 pointer-coarse:gap-6 pointer-coarse:py-3 pointer-coarse:text-sm">
        <span className="pointer-coarse:hidden">{t("message.editing")}</span>
        <button type="button" className="link" onClick={save}>
          {t("message.save")}
        </button>
        <button type="button" className="link" onClick={onCancel}>
          {t("cancel")}
        </button>
      </div>
    </div>
  );
}
