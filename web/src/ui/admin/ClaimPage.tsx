import { Problem } from "parlor-client/net/rest";
import { useEffect, useState } from "react";
import { Link, useLocation } from "wouter";
import { useChat } from "../chat/context";
import { Notice, Page } from "../chat/Page";
import { reasonOf, useT } from "../hooks";

/** The link of a server without an admin, opened by somebody who is signed in. */
export default function ClaimPage({ code }: { code: string | null }) {
  const t = useT();
  const { client } = useChat();
  const [, go] = useLocation();
  const [working, setWorking] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [gone, setGone] = useState(code === null);
  useEffect(() => {
    document.title = `${t("claim.title")} · ${t("app.name")}`;
  }, [t]);

  async function claim() {
    if (code === null) return;
    setWorking(true);
    setError(null);
    try {
      await client.api.claimAdmin(code);
      await client.learnStanding();
      go("/admin/users", { replace: true });
    } catch (cause) {
      if (cause instanceof Problem && cause.code === "NOT_FOUND") setGone(true);
      else setError(t("action.error", { detail: reasonOf(cause, t) }));
      setWorking(false);
    }
  }

  return (
    <Page title={t("claim.title")}>
      {gone ? (
        <Notice title={t("claim.gone")} text={t("claim.gone.hint")}>
          <Link href="/" className="button">
            {t("nav.rooms")}
          </Link>
        </Notice>
      ) : (
        <Notice title={t("claim.ask", { name: client.user.name })} text={t("claim.text")}>
          <button
            type="button"
            data-testid="claim"
            className="button primary min-h-10 pointer-coarse:min-h-11"
            disabled={working}
            onClick={() => void claim()}
          >
            {t(working ? "auth.working" : "claim.do")}
          </button>
          {error !== null && (
            <p role="alert" className="w-full text-coral">
              {error}
            </p>
          )}
        </Notice>
      )}
    </Page>
  );
}
