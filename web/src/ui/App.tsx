import { lazy, Suspense } from "react";
import { IntlProvider } from "react-intl";
import { language } from "../i18n";
import type { Auth } from "../net/auth";
import { useStore } from "./hooks";
import { SignIn } from "./SignIn";

const loadChat = () => import("./chat/Chat");
const Chat = lazy(loadChat);

export function App({ auth }: { auth: Auth }) {
  const { locale, messages } = useStore(language);
  const state = useStore(auth);
  return (
    <IntlProvider locale={locale} messages={messages}>
      {state.kind === "signedOut" && (
        <SignIn auth={auth} expired={state.notice === "expired"} onFocus={loadChat} />
      )}
      {state.kind === "signedIn" && (
        <Suspense fallback={<div className="h-full" aria-busy="true" />}>
          <Chat key={state.user.id} auth={auth} user={state.user} />
        </Suspense>
      )}
    </IntlProvider>
  );
}
