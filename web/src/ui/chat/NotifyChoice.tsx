import { useStore, useT } from "../hooks";
import { notifyState, turnOff, turnOn } from "./notifyState";

/** Whether this browser tells of messages, among the settings. */
export function NotifyChoice() {
  const t = useT();
  const state = useStore(notifyState);
  const isOn = state === "on";
  const words = state === "offered" ? "off" : state;
  return (
    <section aria-label={t("room.notify")}>
      <h3 className="mb-1 text-sm font-medium">{t("room.notify")}</h3>
      <p className="label">{t(`notify.${words}.hint`)}</p>
      {state !== "unsupported" && state !== "refused" && (
        <button
          type="button"
          data-testid="notify-toggle"
          className="button mt-2"
          onClick={() => (isOn ? turnOff() : void turnOn())}
        >
          {t(isOn ? "notify.turnOff" : "notify.on")}
        </button>
      )}
    </section>
  );
}
