//! Whether the database answers.

use super::Db;

pub(crate) async fn ping(db: &Db) -> sqlx::Result<()> {
    let mut lease = db.reader().await?;
    sqlx::query("SELECT 1").execute(&mut *lease).await?;
    lease.done();
    Ok(())
}
