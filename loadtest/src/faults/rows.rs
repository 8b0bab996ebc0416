//! The rows of the fault plan that can be run.

mod f1;
mod f10;
mod f11;
mod f12;
mod f14;
mod f17;
mod f19;
mod f2;
mod f21;
mod f22;
mod f23;
mod f24;
mod f25;
mod f26;
mod f27;
mod f28;
mod f29;
mod f3;
mod f30;
mod f31;
mod f32;
mod f33;
mod f35;
mod f36;
mod f37;
mod f38;
mod f39;
mod f4;
mod f40;
mod f41;
mod f5;
mod f7;
mod f8;
mod f9;
mod s7;

use anyhow::{Context as _, ensure};
use futures_util::future::BoxFuture;
use parlor_domain::planted::Planted;

use super::{
    crowd::{self, Lanes},
    database::Kind,
    process::Server,
    scene::Scene,
    tools,
};
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
    /// Programs that it cannot do without.
    pub(crate) programs: &'static [&'static str],
    /// It can be run by root alone.
    pub(crate) root: bool,
    /// It measures so closely that nothing else may run beside it.
    pub(crate) alone: bool,
    /// It lays hands on the PostgreSQL server itself.
    pub(crate) own_postgres: bool,
    /// The clients reach the server through a relay.
    pub(crate) relayed: bool,
    /// The server reaches PostgreSQL through a relay.
    pub(crate) database_relayed: bool,
    /// Database files are on a small disk of their own.
    pub(crate) small_disk: bool,
    /// The server is in a network namespace of its own.
    pub(crate) own_network: bool,
    /// The server has a clock that can be set.
    pub(crate) own_clock: bool,
    /// Fail points of the server that it cannot do without.
    pub(crate) fail_points: &'static [Planted],
    /// What the server is told besides.
    pub(crate) arguments: &'static [&'static str],
    pub(crate) lanes: Lanes,
    pub(crate) inject: Inject,
    pub(crate) after: Option<After>,
}

impl Row {
    /// What most rows have in common.
    const BASE: Self = Self {
        id: "",
        fault: "",
        databases: Kind::ALL,
        programs: &[],
        root: false,
        alone: false,
        own_postgres: false,
        relayed: false,
        database_relayed: false,
        small_disk: false,
        own_network: false,
        own_clock: false,
        fail_points: &[],
        arguments: &[],
        lanes: crowd::in_turn,
        inject: |_| Box::pin(async { Ok(()) }),
        after: None,
    };

    /// Why it cannot be run here.
    pub(crate) fn hindrance(&self) -> Option<String> {
        if self.root && !tools::is_root() {
            return Some("it can be run by root alone".to_owned());
        }
        let missing = self.programs.iter().find(|program| tools::find(program).is_none());
        missing.map(|program| format!("{program} is not installed"))
    }
}

/// Every row, in the order of the plan.
pub const ALL: &[Row] = &[
    f1::ROW,
    f2::ROW,
    f3::ROW,
    f4::ROW,
    f5::ROW,
    f7::ROW,
    f8::ROW,
    f9::ROW,
    f10::ROW,
    f11::ROW,
    f12::ROW,
    f14::ROW,
    f17::ROW,
    f19::ROW,
    f21::ROW,
    f22::ROW,
    f23::ROW,
    f24::ROW,
    f25::ROW,
    f26::ROW,
    f27::ROW,
    f28::ROW,
    f29::ROW,
    f30::ROW,
    f31::ROW,
    f32::ROW,
    f33::ROW,
    f35::ROW,
    f36::ROW,
    f37::ROW,
    f38::ROW,
    f39::ROW,
    f40::ROW,
    f41::ROW,
    s7::ROW,
];

/// What is planted in the server of a row: its fail points, and a bug.
pub(crate) fn planted(row: &Row, bug: Option<&str>) -> String {
    let names = row.fail_points.iter().map(|point| point.name()).chain(bug);
    names.collect::<Vec<_>>().join(",")
}

/// The rows that need fail points in the server.
pub(crate) fn with_fail_points() -> impl Iterator<Item = &'static Row> {
    ALL.iter().filter(|row| !row.fail_points.is_empty())
}

/// The rows of these ids; where none is given, all that a server with or without
/// fail points can play.
///
/// # Errors
/// There is no such row, or it needs fail points.
pub fn chosen(ids: &[String], has_fail_points: bool) -> anyhow::Result<Vec<&'static Row>> {
    let can_play = |row: &Row| has_fail_points || row.fail_points.is_empty();
    if ids.is_empty() {
        return Ok(ALL.iter().filter(|row| can_play(row)).collect());
    }
    let find = |id: &String| {
        let row = ALL.iter().find(|row| row.id.eq_ignore_ascii_case(id));
        let row = row.with_context(|| format!("there is no row {id}"))?;
        ensure!(can_play(row), "{id} needs a server with fail points: see --fail-points");
        Ok(row)
    };
    ids.iter().map(find).collect()
}
