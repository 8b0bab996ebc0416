import type { Crop } from "parlor-client/net/rest";
import type { Size } from "parlor-client/sync/picture";
import { type KeyboardEvent, type PointerEvent, useId, useRef } from "react";
import { useT } from "../hooks";
import { moved, resized, sizes } from "./crop";

/** The side of the square on the screen. */
const SIDE = 240;
/** By a key, in parts of the square. */
const STEP = 0.05;
const FINE_STEP = 0.01;
const ZOOM = 1.1;

interface Props {
  url: string;
  picture: Size;
  crop: Crop;
  onChange(crop: Crop): void;
}

/** A square of a picture: dragged and resized by mouse, finger or keys. */
export function Cropper({ url, picture, crop, onChange }: Props) {
  const t = useT();
  const ids = useId();
  const from = useRef<{ x: number; y: number; crop: Crop } | null>(null);
  const scale = SIDE / crop.size;
  const { least, most } = sizes(picture);

  function onKeyDown(event: KeyboardEvent) {
    const step = crop.size * (event.shiftKey ? FINE_STEP : STEP);
    const moves: Record<string, [number, number]> = {
      ArrowLeft: [-step, 0],
      ArrowRight: [step, 0],
      ArrowUp: [0, -step],
      ArrowDown: [0, step],
    };
    const by = moves[event.key];
    if (by !== undefined) onChange(moved(crop, Math.round(by[0]), Math.round(by[1]), picture));
    else if (event.key === "+" || event.key === "=") onChange(resized(crop, crop.size / ZOOM, picture));
    else if (event.key === "-") onChange(resized(crop, crop.size * ZOOM, picture));
    else return;
    event.preventDefault();
  }
  function onPointerDown(event: PointerEvent) {
    event.currentTarget.setPointerCapture(event.pointerId);
    from.current = { x: event.clientX, y: event.clientY, crop };
  }
  function onPointerMove(event: PointerEvent) {
    const begun = from.current;
    if (begun === null) return;
    // The picture follows the hand, so that the square goes the other way.
    const [dx, dy] = [(begun.x - event.clientX) / scale, (begun.y - event.clientY) / scale];
    onChange(moved(begun.crop, dx, dy, picture));
  }
  const end = () => {
    from.current = null;
  };

  return (
    <div className="grid justify-items-center gap-3">
      {/* biome-ignore lint/a11y/useSemanticElements: no field is in it */}
      <div
        role="group"
        data-testid="cropper"
        aria-label={t("avatar.crop")}
        aria-describedby={`${ids}hint`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrows move what is in it
        tabIndex={0}
        data-autofocus
        style={{ width: SIDE, height: SIDE }}
        className="relative cursor-move touch-none overflow-hidden rounded-lg border border-line bg-rail"
        onKeyDown={onKeyDown}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={end}
        onPointerCancel={end}
      >
        <img
          src={url}
          alt=""
          draggable={false}
          className="absolute start-0 top-0 max-w-none origin-top-left select-none"
          style={{
            width: picture.width,
            height: picture.height,
            transform: `scale(${scale}) translate(${-crop.x}px, ${-crop.y}px)`,
          }}
        />
      </div>
      <p id={`${ids}hint`} className="label text-center">
        {t("avatar.crop.hint")}
      </p>
      <label className="flex w-60 items-center gap-3 text-sm">
        {t("avatar.zoom")}
        <input
          type="range"
          className="min-w-0 flex-1 pointer-coarse:h-11"
          min={least}
          max={most}
          // To the right is nearer.
          value={least + most - crop.size}
          disabled={least === most}
          onChange={({ target }) => onChange(resized(crop, least + most - Number(target.value), picture))}
        />
      </label>
    </div>
  );
}
