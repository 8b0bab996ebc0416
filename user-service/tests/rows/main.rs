//! The user service as control meets it: through the generated client, on
//! SQLite in a temporary folder.

mod accounts;
mod admin;
mod bad_input;
mod devices;
mod house;
mod secrets;
mod serve;
