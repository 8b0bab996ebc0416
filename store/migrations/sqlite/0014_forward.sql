-- What a message passes on: who said it first, when, and its text. Nothing points at
-- where it stood.
ALTER TABLE messages ADD COLUMN forwarded_author BLOB;
ALTER TABLE messages ADD COLUMN forwarded_at INTEGER;
ALTER TABLE messages ADD COLUMN forwarded_text TEXT;

-- Files that are forwarded share their object: it may go with the last one of them.
CREATE INDEX files_object ON files (object) WHERE object IS NOT NULL;
