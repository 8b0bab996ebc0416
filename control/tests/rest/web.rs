//! The web app, or the page that stands in for it.

use crate::stack::Stack;

#[tokio::test]
async fn pages_of_the_app_are_served_at_every_path_of_its_own() {
    let stack = Stack::start().await;
    for path in ["/", "/rooms/0198", "/sign-in", "/apiary"] {
        let ask = stack.get(path).header("accept", "text/html,application/xhtml+xml");
        let reply = ask.send().await;
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(reply.header("cache-control"), "no-cache");
        assert!(reply.body.starts_with(b"<!doctype html>") || reply.body.starts_with(b"<!DOCTYPE"));
    }
    for path in ["/assets/missing.js", "/assets/../Cargo.toml", "/api/x", "/rt", "/metrics"] {
        stack.get(path).send().await.refused(404, "NOT_FOUND");
    }
    let ask = stack.get("/favicon.missing").header("accept", "image/png");
    ask.send().await.refused(404, "NOT_FOUND");
}
