import type { Auth } from "parlor-client/net/auth";
import { lazy, Suspense, useRef } from "react";
import { IntlProvider } from "react-intl";
import { useRoute } from "wouter";
import { language } from "../i18n";
import { useStore } from "./hooks";
import { SignIn } from "./SignIn";

const loadChat = () => import("./chat/Chat");
const Chat = lazy(loadChat);

export function App({ auth }: { auth: Auth }) {
  const { locale, messages } = useStore(language);
  const state = useStore(auth);
  const [, params] = useRoute("/invite/:code");
  // Whoever signs in at a link wants to come in by it.
  const invite = useRef<string | null>(null);
  if (state.kind === "signedOut") invite.current = params?.code ?? null;
  return (
    <IntlProvider locale={locale} messages={messages}>
      {state.kind === "signedOut" && (
        <SignIn
          auth={auth}
          expired={state.notice === "expired"}
          invite={params?.code ?? null}
          onFocus={loadChat}
        />
      )}
      {state.kind === "signedIn" && (
        <Suspense fallback={<div className="h-full" aria-busy="true" />}>
          <Chat key={state.user.id} auth={auth} user={state.user} invite={invite.current} />
        </Suspense>
      )}
    </IntlProvider>
  );
}
