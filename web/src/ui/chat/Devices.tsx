import type { Device } from "parlor-client/net/rest";
import { useCallback, useEffect, useState } from "react";
import { useIntl } from "react-intl";
import { Dialog } from "../Dialog";
import { reasonOf, useStore, useT } from "../hooks";
import { Trouble } from "../Trouble";
import { useChat } from "./context";

/** Where one is signed in, and signing out there. */
export function Devices({ onClose }: { onClose(): void }) {
  const t = useT();
  const { client } = useChat();
  const [devices, setDevices] = useState<Device[] | null>(null);
  const [error, setError] = useState<string | null>(null);

  const load = useCallback(async () => {
    try {
      const all = await client.api.devices();
      setDevices(
        all.sort((a, b) => Number(b.current) - Number(a.current) || (a.seen_at < b.seen_at ? 1 : -1)),
      );
      setError(null);
    } catch (cause) {
      setError(t("devices.error", { detail: reasonOf(cause, t) }));
    }
  }, [client, t]);
  useEffect(() => void load(), [load]);

  async function attempt(act: () => Promise<unknown>) {
    try {
      await act();
      await load();
    } catch (cause) {
      setError(t("action.error", { detail: reasonOf(cause, t) }));
    }
  }

  return (
    <Dialog title={t("devices.title")} onClose={onClose} high>
      {devices === null && error === null && (
        <div className="grid gap-6 py-2" aria-hidden="true">
          <div className="skeleton h-3 w-1/2" />
          <div className="skeleton h-3 w-2/3" />
        </div>
      )}
      {error !== null && <Trouble className="text-sm" text={error} onRetry={() => void load()} />}
      <ul className="divide-y divide-line" data-testid="devices">
        {devices?.map((device) => (
          <DeviceItem
            key={device.id}
            device={device}
            onSignOut={() => attempt(() => client.api.signOutDevice(device.id))}
          />
        ))}
      </ul>
      {devices !== null && devices.length > 1 && (
        <div className="mt-4 flex flex-wrap items-center justify-between gap-3 border-t border-line pt-4">
          <p className="label flex-1 basis-48">{t("devices.others.hint")}</p>
          <button
            type="button"
            data-testid="sign-out-others"
            className="button danger"
            onClick={() => void attempt(() => client.api.signOutOthers())}
          >
            {t("devices.others")}
          </button>
        </div>
      )}
    </Dialog>
  );
}

function DeviceItem({ device, onSignOut }: { device: Device; onSignOut(): Promise<void> }) {
  const t = useT();
  const intl = useIntl();
  const [working, setWorking] = useState(false);
  const time = (at: string) =>
    intl.formatDate(at, { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" });
  return (
    <li className="flex items-center gap-3 py-3">
      <span className="min-w-0 flex-1">
        <span className="block truncate font-medium" title={device.client || undefined}>
          {device.name}
        </span>
        <span className="label block">
          {device.current ? <Current /> : t("devices.seen", { time: time(device.seen_at) })}
          {device.address !== "" && ` · ${device.address}`}
        </span>
        <span className="label block">{t("devices.since", { time: time(device.created_at) })}</span>
      </span>
      {!device.current && (
        <button
          type="button"
          data-testid="sign-out-device"
          className="button"
          aria-label={t("devices.signOut.named", { name: device.name })}
          disabled={working}
          onClick={async () => {
            setWorking(true);
            await onSignOut();
            setWorking(false);
          }}
        >
          {t("settings.signOut")}
        </button>
      )}
    </li>
  );
}

/** This device, and how it is connected now. */
function Current() {
  const t = useT();
  const { client } = useChat();
  const { lane } = useStore(client.connection);
  const name = lane === "webtransport" ? "WebTransport" : lane === "websocket" ? "WebSocket" : "";
  return (
    <span className="font-semibold text-accent">
      {t("devices.current")}
      {name !== "" && <span className="font-normal text-muted"> · {name}</span>}
    </span>
  );
}
