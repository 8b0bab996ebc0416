import { Link } from "wouter";
import { useT } from "../hooks";
import { Notice, Page } from "./Page";

/** `deleted`: it was on screen when somebody deleted it. */
export function Missing({ deleted = false }: { deleted?: boolean }) {
  const t = useT();
  return (
    <Page title={t("app.name")}>
      <Notice
        title={t(deleted ? "room.deleted" : "room.missing")}
        text={t(deleted ? "room.deleted.hint" : "room.missing.hint")}
      >
        <Link href="/browse" className="button">
          {t("switch.browse")}
        </Link>
      </Notice>
    </Page>
  );
}
