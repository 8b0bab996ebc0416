//! The OpenAPI document and its page.

use std::collections::HashSet;

use parlor_domain::Code;
use serde_json::Value;

use crate::stack::Stack;

const METHODS: [&str; 5] = ["get", "put", "post", "patch", "delete"];

/// Writes without an `Idempotency-Key`: they change no log, which is what
/// remembers one. What a second one does is told where they are described.
const WITHOUT_KEY: [&str; 23] = [
    "register",
    "log_in",
    "refresh",
    "log_out",
    "change_password",
    "deactivate_account",
    "delete_account",
    "sign_out_device",
    "sign_out_others",
    "claim_admin",
    "reset_password",
    "admin_disable_user",
    "admin_enable_user",
    "admin_grant",
    "admin_revoke",
    "admin_reset_user",
    "admin_sign_out_device",
    "admin_set_settings",
    "admin_make_sign_up_link",
    "admin_announce",
    "admin_end_announcement",
    "send_upload",
    "cancel_upload",
];

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

/// Each operation of the document, with its method and its path.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let each = paths.flat_map(|(path, item)| {
        METHODS
            .into_iter()
            .filter_map(move |method| Some((method, path.as_str(), item.get(method)?)))
    });
    each.collect()
}

/// What the schemas say of this value that is not so.
fn violations(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let schema = document.pointer(reference.trim_start_matches('#')).unwrap();
        return violations(document, schema, value);
    }
    let parts = |key: &str| schema[key].as_array().cloned().unwrap_or_default();
    let mut found: Vec<String> =
        parts("allOf").iter().flat_map(|part| violations(document, part, value)).collect();
    let choices = [parts("oneOf"), parts("anyOf")].concat();
    if !choices.is_empty() && choices.iter().all(|one| !violations(document, one, value).is_empty())
    {
        found.push(format!("{value} fits none of {choices:?}"));
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let kinds = match &schema["type"] {
        Value::Array(kinds) => kinds.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    };
    if !kinds.is_empty() && kinds.iter().all(|one| *one != kind) {
        found.push(format!("{value} is none of {kinds:?}"));
    }
    if !parts("enum").is_empty() && !parts("enum").contains(value) {
        found.push(format!("{value} is not in {:?}", schema["enum"]));
    }
    for item in value.as_array().into_iter().flatten() {
        found.extend(violations(document, &schema["items"], item));
    }
    if let (Some(fields), Some(properties)) = (value.as_object(), schema["properties"].as_object())
    {
        for name in parts("required").iter().filter_map(Value::as_str) {
            if !fields.contains_key(name) {
                found.push(format!("{name} is missing in {value}"));
            }
        }
        for (name, property) in properties.iter().filter(|(name, _)| fields.contains_key(*name)) {
            found.extend(violations(document, property, &fields[name.as_str()]));
        }
    }
    found
}

/// All that travels has an example, and the example is one.
#[track_caller]
fn has_example(document: &Value, described: &Value, what: &str) {
    let example = &described["example"];
    assert!(!example.is_null(), "{what} has no example: {described}");
    let violations = violations(document, &described["schema"], example);
    assert!(violations.is_empty(), "{what}: {violations:?}");
}

#[test]
fn everything_is_described_and_has_an_example() {
    let document = serde_json::to_value(parlor_control::openapi()).unwrap();
    for (method, path, operation) in operations(&document) {
        let what = format!("{method} {path}");
        let text = |value: &Value| value.as_str().is_some_and(|text| !text.trim().is_empty());
        assert!(text(&operation["summary"]), "{what} has no summary");
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let what = format!("{} of {what}", parameter["name"]);
            assert!(text(&parameter["description"]), "{what} is not described");
            has_example(&document, parameter, &what);
        }
        let answers = operation["responses"].as_object().unwrap();
        for (status, answer) in answers {
            assert!(text(&answer["description"]), "{status} of {what} is not described");
        }
        let bodies = answers.iter().map(|(status, answer)| (status.as_str(), answer));
        let bodies = bodies.chain([("the body", &operation["requestBody"])]);
        for (which, body) in bodies {
            for content in body["content"].as_object().into_iter().flat_map(|all| all.values()) {
                has_example(&document, content, &format!("{which} of {what}"));
            }
        }
    }
    for (name, header) in document["components"]["headers"].as_object().unwrap() {
        has_example(&document, header, name);
    }
}

/// Each refusal names its codes first, and each code has its own status.
#[test]
fn refusals_name_their_codes() {
    let document = serde_json::to_value(parlor_control::openapi()).unwrap();
    for (method, path, operation) in operations(&document) {
        let responses = operation["responses"].as_object().unwrap();
        let is_health = ["/healthz", "/readyz"].contains(&path);
        // Nothing about a question after our health can be wrong.
        let refused = responses.keys().any(|status| status.starts_with('4'));
        assert_eq!(refused, !is_health, "{method} {path}");
        for (status, response) in responses {
            let Some(status) = status.parse::<u16>().ok().filter(|status| *status >= 400) else {
                continue;
            };
            let description = response["description"].as_str().unwrap();
            let words = description.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            let codes: Vec<Code> = words.filter_map(Code::parse).collect();
            let what = format!("{status} of {method} {path}: {description}");
            assert!(
                description.starts_with(codes.first().map_or("?", |code| code.as_str())),
                "{what}"
            );
            assert!(codes.iter().all(|code| code.http_status() == status), "{what}");
            let example = &response["content"]["application/problem+json"]["example"];
            assert_eq!(example["status"], status, "{what}");
            assert_eq!(example["code"], codes[0].as_str(), "{what}");
        }
    }
}

#[test]
fn every_write_takes_an_idempotency_key_or_says_what_a_second_one_does() {
    let document = serde_json::to_value(parlor_control::openapi()).unwrap();
    for (method, path, operation) in operations(&document) {
        let mut names = operation["parameters"].as_array().into_iter().flatten();
        let takes = names.any(|parameter| parameter["name"] == "Idempotency-Key");
        let id = operation["operationId"].as_str().unwrap();
        let needs = method != "get" && !WITHOUT_KEY.contains(&id);
        assert_eq!(takes, needs, "{method} {path}");
        if WITHOUT_KEY.contains(&id) {
            let description = operation["description"].as_str().unwrap();
            assert!(description.contains("Sent again"), "{method} {path}");
        }
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
    let mut ids = HashSet::new();
    for (method, path, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap();
        assert!(ids.insert(id), "{id} stands twice");
        for (status, response) in operation["responses"].as_object().unwrap() {
            let problem = &response["content"]["application/problem+json"]["schema"]["$ref"];
            let is_error = status == "default" || status.starts_with(['4', '5']);
            assert_eq!(is_error, *problem == "#/components/schemas/Problem", "{method} {path}");
        }
        let public = [
            "/register",
            "/login",
            "/refresh",
            "/logout",
            "/reset",
            "/server",
            "/jwks",
            "/invites/{code}",
        ]
        .iter()
        .any(|end| path == format!("/api/v1{end}"));
        let secured = operation["security"][0].get("bearer").is_some();
        assert_eq!(secured, path.starts_with("/api/v1") && !public, "{method} {path}");
    }
    assert_eq!(ids.len(), 96, "the contract's endpoints, no more and no less");
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
        let concrete = path
            .replace("{id}", "x")
            .replace("{seq}", "x")
            .replace("{user_id}", "x")
            .replace("{invite_id}", "x")
            .replace("{file_id}", "x")
            .replace("{avatar}", "x")
            .replace("{code}", "x")
            .replace("{emoji}", "x");
        for method in METHODS {
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
