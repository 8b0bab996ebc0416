//! Prints what happens in a room.

use std::{borrow::Cow, collections::HashMap, io::IsTerminal as _};

use anyhow::Context as _;
use jiff::{Timestamp as Time, tz::TimeZone};
use parlor_client::{Client, History, RoomEvent};
use parlor_domain::{Event, EventBody, UserId};
use tokio::io::{AsyncWriteExt as _, Stdout};

use super::Print;

/// Names kept; beyond that they are asked for again.
const NAMES: usize = 4_096;

#[derive(Debug)]
pub(super) struct Printer {
    client: Client,
    style: Print,
    out: Stdout,
    /// A terminal obeys control characters, which others may not send it.
    to_terminal: bool,
    names: HashMap<UserId, String>,
}

impl Printer {
    pub(super) fn new(client: Client, style: Print) -> Self {
        let to_terminal = std::io::stdout().is_terminal();
        Self { client, style, out: tokio::io::stdout(), to_terminal, names: HashMap::new() }
    }

    /// Prints what was said before.
    pub(super) async fn history(&mut self, history: History) -> anyhow::Result<()> {
        let names = history.authors.into_iter().map(|user| (user.id, user.display_name));
        self.names.extend(names);
        for message in history.messages.into_iter().filter(|message| !message.deleted) {
            let clock = message.posted_at.parse().map(clock).unwrap_or_default();
            let files = message.attachments.iter();
            let files: Vec<String> = files.map(|file| line_of(&file.name, file.bytes)).collect();
            let forwarded = message.forwarded.map(|it| (it.author_id, it.text));
            self.message(&clock, message.author_id, &message.text, forwarded, &files).await?;
        }
        Ok(())
    }

    /// Prints what happens now.
    pub(super) async fn event(&mut self, event: RoomEvent) -> anyhow::Result<()> {
        match event {
            RoomEvent::Event(event) => self.log_event(event).await,
            RoomEvent::Reset(_) => self.aside("the room was brought back from an older copy").await,
            RoomEvent::Ended(refusal) => anyhow::bail!("the room has ended: {refusal}"),
            RoomEvent::Typing(_) => Ok(()),
        }
    }

    async fn log_event(&mut self, event: Event) -> anyhow::Result<()> {
        let clock = Time::from_microsecond(event.at.micros()).map(clock).unwrap_or_default();
        let what = match event.body {
            EventBody::MessagePosted { erased: true, .. }
            | EventBody::MessageEdited { erased: true, .. } => return Ok(()),
            EventBody::MessagePosted { text, attachments, forwarded, .. } => {
                let files = attachments.iter();
                let files: Vec<String> =
                    files.map(|file| line_of(file.name.as_str(), file.bytes)).collect();
                let forwarded = forwarded.map(|it| (it.author, it.text));
                return self.message(&clock, event.actor, &text, forwarded, &files).await;
            }
            EventBody::MessageEdited { message, text, .. } => {
                format!("changed message {message} to: {text}")
            }
            EventBody::MessageDeleted { message } => format!("deleted message {message}"),
            EventBody::ReactionAdded { message, emoji } => {
                format!("put {emoji} on message {message}")
            }
            EventBody::ReactionRemoved { message, emoji } => {
                format!("took {emoji} back from message {message}")
            }
            EventBody::MessagePinned { message } => format!("pinned message {message}"),
            EventBody::MessageUnpinned { message } => {
                format!("took the pin of message {message} away")
            }
            EventBody::RoomCreated { name, .. } => format!("made the room #{name}"),
            EventBody::RoomRenamed { name, topic } => {
                format!("named the room #{name}, about: {topic}")
            }
            EventBody::RoomArchived { archived: true } => "archived the room".to_owned(),
            EventBody::RoomArchived { archived: false } => "reopened the room".to_owned(),
            EventBody::RoomDeleted => "deleted the room".to_owned(),
            EventBody::RoomRestored => "restored the room".to_owned(),
            EventBody::MemberJoined { user, .. } if user == event.actor => "joined".to_owned(),
            EventBody::MemberJoined { user, .. } => format!("added {}", self.name(user).await),
            EventBody::MemberLeft { user } if user == event.actor => "left".to_owned(),
            EventBody::MemberLeft { user } => format!("removed {}", self.name(user).await),
            EventBody::RoleChanged { user, role } => {
                format!("made {} {}", self.name(user).await, role.as_str())
            }
            EventBody::MemberBanned { user, .. } => format!("banned {}", self.name(user).await),
            EventBody::MemberUnbanned { user } => {
                format!("lifted the ban on {}", self.name(user).await)
            }
            // Nothing that was said or that became of anybody.
            EventBody::InviteCreated { .. } | EventBody::InviteRevoked { .. } => return Ok(()),
            // Of a user's own log, not of a room's.
            EventBody::RoomAdded { .. }
            | EventBody::RoomRemoved { .. }
            | EventBody::OwnRoleChanged { .. }
            | EventBody::PreferencesChanged { .. }
            | EventBody::ReadMoved { .. }
            | EventBody::PartnerRead { .. }
            | EventBody::DraftChanged { .. }
            | EventBody::PrivacyChanged { .. }
            | EventBody::ProfileChanged { .. }
            | EventBody::FriendRequested { .. }
            | EventBody::FriendAdded { .. }
            | EventBody::FriendRemoved { .. }
            | EventBody::UserBlocked { .. }
            | EventBody::UserUnblocked { .. }
            | EventBody::AccountDeleted { .. } => return Ok(()),
        };
        let who = self.name(event.actor).await;
        self.aside(&format!("{clock} * {who} {what}")).await
    }

    /// Prints a message: its text, what it forwards and whose words that are, then a
    /// line for each of its files.
    async fn message(
        &mut self,
        clock: &str,
        author: UserId,
        text: &str,
        forwarded: Option<(UserId, String)>,
        files: &[String],
    ) -> anyhow::Result<()> {
        let forwarded = match forwarded {
            Some((author, text)) => {
                vec![format!("[forwarded from {}]", self.name(author).await), text]
            }
            None => Vec::new(),
        };
        let more = forwarded.iter().chain(files).map(String::as_str);
        let bare = forwarded.is_empty() && files.is_empty();
        let lines = std::iter::once(text).chain(more).filter(|line| bare || !line.is_empty());
        match self.style {
            Print::Plain => {
                for line in lines {
                    self.line(line).await?;
                }
                Ok(())
            }
            Print::People => {
                let name = self.name(author).await;
                let all = lines.collect::<Vec<_>>().join("\n");
                self.line(&format!("{clock} {name}: {}", all.replace('\n', "\n      "))).await
            }
        }
    }

    /// Something that is not a message.
    async fn aside(&mut self, text: &str) -> anyhow::Result<()> {
        match self.style {
            Print::Plain => Ok(()),
            Print::People => self.line(text).await,
        }
    }

    async fn line(&mut self, text: &str) -> anyhow::Result<()> {
        let text = if self.to_terminal { harmless(text) } else { Cow::Borrowed(text) };
        let print = async {
            self.out.write_all(text.as_bytes()).await?;
            self.out.write_all(b"\n").await?;
            self.out.flush().await
        };
        print.await.context("cannot print")
    }

    /// How others call the user; the id where that cannot be learnt.
    async fn name(&mut self, user: UserId) -> String {
        if let Some(name) = self.names.get(&user) {
            return name.clone();
        }
        let Ok(info) = self.client.user(user).await else {
            return user.to_string();
        };
        if self.names.len() >= NAMES {
            self.names.clear();
        }
        self.names.insert(user, info.display_name.clone());
        info.display_name
    }
}

/// A file, as a line: its name and its size.
fn line_of(name: &str, bytes: u64) -> String {
    let mut size = bytes;
    for unit in ["bytes", "KiB", "MiB", "GiB"] {
        if size < 10_000 {
            return format!("[file] {name} ({size} {unit})");
        }
        size = size.div_ceil(1_024);
    }
    format!("[file] {name} ({size} TiB)")
}

/// Hours and minutes where the reader is.
fn clock(at: Time) -> String {
    at.to_zoned(TimeZone::system()).strftime("%H:%M").to_string()
}

/// The text without what a terminal would obey (ECMA-48): everything that is
/// shown stays.
pub(super) fn harmless(text: &str) -> Cow<'_, str> {
    let obeyed = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if !text.contains(obeyed) {
        return Cow::Borrowed(text);
    }
    text.replace(obeyed, "\u{FFFD}").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_a_line_with_its_size() {
        assert_eq!(line_of("a.png", 0), "[file] a.png (0 bytes)");
        assert_eq!(line_of("a.png", 9_999), "[file] a.png (9999 bytes)");
        assert_eq!(line_of("a.png", 67_108_864), "[file] a.png (64 MiB)");
    }

    #[test]
    fn a_message_cannot_command_the_terminal() {
        assert_eq!(harmless("\u{1b}[2J\u{9b}2J\r\u{7}x"), "\u{FFFD}[2J\u{FFFD}2J\u{FFFD}\u{FFFD}x");
        assert_eq!(harmless("two\nlines\tand 你好"), "two\nlines\tand 你好");
    }
}
