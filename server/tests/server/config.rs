//! Flag = environment = file, and every trap has a test.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use confique::Layer as _;
use parlor::config::{Config, ConfigError, FilePlace, Flags};
use parlor_domain::limits;
use tempfile::TempDir;

use crate::support::folder;

fn load(toml: &str) -> Result<Config, ConfigError> {
    let (_folder, path) = file(toml);
    Config::load(Flags::empty(), Some(&path))
}

fn file(toml: &str) -> (TempDir, PathBuf) {
    let folder = folder();
    let path = folder.path().join("parlor.toml");
    std::fs::write(&path, toml).expect("writes");
    (folder, path)
}

/// Starts the binary with settings it must refuse before it serves.
fn refused(arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let home = folder();
    let Output { status, stderr, .. } = Command::new(env!("CARGO_BIN_EXE_parlor"))
        .env("HOME", home.path())
        .env_remove("XDG_DATA_HOME")
        .envs(environment.iter().copied())
        .args(arguments)
        .output()
        .expect("the binary runs");
    assert!(!status.success());
    String::from_utf8(stderr).expect("text")
}

#[test]
fn a_server_that_is_told_nothing_has_a_valid_configuration() {
    let config = load("").expect("an empty file is a configuration");
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!((config.http3, config.internal_listen), (None, None));
    assert!(!config.has_public_certificate());
    assert_eq!(config.limits.session_burst.get(), 60);
    assert_eq!(config.limits.session_per_second.get(), 20);
    assert_eq!(config.files, FilePlace::Folder);
    assert_eq!(
        (config.limits.file_bytes, config.limits.user_file_bytes, config.limits.room_file_bytes),
        (limits::FILE_BYTES, limits::USER_FILE_BYTES, limits::ROOM_FILE_BYTES)
    );
    let defaults = Config::defaults().expect("valid");
    assert_eq!(format!("{config:?}"), format!("{defaults:?}"));
}

#[test]
fn every_key_can_stand_in_the_file() {
    let config = load(
        r#"
        listen = "[::1]:9000"
        data_dir = "/srv/parlor"
        database = "postgres://parlor:secret@127.0.0.1/parlor"
        internal_listen = "127.0.0.1:9001"
        public_url = "https://chat.example"
        allow_origin = ["https://app.example", "https://other.example:8443"]
        trusted_proxy = ["10.0.0.0/8"]
        http3 = 9443
        files = "s3://bucket/some/prefix/"

        [tls]
        certificate = "/etc/parlor/fullchain.pem"
        key = "/etc/parlor/privkey.pem"
        validity_s = 86_400
        check_s = 30

        [limits]
        session_burst = 1
        session_per_second = 2
        user_burst = 3
        user_per_second = 4
        http_address_burst = 5
        http_address_per_second = 6
        http_user_burst = 7
        http_user_per_second = 8
        connections_per_address = 9
        file_bytes = 10
        user_file_bytes = 11
        room_file_bytes = 12

        [log]
        format = "json"
        filter = "parlor=debug,info"
        "#,
    )
    .expect("valid");
    assert_eq!(config.listen.to_string(), "[::1]:9000");
    assert_eq!(config.data_dir().expect("configured"), Path::new("/srv/parlor"));
    assert_eq!(config.allow_origin.len(), 2);
    assert_eq!(config.http3, Some(9443));
    assert!(config.has_public_certificate());
    assert_eq!(config.limits.user_per_second.get(), 4);
    assert_eq!(config.limits.connections_per_address.get(), 9);
    let bucket = FilePlace::Bucket { bucket: "bucket".into(), prefix: "some/prefix".into() };
    assert_eq!(config.files, bucket);
    assert_eq!((config.limits.file_bytes, config.limits.room_file_bytes), (10, 12));
    assert!(!format!("{config:?}").contains("secret"), "T9: no password is shown");
}

#[test]
fn a_key_that_is_not_known_is_refused_and_named() {
    for (toml, key) in [
        ("listne = \"127.0.0.1:1\"", "listne"),
        ("[tls]\ncertificat = \"a\"", "certificat"),
        ("[limits]\nsession_rate = 1", "session_rate"),
        ("[log]\nlevel = \"info\"", "level"),
        ("[metrics]\nlisten = \"127.0.0.1:1\"", "metrics"),
    ] {
        let error = load(toml).expect_err(toml).to_string();
        assert!(error.contains(&format!("`{key}`")), "{error}");
    }
}

#[test]
fn a_value_of_the_wrong_kind_is_refused_and_its_key_named() {
    for (toml, key) in [
        ("listen = \"localhost:8080\"", "listen"),
        ("listen = 8080", "listen"),
        ("database = \"mysql://host/name\"", "database"),
        ("public_url = \"https://chat.example/chat\"", "public_url"),
        ("allow_origin = [\"*\"]", "allow_origin"),
        ("trusted_proxy = [\"10.0.0.0/33\"]", "trusted_proxy"),
        ("http3 = 65536", "http3"),
        ("data_dir = \"\"", "data_dir"),
        ("[limits]\nsession_burst = 0", "session_burst"),
        ("[limits]\nfile_bytes = -1", "file_bytes"),
        ("files = \"s3://\"", "files"),
        ("files = \"ftp://bucket\"", "files"),
        ("files = \"s3://user:secret@bucket\"", "files"),
        ("[limits]\nsession_per_second = -1", "session_per_second"),
        ("[log]\nformat = \"xml\"", "format"),
        ("listen", "listen"),
    ] {
        let error = load(toml).expect_err(toml).to_string();
        assert!(error.contains(key), "{toml}: {error}");
    }
}

#[test]
fn values_that_do_not_go_together_are_refused_and_the_key_named() {
    for (toml, key) in [
        ("[tls]\ncertificate = \"a.pem\"", "tls.certificate"),
        ("[tls]\nkey = \"a.pem\"", "tls.certificate"),
        ("[tls]\nvalidity_s = 1_209_600", "tls.validity_s"),
        ("[tls]\nvalidity_s = 29", "tls.validity_s"),
        ("[tls]\nvalidity_s = 60\ncheck_s = 7", "tls.check_s"),
        ("[tls]\ncheck_s = 0", "tls.check_s"),
        ("internal_listen = \"0.0.0.0:9000\"", "internal_listen"),
        ("internal_listen = \"192.0.2.1:9000\"", "internal_listen"),
        ("http3 = 8080", "http3"),
    ] {
        match load(toml) {
            Err(ConfigError::Conflict { key: named, .. }) => assert_eq!(named, key, "{toml}"),
            other => panic!("{toml}: {other:?}"),
        }
    }
}

#[test]
fn a_file_that_is_named_must_be_there() {
    let missing = Path::new("/nonexistent/parlor.toml");
    let error = Config::load(Flags::empty(), Some(missing)).expect_err("there is no such file");
    assert!(error.to_string().contains("/nonexistent/parlor.toml"), "{error}");
}

#[test]
fn a_flag_goes_before_the_environment_and_that_before_the_file() {
    // Each place holds a value that is refused under its own name, so the
    // refusal shows which one was taken.
    let (_folder, path) = file("internal_listen = \"192.0.2.3:3\"\nhttp3 = 8080");
    let path = path.to_str().expect("text");
    let error = refused(&["serve", "--config", path], &[]);
    assert!(error.contains("internal_listen"), "{error}");
    let environment = [("PARLOR_INTERNAL_LISTEN", "127.0.0.1:0")];
    let error = refused(&["serve", "--config", path], &environment);
    assert!(error.contains("http3"), "the environment went before the file: {error}");
    let flag = ["serve", "--config", path, "--internal-listen", "192.0.2.1:1"];
    let error = refused(&flag, &environment);
    assert!(error.contains("internal_listen"), "the flag went before both: {error}");
    let error = refused(&["serve"], &[("PARLOR_CONFIG", path)]);
    assert!(error.contains("internal_listen"), "the file is named by the environment: {error}");
}

#[test]
fn flags_and_variables_are_checked_like_the_file() {
    let error = refused(&["--listen", "nowhere"], &[]);
    assert!(error.contains("--listen"), "{error}");
    let error = refused(&[], &[("PARLOR_LISTEN", "nowhere")]);
    assert!(error.contains("PARLOR_LISTEN"), "{error}");
    let error = refused(&["--session-burst", "0"], &[]);
    assert!(error.contains("--session-burst"), "{error}");
    let error = refused(&["serve", "--listne", "127.0.0.1:0"], &[]);
    assert!(error.contains("--listne"), "{error}");
    let error = refused(&["--tls-key", "key.pem"], &[]);
    assert!(error.contains("--tls-certificate"), "{error}");
    let error = refused(&[], &[("PARLOR_LOG", "=======")]);
    assert!(error.contains("log"), "{error}");
}

#[test]
fn an_empty_variable_is_as_good_as_none() {
    // Only the internal listener is refused: the empty ones before it were not.
    let error = refused(
        &[],
        &[
            ("PARLOR_LISTEN", ""),
            ("PARLOR_ALLOW_ORIGIN", ""),
            ("PARLOR_DATABASE", ""),
            ("PARLOR_DATA_DIR", ""),
            ("PARLOR_INTERNAL_LISTEN", "192.0.2.1:1"),
        ],
    );
    assert!(error.contains("internal_listen: must be a loopback address"), "{error}");
}

#[test]
fn without_a_home_the_data_folder_must_be_named() {
    let output = Command::new(env!("CARGO_BIN_EXE_parlor"))
        .env_remove("HOME")
        .env_remove("XDG_DATA_HOME")
        .env_remove("PARLOR_DATA_DIR")
        .args(["--listen", "127.0.0.1:0"])
        .output()
        .expect("the binary runs");
    assert!(!output.status.success());
    let error = String::from_utf8(output.stderr).expect("text");
    assert!(error.contains("data_dir"), "{error}");
}
