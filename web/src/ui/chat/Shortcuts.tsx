import { Fragment } from "react";
import type { MessageId } from "../../i18n/en";
import { Dialog } from "../Dialog";
import { useT } from "../hooks";
import { MOD } from "../mod";

type Keys = readonly (readonly [MessageId, readonly string[]])[];
const GROUPS: readonly (readonly [MessageId, Keys])[] = [
  [
    "keys.everywhere",
    [
      ["switch.title", [MOD, "K"]],
      ["keys.search", [MOD, "Shift", "F"]],
      ["keys.search.short", ["/"]],
      ["keys.rooms", ["Alt", "↑ ↓"]],
      ["keys.unread", ["Alt", "Shift", "↑ ↓"]],
      ["keys.cancel", ["Esc"]],
      ["keys.landmarks", ["F6"]],
      ["keys.sheet", ["?"]],
      ["keys.sheet.typing", [MOD, "/"]],
    ],
  ],
  [
    "keys.writing",
    [
      ["keys.send", ["Enter"]],
      ["keys.break", ["Shift", "Enter"]],
      ["keys.editLast", ["↑"]],
      ["keys.people", ["@"]],
      ["keys.emoji", [":"]],
    ],
  ],
  [
    "keys.message",
    [
      ["keys.messages", ["↑ ↓"]],
      ["keys.acts", ["Enter"]],
      ["message.reply", ["R"]],
      ["message.react", ["+"]],
      ["message.edit", ["E"]],
      ["message.forward", ["F"]],
      ["message.more", ["M"]],
    ],
  ],
];

/** All keys there are, by where they work. */
export function Shortcuts({ onClose }: { onClose(): void }) {
  const t = useT();
  return (
    <Dialog title={t("keys.title")} onClose={onClose}>
      {GROUPS.map(([title, keys]) => (
        <section key={title} className="mb-4 last:mb-0">
          <h3 className="mb-2 text-sm font-semibold text-muted">{t(title)}</h3>
          <dl className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-6 gap-y-1.5">
            {keys.map(([id, pressed]) => (
              <Fragment key={id}>
                <dt>{t(id)}</dt>
                <dd className="flex justify-end gap-1">
                  {pressed.map((key) => (
                    <kbd key={key}>{key}</kbd>
                  ))}
                </dd>
              </Fragment>
            ))}
          </dl>
        </section>
      ))}
    </Dialog>
  );
}
