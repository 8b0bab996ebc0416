-- Links that let people into a room. A link that holds no longer stays, so that
-- a repeated request finds it.
CREATE TABLE invites (
    id         BLOB    PRIMARY KEY,
    room_id    BLOB    NOT NULL REFERENCES rooms (id),
    code       TEXT    NOT NULL UNIQUE,
    by         BLOB    NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    max_uses   INTEGER,
    uses       INTEGER NOT NULL,
    revoked    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX invites_room ON invites (room_id, id);
