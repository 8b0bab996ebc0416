import { type InvitePreview, Problem, previewInvite } from "parlor-client/net/rest";
import { useEffect, useReducer, useState } from "react";
import { useT } from "./hooks";
import { Trouble } from "./Trouble";

/** What is known of a link that somebody has opened. */
export type Invited =
  | { status: "loading" }
  | { status: "ready"; preview: InvitePreview }
  /** It holds no longer, or never did. */
  | { status: "gone" }
  | { status: "error" };

/** Where a link leads, and a way to ask again. Needs nobody to be signed in. */
export function useInvited(code: string): [Invited, () => void] {
  const [invited, setInvited] = useState<Invited>({ status: "loading" });
  const [round, again] = useReducer((n: number) => n + 1, 0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again
  useEffect(() => {
    let left = false;
    const tell = (next: Invited) => {
      if (!left) setInvited(next);
    };
    tell({ status: "loading" });
    previewInvite(code).then(
      (preview) => tell({ status: "ready", preview }),
      (cause: unknown) => {
        const isGone = cause instanceof Problem && cause.code === "NOT_FOUND";
        tell({ status: isGone ? "gone" : "error" });
      },
    );
    return () => {
      left = true;
    };
  }, [code, round]);
  return [invited, again];
}

/** Who invites, and where to: the same for strangers and for who is signed in. */
export function Invitation({ invited, onRetry }: { invited: Invited; onRetry(): void }) {
  const t = useT();
  switch (invited.status) {
    case "loading":
      return (
        <div className="grid w-full max-w-sm gap-4 py-2" aria-busy="true">
          <div className="skeleton h-3 w-1/2" />
          <div className="skeleton h-3 w-2/3" />
        </div>
      );
    case "gone":
      return (
        <div data-testid="invitation-gone" role="status">
          <h2 className="text-base font-semibold text-balance">{t("invite.gone")}</h2>
          <p className="mt-1 text-muted">{t("invite.gone.hint")}</p>
        </div>
      );
    case "error":
      return <Trouble text={t("invite.error")} onRetry={onRetry} />;
    case "ready": {
      const { name, topic, members, visibility, invited_by } = invited.preview;
      return (
        <div data-testid="invitation" className="min-w-0">
          <p className="text-muted">{t("invite.by", { name: invited_by.display_name || invited_by.name })}</p>
          <h2 className="mt-1 text-xl leading-7 font-semibold text-balance break-words">{name}</h2>
          {topic !== "" && <p className="mt-1 text-balance break-words">{topic}</p>}
          <p className="label mt-2">
            {t(visibility === "public" ? "room.public" : "room.private")} ·{" "}
            {t("room.people", { count: members })}
          </p>
        </div>
      );
    }
  }
}
