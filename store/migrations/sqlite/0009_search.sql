-- Messages that can be found, which are those that are not deleted, in the order in
-- which they came: the greater id is the newer one. Where `filled` is false, the
-- words are not in the index yet: Rust fills it in after the start, since no
-- database folds and cuts words like the other.
CREATE TABLE search_docs (
    id      INTEGER NOT NULL PRIMARY KEY,
    room_id BLOB    NOT NULL,
    seq     INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    filled  INTEGER NOT NULL,
    UNIQUE (room_id, seq)
) STRICT;
INSERT INTO search_docs (room_id, seq, at, filled)
SELECT room_id, seq, posted_at, FALSE FROM messages WHERE NOT deleted
ORDER BY posted_at, room_id, seq;
CREATE INDEX search_docs_at ON search_docs (at);
CREATE INDEX search_docs_unfilled ON search_docs (id) WHERE NOT filled;

-- The words of each, cut by us and put apart by spaces, and marks for its room, its
-- author and what it has. Keeps no copy of either.
CREATE VIRTUAL TABLE search_words USING fts5(
    words, marks, content = '', contentless_delete = 1, tokenize = 'ascii'
);
