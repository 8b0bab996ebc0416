//! One suite for both databases. PostgreSQL is found through
//! `PARLOR_TEST_POSTGRES_URL`, a superuser's URL; every test gets a database of
//! its own there.

#![allow(missing_docs, unreachable_pub, clippy::print_stdout, reason = "a test program")]

mod accounts;
mod admin;
mod direct;
mod endings;
mod files;
mod fold;
mod forwards;
mod friends;
mod house;
mod invites;
mod log;
mod members;
mod mentions;
mod outage;
mod own;
mod people;
mod permissions;
mod pins;
mod presence;
mod reactions;
mod relay;
mod replaced;
mod rooms;
mod search;
