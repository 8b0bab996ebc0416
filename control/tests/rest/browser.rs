//! What protects people's browsers: R11, R12, cookies and headers.

use http::Method;
use serde_json::json;

use crate::stack::{HOST, PASSWORD, Stack};

#[tokio::test]
async fn r11_only_listed_origins_may_read_answers() {
    let stack = Stack::start().await;
    let evil = [
        "https://evil.example",
        "null",
        "https://app.example.evil.example",
        "https://evil-app.example",
        "http://app.example",
        "https://app.example:444",
        "https://chat.example.evil.example:8080",
    ];
    for origin in evil {
        let reply = stack.get("/api/v1/server").header("origin", origin).send().await;
        assert_eq!(reply.header("access-control-allow-origin"), "", "{origin}");
        let preflight = stack
            .ask(Method::OPTIONS, "/api/v1/rooms")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization");
        let reply = preflight.send().await;
        assert_eq!(reply.header("access-control-allow-origin"), "", "{origin}");
    }
    let own = format!("https://{HOST}");
    for origin in ["https://app.example", &own] {
        for path in ["/api/v1/server", "/api/v1/me", "/api/v1/nothing"] {
            let reply = stack.get(path).header("origin", origin).send().await;
            assert_eq!(reply.header("access-control-allow-origin"), origin, "{path}");
        }
    }
    let preflight = stack
        .ask(Method::OPTIONS, "/api/v1/rooms")
        .header("origin", "https://app.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,idempotency-key");
    let reply = preflight.send().await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("access-control-allow-origin"), "https://app.example");
    assert!(reply.header("access-control-allow-headers").contains("idempotency-key"));
    assert!(reply.headers.contains_key("content-security-policy"));
}

#[tokio::test]
async fn r12_foreign_pages_cannot_use_the_cookie() {
    let stack = Stack::start().await;
    let body = json!({"name": "ada", "password": PASSWORD, "cookie": true});
    let reply = stack.post("/api/v1/register").json(body).send().await;
    let cookie = reply.header("set-cookie").split("; ").next().unwrap().to_owned();
    reply.ok(201);

    for path in ["/api/v1/refresh", "/api/v1/logout"] {
        let ask = || stack.post(path).header("cookie", &cookie);
        for (name, value) in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            ask().header(name, value).send().await.refused(403, "ORIGIN_REFUSED");
        }
        for content_type in
            ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
        {
            for body in ["", "{}"] {
                let reply = ask().raw(content_type, body).send().await;
                reply.refused(415, "UNSUPPORTED_MEDIA_TYPE");
            }
        }
    }
    let own = format!("http://{HOST}");
    let ask = stack.post("/api/v1/refresh").header("cookie", &cookie).header("origin", &own);
    let reply = ask.header("sec-fetch-site", "same-origin").send().await;
    let cookie = reply.header("set-cookie").split("; ").next().unwrap().to_owned();
    reply.ok(200);
    let ask = stack.post("/api/v1/logout").header("cookie", &cookie);
    ask.header("sec-fetch-site", "same-origin").json(json!({})).send().await.ok(204);
}

#[tokio::test]
async fn r12_foreign_pages_cannot_sign_somebody_in() {
    let stack = Stack::start().await;
    stack.person("ada").await;
    for path in ["/api/v1/register", "/api/v1/login"] {
        let body = json!({"name": "ada", "password": PASSWORD, "cookie": true});
        let ask = stack.post(path).json(body).header("origin", "https://evil.example");
        ask.send().await.refused(403, "ORIGIN_REFUSED");
    }
}

#[tokio::test]
async fn x2_every_response_carries_the_security_headers() {
    let stack = Stack::start().await;
    let paths = [
        "/",
        "/rooms/x",
        "/healthz",
        "/readyz",
        "/metrics",
        "/api",
        "/api/v1/server",
        "/api/v1/me",
        "/api/v1/nothing",
        "/api/openapi.json",
        "/api/docs",
        "/api/docs/",
        "/assets/missing.js",
        "/rt/v1",
    ];
    let document = serde_json::to_value(parlor_control::openapi()).unwrap();
    let documented = document["paths"].as_object().unwrap().keys().map(String::as_str);
    for path in paths.into_iter().chain(documented) {
        let reply = stack.get(path).send().await;
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(reply.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(reply.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(reply.header("strict-transport-security"), "", "{path}: plain http");
        assert_eq!(reply.header("x-request-id").len(), 36, "{path}");
        let policy = reply.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(policy.contains("base-uri 'none'"), "{path}: {policy}");
        // The page about the API sets styles from its script.
        if !path.starts_with("/api/docs") {
            assert!(policy.contains("require-trusted-types-for 'script'"), "{path}: {policy}");
            assert!(policy.contains("trusted-types parlor-worker;"), "{path}: {policy}");
            assert!(policy.contains("worker-src 'self'"), "{path}: {policy}");
            assert!(!policy.contains("unsafe"), "{path}: {policy}");
        }
        if path.starts_with("/api/v1") {
            assert_eq!(reply.header("cache-control"), "no-store", "{path}");
        }
    }
    let policy = stack.get("/").send().await.header("content-security-policy").to_owned();
    let lanes = "connect-src 'self' https://chat.example:8443/rt/v1 ws://chat.example:8080/rt/v1";
    assert!(policy.contains(lanes), "{policy}");
    // Pictures may be shown before they are sent; clips come from the server alone.
    assert!(policy.contains("img-src 'self' data: blob:; media-src 'self';"), "{policy}");
}

#[tokio::test]
async fn x2_behind_tls_browsers_are_told_to_stay_there() {
    let stack = Stack::start().await;
    stack.lanes.send_modify(|lanes| lanes.secure = true);
    let reply = stack.get("/").send().await;
    assert!(reply.header("strict-transport-security").starts_with("max-age="));
    assert!(reply.header("content-security-policy").contains("wss://chat.example:8080/rt/v1"));
}

#[tokio::test]
async fn r13_a_strange_host_header_gets_nowhere() {
    let stack = Stack::start().await;
    for host in ["evil.example; script-src *", "a b", "user@evil.example", "x'y", ""] {
        let request = http::Request::get("/").header("host", host).body("".into()).unwrap();
        let reply = stack.answer(request).await;
        let policy = reply.header("content-security-policy");
        assert!(policy.contains("https://127.0.0.1:8443/rt/v1"), "{host}: {policy}");
        assert!(!policy.contains("evil") && !policy.contains("script-src *"), "{policy}");
    }
}
