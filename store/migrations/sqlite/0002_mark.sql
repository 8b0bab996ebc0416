-- Counts upwards while the database is used; see src/sqlite/mark.rs.
ALTER TABLE meta ADD COLUMN mark INTEGER NOT NULL DEFAULT 0;
