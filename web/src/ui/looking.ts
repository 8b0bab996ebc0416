import { useEffect, useState } from "react";

/** True while the page is in front of somebody. */
export function isLooking(): boolean {
  return document.visibilityState === "visible" && document.hasFocus();
}

export function useLooking(): boolean {
  const [looking, setLooking] = useState(isLooking);
  useEffect(() => {
    const update = () => setLooking(isLooking());
    document.addEventListener("visibilitychange", update);
    addEventListener("focus", update);
    addEventListener("blur", update);
    return () => {
      document.removeEventListener("visibilitychange", update);
      removeEventListener("focus", update);
      removeEventListener("blur", update);
    };
  }, []);
  return looking;
}
