//! Who talks: a user with a password, or a guest of this machine.

use std::{
    collections::BTreeMap,
    env, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use parlor_client::{Client, ConnectError, Credentials, Rest, RestError};
use parlor_domain::Code;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Talk;

const PASSWORD: &str = "PARLOR_PASSWORD";
const DEVICE: &str = "parlor talk";

/// Signs in as `talk` says.
pub(super) async fn connect(talk: &Talk) -> anyhow::Result<Client> {
    let Some(name) = talk.user.clone() else {
        return connect_as_guest(talk).await;
    };
    let password = env::var(PASSWORD)
        .with_context(|| format!("the password of {name} is expected in {PASSWORD}"))?;
    let credentials = if talk.register {
        Credentials::Register { name, password }
    } else {
        Credentials::Password { name, password }
    };
    Ok(connect_with(talk, credentials).await?)
}

async fn connect_with(talk: &Talk, credentials: Credentials) -> Result<Client, ConnectError> {
    let mut builder = Client::builder(&talk.server).credentials(credentials).device_name(DEVICE);
    if let Some(lane) = talk.lane.lane() {
        builder = builder.lane(lane);
    }
    builder.connect().await
}

/// Signs in as the guest that this machine has at the server; makes one where
/// there is none, or where the server no longer knows it.
async fn connect_as_guest(talk: &Talk) -> anyhow::Result<Client> {
    let folder = state_folder(talk)?;
    let server = Rest::new(&talk.server)?.origin().to_owned();
    let mut guests = Guests::load(&folder)?;
    if let Some(Guest { name, password }) = guests.0.get(&server).cloned() {
        match connect_with(talk, Credentials::Password { name, password }).await {
            Err(error) if code(&error) == Some(Code::BadCredentials) => {}
            connected => return Ok(connected?),
        }
    }
    loop {
        // 122 random bits, which nobody need remember.
        let guest = Guest { name: guest_name(), password: Uuid::new_v4().to_string() };
        let Guest { name, password } = guest.clone();
        match connect_with(talk, Credentials::Register { name, password }).await {
            Err(error) if code(&error) == Some(Code::NameTaken) => {}
            connected => {
                let client = connected?;
                guests.0.insert(server, guest);
                guests.save(&folder)?;
                return Ok(client);
            }
        }
    }
}

fn code(error: &ConnectError) -> Option<Code> {
    match error {
        ConnectError::Rest(RestError::Refused(refusal)) => Some(refusal.code),
        _ => None,
    }
}

fn guest_name() -> String {
    let random = Uuid::new_v4().simple().to_string();
    format!("guest-{}", random.get(..8).unwrap_or(&random))
}

/// A guest's account. The password is kept rather than a refresh token, which
/// two programs at once would use up for one another.
#[derive(Clone, Deserialize, Serialize)]
struct Guest {
    name: String,
    password: String,
}

/// Guests of this machine, by server.
#[derive(Default, Deserialize, Serialize)]
struct Guests(BTreeMap<String, Guest>);

impl Guests {
    fn load(folder: &Path) -> anyhow::Result<Self> {
        let path = Self::path(folder);
        let broken = || format!("cannot read {}", path.display());
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).with_context(broken),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(broken),
        }
    }

    /// Replaces the file at once, readable by its owner alone.
    fn save(&self, folder: &Path) -> anyhow::Result<()> {
        let path = Self::path(folder);
        let save = || {
            create_folder(folder)?;
            let new = folder.join(format!("guests.{}.new", Uuid::new_v4()));
            let mut file = create_private(&new)?;
            file.write_all(&serde_json::to_vec_pretty(self)?)?;
            file.sync_all()?;
            fs::rename(&new, &path)
        };
        save().with_context(|| format!("cannot write {}", path.display()))
    }

    fn path(folder: &Path) -> PathBuf {
        folder.join("guests.json")
    }
}

#[cfg(unix)]
fn create_private(path: &Path) -> io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn create_private(path: &Path) -> io::Result<fs::File> {
    fs::OpenOptions::new().write(true).create_new(true).open(path)
}

#[cfg(unix)]
fn create_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn create_folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// Where state belongs (XDG Base Directory Specification 0.8).
fn state_folder(talk: &Talk) -> anyhow::Result<PathBuf> {
    if let Some(folder) = &talk.state_dir {
        return Ok(folder.clone());
    }
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME")
        .or_else(|| Some(absolute("HOME")?.join(".local/state")))
        .or_else(|| absolute("LOCALAPPDATA"))
        .context("there is no home folder to keep a guest's account in; name one by --state-dir")?;
    Ok(state.join("parlor"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guests_are_kept_for_their_owner_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path().join("a/b");
        assert!(Guests::load(&folder).expect("none yet").0.is_empty());
        let guest = Guest { name: guest_name(), password: "secret".to_owned() };
        let mut guests = Guests::default();
        guests.0.insert("http://localhost:8080".to_owned(), guest);
        guests.save(&folder).expect("saved");
        guests.save(&folder).expect("saved again");
        assert_eq!(Guests::load(&folder).expect("read").0.len(), 1);
        assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(Guests::path(&folder)).expect("a file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn names_of_guests_are_names() {
        assert!(parlor_domain::UserName::parse(&guest_name()).is_ok());
    }
}
