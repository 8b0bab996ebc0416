import { Link } from "wouter";
import { useT } from "../hooks";
import { Notice, Page } from "./Page";

export function Missing() {
  const t = useT();
  return (
    <Page title={t("app.name")}>
      <Notice title={t("room.missing")} text={t("room.missing.hint")}>
        <Link href="/browse" className="button">
          {t("browse.title")}
        </Link>
      </Notice>
    </Page>
  );
}
