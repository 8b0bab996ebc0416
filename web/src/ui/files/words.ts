import type { UploadItem } from "parlor-client/sync/uploads";
import { useCallback } from "react";
import { useIntl } from "react-intl";
import { useT } from "../hooks";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"];
const STEP = 1_024;

/** A number of bytes as people say it: "64 MB". */
export function useBytesInWords(): (bytes: number) => string {
  const intl = useIntl();
  return useCallback(
    (bytes) => {
      let value = bytes;
      let at = 0;
      while (value >= STEP && at < UNITS.length - 1) {
        value /= STEP;
        at += 1;
      }
      return intl.formatNumber(value, {
        style: "unit",
        unit: UNITS[at] ?? "byte",
        unitDisplay: at === 0 ? "long" : "short",
        maximumFractionDigits: value < 10 && at > 0 ? 1 : 0,
      });
    },
    [intl],
  );
}

/** How long a clip plays, as players show it: "1:02". */
export function playTime(durationMs: number): string {
  const seconds = Math.round(durationMs / 1_000);
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60];
  if (seconds >= 3_600) parts.unshift(Math.floor(seconds / 3_600));
  return parts.map((part, at) => (at === 0 ? `${part}` : `${part}`.padStart(2, "0"))).join(":");
}

export function percentOf({ sent, bytes, state }: UploadItem): number {
  if (state === "done") return 100;
  // All bytes may have gone while the server still looks at them.
  return bytes === 0 ? 0 : Math.min(99, Math.floor((sent / bytes) * 100));
}

/** Where a file stands on its way, in words. */
export function useProgress(): (item: UploadItem) => string {
  const t = useT();
  const size = useBytesInWords();
  return (item) => {
    const { failure } = item;
    if (failure === null || item.state !== "failed") {
      if (item.state === "uploading") return t("upload.uploading", { percent: percentOf(item) });
      return item.state === "failed" ? t("upload.unreadable") : t(`upload.${item.state}`);
    }
    switch (failure.why) {
      case "tooLarge":
        return t("upload.tooLarge", { size: size(failure.limit) });
      case "unreadable":
        return t("upload.unreadable");
      case "refused":
        return t("upload.refused", { reason: reason(failure) });
    }
  };
  function reason({ code, message }: { code: string; message: string }): string {
    if (code === "QUOTA_EXCEEDED") return t("upload.reason.quota");
    if (code === "UNSUPPORTED_MEDIA_TYPE") return t("upload.reason.kind");
    if (code === "TOO_LARGE") return t("upload.reason.size");
    return code === "UNPROCESSABLE" ? t("upload.reason.broken") : message;
  }
}
