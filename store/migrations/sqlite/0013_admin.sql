-- Who runs the server, and who is let in no more.
ALTER TABLE users ADD COLUMN is_admin INTEGER NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN disabled_at INTEGER;
CREATE INDEX users_admins ON users (id) WHERE is_admin;

-- One row: what an admin changes while the server runs. Whoever does something
-- to the server holds it until commit, so that of two admins who take each
-- other's office one stays. No policy: the first start brings that of the
-- configuration.
CREATE TABLE settings (
    one     INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    sign_up TEXT    CHECK (sign_up IN ('open', 'invite', 'closed'))
) STRICT;
INSERT INTO settings (one) VALUES (1);

-- Links that do one thing once: 'claim' makes the first admin, 'reset' sets a new
-- password, 'sign_up' makes an account. Of the code only the hash is here.
CREATE TABLE one_time_links (
    hash       BLOB    NOT NULL PRIMARY KEY,
    kind       TEXT    NOT NULL CHECK (kind IN ('claim', 'reset', 'sign_up')),
    user_id    BLOB    REFERENCES users (id),
    expires_at INTEGER NOT NULL,
    used_at    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX one_time_links_user ON one_time_links (user_id);

-- What was done to the server.
CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    actor   BLOB    NOT NULL,
    address TEXT    NOT NULL,
    act     TEXT    NOT NULL,
    user_id BLOB,
    thing   BLOB,
    detail  TEXT    NOT NULL
) STRICT;
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is only added to');
END;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is only added to');
END;

-- What is told to everybody.
CREATE TABLE announcements (
    id         BLOB    NOT NULL PRIMARY KEY,
    text       TEXT    NOT NULL,
    level      TEXT    NOT NULL CHECK (level IN ('info', 'warning')),
    created_at INTEGER NOT NULL,
    until      INTEGER,
    ended      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
