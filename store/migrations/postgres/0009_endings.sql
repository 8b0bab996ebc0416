-- An account that its owner put aside, and one that is gone for good. The row of a
-- deleted one stays: messages name it as their author, and its name is not given
-- to anybody else.
ALTER TABLE users ADD COLUMN deactivated_at BIGINT;
ALTER TABLE users ADD COLUMN deleted_at BIGINT;

-- Deleted accounts whose memberships, ties and messages are still being ended.
CREATE TABLE endings (
    user_id        UUID    NOT NULL PRIMARY KEY REFERENCES users (id),
    erase_messages BOOLEAN NOT NULL,
    began_at       BIGINT NOT NULL
);

-- A deleted room: by whom, and until when it can be restored. `untold` while members
-- are still to be told of its deletion or its return; `hidden` says of each member
-- which of the two they heard last.
ALTER TABLE rooms ADD COLUMN deleted_at BIGINT;
ALTER TABLE rooms ADD COLUMN deleted_by UUID;
ALTER TABLE rooms ADD COLUMN purge_at BIGINT;
ALTER TABLE rooms ADD COLUMN untold BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE members ADD COLUMN hidden BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX rooms_purge ON rooms (purge_at) WHERE purge_at IS NOT NULL;
CREATE INDEX rooms_untold ON rooms (id) WHERE untold;

-- What somebody said, in whatever room: for the copy of their own data, and to erase it.
CREATE INDEX messages_author ON messages (author, room_id, seq) WHERE NOT deleted;
-- What goes with a room that is purged.
CREATE INDEX reads_room ON reads (room_id);
CREATE INDEX preferences_room ON preferences (room_id);
