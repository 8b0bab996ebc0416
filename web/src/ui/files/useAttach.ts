import { type ClipboardEvent, type DragEvent, useCallback, useEffect, useRef, useState } from "react";
import { useChat } from "../chat/context";
import { useT } from "../hooks";

export interface Attach {
  add(files: readonly File[]): void;
  /** How many of those that were added last were too many. */
  left: number;
  /** Files are held over the room. */
  over: boolean;
  onPaste(event: ClipboardEvent): void;
  onDragEnter(event: DragEvent): void;
  onDragOver(event: DragEvent): void;
  onDragLeave(event: DragEvent): void;
  onDrop(event: DragEvent): void;
}

const holdsFiles = (data: DataTransfer | null) => data?.types.includes("Files") === true;

/** Files for a room's next message, from the button, dropped on the room or pasted. */
export function useAttach(roomId: string, allowed: boolean): Attach {
  const t = useT();
  const { client } = useChat();
  const [left, setLeft] = useState(0);
  const [over, setOver] = useState(false);
  /** Entering a child leaves its parent. */
  const depth = useRef(0);

  const add = useCallback(
    (files: readonly File[]) => {
      if (files.length > 0) void client.uploads.add(roomId, files).then(setLeft);
    },
    [client, roomId],
  );

  // Dropped beside the room, a file would take the place of the whole page.
  useEffect(() => {
    const keep = (event: globalThis.DragEvent) => {
      if (event.defaultPrevented || !holdsFiles(event.dataTransfer)) return;
      event.preventDefault();
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = "none";
    };
    addEventListener("dragover", keep);
    addEventListener("drop", keep);
    return () => {
      removeEventListener("dragover", keep);
      removeEventListener("drop", keep);
    };
  }, []);

  const during = (act: (event: DragEvent) => void) => (event: DragEvent) => {
    if (allowed && holdsFiles(event.dataTransfer)) act(event);
  };
  const move = (step: number) => {
    depth.current = Math.max(0, depth.current + step);
    setOver(depth.current > 0);
  };
  return {
    add,
    left,
    over,
    onPaste(event) {
      const files = [...event.clipboardData.files];
      const { target } = event;
      const elsewhere =
        target instanceof HTMLElement && target.matches("input, textarea:not([data-testid=composer])");
      // Cells of a table come as a picture too: whoever pastes them means the text.
      if (!allowed || elsewhere || files.length === 0 || event.clipboardData.types.includes("text/plain"))
        return;
      event.preventDefault();
      add(files.map((file) => named(file, t("files.screenshot"))));
    },
    onDragEnter: during((event) => {
      event.preventDefault();
      move(1);
    }),
    onDragOver: during((event) => {
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
    }),
    onDragLeave: during(() => move(-1)),
    onDrop: during((event) => {
      event.preventDefault();
      depth.current = 0;
      setOver(false);
      // A folder is no file, though it looks like one here.
      const items = [...event.dataTransfer.items].filter(
        (item) => item.kind === "file" && item.webkitGetAsEntry?.()?.isDirectory !== true,
      );
      add(items.flatMap((item) => item.getAsFile() ?? []));
    }),
  };
}

/** A picture of the screen is called "image.png" by every browser: the time tells more. */
function named(file: File, word: string): File {
  if (!/^image\.\w+$/.test(file.name)) return file;
  const now = new Date();
  const two = (value: number) => `${value}`.padStart(2, "0");
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  const kind = file.name.slice(file.name.lastIndexOf("."));
  return new File([file], `${word} ${day} ${time}${kind}`, { type: file.type });
}
