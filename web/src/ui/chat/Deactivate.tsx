import { Dialog } from "../Dialog";
import { useT } from "../hooks";
import { useChat } from "./context";
import { OwnerForm } from "./OwnerForm";

/** Puts the account aside. */
export function Deactivate({ onClose }: { onClose(): void }) {
  const t = useT();
  const { client } = useChat();
  return (
    <Dialog title={t("account.deactivate.action")} onClose={onClose}>
      <OwnerForm
        action={t("account.deactivate.action")}
        ready
        onClose={onClose}
        act={(password) => client.api.deactivate(password)}
      >
        <p>{t("account.deactivate.text")}</p>
        <p className="label">{t("account.deactivate.owner")}</p>
      </OwnerForm>
    </Dialog>
  );
}
