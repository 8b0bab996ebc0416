import { Dialog } from "../Dialog";
import { useT } from "../hooks";

interface Props {
  title: string;
  text: string;
  /** The act that is confirmed; without one there is only something to be told. */
  action?: string;
  onClose(): void;
  onConfirm?(): Promise<unknown>;
}

export function ConfirmDialog({ title, text, action, onClose, onConfirm }: Props) {
  const t = useT();
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{text}</p>
      <div className="mt-6 flex justify-end gap-3">
        <button type="button" className="button" onClick={onClose}>
          {t(action === undefined ? "close" : "cancel")}
        </button>
        {action !== undefined && (
          <button
            type="button"
            className="button danger"
            onClick={() => {
              onClose();
              void onConfirm?.();
            }}
          >
            {action}
          </button>
        )}
      </div>
    </Dialog>
  );
}
