//! What drives a server to prove its promises: the ledger that holds what every
//! client sent, was told and saw against the log, and the faults that are done
//! to a real server while real clients talk.

pub mod faults;
pub mod ledger;
