-- Who runs the server, and who is let in no more.
ALTER TABLE users ADD COLUMN is_admin BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN disabled_at BIGINT;
CREATE INDEX users_admins ON users (id) WHERE is_admin;

-- One row: what an admin changes while the server runs. Whoever does something
-- to the server holds it until commit, so that of two admins who take each
-- other's office one stays. No policy: the first start brings that of the
-- configuration.
CREATE TABLE settings (
    one     BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    sign_up TEXT   CHECK (sign_up IN ('open', 'invite', 'closed'))
);
INSERT INTO settings (one) VALUES (1);

-- Links that do one thing once: 'claim' makes the first admin, 'reset' sets a new
-- password, 'sign_up' makes an account. Of the code only the hash is here.
CREATE TABLE one_time_links (
    hash       BYTEA  NOT NULL PRIMARY KEY,
    kind       TEXT   NOT NULL CHECK (kind IN ('claim', 'reset', 'sign_up')),
    user_id    UUID   REFERENCES users (id),
    expires_at BIGINT NOT NULL,
    used_at    BIGINT
);
CREATE INDEX one_time_links_user ON one_time_links (user_id);

-- What was done to the server.
CREATE TABLE audit (
    id      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      BIGINT NOT NULL,
    actor   UUID   NOT NULL,
    address TEXT   NOT NULL,
    act     TEXT   NOT NULL,
    user_id UUID,
    thing   UUID,
    detail  TEXT   NOT NULL
);
CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is only added to';
END $$;
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_stays();

-- What is told to everybody.
CREATE TABLE announcements (
    id         UUID    NOT NULL PRIMARY KEY,
    text       TEXT    NOT NULL,
    level      TEXT    NOT NULL CHECK (level IN ('info', 'warning')),
    created_at BIGINT  NOT NULL,
    until      BIGINT,
    ended      BOOLEAN NOT NULL
);
