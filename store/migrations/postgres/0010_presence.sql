-- What a member has begun to write in a room, where that is something, and the event
-- that tells of it.
CREATE TABLE drafts (
    user_id  UUID   NOT NULL REFERENCES users (id),
    room_id  UUID   NOT NULL REFERENCES rooms (id),
    text     TEXT   NOT NULL,
    reply_to BIGINT,
    seq      BIGINT NOT NULL,
    PRIMARY KEY (user_id, room_id)
);

-- What users let others know of themselves.
ALTER TABLE users ADD COLUMN invisible BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN read_marks BOOLEAN NOT NULL DEFAULT TRUE;

-- Up to where the other one of a direct room has read, as the user was told.
CREATE TABLE partner_reads (
    user_id UUID   NOT NULL REFERENCES users (id),
    room_id UUID   NOT NULL REFERENCES rooms (id),
    seq     BIGINT NOT NULL,
    PRIMARY KEY (user_id, room_id)
);

-- Who blocks a user: presence is hidden both ways.
CREATE INDEX blocks_other ON blocks (other_id);
