-- What a room is found by: its name, a line break, and its topic, both folded. Filled
-- for older rows at start, since no database folds like the other.
ALTER TABLE rooms ADD COLUMN found_by TEXT COLLATE "C" NOT NULL DEFAULT '';

-- Who is kept out of a room.
CREATE TABLE bans (
    room_id UUID   NOT NULL REFERENCES rooms (id),
    user_id UUID   NOT NULL REFERENCES users (id),
    by      UUID   NOT NULL REFERENCES users (id),
    at      BIGINT NOT NULL,
    PRIMARY KEY (room_id, user_id)
);

-- What a member wants of a room, where it is something special.
CREATE TABLE preferences (
    user_id   UUID    NOT NULL REFERENCES users (id),
    room_id   UUID    NOT NULL REFERENCES rooms (id),
    notify    TEXT    NOT NULL CHECK (notify IN ('all', 'mentions', 'none')),
    favourite BOOLEAN NOT NULL,
    PRIMARY KEY (user_id, room_id)
);
