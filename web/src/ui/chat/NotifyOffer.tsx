import { useStore, useT } from "../hooks";
import { notifyState, turnOff, turnOn } from "./notifyState";

/** A quiet line below the rooms, after the first mention: nobody is asked before. */
export function NotifyOffer() {
  const t = useT();
  if (useStore(notifyState) !== "offered") return null;
  return (
    <div
      role="status"
      data-testid="notify-offer"
      className="flex flex-none flex-wrap items-center gap-x-3 gap-y-1 border-t border-line px-5 py-2 text-sm"
    >
      <p className="basis-full text-muted">{t("notify.offer")}</p>
      <button
        type="button"
        data-testid="notify-on"
        className="link pointer-coarse:min-h-11"
        onClick={() => void turnOn()}
      >
        {t("notify.on")}
      </button>
      <button type="button" className="link pointer-coarse:min-h-11" onClick={turnOff}>
        {t("notify.notNow")}
      </button>
    </div>
  );
}
