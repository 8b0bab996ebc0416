//! The OpenAPI document and its page.

use std::collections::HashSet;

use serde_json::Value;

use crate::stack::Stack;

const METHODS: [&str; 4] = ["get", "post", "patch", "delete"];

/// Every reference in the document.
fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("$ref").and_then(Value::as_str));
            fields.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[tokio::test]
async fn the_document_is_whole() {
    let stack = Stack::start().await;
    let document = stack.get("/api/openapi.json").send().await.ok(200);
    assert_eq!(document, serde_json::to_value(parlor_control::openapi()).unwrap());
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 50);
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
    let paths = document["paths"].as_object().unwrap();
    let mut operations = HashSet::new();
    for (path, item) in paths {
        for method in METHODS {
            let Some(operation) = item.get(method) else { continue };
            let id = operation["operationId"].as_str().unwrap();
            assert!(operations.insert(id), "{id} stands twice");
            assert!(operation["summary"].is_string(), "{method} {path}");
            let responses = operation["responses"].as_object().unwrap();
            for (status, response) in responses {
                let problem = &response["content"]["application/problem+json"]["schema"]["$ref"];
                let is_error = status == "default" || status.starts_with(['4', '5']);
                assert_eq!(is_error, *problem == "#/components/schemas/Problem", "{method} {path}");
            }
            let public = ["/register", "/login", "/refresh", "/logout", "/server", "/jwks"]
                .iter()
                .any(|end| path == &format!("/api/v1{end}"));
            let secured = operation["security"][0].get("bearer").is_some();
            assert_eq!(secured, path.starts_with("/api/v1") && !public, "{method} {path}");
        }
    }
    assert_eq!(operations.len(), 26, "the contract's endpoints, no more and no less");
    let schemas = &document["components"]["schemas"];
    assert_eq!(schemas["Number"]["type"], "string", "c21");
    let item =
        |page: usize| &schemas["Rooms"]["anyOf"][page]["properties"]["items"]["items"]["$ref"];
    assert_eq!(item(0), "#/components/schemas/RoomSummary");
    assert_eq!(item(1), "#/components/schemas/Room");
}

/// Each operation of the document reaches a handler, and no method that the
/// document does not name does.
#[tokio::test]
async fn document_and_router_agree() {
    let stack = Stack::start().await;
    let document = serde_json::to_value(parlor_control::openapi()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        let concrete = path.replace("{id}", "x").replace("{seq}", "x").replace("{user_id}", "x");
        for method in ["get", "post", "patch", "delete", "put"] {
            let ask = stack.ask(method.to_uppercase().parse().unwrap(), &concrete);
            let reply = ask.send().await;
            let known = item.get(method).is_some();
            assert_eq!(reply.status != 405, known, "{method} {path}: {}", reply.status);
            if item[method].get("security").is_some() {
                reply.refused(401, "UNAUTHENTICATED");
            }
        }
    }
}

#[tokio::test]
async fn the_page_asks_no_other_server() {
    let stack = Stack::start().await;
    let reply = stack.get("/api/docs").send().await;
    assert!(reply.status.is_redirection());
    assert_eq!(reply.header("location"), "/api/docs/");
    for file in ["", "swagger-initializer.js", "swagger-ui-bundle.js", "swagger-ui.css"] {
        let reply = stack.get(&format!("/api/docs/{file}")).send().await;
        assert_eq!(reply.status, 200, "{file}");
        let policy = reply.header("content-security-policy");
        assert!(policy.contains("connect-src 'self';") && !policy.contains("http"), "{policy}");
    }
    let page = stack.get("/api/docs/").send().await;
    let page = String::from_utf8(page.body.to_vec()).unwrap();
    assert!(!page.contains("https://") && !page.contains("<script>"), "{page}");
}
