import { type ComponentType, type ReactNode, useEffect, useState } from "react";
import { allTexts } from "../i18n";
import { useT } from "./hooks";

/** A part of the app that is loaded when it is first shown, or by `load` before that.
    Where it cannot be loaded it says so, and tries again when it is told to. */
export function later<P extends object>(
  fetch: () => Promise<{ default: ComponentType<P> }>,
  waiting: ReactNode,
): ComponentType<P> & { load(): Promise<void> } {
  let Loaded: ComponentType<P> | null = null;
  const load = async () => {
    if (Loaded !== null) return;
    const [part] = await Promise.all([fetch(), allTexts()]);
    Loaded = part.default;
  };
  function Later(props: P) {
    const t = useT();
    const [state, setState] = useState<"waiting" | "ready" | "failed">(Loaded === null ? "waiting" : "ready");
    useEffect(() => {
      if (state !== "waiting") return;
      let gone = false;
      const then = (next: "ready" | "failed") => () => {
        if (!gone) setState(next);
      };
      load().then(then("ready"), then("failed"));
      return () => {
        gone = true;
      };
    }, [state]);
    if (Loaded !== null) return <Loaded {...props} />;
    if (state !== "failed") return waiting;
    return (
      <div role="alert" className="rounded-md border border-line bg-surface p-3">
        <p>{t("later.failed")}</p>
        <p className="mt-2 flex gap-2">
          <button type="button" className="button" onClick={() => setState("waiting")}>
            {t("retry")}
          </button>
          {/* A server that was renewed has other parts, which fit the page it serves now. */}
          <button type="button" className="button" onClick={() => location.reload()}>
            {t("later.reload")}
          </button>
        </p>
      </div>
    );
  }
  return Object.assign(Later, { load });
}
