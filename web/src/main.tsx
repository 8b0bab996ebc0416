import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "./app.css";
import { Auth } from "parlor-client/net/auth";
import { preferredLocale, setLanguage } from "./i18n";
import { App } from "./ui/App";
import { takeLink } from "./ui/link";
import { restoreTheme } from "./ui/theme";
import { startWorker } from "./worker/app";

restoreTheme();
const link = takeLink();
const auth = new Auth();
void auth.start();
void setLanguage(preferredLocale(), false).then(() => {
  const root = document.getElementById("root");
  if (root === null) throw new Error("the page has no root");
  createRoot(root).render(
    <StrictMode>
      <App auth={auth} link={link} />
    </StrictMode>,
  );
  void startWorker();
});
