import { useId, useState } from "react";
import { Dialog } from "../Dialog";
import { useT } from "../hooks";
import { useChat } from "./context";
import { OwnerForm } from "./OwnerForm";
import { TypedName } from "./TypedName";

/** Deletes the account for good. */
export function DeleteAccount({ onClose }: { onClose(): void }) {
  const t = useT();
  const { client } = useChat();
  const group = useId();
  const [typed, setTyped] = useState("");
  const [erase, setErase] = useState(false);
  const { name } = client.user;
  return (
    <Dialog title={t("account.delete.action")} onClose={onClose}>
      <OwnerForm
        action={t("account.delete.action")}
        ready={typed.trim().toLowerCase() === name}
        onClose={onClose}
        act={(password) => client.api.deleteAccount({ name, password, erase_messages: erase })}
      >
        <p>{t("account.delete.text")}</p>
        <fieldset className="grid gap-1">
          <legend className="mb-1 text-sm font-medium">{t("account.delete.messages")}</legend>
          {([false, true] as const).map((erases) => (
            <label key={String(erases)} className="flex min-h-8 items-center gap-2 pointer-coarse:min-h-11">
              <input
                type="radio"
                name={group}
                data-testid={erases ? "erase-messages" : "keep-messages"}
                checked={erase === erases}
                onChange={() => setErase(erases)}
              />
              {t(erases ? "account.delete.erase" : "account.delete.keep")}
            </label>
          ))}
        </fieldset>
        <TypedName label={t("account.delete.type")} name={name} value={typed} onChange={setTyped} />
      </OwnerForm>
    </Dialog>
  );
}
