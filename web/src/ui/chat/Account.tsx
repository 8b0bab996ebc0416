import { Problem } from "parlor-client/net/rest";
import { useState } from "react";
import { reasonOf, useT } from "../hooks";
import { useChat, useMe } from "./context";

/** What one can do about the account itself: take a copy, go for a while, go for good. */
export function Account() {
  const t = useT();
  const { client, show } = useChat();
  const me = useMe();
  const [copy, setCopy] = useState<"none" | "working" | "done">("none");
  const [error, setError] = useState<string | null>(null);

  async function download() {
    setCopy("working");
    setError(null);
    try {
      save(await client.api.export(), `parlor-${me.name}.json`);
      setCopy("done");
    } catch (cause) {
      const tooOften = cause instanceof Problem && cause.code === "RATE_LIMITED";
      setError(
        tooOften ? t("account.export.tooOften") : t("account.export.error", { detail: reasonOf(cause, t) }),
      );
      setCopy("none");
    }
  }

  return (
    <section className="border-t border-line pt-4" aria-label={t("account.title")} data-testid="account">
      <h3 className="mb-3 text-sm font-medium">{t("account.title")}</h3>
      <button
        type="button"
        data-testid="export"
        className="button"
        disabled={copy === "working"}
        onClick={() => void download()}
      >
        {t(copy === "working" ? "account.export.working" : "account.export")}
      </button>
      <p className="label mt-1 mb-3" role="status">
        {t(copy === "done" ? "account.export.done" : "account.export.hint")}
      </p>
      {error !== null && (
        <p role="alert" className="mb-3 text-coral text-sm">
          {error}
        </p>
      )}
      <div className="flex flex-wrap gap-3">
        <button
          type="button"
          data-testid="deactivate"
          className="button danger"
          onClick={() => show("deactivate")}
        >
          {t("account.deactivate")}
        </button>
        <button
          type="button"
          data-testid="delete-account"
          className="button danger"
          onClick={() => show("deleteAccount")}
        >
          {t("account.delete")}
        </button>
      </div>
    </section>
  );
}

/** Hands a file to the browser. */
function save(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser has begun to take it by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
