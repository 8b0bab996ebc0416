//! The protocol suite: every test runs on every lane. Names cite the rules of
//! `proto/PROTOCOL.md` and the rows of the fault plan.

mod beginning;
mod client;
mod corpus;
mod ending;
mod files;
mod following;
mod forwards;
mod friends;
mod fuzz;
mod kit;
mod lanes;
mod messages;
mod own;
mod permissions;
mod presence;
mod requests;
mod staying;

/// Makes one test of each function for each lane.
macro_rules! on_every_lane {
    ($($module:ident :: { $($name:ident),* $(,)? }),* $(,)?) => {
        on_every_lane!(@lane quic, Quic, $($module :: { $($name),* }),*);
        on_every_lane!(@lane webtransport, WebTransport, $($module :: { $($name),* }),*);
        on_every_lane!(@lane websocket, WebSocket, $($module :: { $($name),* }),*);
        on_every_lane!(@lane memory, Memory, $($module :: { $($name),* }),*);
    };
    (@lane $lane:ident, $variant:ident, $($module:ident :: { $($name:ident),* }),*) => {
        mod $lane {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let kit = crate::kit::Kit::start(parlor_realtime::Lane::$variant).await;
                    crate::kit::within(crate::$module::$name(&kit)).await;
                    kit.stop().await;
                }
            )*)*
        }
    };
}

on_every_lane! {
    beginning::{
        rule_2_1_a_frame_before_hello_closes,
        rule_2_2_t1_a_bad_token_closes_without_a_reason,
        rule_2_3_welcome_names_user_limits_and_rooms,
        rule_2_5_resume_brings_what_is_missing_or_a_reset,
        rule_2_6_a_second_hello_closes,
        rule_2_7_renew_takes_only_a_token_of_the_same_device,
        rule_2_8_a_signed_out_device_is_closed,
        rule_2_8_an_expired_token_closes_and_renew_prevents_it,
        w2_silence_is_closed_after_five_seconds,
    },
    requests::{
        p1_hostile_bytes_close_with_protocol,
        p2_what_does_not_belong_to_the_user_is_not_there,
        p3_a_flood_is_told_to_wait_and_then_closed,
        rule_1_6_unknown_kinds_are_ignored,
        rule_1_7_ids_of_another_length_are_refused,
        rule_3_2_posts_are_answered_and_come_as_events,
        rule_3_3_a_repeat_returns_the_same_seq,
        rule_3_4_nothing_overtakes_a_request_that_was_refused_for_now,
        rule_3_6_many_requests_at_once_are_all_answered,
        rule_3_9_edit_and_delete_are_for_authors,
        rule_3_10_the_read_position_only_moves_forward,
        rule_3_11_fetch_pages_in_both_directions,
    },
    messages::{
        rule_3_12_a_reaction_is_there_once,
        rule_3_12_what_is_no_emoji_or_no_message_is_refused,
        rule_3_13_mentions_stand_in_the_event_and_in_the_heads,
        rule_3_14_unread_goes_back_on_all_devices,
        rule_3_15_pins_are_told_once,
    },
    following::{
        rule_4_1_a_position_that_does_not_fit_is_reset,
        rule_4_2_c7_nothing_is_missing_between_history_and_live,
        rule_4_2_a_long_history_comes_whole_and_in_order,
        rule_4_4_opening_again_starts_anew,
        rule_4_5_the_number_of_open_rooms_is_limited,
        rule_4_7_whoever_leaves_gets_nothing_more,
        rule_4_7_whoever_leaves_while_a_log_opens_is_told_so,
        rule_4_7_whoever_is_banned_gets_nothing_more,
        rule_4_16_a_deleted_room_ends_for_everybody,
        c19_whoever_leaves_gets_nothing_of_what_is_read_together_with_it,
        rule_4_8_rooms_that_are_not_open_come_as_heads,
        rule_4_9_focus_changes_no_order,
        rule_4_10_a_profile_reaches_every_device_of_its_user,
        rule_4_11_role_and_preferences_are_told_of_rooms_that_are_not_open,
        rule_4_12_links_are_told_without_their_codes,
        c14_changes_from_elsewhere_reach_who_follows,
    },
    files::{
        rule_3_18_a_message_brings_files,
    },
    forwards::{
        rule_3_19_a_forward_passes_on_what_was_said,
        rule_3_19_r2_what_one_may_not_read_is_not_there,
    },
    friends::{
        rule_3_16_a_block_keeps_both_from_writing_to_each_other,
        rule_4_12_friends_hear_of_each_other_in_their_own_logs,
        rule_4_12_a_request_to_who_blocks_reveals_nothing,
    },
    own::{
        rule_3_17_a_draft_is_kept_for_all_devices,
        rule_4_15_read_marks_reach_the_partner_where_both_want_them,
    },
    presence::{
        rule_5_6_who_is_watched_is_told_of,
        rule_5_8_who_hides_and_who_is_a_stranger_are_not_there,
        rule_5_8_a_block_hides_both_from_each_other,
    },
    permissions::{
        every_role_may_ask_for_what_the_table_says,
    },
    staying::{
        rule_5_3_a_wrong_digest_is_answered_with_all_heads,
        rule_5_4_probes_are_echoed,
        rule_5_5_typing_reaches_the_others,
        rule_5_9_who_is_told_something_asks_again,
    },
    ending::{
        rule_6_1_close_comes_before_the_lane_ends,
        rule_6_3_a_slow_reader_is_closed_and_resumes,
        rule_6_4_a_drain_says_go_away_and_answers_what_is_in_flight,
    },
}
