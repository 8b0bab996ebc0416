//! F41: the file is replaced by an older copy of itself. Only SQLite's can be.

use std::{
    fs,
    path::{Path, PathBuf},
};

use parlor_domain::{RoomId, Seq, Visibility};
use parlor_store::Database;

use crate::house::House;

fn file(house: &House) -> PathBuf {
    match &house.database {
        Database::Sqlite { path } => path.clone(),
        Database::Postgres { .. } => panic!("SQLite alone"),
    }
}

/// A house with one room and two posts, between which its file was copied. It was
/// stopped after the second one and opened again, on the copy where that was put back.
async fn replaced(put_back: bool) -> (House, RoomId, Seq) {
    let house = House::sqlite().await;
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    house.post(ada, room, "kept").await;
    let (file, house) = (file(&house), house.reopen().await);
    let copy = file.with_extension("copy");
    house.execute(format!("VACUUM INTO '{}'", copy.display())).await;
    let last = house.post(ada, room, "after the copy").await;
    let house = house
        .reopen_after(|| {
            if put_back {
                put(&copy, &file);
            }
        })
        .await;
    (house, room, last)
}

/// Puts a copy back in the place of the database.
fn put(copy: &Path, file: &Path) {
    for part in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{part}", file.display()));
    }
    fs::copy(copy, file).expect("put back");
}

#[tokio::test]
async fn f41_the_same_copy_put_back_again_is_yet_another_incarnation() {
    let (house, room, _) = replaced(true).await;
    let once = house.store.log.head(room.into()).await.expect("read").expect("there");
    let file = file(&house);
    let house = house.reopen_after(|| put(&file.with_extension("copy"), &file)).await;
    let twice = house.store.log.head(room.into()).await.expect("read").expect("there");
    assert_ne!(twice.epoch, once.epoch);
    let copied = House::open(Database::Sqlite { path: file.with_extension("copy") }, None).await;
    let before = copied.store.log.head(room.into()).await.expect("read").expect("there");
    assert_ne!(twice.epoch, before.epoch, "nor that of the copy");
}

#[tokio::test]
async fn f41_an_older_copy_is_a_new_incarnation_of_every_log() {
    let (house, room, lost) = replaced(true).await;
    let head = house.store.log.head(room.into()).await.expect("read").expect("there");
    assert!(head.seq < lost, "what came after the copy is gone");
    let (fresh, other) = (house.reopen().await, head.epoch);
    let head = fresh.store.log.head(room.into()).await.expect("read").expect("there");
    assert_eq!(head.epoch, other, "the new epoch stays");
    let ada = fresh.user("bob").await;
    let made = fresh.room(ada, Visibility::Public).await;
    let made = fresh.store.log.head(made.into()).await.expect("read").expect("there");
    assert_eq!(made.epoch, other, "rooms made from now on belong to it");
}

#[tokio::test]
async fn f41_only_an_older_copy_is() {
    for put_back in [true, false] {
        let (house, room, _) = replaced(put_back).await;
        let head = house.store.log.head(room.into()).await.expect("read").expect("there");
        let copy = Database::Sqlite { path: file(&house).with_extension("copy") };
        let copied = House::open(copy, None).await;
        let before = copied.store.log.head(room.into()).await.expect("read").expect("there");
        assert_eq!(before.epoch != head.epoch, put_back);
    }
}
