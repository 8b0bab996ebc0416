import { useMemo } from "react";
import { encode } from "uqr";

/** Modules of light around the code, without which some cameras do not find it (ISO/IEC 18004, 5.3.8). */
const QUIET = 4;

/** A text for cameras: dark on light, whatever the theme, since not every camera reads the reverse. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const { size, dark } = useMemo(() => {
    const { data, size } = encode(text, { ecc: "M", border: QUIET });
    const dark = data.flatMap((row, y) => row.map((on, x) => (on ? `M${x} ${y}h1v1h-1z` : "")));
    return { size, dark: dark.join("") };
  }, [text]);
  return (
    <svg
      role="img"
      aria-label={label}
      data-testid="qr-code"
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
      className="size-44 rounded-md border border-line"
    >
      <rect width={size} height={size} fill="#ffffff" />
      <path d={dark} fill="#000000" />
    </svg>
  );
}
