-- Links that let people into a room. A link that holds no longer stays, so that
-- a repeated request finds it.
CREATE TABLE invites (
    id         UUID    PRIMARY KEY,
    room_id    UUID    NOT NULL REFERENCES rooms (id),
    code       TEXT    NOT NULL UNIQUE,
    by         UUID    NOT NULL REFERENCES users (id),
    created_at BIGINT  NOT NULL,
    expires_at BIGINT,
    max_uses   BIGINT,
    uses       BIGINT  NOT NULL,
    revoked    BOOLEAN NOT NULL
);
CREATE INDEX invites_room ON invites (room_id, id);
