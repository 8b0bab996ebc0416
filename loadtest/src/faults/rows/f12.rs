//! F12: PostgreSQL breaks transactions off, as it does after a deadlock, or where
//! another session was faster.
//!
//! A trigger says so in its place: the log takes the rows of rooms in one order,
//! and waits for none that others hold, so that no deadlock comes about.

use std::time::Duration;

use futures_util::{FutureExt as _, future::BoxFuture};
use parlor_client::RestError;
use parlor_domain::Code;
use tokio::time::Instant;

use super::{Row, f8::TOLD_WITHIN};
use crate::faults::{database::Kind, scene::Scene};

const SOMETIMES: std::ops::Range<Duration> = Duration::from_secs(2)..Duration::from_secs(5);
const ALWAYS: std::ops::Range<Duration> = Duration::from_secs(1)..Duration::from_secs(3);

pub(super) const ROW: Row = Row {
    id: "F12",
    fault: "transactions broken off (serialization failure, deadlock): one of three, then all",
    databases: &[Kind::Postgres],
    programs: &["psql"],
    inject: break_off,
    ..Row::BASE
};

/// The part of all transactions that write an event which is broken off.
fn trigger(part: f32) -> String {
    format!(
        "CREATE OR REPLACE FUNCTION break_off() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         IF random() < {part} / 2 THEN RAISE EXCEPTION 'planted' USING ERRCODE = '40001'; END IF; \
         IF random() < {part} / 2 THEN RAISE EXCEPTION 'planted' USING ERRCODE = '40P01'; END IF; \
         RETURN NULL; END $$;"
    )
}

fn break_off<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        let mut session = scene.database.session()?;
        session.run(&trigger(0.3)).await?;
        session
            .run(
                "CREATE TRIGGER break_off AFTER INSERT ON events \
                 FOR EACH STATEMENT EXECUTE FUNCTION break_off();",
            )
            .await?;
        // Tried again, and again: nobody is told.
        scene.wait(SOMETIMES).await;
        scene.first_answer().await?;
        session.run(&trigger(2.0)).await?;
        let asked = Instant::now();
        match scene.write().await {
            Err(RestError::Refused(refusal)) if refusal.code == Code::Unavailable => {}
            other => scene.notes.find("C13", format!("a write was answered {other:?}")),
        }
        scene.notes.within("answer meanwhile", asked.elapsed(), TOLD_WITHIN);
        scene.wait(ALWAYS).await;
        session.run("DROP TRIGGER break_off ON events;").await?;
        session.end().await
    }
    .boxed()
}
