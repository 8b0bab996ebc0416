-- What a member has begun to write in a room, where that is something, and the event
-- that tells of it.
CREATE TABLE drafts (
    user_id  BLOB    NOT NULL REFERENCES users (id),
    room_id  BLOB    NOT NULL REFERENCES rooms (id),
    text     TEXT    NOT NULL,
    reply_to INTEGER,
    seq      INTEGER NOT NULL,
    PRIMARY KEY (user_id, room_id)
) STRICT, WITHOUT ROWID;

-- What users let others know of themselves.
ALTER TABLE users ADD COLUMN invisible INTEGER NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN read_marks INTEGER NOT NULL DEFAULT TRUE;

-- Up to where the other one of a direct room has read, as the user was told.
CREATE TABLE partner_reads (
    user_id BLOB    NOT NULL REFERENCES users (id),
    room_id BLOB    NOT NULL REFERENCES rooms (id),
    seq     INTEGER NOT NULL,
    PRIMARY KEY (user_id, room_id)
) STRICT, WITHOUT ROWID;

-- Who blocks a user: presence is hidden both ways.
CREATE INDEX blocks_other ON blocks (other_id);
