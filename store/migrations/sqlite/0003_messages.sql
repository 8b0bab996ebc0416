-- Who put which emoji on which message. `seq` and `at` are of the event that
-- did; `since` is the seq of the first event of that emoji on the message, and
-- gives the emoji their order.
CREATE TABLE reactions (
    room_id BLOB    NOT NULL,
    message INTEGER NOT NULL,
    emoji   TEXT    NOT NULL,
    user_id BLOB    NOT NULL,
    seq     INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    since   INTEGER NOT NULL,
    PRIMARY KEY (room_id, message, emoji, user_id)
) STRICT, WITHOUT ROWID;

-- Whom each message mentions; the nil id stands for everybody in the room. The
-- rows of a deleted message are gone.
CREATE TABLE mentions (
    room_id BLOB    NOT NULL,
    message INTEGER NOT NULL,
    user_id BLOB    NOT NULL,
    PRIMARY KEY (room_id, message, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX mentions_user ON mentions (room_id, user_id, message);

-- Which messages are pinned to their room; `seq` and `at` are of the event that
-- pinned them.
CREATE TABLE pins (
    room_id BLOB    NOT NULL,
    message INTEGER NOT NULL,
    user_id BLOB    NOT NULL,
    seq     INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (room_id, message)
) STRICT, WITHOUT ROWID;
