-- Files, from the moment they are announced until nothing is left of them. The
-- bytes themselves are objects outside of the database, called by `object`; an
-- object that no row names is swept away.
--
-- receiving: bytes come, into `file_pieces`; whole: all came and were looked at,
-- and its owner may attach it; attached: it stands on a message, and members of
-- the room may fetch it; gone: nobody may, and it will be swept.
CREATE TABLE files (
    id             BLOB    NOT NULL PRIMARY KEY,
    owner          BLOB    NOT NULL REFERENCES users (id),
    state          TEXT    NOT NULL CHECK (state IN ('receiving', 'whole', 'attached', 'gone')),
    name           TEXT    NOT NULL,
    announced      INTEGER NOT NULL CHECK (announced >= 0),
    received       INTEGER NOT NULL CHECK (received <= announced),
    -- What it takes of the space of its owner and its room.
    counted        INTEGER NOT NULL,
    -- When it is swept, unless it is attached.
    expires_at     INTEGER NOT NULL,
    object         BLOB,
    media_type     TEXT    NOT NULL DEFAULT '',
    kind           TEXT    NOT NULL DEFAULT 'other' CHECK (kind IN ('image', 'video', 'audio', 'other')),
    bytes          INTEGER NOT NULL DEFAULT 0,
    width          INTEGER NOT NULL DEFAULT 0,
    height         INTEGER NOT NULL DEFAULT 0,
    thumbhash      BLOB    NOT NULL DEFAULT x'',
    -- Empty where there is no small picture.
    thumbnail_type TEXT    NOT NULL DEFAULT '',
    duration_ms    INTEGER NOT NULL DEFAULT 0,
    -- Which message it stands on, and in which place there.
    room_id        BLOB,
    message        INTEGER,
    place          INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX files_owner ON files (owner, counted) WHERE state <> 'gone';
CREATE INDEX files_room ON files (room_id, message, place) WHERE state = 'attached';
CREATE INDEX files_expiry ON files (expires_at) WHERE state <> 'attached';

-- The bytes of a file that is still coming, in the order of `start`.
CREATE TABLE file_pieces (
    file_id BLOB    NOT NULL REFERENCES files (id),
    start   INTEGER NOT NULL,
    bytes   INTEGER NOT NULL CHECK (bytes > 0),
    object  BLOB    NOT NULL,
    PRIMARY KEY (file_id, start)
) STRICT, WITHOUT ROWID;

-- A user's picture: the name of its object.
ALTER TABLE users ADD COLUMN avatar BLOB;
