//! The command line, parsed into one closed set of commands.

use crate::error::Error;

pub(crate) const HELP: &str = "\
Usage: cargo xtask <command>

  run [-- ARGS]    build what changed, then start Parlor on SQLite in ./data;
                   ARGS go to the server, e.g. `cargo xtask run -- --listen 127.0.0.1:9000`
  test [OPTIONS]   run every check of the project and end with a table
      --require-all       a skipped stage is a failure (what CI runs)
      --no-provision      download, install and start nothing; use what is there
      --only A,B          only these stages
      --list              name the stages
  faults [ARGS]    do faults to real servers while clients talk, and check what they were promised;
                   e.g. `cargo xtask faults F1 F7 --seed 42 --database sqlite --rounds 20`;
                   --planted shows that these runs find bugs planted in the server;
                   `cargo xtask faults --short` is every row in short
  fuzz [TARGET...] throw bytes of any shape at what takes bytes from outside; all targets where
                   none is named: frame, session, websocket, client, rest, token, cursor
      --seconds N         how long each runs (60)
      --keep              add inputs that reach something new to fuzz/corpus
      --replay FILE       run one target on this one input
";

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Run { server_args: Vec<String> },
    Test(TestOptions),
    Faults { args: Vec<String> },
    Fuzz(FuzzOptions),
    List,
    Help,
}

/// The options of `cargo xtask test`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct TestOptions {
    pub(crate) require_all: bool,
    pub(crate) no_provision: bool,
    /// The names given to `--only`; empty means all stages.
    pub(crate) only: Vec<String>,
}

/// The options of `cargo xtask fuzz`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct FuzzOptions {
    /// Empty means all targets.
    pub(crate) targets: Vec<String>,
    /// How long each runs; `None` where nobody says.
    pub(crate) seconds: Option<u32>,
    pub(crate) keep: bool,
    /// One input to try, and no other.
    pub(crate) replay: Option<String>,
}

pub(crate) fn parse(args: impl IntoIterator<Item = String>) -> Result<Command, Error> {
    let mut args = args.into_iter();
    match args.next().as_deref() {
        None | Some("help" | "--help" | "-h") => Ok(Command::Help),
        Some("run") => {
            let mut server_args: Vec<String> = args.collect();
            if server_args.first().is_some_and(|first| first == "--") {
                server_args.remove(0);
            }
            Ok(Command::Run { server_args })
        }
        Some("test") => parse_test(args),
        Some("faults") => Ok(Command::Faults { args: args.collect() }),
        Some("fuzz") => parse_fuzz(args),
        Some(other) => Err(Error::Usage(format!("unknown command `{other}`\n\n{HELP}"))),
    }
}

fn parse_test(mut args: impl Iterator<Item = String>) -> Result<Command, Error> {
    let mut options = TestOptions::default();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--require-all" => options.require_all = true,
            "--no-provision" => options.no_provision = true,
            "--list" => return Ok(Command::List),
            "--help" | "-h" => return Ok(Command::Help),
            "--only" => {
                let names = args.next().ok_or_else(|| {
                    Error::Usage("`--only` wants stage names, separated by commas".to_owned())
                })?;
                options.only.extend(names.split(',').map(str::to_owned));
            }
            other => {
                return Err(Error::Usage(format!("unknown option `{other}`\n\n{HELP}")));
            }
        }
    }
    Ok(Command::Test(options))
}

fn parse_fuzz(mut args: impl Iterator<Item = String>) -> Result<Command, Error> {
    let mut options = FuzzOptions::default();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--keep" => options.keep = true,
            "--seconds" => {
                let seconds = args.next().and_then(|number| number.parse().ok());
                let wrong = || Error::Usage("`--seconds` wants a whole number".to_owned());
                options.seconds = Some(seconds.filter(|number| *number > 0).ok_or_else(wrong)?);
            }
            "--replay" => {
                let wrong = || Error::Usage("`--replay` wants a file".to_owned());
                options.replay = Some(args.next().ok_or_else(wrong)?);
            }
            "--help" | "-h" => return Ok(Command::Help),
            option if option.starts_with('-') => {
                return Err(Error::Usage(format!("unknown option `{option}`\n\n{HELP}")));
            }
            target => options.targets.push(target.to_owned()),
        }
    }
    Ok(Command::Fuzz(options))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, Error> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn everything_after_run_goes_to_the_server() {
        let want = vec!["--listen".to_owned(), "127.0.0.1:9000".to_owned()];
        for line in ["run --listen 127.0.0.1:9000", "run -- --listen 127.0.0.1:9000"] {
            assert_eq!(parsed(line).unwrap(), Command::Run { server_args: want.clone() });
        }
    }

    #[test]
    fn everything_after_faults_goes_to_the_runner() {
        let args = ["F1", "--rounds", "20"].map(str::to_owned).to_vec();
        assert_eq!(parsed("faults F1 --rounds 20").unwrap(), Command::Faults { args });
    }

    #[test]
    fn fuzz_takes_targets_and_options_in_any_order() {
        let options = FuzzOptions {
            targets: vec!["rest".to_owned(), "token".to_owned()],
            seconds: Some(5),
            keep: true,
            replay: None,
        };
        assert_eq!(parsed("fuzz rest --seconds 5 token --keep").unwrap(), Command::Fuzz(options));
    }

    #[test]
    fn test_takes_its_options_in_any_order() {
        let command = parsed("test --only fmt,tidy --require-all").unwrap();
        let options = TestOptions {
            require_all: true,
            no_provision: false,
            only: vec!["fmt".to_owned(), "tidy".to_owned()],
        };
        assert_eq!(command, Command::Test(options));
    }

    #[test]
    fn a_wrong_word_is_refused_with_the_usage() {
        for line in
            ["tset", "test --fast", "test --only", "fuzz --seconds 0", "fuzz --replay", "fuzz -x"]
        {
            assert!(matches!(parsed(line), Err(Error::Usage(_))), "{line}");
        }
    }
}
