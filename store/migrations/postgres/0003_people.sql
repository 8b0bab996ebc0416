-- What people show of themselves.
ALTER TABLE users ADD COLUMN status_text TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN status_emoji TEXT NOT NULL DEFAULT '';

-- Where a device was seen last, by what it said of itself.
ALTER TABLE devices ADD COLUMN client TEXT NOT NULL DEFAULT '';
ALTER TABLE devices ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE devices ADD COLUMN seen_at BIGINT NOT NULL DEFAULT 0;
UPDATE devices SET seen_at = created_at;

-- What somebody is found by: the name, a line break, and the shown name folded.
-- Filled for older rows at start, since no database folds like the other.
ALTER TABLE users ADD COLUMN found_by TEXT COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX users_found_by ON users (found_by);

-- A room of exactly two people, which has its id from theirs.
ALTER TABLE rooms ADD COLUMN direct BOOLEAN NOT NULL DEFAULT FALSE;
