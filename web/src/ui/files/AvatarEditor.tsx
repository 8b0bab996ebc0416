import type { Crop } from "parlor-client/net/rest";
import { removeAvatar, setAvatar } from "parlor-client/sync/avatar";
import { type Size, sizeOf } from "parlor-client/sync/picture";
import { useEffect, useRef, useState } from "react";
import { Avatar } from "../Avatar";
import { useChat, useMe } from "../chat/context";
import { reasonOf, useT } from "../hooks";
import { Cropper } from "./Cropper";
import { middle } from "./crop";

interface Chosen {
  blob: Blob;
  url: string;
  picture: Size;
  crop: Crop;
}

/** One's own picture: chosen, cut to a square, and seen by everybody at once. */
export function AvatarEditor() {
  const t = useT();
  const { client } = useChat();
  const me = useMe();
  const input = useRef<HTMLInputElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [percent, setPercent] = useState<number | null>(null);
  const [error, setError] = useState<string | null>(null);
  const working = useRef<AbortController | null>(null);
  const url = chosen?.url;
  useEffect(() => () => URL.revokeObjectURL(url ?? ""), [url]);
  useEffect(() => () => working.current?.abort(), []);

  async function choose(blob: File | undefined) {
    if (blob === undefined) return;
    const picture = await sizeOf(blob);
    setError(picture === null ? t("avatar.unreadable") : null);
    if (picture !== null) setChosen({ blob, url: URL.createObjectURL(blob), picture, crop: middle(picture) });
  }
  function leave() {
    working.current?.abort();
    setChosen(null);
    setPercent(null);
    button.current?.focus();
  }
  async function use({ blob, crop }: Chosen) {
    const control = new AbortController();
    working.current = control;
    setPercent(0);
    setError(null);
    try {
      const sent = (bytes: number) => setPercent(Math.floor((bytes / blob.size) * 100));
      await setAvatar(client, blob, crop, sent, control.signal);
      leave();
    } catch (cause) {
      if (control.signal.aborted) return;
      setError(t("edit.error", { detail: reasonOf(cause, t) }));
      setPercent(null);
    }
  }
  async function remove() {
    try {
      await removeAvatar(client);
      setError(null);
    } catch (cause) {
      setError(t("edit.error", { detail: reasonOf(cause, t) }));
    }
  }

  return (
    <fieldset>
      <legend className="mb-2 text-sm font-medium">{t("avatar.title")}</legend>
      <input
        ref={input}
        type="file"
        hidden
        accept="image/png,image/jpeg,image/webp,image/gif"
        data-testid="avatar-input"
        onChange={({ target }) => {
          void choose(target.files?.[0]);
          target.value = "";
        }}
      />
      {chosen !== null && (
        <Cropper
          url={chosen.url}
          picture={chosen.picture}
          crop={chosen.crop}
          onChange={(crop) => setChosen({ ...chosen, crop })}
        />
      )}
      <div className="flex flex-wrap items-center gap-3">
        {chosen === null && <Avatar person={me} size="large" />}
        {chosen === null ? (
          <>
            <button
              ref={button}
              type="button"
              data-testid="choose-avatar"
              className="button"
              onClick={() => input.current?.click()}
            >
              {t(me.avatar === null ? "avatar.choose" : "avatar.change")}
            </button>
            {me.avatar !== null && (
              <button
                type="button"
                data-testid="remove-avatar"
                className="button danger"
                onClick={() => void remove()}
              >
                {t("avatar.remove")}
              </button>
            )}
          </>
        ) : (
          <span className="mt-3 flex w-full justify-center gap-3">
            <button type="button" className="button" onClick={leave}>
              {t("cancel")}
            </button>
            <button
              type="button"
              data-testid="use-avatar"
              className="button primary"
              disabled={percent !== null}
              onClick={() => void use(chosen)}
            >
              {percent === null ? t("avatar.use") : t("avatar.working", { percent })}
            </button>
          </span>
        )}
      </div>
      {error !== null && (
        <p role="alert" className="mt-2 text-coral text-sm">
          {error}
        </p>
      )}
    </fieldset>
  );
}
