//! `parlor admin`: running the server from the machine that it runs on. It speaks to
//! the running server as any program does, and shows that it may by a token which it
//! signs with the key of the data folder: no account is needed, and none that cannot
//! be signed in to.

mod table;

use std::{io::Write as _, path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use http::Method;
use parlor_client::{Rest, RestError};
use parlor_domain::{Clock as _, Code, DeviceId, SystemClock, UserId, UserName};
use parlor_token::Signer;
use serde_json::{Value, json};
use uuid::Uuid;

use self::table::Table;
use crate::{
    config::{Config, Flags},
    data_folder,
};

/// See and change what concerns the whole server. Whoever can read the data folder
/// may, whether or not anybody can sign in. The server must be running.
#[derive(Args)]
pub(crate) struct Admin {
    #[command(subcommand)]
    what: What,
    /// Print JSON, as the REST API has it, in place of a table.
    #[arg(long, global = true)]
    json: bool,
    /// The server's data folder. Left out: as for `parlor serve`.
    #[arg(long, env = "PARLOR_DATA_DIR", value_name = "FOLDER", global = true)]
    data_dir: Option<PathBuf>,
    /// URL of the server. Left out: where it said it was when it started.
    #[arg(long, env = "PARLOR_SERVER", value_name = "URL", global = true)]
    server: Option<String>,
}

#[derive(Subcommand)]
enum What {
    /// List accounts.
    Users {
        /// Those whose names hold this.
        #[arg(value_name = "TEXT")]
        search: Option<String>,
    },
    /// Let somebody in no more, and end all their sessions.
    Disable(Who),
    /// Let somebody in again.
    Enable(Who),
    /// Print a one-time link by which somebody sets a new password.
    Reset(Who),
    /// Make somebody an admin.
    Grant(Who),
    /// Make an admin a user like others.
    Revoke(Who),
    /// List rooms.
    Rooms {
        /// Those whose name or topic holds this.
        #[arg(value_name = "TEXT")]
        search: Option<String>,
    },
    /// Make a room read-only for everybody.
    Archive(Room),
    /// Bring a room back from the archive.
    Restore(Room),
    /// List live sessions.
    Sessions,
    /// Sign a device out, which ends its sessions.
    SignOut {
        /// Its id, as the list of sessions has it.
        device: Uuid,
    },
    /// List what was done to the server, the newest first.
    Audit {
        /// So many entries, at most.
        #[arg(long, default_value_t = 50, value_name = "ENTRIES")]
        last: usize,
    },
    /// Tell everybody something.
    Announce {
        /// One line of up to 500 characters.
        text: String,
        /// It is a warning.
        #[arg(long)]
        warning: bool,
        /// For how long. Left out: until it is taken back.
        #[arg(long, value_name = "HOURS")]
        hours: Option<u32>,
    },
    /// Take an announcement back.
    Unannounce {
        /// Its id, as `announce` and the audit log have it.
        id: Uuid,
    },
    /// Print a one-time link by which somebody makes an account.
    Invite,
    /// Show the settings, or change them.
    Settings {
        /// Who may make an account from now on.
        #[arg(long, value_enum, value_name = "POLICY")]
        sign_up: Option<Policy>,
    },
    /// Show the rate limits, and how many requests they refused.
    Limits,
    /// Show how much the server keeps.
    Storage,
}

#[derive(Args)]
struct Who {
    /// The account's name.
    name: String,
}

#[derive(Args)]
struct Room {
    /// The room's id.
    id: Uuid,
}

/// Who may make an account.
#[derive(Clone, Copy, ValueEnum)]
enum Policy {
    Open,
    Invite,
    Closed,
}

impl Policy {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Invite => "invite",
            Self::Closed => "closed",
        }
    }
}

/// Does what was asked, and prints what came of it.
///
/// # Errors
/// The data folder cannot be read, or the server refuses or is not there.
pub(crate) async fn run(admin: Admin) -> anyhow::Result<ExitCode> {
    let mut flags = <Flags as confique::Layer>::empty();
    flags.data_dir.clone_from(&admin.data_dir);
    let folder = Config::load(flags, None)?.data_dir()?;
    let owner = data_folder::owner(&folder)?;
    let signer = Signer::from_pem(&owner.access_token_pem)
        .context("keys/access_token.pem in the data folder")?;
    // The server itself: it has no device.
    let nobody = DeviceId::from_uuid(Uuid::nil());
    let (token, _) = signer.sign(UserId::SYSTEM, nobody, SystemClock.now());
    let url = admin.server.or(owner.url).context("say where the server is, by --server")?;
    let desk = Desk { rest: Rest::new(&url)?, token };
    let (answer, shown) = desk.act(&admin.what).await.map_err(|error| match error {
        RestError::Unreachable(_) => {
            anyhow::Error::new(error).context(format!("the server at {url} must be running"))
        }
        error => error.into(),
    })?;
    let text = if admin.json { format!("{answer:#}\n") } else { shown };
    // Whoever reads may have read enough.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
    Ok(ExitCode::SUCCESS)
}

/// The running server, and what lets us change it.
struct Desk {
    rest: Rest,
    token: String,
}

/// An answer for programs, and the same for people.
type Told = (Value, String);

impl Desk {
    async fn act(&self, what: &What) -> Result<Told, RestError> {
        let done = |said: &str| (Value::Null, format!("{said}\n"));
        match what {
            What::Users { search } => self.users(search.as_deref()).await,
            What::Disable(who) => {
                self.of_user(Method::POST, who, "/disable").await?;
                Ok(done("Disabled, and signed out everywhere."))
            }
            What::Enable(who) => {
                self.of_user(Method::POST, who, "/enable").await?;
                Ok(done("Enabled."))
            }
            What::Grant(who) => {
                self.of_user(Method::PUT, who, "/admin").await?;
                Ok(done("Is an admin now."))
            }
            What::Revoke(who) => {
                self.of_user(Method::DELETE, who, "/admin").await?;
                Ok(done("Is no admin any more."))
            }
            What::Reset(who) => {
                Ok(self.link(self.of_user(Method::POST, who, "/reset").await?, "sets a password"))
            }
            What::Invite => {
                let link = self.call(Method::POST, "/sign-up-links", None).await?;
                Ok(self.link(link, "makes an account"))
            }
            What::Rooms { search } => self.rooms(search.as_deref()).await,
            What::Archive(room) => self.archive(room, true).await,
            What::Restore(room) => self.archive(room, false).await,
            What::Sessions => self.sessions().await,
            What::SignOut { device } => {
                self.call(Method::DELETE, &format!("/devices/{device}"), None).await?;
                Ok(done("Signed out."))
            }
            What::Audit { last } => self.audit(*last).await,
            What::Announce { text, warning, hours } => {
                let level = if *warning { "warning" } else { "info" };
                let seconds = hours.map(|hours| hours.saturating_mul(3_600));
                let body = json!({ "text": text, "level": level, "seconds": seconds });
                let told = self.call(Method::POST, "/announcements", Some(&body)).await?;
                let said = format!("Told everybody. Its id is {}.\n", table::text(&told["id"]));
                Ok((told, said))
            }
            What::Unannounce { id } => {
                self.call(Method::DELETE, &format!("/announcements/{id}"), None).await?;
                Ok(done("Taken back."))
            }
            What::Settings { sign_up } => {
                let settings = match sign_up {
                    None => self.call(Method::GET, "/settings", None).await?,
                    Some(policy) => {
                        let body = json!({ "sign_up": policy.as_str() });
                        self.call(Method::PUT, "/settings", Some(&body)).await?
                    }
                };
                let said = format!("sign_up  {}\n", table::text(&settings["sign_up"]));
                Ok((settings, said))
            }
            What::Limits => {
                let limits = self.call(Method::GET, "/limits", None).await?;
                let mut table = Table::new(["LIMIT", "BURST", "PER SECOND", "REFUSED"]);
                for it in table::items(&limits) {
                    table.row([&it["name"], &it["burst"], &it["per_second"], &it["limited"]]);
                }
                Ok((limits, table.shown()))
            }
            What::Storage => {
                let storage = self.call(Method::GET, "/storage", None).await?;
                let (database, files) = (&storage["database"], &storage["files"]);
                let mut table = Table::new(["BYTES", "USERS", "DEVICES", "ROOMS", "EVENTS"]);
                table.row(["bytes", "users", "devices", "rooms", "events"].map(|it| &database[it]));
                let mut of_files = Table::new(["FILES", "BYTES", "WAITING", "BYTES"]);
                let cells = ["attached", "attached_bytes", "waiting", "waiting_bytes"];
                of_files.row(cells.map(|it| &files[it]));
                let shown = format!("{}\n{}", table.shown(), of_files.shown());
                Ok((storage, shown))
            }
        }
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, RestError> {
        self.rest.admin(&self.token, method, path, body).await
    }

    /// All pages of a list, up to `most` items.
    async fn all(&self, path: &str, query: &str, most: usize) -> Result<Value, RestError> {
        let mut items: Vec<Value> = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("{path}?limit=100{query}{cursor}");
            let mut page = self.call(Method::GET, &path, None).await?;
            if let Some(more) = page["items"].as_array_mut() {
                items.append(more);
            }
            match page["next_cursor"].as_str() {
                Some(next) if items.len() < most => cursor = format!("&cursor={next}"),
                _ => break,
            }
        }
        items.truncate(most);
        Ok(json!({ "items": items }))
    }

    async fn users(&self, search: Option<&str>) -> Result<Told, RestError> {
        let users = self.all("/users", &query(search), usize::MAX).await?;
        let mut table = Table::new(["NAME", "SHOWN AS", "ADMIN", "DISABLED", "LAST SEEN", "ID"]);
        for it in table::items(&users) {
            let user = &it["user"];
            let cells = [
                &user["name"],
                &user["display_name"],
                &it["is_admin"],
                &it["disabled_at"],
                &it["seen_at"],
                &user["id"],
            ];
            table.row(cells);
        }
        Ok((users, table.shown()))
    }

    async fn rooms(&self, search: Option<&str>) -> Result<Told, RestError> {
        let rooms = self.all("/rooms", &query(search), usize::MAX).await?;
        let mut table = Table::new([
            "NAME",
            "VISIBILITY",
            "ARCHIVED",
            "MEMBERS",
            "MESSAGES",
            "FILE BYTES",
            "LAST ACTIVE",
            "ID",
        ]);
        for it in table::items(&rooms) {
            let cells = [
                "name",
                "visibility",
                "archived",
                "members",
                "messages",
                "file_bytes",
                "active_at",
                "id",
            ];
            table.row(cells.map(|cell| &it[cell]));
        }
        Ok((rooms, table.shown()))
    }

    async fn sessions(&self) -> Result<Told, RestError> {
        let sessions = self.all("/sessions", "", usize::MAX).await?;
        let mut table =
            Table::new(["USER", "LANE", "RTT US", "QUEUED", "SINCE", "ADDRESS", "DEVICE"]);
        for it in table::items(&sessions) {
            let cells = [
                &it["user"]["name"],
                &it["lane"],
                &it["rtt_us"],
                &it["queued_bytes"],
                &it["since"],
                &it["address"],
                &it["device_id"],
            ];
            table.row(cells);
        }
        Ok((sessions, table.shown()))
    }

    async fn audit(&self, last: usize) -> Result<Told, RestError> {
        let entries = self.all("/audit", "", last).await?;
        let mut table = Table::new(["WHEN", "BY", "FROM", "WHAT", "WHOM", "DETAIL", "ID"]);
        let server = json!("(the server)");
        for it in table::items(&entries) {
            let by = if it["by"].is_null() { &server } else { &it["by"]["name"] };
            let whom = &it["user"]["name"];
            let cells =
                [&it["at"], by, &it["address"], &it["act"], whom, &it["detail"], &it["thing"]];
            table.row(cells);
        }
        Ok((entries, table.shown()))
    }

    async fn archive(&self, room: &Room, archived: bool) -> Result<Told, RestError> {
        let path = format!("/rooms/{}/archive", room.id);
        let body = json!({ "archived": archived });
        let room = self.call(Method::POST, &path, Some(&body)).await?;
        let now = if archived { "is in the archive" } else { "is open again" };
        let said = format!("{} {now}.\n", table::text(&room["name"]));
        Ok((room, said))
    }

    /// A call about the account of this name.
    async fn of_user(&self, method: Method, who: &Who, act: &str) -> Result<Value, RestError> {
        let nobody = || parlor_domain::Refusal::new(Code::NotFound, "nobody has that name");
        // As the server folds it.
        let name = UserName::parse(&who.name).map_err(|_| nobody())?;
        let found = self.all("/users", &query(Some(name.as_str())), usize::MAX).await?;
        let user = table::items(&found).find(|it| it["user"]["name"] == name.as_str());
        let id = user.and_then(|it| it["user"]["id"].as_str()).ok_or_else(nobody)?;
        self.call(method, &format!("/users/{id}{act}"), None).await
    }

    /// A one-time link, as it is opened in a browser.
    fn link(&self, mut link: Value, does: &str) -> Told {
        let url = format!("{}{}", self.rest.origin(), table::text(&link["path"]));
        link["url"] = json!(url);
        let until = table::text(&link["expires_at"]);
        let said = format!("{url}\nThis link {does}, once, until {until}.\n");
        (link, said)
    }
}

/// The part of a query that searches (RFC 3986 section 2.1).
fn query(search: Option<&str>) -> String {
    use std::fmt::Write as _;
    let Some(text) = search else { return String::new() };
    text.bytes().fold("&q=".to_owned(), |mut query, byte| {
        // Writing to a String cannot fail.
        let _ = write!(query, "%{byte:02X}");
        query
    })
}
