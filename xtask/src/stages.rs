//! The stages of `cargo xtask test`, in the order in which they are run: what is quick and fails
//! often comes first, and what is embedded is built before what embeds it.

use std::fs;
use std::process::Command;

use crate::bucket::Bucket;
use crate::error::Error;
use crate::postgres::Postgres;
use crate::shell::{self, Log};
use crate::stage::{Context, Stage};
use crate::supply::Rules;
use crate::{chromium, faults, fuzz, node, planted, python, scratch, web};

/// The variable in which tests look for a PostgreSQL server.
const POSTGRES_URL: &str = "PARLOR_TEST_POSTGRES_URL";

/// The variable in which tests look for a bucket on a server that speaks S3; the variables of
/// that protocol's own tools say how to reach it.
const S3_BUCKET: &str = "PARLOR_TEST_S3";

/// The variable that makes a test fail where it would skip for want of a server.
const REQUIRE_ALL: &str = "PARLOR_REQUIRE_ALL";

pub(crate) const ALL: &[Stage] = &[
    Stage { name: "fmt", about: "Rust is formatted", run: fmt },
    Stage { name: "tidy", about: "the house rules hold, and this tool works", run: tidy },
    Stage { name: "supply", about: "licences and banned crates of deny.toml", run: supply },
    Stage {
        name: "provision",
        about: "PostgreSQL, an S3 server, Chromium and tools for the tests",
        run: provision,
    },
    Stage { name: "web", about: "web app: lint, tests, generated code, build, size", run: web_app },
    Stage { name: "clippy", about: "lints of all targets, as errors", run: clippy },
    Stage { name: "build", about: "the parlor binary and all tests compile", run: build },
    Stage { name: "rust", about: "Rust tests of all crates", run: rust },
    Stage { name: "fuzz", about: "bytes of any shape, 10 s for each target", run: fuzz_targets },
    Stage { name: "doctest", about: "examples in the documentation", run: doctest },
    Stage { name: "docs", about: "rustdoc without warnings", run: docs },
    Stage { name: "schema", about: "schemathesis believes the OpenAPI document", run: schema },
    Stage { name: "browser", about: "four clients in one room, in a real Chromium", run: browser },
    Stage { name: "planted", about: "fault runs find each of twelve planted bugs", run: plant },
    Stage { name: "faults", about: "every row of the fault plan, in short", run: fault_rows },
    Stage { name: "talk", about: "lines piped into `parlor talk` across kill -9", run: talk },
];

fn fmt(context: &mut Context, log: &mut Log) -> Result<(), Error> {
    log.run(context.workspace.cargo().args(["fmt", "--all", "--check"]))
}

fn tidy(context: &mut Context, log: &mut Log) -> Result<(), Error> {
    log.run(context.workspace.cargo().args(["test", "--package", "xtask"]))
}

fn supply(context: &mut Context, log: &mut Log) -> Result<(), Error> {
    let path = context.workspace.root().join("deny.toml");
    let rules = Rules::read(&fs::read_to_string(&path).map_err(Error::file(&path))?);
    let tree = log.capture(context.workspace.cargo().args([
        "tree",
        "--workspace",
        "--locked",
        "--edges=normal,build,dev",
        "--prefix=none",
        "--format={p}|{l}",
    ]))?;
    let fuzz = log.capture(
        context
            .workspace
            .cargo()
            .args(["tree", "--locked", "--edges=normal,build", "--prefix=none"])
            .arg("--format={p}|{l}")
            .arg("--manifest-path")
            .arg(context.workspace.fuzz().join("Cargo.toml")),
    )?;
    let findings = rules.check(&format!("{tree}\n{fuzz}"));
    if findings.is_empty() { Ok(()) } else { Err(Error::Rule(findings)) }
}

fn provision(context: &mut Context, log: &mut Log) -> Result<(), Error> {
    // Each is looked for, whatever became of the other; what is wrong is told after that.
    // PostgreSQL is one of the tools: it comes after them, so that each run finds the same.
    let tools = faults::provision(context.may_provision, log);
    let postgres = postgres(context, log);
    let bucket = bucket(context, log);
    let chromium = chromium::find(context.may_provision, log);
    context.chromium = chromium.as_ref().ok().cloned();
    postgres.and(bucket).and(chromium.map(drop)).and(tools)
}

fn postgres(context: &mut Context, log: &mut Log) -> Result<(), Error> {
    if std::env::var_os(POSTGRES_URL).is_some_and(|url| !url.is_empty()) {
        return log.line("PARLOR_TEST_POSTGRES_URL names a server already");
    }
    if !context.may_provision {
        return Err(Error::Missing(format!("name a PostgreSQL server in {POSTGRES_URL}")));
    }
    context.postgres = Some(Postgres::start(&context.workspace, log)?);
    Ok(())
}

fn bucket(context: &mut Context, log: &mut Log) -> Result<(), Error> {
    if std::env::var_os(S3_BUCKET).is_some_and(|name| !name.is_empty()) {
        return log.line("PARLOR_TEST_S3 names a bucket already");
    }
    if !context.may_provision {
        return Err(Error::Missing(format!("name a bucket that you can spare in {S3_BUCKET}")));
    }
    context.bucket = Some(Bucket::start(&context.workspace, log)?);
    Ok(())
}

fn web_app(context: &mut Context, log: &mut Log) -> Result<(), Error> {
    node::check()?;
    let web = context.workspace.web();
    let codegen = context.workspace.root().join("tools").join("codegen");
    node::install(&web, &mut |command| log.run(command))?;
    node::install(&codegen, &mut |command| log.run(command))?;
    for script in ["lint", "test", "gen:check", "package"] {
        log.run(node::npm(&web).args(["run", script]))?;
    }
    // The browser story keeps to the same style.
    let mut biome = Command::new(web.join("node_modules").join(".bin").join("biome"));
    biome.current_dir(context.workspace.root()).args([
        "check",
        "--config-path=web/biome.json",
        "e2e",
    ]);
    log.run(&mut biome)?;
    web::build_if_changed(&context.workspace, &mut |command| log.run(command))?;
    log.run(node::npm(&web).args(["run", "size"]))
}

fn clippy(context: &mut Context, log: &mut Log) -> Result<(), Error> {
    log.run(context.workspace.cargo().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "--deny=warnings",
    ]))
}

fn build(context: &mut Context, log: &mut Log) -> Result<(), Error> {
    build_parlor(context, log)?;
    log.run(rust_tests(context).arg("--no-run"))
}

fn rust(context: &mut Context, log: &mut Log) -> Result<(), Error> {
    let mut command = rust_tests(context);
    command.arg("--no-fail-fast");
    log.run(for_tests(&mut command, context))?;
    // What people and programs meet, once more on the other database.
    let mut command = rust_tests(context);
    command.args(["--no-fail-fast", "--test=rest", "--test=protocol", "--test=rows"]);
    log.run(for_tests(&mut command, context).env("PARLOR_TEST_DATABASE", "postgres"))
}

/// The tests of all crates but this one, under nextest where it is installed: it stops a test that
/// hangs. The house rules have had their own stage.
fn rust_tests(context: &Context) -> Command {
    let mut command = context.workspace.cargo();
    if shell::on_path(&["cargo-nextest"]).is_some() {
        command.args(["nextest", "run"]);
    } else {
        command.args(["test", "--lib", "--bins", "--tests"]);
    }
    command.args(["--workspace", "--exclude", "xtask", "--locked"]);
    command
}

fn fuzz_targets(context: &mut Context, log: &mut Log) -> Result<(), Error> {
    // They are no members of the workspace, whose own stage passes them by.
    let mut fmt = context.workspace.cargo();
    fmt.args(["fmt", "--check", "--manifest-path"])
        .arg(context.workspace.fuzz().join("Cargo.toml"));
    log.run(&mut fmt)?;
    fuzz::stage(&context.workspace, &mut |command| log.run(command))
}

fn doctest(context: &mut Context, log: &mut Log) -> Result<(), Error> {
    log.run(context.workspace.cargo().args(["test", "--workspace", "--doc", "--locked"]))
}

/// The crates are an application, so their documentation is for those who work on it: private
/// items are in it, and links to them are good.
fn docs(context: &mut Context, log: &mut Log) -> Result<(), Error> {
    log.run(
        context
            .workspace
            .cargo()
            .args(["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"])
            .env("RUSTDOCFLAGS", "--deny=warnings --allow=rustdoc::private_intra_doc_links"),
    )
}

fn schema(context: &mut Context, log: &mut Log) -> Result<(), Error> {
    let program = python::schemathesis(&context.workspace, context.may_provision, log)?;
    let mut trial = node_test(context, log, "schema")?;
    log.run(for_tests(trial.env("PARLOR_SCHEMATHESIS", program), context))
}

fn browser(context: &mut Context, log: &mut Log) -> Result<(), Error> {
    let chromium = match context.chromium.clone() {
        Some(found) => found,
        None => chromium::find(false, log)?,
    };
    web::build_if_changed(&context.workspace, &mut |command| log.run(command))?;
    let mut story = node_test(context, log, "story")?;
    log.run(for_tests(story.env("PARLOR_CHROMIUM", chromium), context))
}

/// Rows that want a tool that is missing are skipped by their name; where all is required, that is
/// a failure.
fn fault_rows(context: &mut Context, log: &mut Log) -> Result<(), Error> {
    log.run(&mut faults::build(&context.workspace))?;
    let mut short = faults::short(&context.workspace);
    if context.require_all {
        short.arg("--require-all");
    }
    log.run(for_tests(&mut short, context))
}

fn talk(context: &mut Context, log: &mut Log) -> Result<(), Error> {
    let mut acceptance = node_test(context, log, "talk")?;
    log.run(for_tests(&mut acceptance, context))
}

fn plant(context: &mut Context, log: &mut Log) -> Result<(), Error> {
    let mut trials = planted::check(&context.workspace, context.may_provision, log)?;
    log.run(for_tests(&mut trials, context))
}

/// The tests of one folder below `e2e`, on the binary as it is now.
fn node_test(context: &Context, log: &mut Log, folder: &str) -> Result<Command, Error> {
    node::check()?;
    let e2e = context.workspace.e2e();
    node::install(&e2e, &mut |command| log.run(command))?;
    build_parlor(context, log)?;
    let mut command = node::npm(&e2e);
    command.args(["run", "--silent", folder]).env("PARLOR_BIN", context.workspace.parlor());
    Ok(command)
}

fn build_parlor(context: &Context, log: &mut Log) -> Result<(), Error> {
    log.run(context.workspace.cargo().args(["build", "--package", "parlor", "--bins", "--locked"]))
}

/// What tests are told about this run through their environment.
fn for_tests<'a>(command: &'a mut Command, context: &Context) -> &'a mut Command {
    if let Some(postgres) = &context.postgres {
        command.env(POSTGRES_URL, postgres.url());
    }
    if let Some(bucket) = &context.bucket {
        command.env(S3_BUCKET, bucket.name()).envs(bucket.environment());
    }
    if context.require_all {
        command.env(REQUIRE_ALL, "1");
    }
    command.env("TMPDIR", scratch::folder())
}
