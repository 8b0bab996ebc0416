-- Times are microseconds since the Unix epoch.

-- One row: what tells this database from another one. Every log made here
-- carries its epoch, so that clients of a replaced database start over.
CREATE TABLE meta (
    one   BIGINT  NOT NULL PRIMARY KEY CHECK (one = 1),
    epoch BIGINT  NOT NULL CHECK (epoch > 0)
);

CREATE TABLE logs (
    id       UUID    NOT NULL PRIMARY KEY,
    kind     TEXT    NOT NULL CHECK (kind IN ('room', 'user')),
    epoch    BIGINT  NOT NULL,
    last_seq BIGINT  NOT NULL
);

-- Events and messages name no foreign key: the log checks both ends in the
-- transaction that writes them, and a check per row would cost every post.
CREATE TABLE events (
    log_id     UUID    NOT NULL,
    seq        BIGINT  NOT NULL,
    at         BIGINT  NOT NULL,
    actor      UUID    NOT NULL,
    request_id UUID,
    digest     BYTEA,
    body       TEXT    NOT NULL,
    PRIMARY KEY (log_id, seq),
    -- C2: a request id happens once in a log.
    UNIQUE (log_id, request_id)
);

CREATE TABLE users (
    id            UUID    NOT NULL PRIMARY KEY,
    name          TEXT    NOT NULL UNIQUE,
    display_name  TEXT    NOT NULL,
    password_hash TEXT    NOT NULL,
    created_at    BIGINT  NOT NULL
);
-- The server itself. The row keeps its name from being taken; no password has
-- this hash.
INSERT INTO users VALUES ('00000000-0000-0000-0000-000000000000', 'system', 'System', '*', 0);

CREATE TABLE devices (
    id         UUID    NOT NULL PRIMARY KEY,
    user_id    UUID    NOT NULL REFERENCES users (id),
    name       TEXT    NOT NULL,
    created_at BIGINT  NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX devices_user ON devices (user_id);

CREATE TABLE refresh_tokens (
    hash       BYTEA   NOT NULL PRIMARY KEY,
    device_id  UUID    NOT NULL REFERENCES devices (id),
    expires_at BIGINT  NOT NULL,
    used_at    BIGINT
);
CREATE INDEX refresh_tokens_device ON refresh_tokens (device_id, expires_at);

CREATE TABLE rooms (
    id           UUID    NOT NULL PRIMARY KEY REFERENCES logs (id),
    name         TEXT    NOT NULL,
    topic        TEXT    NOT NULL,
    public       BOOLEAN NOT NULL,
    archived     BOOLEAN NOT NULL,
    created_at   BIGINT  NOT NULL,
    member_count BIGINT  NOT NULL,
    owner_count  BIGINT  NOT NULL
);
CREATE INDEX rooms_directory ON rooms (id) WHERE public AND NOT archived;

CREATE TABLE members (
    room_id   UUID    NOT NULL REFERENCES rooms (id),
    user_id   UUID    NOT NULL REFERENCES users (id),
    role      TEXT    NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
    joined_at BIGINT  NOT NULL,
    PRIMARY KEY (room_id, user_id)
);
CREATE INDEX members_user ON members (user_id, room_id);

CREATE TABLE messages (
    room_id   UUID    NOT NULL,
    seq       BIGINT  NOT NULL,
    author    UUID    NOT NULL,
    text      TEXT    NOT NULL,
    reply_to  BIGINT,
    posted_at BIGINT  NOT NULL,
    edited_at BIGINT,
    deleted   BOOLEAN NOT NULL,
    version   BIGINT  NOT NULL,
    PRIMARY KEY (room_id, seq)
);

-- Which events edited a message, so that a deletion finds the texts to erase.
CREATE TABLE edits (
    room_id UUID    NOT NULL,
    message BIGINT  NOT NULL,
    seq     BIGINT  NOT NULL,
    PRIMARY KEY (room_id, message, seq)
);

CREATE TABLE reads (
    user_id UUID    NOT NULL REFERENCES users (id),
    room_id UUID    NOT NULL REFERENCES rooms (id),
    seq     BIGINT  NOT NULL,
    PRIMARY KEY (user_id, room_id)
);
