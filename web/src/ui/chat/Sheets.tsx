import { ChangePassword } from "./ChangePassword";
import { ConnectionSheet } from "./ConnectionSheet";
import { CreateRoom } from "./CreateRoom";
import type { Sheet } from "./context";
import { Deactivate } from "./Deactivate";
import { DeleteAccount } from "./DeleteAccount";
import { DeletedRooms } from "./DeletedRooms";
import { Devices } from "./Devices";
import { Profile } from "./Profile";
import { Settings } from "./Settings";
import { Shortcuts } from "./Shortcuts";

interface Props {
  sheet: Exclude<Sheet, "switch">;
  onClose(): void;
}

/** What opens above the page. */
export default function Sheets({ sheet, onClose }: Props) {
  switch (sheet) {
    case "create":
      return <CreateRoom onClose={onClose} />;
    case "keys":
      return <Shortcuts onClose={onClose} />;
    case "profile":
      return <Profile onClose={onClose} />;
    case "devices":
      return <Devices onClose={onClose} />;
    case "password":
      return <ChangePassword onClose={onClose} />;
    case "settings":
      return <Settings onClose={onClose} />;
    case "deactivate":
      return <Deactivate onClose={onClose} />;
    case "deleteAccount":
      return <DeleteAccount onClose={onClose} />;
    case "deletedRooms":
      return <DeletedRooms onClose={onClose} />;
    case "connection":
      return <ConnectionSheet onClose={onClose} />;
  }
}
