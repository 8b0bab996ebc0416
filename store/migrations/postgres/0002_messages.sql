-- Who put which emoji on which message. `seq` and `at` are of the event that
-- did; `since` is the seq of the first event of that emoji on the message, and
-- gives the emoji their order.
CREATE TABLE reactions (
    room_id UUID    NOT NULL,
    message BIGINT  NOT NULL,
    emoji   TEXT    NOT NULL,
    user_id UUID    NOT NULL,
    seq     BIGINT  NOT NULL,
    at      BIGINT  NOT NULL,
    since   BIGINT  NOT NULL,
    PRIMARY KEY (room_id, message, emoji, user_id)
);

-- Whom each message mentions; the nil id stands for everybody in the room. The
-- rows of a deleted message are gone.
CREATE TABLE mentions (
    room_id UUID    NOT NULL,
    message BIGINT  NOT NULL,
    user_id UUID    NOT NULL,
    PRIMARY KEY (room_id, message, user_id)
);
CREATE INDEX mentions_user ON mentions (room_id, user_id, message);

-- Which messages are pinned to their room; `seq` and `at` are of the event that
-- pinned them.
CREATE TABLE pins (
    room_id UUID    NOT NULL,
    message BIGINT  NOT NULL,
    user_id UUID    NOT NULL,
    seq     BIGINT  NOT NULL,
    at      BIGINT  NOT NULL,
    PRIMARY KEY (room_id, message)
);
