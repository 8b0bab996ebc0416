// What is done with files, as far as its code comes when it is needed.
import type { Attachment } from "parlor-client/sync/attachments";
import { createContext, useContext } from "react";
import { later } from "../later";
import { heightOf } from "./boxes";

export const DraftFiles = later(() => import("./DraftFiles"), null);
export const PendingFiles = later(() => import("./PendingFiles"), null);
export const Lightbox = later(() => import("./Lightbox"), null);
export const Files = later(() => import("./Files"), null);

export interface AttachmentsProps {
  files: readonly Attachment[];
  roomId: string;
}

const Height = createContext(0);
const Shown = later(() => import("./Attachments"), <Held />);

/** The files of a message; their room is there before what shows them is. */
export function Attachments(props: AttachmentsProps) {
  return (
    <Height value={heightOf(props.files)}>
      <Shown {...props} />
    </Height>
  );
}

function Held() {
  return <div style={{ height: useContext(Height) }} />;
}

/** All of it, to be loaded before it is needed. */
export const FILE_PARTS = [Shown, DraftFiles, PendingFiles, Lightbox, Files];
