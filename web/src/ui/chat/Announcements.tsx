import { X } from "lucide-react";
import { useStore, useT } from "../hooks";
import { useChat } from "./context";

/** What those who run the server tell everybody, above all else until it is dismissed. */
export function Announcements() {
  const t = useT();
  const { client } = useChat();
  const all = useStore(client.announcements);
  if (all.length === 0) return null;
  return (
    <section aria-label={t("announcements.label")} className="divide-y divide-line border-b border-line">
      {all.map(({ id, text, level }) => (
        <div
          key={id}
          role="status"
          data-testid="announcement"
          className="flex items-start gap-3 bg-tint ps-5 pe-2 py-1"
        >
          <p className="min-w-0 flex-1 py-1 break-words pointer-coarse:py-[11px]">
            {level === "warning" && (
              <strong className="me-2 text-amber">{t("admin.announce.warning")}</strong>
            )}
            {text}
          </p>
          <button
            type="button"
            className="icon-button flex-none"
            aria-label={t("announcements.dismiss")}
            title={t("announcements.dismiss")}
            onClick={() => client.announcements.dismiss(id)}
          >
            <X size={16} aria-hidden="true" />
          </button>
        </div>
      ))}
    </section>
  );
}
