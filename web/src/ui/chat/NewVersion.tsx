import { useEffect } from "react";
import { lookForNewVersion, newVersion } from "../../worker/app";
import { useStore, useT } from "../hooks";
import { useChat } from "./context";

/** Offers the version the server has now. Nothing is loaded anew unless the reader says so. */
export function NewVersion() {
  const t = useT();
  const { client } = useChat();
  const { sessionId } = useStore(client.connection);
  const isThere = useStore(newVersion);

  // A server that was upgraded was away for a moment.
  useEffect(() => {
    if (sessionId !== "") lookForNewVersion();
  }, [sessionId]);
  useEffect(() => {
    const look = () => document.visibilityState === "visible" && lookForNewVersion();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);

  return (
    <div role="status">
      {isThere && (
        <p
          data-testid="new-version"
          className="flex items-center gap-2 border-t border-line ps-5 pe-2 text-sm"
        >
          <span className="min-w-0 flex-1 py-2">{t("update.ready")}</span>
          <button type="button" className="button" onClick={() => location.reload()}>
            {t("update.reload")}
          </button>
        </p>
      )}
    </div>
  );
}
