import type { Gist } from "parlor-client/sync/attachments";
import { useCallback } from "react";
import { useT } from "../hooks";

/** What a message without text is called: "Image", "3 files". */
export function useGist(): (gist: Gist | null) => string {
  const t = useT();
  return useCallback((gist) => (gist === null ? "" : t(`files.${gist.kind}`, { count: gist.count })), [t]);
}
