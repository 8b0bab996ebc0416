-- What stands between two users, as each knows it: one row for each side. One
-- side alone has a row where somebody asks a user who blocks them.
CREATE TABLE ties (
    user_id  BLOB    NOT NULL REFERENCES users (id),
    other_id BLOB    NOT NULL REFERENCES users (id) CHECK (other_id <> user_id),
    tie      TEXT    NOT NULL CHECK (tie IN ('requested', 'asked', 'friends')),
    since    INTEGER NOT NULL,
    PRIMARY KEY (user_id, other_id)
) STRICT, WITHOUT ROWID;

-- Whom a user blocks.
CREATE TABLE blocks (
    user_id  BLOB    NOT NULL REFERENCES users (id),
    other_id BLOB    NOT NULL REFERENCES users (id) CHECK (other_id <> user_id),
    at       INTEGER NOT NULL,
    PRIMARY KEY (user_id, other_id)
) STRICT, WITHOUT ROWID;
