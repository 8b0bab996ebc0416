import { Fragment } from "react";
import type { MessageId } from "../../i18n/en";
import { Dialog } from "../Dialog";
import { useT } from "../hooks";

const MOD = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘" : "Ctrl";
const KEYS: readonly (readonly [MessageId, readonly string[]])[] = [
  ["keys.find", [MOD, "K"]],
  ["keys.search", [MOD, "Shift", "F"]],
  ["keys.search.short", ["/"]],
  ["keys.rooms", ["Alt", "↑ ↓"]],
  ["keys.unread", ["Alt", "Shift", "↑ ↓"]],
  ["keys.send", ["Enter"]],
  ["keys.break", ["Shift", "Enter"]],
  ["keys.editLast", ["↑"]],
  ["keys.cancel", ["Esc"]],
  ["keys.landmarks", ["F6"]],
  ["keys.sheet", ["?"]],
];

export function Shortcuts({ onClose }: { onClose(): void }) {
  const t = useT();
  return (
    <Dialog title={t("keys.title")} onClose={onClose}>
      <dl className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-6 gap-y-2">
        {KEYS.map(([id, keys]) => (
          <Fragment key={id}>
            <dt>{t(id)}</dt>
            <dd className="flex justify-end gap-1">
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dd>
          </Fragment>
        ))}
      </dl>
    </Dialog>
  );
}
