import type { Auth } from "parlor-client/net/auth";
import { lazy, Suspense, useRef, useState } from "react";
import { IntlProvider } from "react-intl";
import { useRoute } from "wouter";
import { allTexts, language } from "../i18n";
import { useStore } from "./hooks";
import type { OpenedLink } from "./link";
import { SignIn } from "./SignIn";

/** Set while a tab was loaded anew for that once, so that it is not loaded for ever. */
const RELOADED = "parlor.reloaded";

/** Where the server has another build by now, its page knows where the chat is. */
const loadChat = () =>
  import("./chat/Chat").then(
    (chat) => {
      sessionStorage.removeItem(RELOADED);
      return chat;
    },
    (cause: unknown) => {
      if (sessionStorage.getItem(RELOADED) !== null) throw cause;
      sessionStorage.setItem(RELOADED, "1");
      location.reload();
      return new Promise<never>(() => {});
    },
  );
const Chat = lazy(loadChat);
const ResetPage = lazy(async () => {
  const [page] = await Promise.all([import("./ResetPage"), allTexts()]);
  return page;
});

/** `link` is the one-time link that the page was opened by. */
export function App({ auth, link }: { auth: Auth; link: OpenedLink | null }) {
  const { locale, messages } = useStore(language);
  const state = useStore(auth);
  const [, params] = useRoute("/invite/:code");
  // Whoever signs in at a link wants to come in by it.
  const invite = useRef<string | null>(null);
  if (state.kind === "signedOut") invite.current = params?.code ?? null;
  const [reset, setReset] = useState(link?.path === "/reset" ? link.code : null);
  if (reset !== null) {
    return (
      <IntlProvider locale={locale} messages={messages}>
        <Suspense fallback={<div className="h-full" aria-busy="true" />}>
          <ResetPage
            code={reset}
            onDone={() => {
              history.replaceState(null, "", "/");
              setReset(null);
            }}
          />
        </Suspense>
      </IntlProvider>
    );
  }
  const claim = link?.path === "/admin/claim" ? link.code : null;
  const letsIn = link?.path === "/reset" ? null : (link?.code ?? params?.code ?? null);
  return (
    <IntlProvider locale={locale} messages={messages}>
      {state.kind === "signedOut" && (
        <SignIn
          auth={auth}
          expired={state.notice === "expired"}
          invite={params?.code ?? null}
          letsIn={letsIn}
          claims={claim !== null}
          onFocus={loadChat}
        />
      )}
      {state.kind === "signedIn" && (
        <Suspense fallback={<div className="h-full" aria-busy="true" />}>
          <Chat key={state.user.id} auth={auth} user={state.user} invite={invite.current} claim={claim} />
        </Suspense>
      )}
    </IntlProvider>
  );
}
