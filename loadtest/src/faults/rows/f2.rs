//! F2: `kill -9` of the server on PostgreSQL.

use super::{Row, f1};
use crate::faults::database::Kind;

pub(super) const ROW: Row = Row {
    id: "F2",
    fault: "kill -9, PostgreSQL",
    databases: &[Kind::Postgres],
    inject: f1::kill_and_restart,
    ..Row::BASE
};
