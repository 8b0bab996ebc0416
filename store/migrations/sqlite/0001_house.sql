-- Ids are 16-byte blobs, times are microseconds since the Unix epoch.

-- One row: what tells this database from another one. Every log made here
-- carries its epoch, so that clients of a replaced database start over.
CREATE TABLE meta (
    one   INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    epoch INTEGER NOT NULL CHECK (epoch > 0)
) STRICT;

CREATE TABLE logs (
    id       BLOB    NOT NULL PRIMARY KEY,
    kind     TEXT    NOT NULL CHECK (kind IN ('room', 'user')),
    epoch    INTEGER NOT NULL,
    last_seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Events and messages name no foreign key: the log checks both ends in the
-- transaction that writes them, and a check per row would cost every post.
CREATE TABLE events (
    log_id     BLOB    NOT NULL,
    seq        INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    actor      BLOB    NOT NULL,
    request_id BLOB,
    digest     BLOB,
    body       TEXT    NOT NULL,
    PRIMARY KEY (log_id, seq),
    -- C2: a request id happens once in a log.
    UNIQUE (log_id, request_id)
) STRICT;

CREATE TABLE users (
    id            BLOB    NOT NULL PRIMARY KEY,
    name          TEXT    NOT NULL UNIQUE,
    display_name  TEXT    NOT NULL,
    password_hash TEXT    NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- The server itself. The row keeps its name from being taken; no password has
-- this hash.
INSERT INTO users VALUES (zeroblob(16), 'system', 'System', '*', 0);

CREATE TABLE devices (
    id         BLOB    NOT NULL PRIMARY KEY,
    user_id    BLOB    NOT NULL REFERENCES users (id),
    name       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX devices_user ON devices (user_id);

CREATE TABLE refresh_tokens (
    hash       BLOB    NOT NULL PRIMARY KEY,
    device_id  BLOB    NOT NULL REFERENCES devices (id),
    expires_at INTEGER NOT NULL,
    used_at    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_tokens_device ON refresh_tokens (device_id, expires_at);

CREATE TABLE rooms (
    id           BLOB    NOT NULL PRIMARY KEY REFERENCES logs (id),
    name         TEXT    NOT NULL,
    topic        TEXT    NOT NULL,
    public       INTEGER NOT NULL,
    archived     INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    member_count INTEGER NOT NULL,
    owner_count  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX rooms_directory ON rooms (id) WHERE public AND NOT archived;

CREATE TABLE members (
    room_id   BLOB    NOT NULL REFERENCES rooms (id),
    user_id   BLOB    NOT NULL REFERENCES users (id),
    role      TEXT    NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
    joined_at INTEGER NOT NULL,
    PRIMARY KEY (room_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_user ON members (user_id, room_id);

CREATE TABLE messages (
    room_id   BLOB    NOT NULL,
    seq       INTEGER NOT NULL,
    author    BLOB    NOT NULL,
    text      TEXT    NOT NULL,
    reply_to  INTEGER,
    posted_at INTEGER NOT NULL,
    edited_at INTEGER,
    deleted   INTEGER NOT NULL,
    version   INTEGER NOT NULL,
    PRIMARY KEY (room_id, seq)
) STRICT;

-- Which events edited a message, so that a deletion finds the texts to erase.
CREATE TABLE edits (
    room_id BLOB    NOT NULL,
    message INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    PRIMARY KEY (room_id, message, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE reads (
    user_id BLOB    NOT NULL REFERENCES users (id),
    room_id BLOB    NOT NULL REFERENCES rooms (id),
    seq     INTEGER NOT NULL,
    PRIMARY KEY (user_id, room_id)
) STRICT, WITHOUT ROWID;
