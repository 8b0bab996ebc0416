//! The rows of the fault plan that can be run.

mod f1;
mod f11;
mod f2;
mod f22;
mod f24;
mod f27;
mod f28;
mod f29;
mod f4;
mod f40;
mod f7;
mod f8;

use anyhow::Context as _;
use futures_util::future::BoxFuture;

use super::{crowd::Lanes, database::Kind, process::Server, scene::Scene};
use crate::ledger::Finding;

/// What a row does while the clients talk; returns once it is healed.
type Inject = for<'a> fn(&'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>>;
/// What a row looks at once the server has stopped.
type After = fn(&Server) -> BoxFuture<'_, anyhow::Result<Vec<Finding>>>;

/// A row of the fault plan.
pub struct Row {
    /// Its id there.
    pub id: &'static str,
    /// The fault.
    pub fault: &'static str,
    /// Databases that it makes sense on.
    pub databases: &'static [Kind],
    /// It lays hands on the PostgreSQL server itself.
    pub(crate) own_postgres: bool,
    /// The clients reach the server through a relay.
    pub(crate) relayed: bool,
    pub(crate) lanes: Lanes,
    pub(crate) inject: Inject,
    pub(crate) after: Option<After>,
}

/// Every row, in the order of the plan.
pub const ALL: &[Row] = &[
    f1::ROW,
    f2::ROW,
    f4::ROW,
    f7::ROW,
    f8::ROW,
    f11::ROW,
    f22::ROW,
    f24::ROW,
    f27::ROW,
    f28::ROW,
    f29::ROW,
    f40::ROW,
];

/// The rows of these ids; all where none is given.
///
/// # Errors
/// There is no such row.
pub fn chosen(ids: &[String]) -> anyhow::Result<Vec<&'static Row>> {
    if ids.is_empty() {
        return Ok(ALL.iter().collect());
    }
    let find = |id: &String| {
        let row = ALL.iter().find(|row| row.id.eq_ignore_ascii_case(id));
        row.with_context(|| format!("there is no row {id}"))
    };
    ids.iter().map(find).collect()
}
