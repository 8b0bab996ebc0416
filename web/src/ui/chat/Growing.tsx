import { type KeyboardEvent, type Ref, useImperativeHandle, useLayoutEffect, useRef } from "react";

interface Props {
  ref?: Ref<HTMLTextAreaElement>;
  value: string;
  onChange(value: string): void;
  onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>): void;
  className: string;
  placeholder?: string;
  "aria-label": string;
  "data-testid"?: string;
}

/** A text area as high as its text, up to a third of the window. */
export function Growing({ ref, value, onChange, ...rest }: Props) {
  const area = useRef<HTMLTextAreaElement>(null);
  useImperativeHandle(ref, () => area.current as HTMLTextAreaElement, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    const element = area.current;
    if (element === null) return;
    element.style.height = "0";
    element.style.height = `${Math.min(element.scrollHeight + 2, innerHeight / 3)}px`;
  }, [value]);
  return (
    <textarea
      ref={area}
      rows={1}
      dir="auto"
      enterKeyHint="send"
      value={value}
      onChange={(event) => onChange(event.target.value)}
      {...rest}
      className={`block resize-none ${rest.className}`}
    />
  );
}
