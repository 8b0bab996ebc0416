//! Every limit, in one place, with its unit last in the name.

use std::time::Duration;

/// One frame on any lane, without its length prefix.
pub const FRAME_BYTES: usize = 64 * 1024;
/// A datagram, small enough for every path MTU that QUIC accepts.
pub const DATAGRAM_BYTES: usize = 1_100;
/// A session must say Hello within this time.
pub const HELLO_TIMEOUT: Duration = Duration::from_secs(5);
/// How often each side sends a Heartbeat.
pub const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(20);
/// A session from which nothing came for this long is gone; after its farewell
/// everything it held is free within 45 s.
pub const SESSION_IDLE_TIMEOUT: Duration = Duration::from_secs(44);
/// A typed Close is given this long to be read before the lane is cut.
pub const CLOSE_LINGER: Duration = Duration::from_millis(500);
/// How soon an expired token must have ended its session (C19).
pub const EXPIRY_GRACE: Duration = Duration::from_secs(1);

/// Output queued for one session (C10).
pub const OUTBOX_BYTES: usize = 256 * 1024;
/// A queue that has not moved for this long closes its session (C11).
pub const OUTBOX_AGE: Duration = Duration::from_secs(10);
/// Requests of one session that may wait for their answer at once.
pub const UNANSWERED_REQUESTS: usize = 32;
/// Sessions one node holds; further ones are told to come back.
pub const SESSIONS_PER_NODE: usize = 50_000;
/// Logs one session may have open, its user's own not counted.
pub const OPEN_LOGS: usize = 64;
/// Unidirectional streams the server opens towards one session.
pub const SERVER_STREAMS: usize = 8;
/// More than this in one backfill travels on a stream of its own.
pub const BACKFILL_STREAM_BYTES: usize = 16 * 1024;

/// People whose presence one session may watch.
pub const WATCHED: usize = 100;
/// A session is told at most once in this time who came and went.
pub const PRESENCE_INTERVAL: Duration = Duration::from_secs(1);
/// What a session was told of presence, which may be lost, is told anew this often.
pub const PRESENCE_REFRESH: Duration = Duration::from_secs(60);
/// A user without a session is offline after this long: most come back at once.
pub const PRESENCE_GRACE: Duration = Duration::from_secs(15);
/// How often it is kept that the devices that are there were seen.
pub const SEEN_INTERVAL: Duration = Duration::from_secs(60);
/// How soon that is kept of a device that left, together with others.
pub const SEEN_SOON: Duration = Duration::from_secs(1);

/// One message.
pub const TEXT_BYTES: usize = 16 * 1024;
/// A room's name, in characters.
pub const ROOM_NAME_CHARS: usize = 80;
/// A room's topic, in characters.
pub const TOPIC_CHARS: usize = 250;
/// One emoji: a kiss of two people with their skin tones has 35.
pub const EMOJI_BYTES: usize = 48;
/// Different emoji on one message.
pub const REACTION_KINDS: usize = 20;
/// Messages pinned to one room; a list of them is one page.
pub const PINS: u32 = PAGE_ITEMS;
/// Invite links of one room that are live at once; a list of them is one page.
pub const INVITES: u32 = PAGE_ITEMS;
/// How long an invite link holds where nothing is said.
pub const INVITE_LIFETIME: Duration = Duration::from_secs(7 * 24 * 3_600);
/// How long an invite link with an end may hold.
pub const INVITE_LONGEST_LIFETIME: Duration = Duration::from_secs(365 * 24 * 3_600);
/// How long a one-time link holds by which somebody becomes the first admin, or
/// sets a new password.
pub const ONE_TIME_LINK_LIFETIME: Duration = Duration::from_secs(24 * 3_600);
/// What is told to everybody, in characters.
pub const ANNOUNCEMENT_CHARS: usize = 500;
/// Announcements that are shown at once; each stands above what people came for.
pub const ANNOUNCEMENTS: u32 = 5;
/// Messages of a room are counted up to this number where the server is looked at.
pub const ROOM_MESSAGES_COUNTED: u32 = 10_000;
/// A deleted room can be restored for this long, where the operator says nothing
/// else.
pub const ROOM_KEPT: Duration = Duration::from_secs(30 * 24 * 3_600);
/// Users named for one emoji on one message; the others are counted.
pub const REACTION_USERS: u32 = 20;
/// Names called in one message.
pub const MENTIONS: usize = 50;
/// A user's unique name, in characters.
pub const USER_NAME_CHARS: usize = 32;
/// A user's displayed name, in characters.
pub const DISPLAY_NAME_CHARS: usize = 64;
/// What a user is at, in characters.
pub const STATUS_TEXT_CHARS: usize = 100;
/// A device's name, in characters.
pub const DEVICE_NAME_CHARS: usize = 80;
/// What a program says it is, in characters; longer ones are cut.
pub const CLIENT_CHARS: usize = 200;
/// Files on one message.
pub const ATTACHMENTS: usize = 10;
/// A file's name, in characters.
pub const FILE_NAME_CHARS: usize = 255;
/// A thumbhash; those of pictures have some 25.
pub const THUMBHASH_BYTES: usize = 32;
/// One file, where the operator says nothing else.
pub const FILE_BYTES: u64 = 64 * 1024 * 1024;
/// All files of one user, where the operator says nothing else.
pub const USER_FILE_BYTES: u64 = 5 * 1024 * 1024 * 1024;
/// All files of one room, where the operator says nothing else.
pub const ROOM_FILE_BYTES: u64 = 20 * 1024 * 1024 * 1024;
/// What a file counts at least: it takes a place in a folder, however short it is.
pub const FILE_LEAST_BYTES: u64 = 4 * 1024;
/// Uploads of one user that are attached nowhere yet.
pub const UPLOADS_OPEN: u32 = 100;
/// An upload is kept for this long after its last bytes came.
pub const UPLOAD_LIFETIME: Duration = Duration::from_secs(24 * 3_600);
/// Bytes of an upload that are stored together; what came after the last of them
/// is lost where the server is killed, and sent again.
pub const UPLOAD_PIECE_BYTES: usize = 2 * 1024 * 1024;
/// Bodies of uploads that one node takes in at once.
pub const UPLOADS_AT_ONCE: usize = 64;
/// Those of one user.
pub const UPLOADS_AT_ONCE_PER_USER: usize = 8;
/// The body of an upload must move on within this time,
pub const UPLOAD_STALL: Duration = Duration::from_secs(30);
/// by so many bytes, or to its end.
pub const UPLOAD_STALL_BYTES: usize = 16 * 1024;
/// A picture as it is uploaded.
pub const IMAGE_FILE_BYTES: u64 = 32 * 1024 * 1024;
/// A side of a picture, in pixels.
pub const IMAGE_SIDE_PX: u32 = 12_000;
/// A picture, in pixels.
pub const IMAGE_PIXELS: u64 = 40_000_000;
/// A picture in memory: three bytes for each of [`IMAGE_PIXELS`], a little above.
pub const IMAGE_MEMORY_BYTES: u64 = 128 * 1024 * 1024;
/// Frames of a moving picture.
pub const IMAGE_FRAMES: usize = 2_000;
/// All frames of a moving picture, in pixels.
pub const IMAGE_FRAMES_PIXELS: u64 = 128_000_000;
/// A picture is made anew within this time.
pub const IMAGE_TIME: Duration = Duration::from_secs(20);
/// Pictures that one node works on at once.
pub const IMAGES_AT_ONCE: usize = 2;
/// Pictures that may wait for that.
pub const IMAGES_WAITING: usize = 64;
/// What is read of a clip to know how long it plays: indexes of films are long.
pub const CLIP_READ_BYTES: u64 = 4 * 1024 * 1024;
/// For this long it is read.
pub const CLIP_TIME: Duration = Duration::from_secs(3);
/// The longer side of a small picture, in pixels.
pub const THUMBNAIL_PX: u32 = 640;
/// Both sides of a user's picture, in pixels.
pub const AVATAR_PX: u32 = 256;
/// A password, at least, in characters (NIST SP 800-63B section 5.1.1.2).
pub const PASSWORD_MIN_CHARS: usize = 8;
/// A password, at most, in bytes; longer ones are refused, never cut.
pub const PASSWORD_MAX_BYTES: usize = 1_024;
/// The newest message in a list of rooms, in characters.
pub const PREVIEW_CHARS: usize = 120;
/// Unread messages are counted up to this number.
pub const UNREAD_COUNTED: u32 = 100;

/// What is left to do for rooms and accounts that end is looked for this often,
/// besides at once where this node was asked.
pub const ENDING_INTERVAL: Duration = Duration::from_secs(30);
/// Commands in one transaction of what ends a room or an account.
pub const ENDING_COMMANDS: u32 = 64;
/// Rows of one table that a purge takes away in one transaction.
pub const PURGE_ROWS: u32 = 500;
/// Copies of their data that a user may take at once; one more each
/// [`EXPORT_INTERVAL`].
pub const EXPORT_BURST: u32 = 3;
/// See [`EXPORT_BURST`].
pub const EXPORT_INTERVAL: Duration = Duration::from_secs(60);

/// One page of any list or history, in items.
pub const PAGE_ITEMS: u32 = 100;
/// A page where the client does not say.
pub const PAGE_ITEMS_DEFAULT: u32 = 50;
/// One page of events read from a log, in bytes of their bodies; at least one
/// event is always returned.
pub const EVENT_PAGE_BYTES: usize = 48 * 1024;

/// What somebody looks for, in characters.
pub const SEARCH_CHARS: usize = 250;
/// Words, phrases and filters in it.
pub const SEARCH_PARTS: usize = 20;
/// Characters of one word that are compared; what follows them is not looked at.
pub const SEARCH_WORD_CHARS: usize = 64;
/// Words of one message that are found: PostgreSQL tells positions up to 16,383.
pub const SEARCH_TOKENS: usize = 8 * 1024;
/// The newest hits, of which the best come first.
pub const SEARCH_RANKED: u32 = 250;
/// A search is answered within this time, if only by saying that it asks for too
/// much; after half of it what is found is enough.
pub const SEARCH_DEADLINE: Duration = Duration::from_millis(450);

/// Requests waiting for one room's task.
pub const ROOM_QUEUE: usize = 256;
/// Batches waiting for the log writer.
pub const LOG_QUEUE: usize = 1_024;
/// Commands in one transaction of the log.
pub const COMMIT_COMMANDS: usize = 512;
/// A post is answered within this time, if only by UNAVAILABLE (C13).
pub const COMMIT_DEADLINE: Duration = Duration::from_millis(1_800);
/// What UNAVAILABLE tells the client to wait.
pub const UNAVAILABLE_RETRY: Duration = Duration::from_millis(500);
/// A backfill that takes longer has membership read again before its next page (C19).
pub const AUTHORISED_FOR: Duration = Duration::from_millis(500);
/// A room without sessions lives on for this long.
pub const ROOM_IDLE: Duration = Duration::from_secs(60);
/// Events a room keeps in memory to serve short resumes.
pub const ROOM_TAIL_EVENTS: usize = 256;

/// Access tokens.
pub const ACCESS_TOKEN_TTL: Duration = Duration::from_secs(15 * 60);
/// Clocks of servers may differ by this much.
pub const TOKEN_LEEWAY: Duration = Duration::from_secs(30);
/// Refresh tokens; every use makes a new one.
pub const REFRESH_TOKEN_TTL: Duration = Duration::from_secs(30 * 24 * 3_600);
/// The direct parent of a refresh token returns the same child for this long.
pub const REFRESH_GRACE: Duration = Duration::from_secs(10);
/// Log-ins of one account from one address that may fail before each further
/// one must wait, twice as long every time.
pub const LOGIN_FREE_FAILURES: u32 = 10;
/// The first of these waits.
pub const LOGIN_FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest of these waits.
pub const LOGIN_LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);
/// After this long without a further failure, the earlier ones are forgotten.
pub const LOGIN_FAILURE_MEMORY: Duration = Duration::from_secs(3_600);
/// Pairs of account and address whose failures are remembered.
pub const LOGIN_FAILURE_ENTRIES: usize = 16 * 1024;
/// Passwords that may wait to be hashed at once.
pub const PASSWORDS_WAITING: usize = 256;

/// One request to the internal gRPC services.
pub const RPC_MESSAGE_BYTES: usize = 64 * 1024;
/// One reply of theirs: a page of users or devices whose texts are all as long as they
/// may be.
pub const RPC_REPLY_BYTES: usize = 256 * 1024;
/// Calls of one connection inside the house that may be answered at once.
pub const RPC_CALLS: u32 = 1_024;
/// A call inside the house is answered within this time.
pub const RPC_DEADLINE: Duration = Duration::from_secs(10);

/// Body of one REST request.
pub const HTTP_BODY_BYTES: usize = 128 * 1024;
/// Header block of one HTTP request.
pub const HTTP_HEADER_BYTES: usize = 32 * 1024;
/// All headers must have arrived within this time.
pub const HTTP_HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// The body must have arrived within this time.
pub const HTTP_BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// HTTP and WebSocket connections from one address.
pub const CONNECTIONS_PER_ADDRESS: usize = 1_024;

const _: () = assert!(TEXT_BYTES * 3 < FRAME_BYTES, "a message fits a frame with room to spare");
const _: () =
    assert!(EVENT_PAGE_BYTES + TEXT_BYTES <= FRAME_BYTES, "a page of events fits a frame");
const _: () = assert!(
    TEXT_BYTES * 2 + ATTACHMENTS * (FILE_NAME_CHARS * 4 + 512) < EVENT_PAGE_BYTES,
    "a message with what it forwards and all attachments fits a page"
);
const _: () = assert!(UPLOADS_AT_ONCE_PER_USER < UPLOADS_AT_ONCE, "nobody takes every place");
const _: () = assert!(FRAME_BYTES * 2 <= OUTBOX_BYTES, "an outbox holds several frames");
const _: () =
    assert!(TEXT_BYTES * 6 < HTTP_BODY_BYTES, "a message fits a body, JSON escapes and all");
const _: () = assert!(
    PASSWORDS_WAITING * 2 < RPC_CALLS as usize,
    "whoever waits for a hash does not hold up other calls"
);
const _: () = assert!(HEARTBEAT_INTERVAL.as_secs() * 2 < SESSION_IDLE_TIMEOUT.as_secs());
const _: () = assert!(SESSION_IDLE_TIMEOUT.as_millis() + CLOSE_LINGER.as_millis() < 45_000);
const _: () = assert!(COMMIT_DEADLINE.as_millis() < 2_000, "C13: answered within 2 s");
