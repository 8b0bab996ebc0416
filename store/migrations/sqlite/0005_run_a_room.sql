-- What a room is found by: its name, a line break, and its topic, both folded. Filled
-- for older rows at start, since no database folds like the other.
ALTER TABLE rooms ADD COLUMN found_by TEXT NOT NULL DEFAULT '';

-- Who is kept out of a room.
CREATE TABLE bans (
    room_id BLOB    NOT NULL REFERENCES rooms (id),
    user_id BLOB    NOT NULL REFERENCES users (id),
    by      BLOB    NOT NULL REFERENCES users (id),
    at      INTEGER NOT NULL,
    PRIMARY KEY (room_id, user_id)
) STRICT, WITHOUT ROWID;

-- What a member wants of a room, where it is something special.
CREATE TABLE preferences (
    user_id   BLOB    NOT NULL REFERENCES users (id),
    room_id   BLOB    NOT NULL REFERENCES rooms (id),
    notify    TEXT    NOT NULL CHECK (notify IN ('all', 'mentions', 'none')),
    favourite INTEGER NOT NULL,
    PRIMARY KEY (user_id, room_id)
) STRICT, WITHOUT ROWID;
