import { type KeyboardEvent, type Ref, useImperativeHandle, useLayoutEffect, useRef } from "react";

interface Props {
  ref?: Ref<HTMLTextAreaElement>;
  value: string;
  onChange(value: string): void;
  onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>): void;
  onSelect?(): void;
  onBlur?(): void;
  className: string;
  placeholder?: string;
  "aria-label": string;
  "aria-autocomplete"?: "list";
  "aria-controls"?: string | undefined;
  "aria-activedescendant"?: string | undefined;
  "data-testid"?: string;
}

/** Firefox does not know `field-sizing` yet. */
const SIZES_ITSELF = CSS.supports("field-sizing", "content");

/** A text area as high as its text, up to a third of the window. */
export function Growing({ ref, value, onChange, className, ...rest }: Props) {
  const area = useRef<HTMLTextAreaElement>(null);
  useImperativeHandle(ref, () => area.current as HTMLTextAreaElement, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    const element = area.current;
    if (element === null || SIZES_ITSELF) return;
    element.style.height = "0";
    element.style.height = `${element.scrollHeight + 2}px`;
  }, [value]);
  return (
    <textarea
      ref={area}
      rows={1}
      dir="auto"
      enterKeyHint="send"
      value={value}
      onChange={(event) => onChange(event.target.value)}
      className={`block field-sizing-content max-h-[33dvh] resize-none ${className}`}
      {...rest}
    />
  );
}
