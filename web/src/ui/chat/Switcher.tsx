import { CornerDownLeft } from "lucide-react";
import { type KeyboardEvent, useEffect, useState } from "react";
import { useLocation } from "wouter";
import { Dialog } from "../Dialog";
import { takeFocus, useT } from "../hooks";
import { type Choice, Choosing, fits, usePlaces } from "./Choosing";
import { useChat, useMessage } from "./context";

/** Rooms, people and commands by a few letters of their names. */
export default function Switcher({ onClose }: { onClose(): void }) {
  const t = useT();
  const { show } = useChat();
  const message = useMessage();
  const [, go] = useLocation();
  const [query, setQuery] = useState("");

  const then = (act: () => void) => () => {
    onClose();
    act();
  };
  const { places, others, looking, look } = usePlaces(
    query,
    ({ id }) => then(() => go(`/rooms/${id}`))(),
    (id) => message(id).then(onClose),
  );
  const command = (id: string, label: string, run: () => void): Choice => ({
    id,
    label,
    run: then(run),
    note: "",
    mark: <CornerDownLeft size={15} aria-hidden="true" className="w-5 flex-none text-muted" />,
  });
  const commands: Choice[] = [
    command("browse", t("switch.browse"), () => go("/browse")),
    command("people", t("switch.people"), () => go("/people")),
    command("new", t("rooms.new"), () => show("create")),
    command("profile", t("profile.title"), () => show("profile")),
    command("devices", t("devices.title"), () => show("devices")),
    command("password", t("password.title"), () => show("password")),
    command("connection", t("conn.details"), () => show("connection")),
    command("settings", t("settings.title"), () => show("settings")),
    command("keys", t("keys.title"), () => show("keys")),
  ];
  const typed = query.trim();
  const messages = command("search", t("switch.search", { text: typed }), () =>
    go(`/search?${new URLSearchParams({ q: typed })}`),
  );
  const choices: Choice[] = [
    ...places,
    ...commands.filter(({ label }) => fits(label, query)),
    ...(typed === "" ? [] : [messages]),
    // Last: they come later, and what is chosen stays chosen.
    ...others,
  ];

  // Whoever chose the room that is on screen already writes there next: nothing else would take
  // the focus, where nothing had it before.
  useEffect(
    () => () => {
      if (document.activeElement === document.body)
        takeFocus(document.querySelector<HTMLElement>('[data-testid="composer"]'));
    },
    [],
  );

  function onKey(event: KeyboardEvent) {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    onClose();
  }

  return (
    <Dialog title={t("switch.heading")} onClose={onClose} high>
      <Choosing
        title={t("switch.title")}
        query={query}
        onQuery={(text) => {
          setQuery(text);
          look(text);
        }}
        choices={choices}
        looking={looking}
        onKey={onKey}
      />
    </Dialog>
  );
}
