import { useT } from "./hooks";

/** Says what went wrong, and asks again. */
export function Trouble({
  text,
  className,
  onRetry,
}: {
  text: string;
  /** Distance and size. */
  className?: string;
  onRetry: () => void;
}) {
  const t = useT();
  return (
    <p role="alert" className={`text-coral ${className ?? ""}`}>
      {text}{" "}
      <button type="button" className="link" onClick={onRetry}>
        {t("retry")}
      </button>
    </p>
  );
}
