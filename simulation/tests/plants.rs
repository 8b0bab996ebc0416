//! The simulation finds what it is for: with a fault planted, a promise breaks
//! within few seeds, and it is the promise that the fault is against.

use parlor_simulation::{Plant, run_with};

/// Seeds within which each fault is found.
const SEEDS: u64 = 200;

/// The promises that break with this plant, each once.
fn found(plant: Plant) -> Vec<&'static str> {
    let mut checks: Vec<_> = (0..SEEDS)
        .filter_map(|seed| run_with(seed, plant).failure)
        .map(|failure| failure.check)
        .take(10)
        .collect();
    checks.sort_unstable();
    checks.dedup();
    checks
}

fn is_found(plant: Plant, against: &[&str]) {
    let checks = found(plant);
    let right = checks.iter().any(|check| against.contains(check));
    assert!(right, "{plant:?} breaks {checks:?}, not one of {against:?}");
}

#[test]
fn c2_a_request_id_that_makes_two_events_is_found() {
    is_found(Plant::DedupeOff, &["L1", "L2", "C4"]);
}

#[test]
fn c1_an_answer_before_the_commit_is_found() {
    is_found(Plant::AnswerBeforeCommit, &["L1", "L4", "L8", "Reset"]);
}

#[test]
fn c7_an_attachment_off_by_one_is_found() {
    is_found(Plant::AttachOffByOne, &["L4", "L8"]);
}

#[test]
fn c22_a_lost_backfill_is_asked_for_again_where_heads_tell_of_it() {
    let found =
        (0..SEEDS).find_map(|seed| run_with(seed, Plant::BackfillLost { heads: true }).failure);
    assert_eq!(found, None);
}

#[test]
fn c22_a_lost_backfill_of_which_no_head_tells_is_found() {
    is_found(Plant::BackfillLost { heads: false }, &["L8"]);
}
