//! What drives a server to prove its promises: the ledger that holds what every
//! client sent, was told and saw against the log, the faults that are done to a
//! real server while real clients talk, and the relay that makes a good network
//! bad.

pub mod faults;
pub mod ledger;
pub mod relay;
mod wire;
