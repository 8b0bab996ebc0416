// Whether this browser shows notifications: kept on the device, and asked of the
// browser only when the user says so.
import { Store } from "parlor-client/store";

export type NotifyState =
  /** This browser knows no notifications, or this page may not ask. */
  | "unsupported"
  /** The user told the browser no. */
  | "refused"
  | "off"
  /** Off, and offered: somebody mentioned the user. */
  | "offered"
  | "on";

const KEY = "parlor.notify";

export const notifyState = new Store<NotifyState>(stateNow());

function stateNow(): NotifyState {
  if (!("Notification" in globalThis)) return "unsupported";
  if (Notification.permission === "denied") return "refused";
  const isOn = Notification.permission === "granted" && localStorage.getItem(KEY) !== "off";
  return isOn ? "on" : "off";
}

/** Asks the browser, where it was not asked before. */
export async function turnOn(): Promise<void> {
  localStorage.setItem(KEY, "on");
  if (Notification.permission === "default") await Notification.requestPermission();
  notifyState.set(stateNow());
}

export function turnOff(): void {
  localStorage.setItem(KEY, "off");
  notifyState.set(stateNow());
}

/** Offers notifications once: not to those who decided. */
export function offer(): void {
  if (notifyState.getSnapshot() === "off" && localStorage.getItem(KEY) === null) notifyState.set("offered");
}

/** This browser knows notifications, but not of a page. */
export function cannot(): void {
  notifyState.set("unsupported");
}
