//! The OpenAPI document, and the page that shows it without asking any other
//! server.

pub(crate) mod examples;

use axum::Router;
use http::StatusCode;
use parlor_domain::Code;
use utoipa::openapi::{
    Content, Header, HeaderBuilder, ObjectBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder,
    Type,
    path::{Operation, PathItem},
};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::problem;
use examples::Schemas;

/// The page sets styles from its script and shows inline images; nothing else
/// is let in.
pub(crate) const POLICY: &str = "default-src 'none'; script-src 'self'; \
    style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PATH: &str = "/api/docs";

/// True for the page and what it loads.
pub(crate) fn is_docs(path: &str) -> bool {
    path.strip_prefix(PATH).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// `/api/openapi.json` and `/api/docs`.
pub(crate) fn routes(openapi: OpenApi) -> Router {
    SwaggerUi::new(PATH)
        .url("/api/openapi.json", complete(openapi))
        .config(Config::default().validator_url("none").use_base_layout())
        .into()
}

/// Says of every operation what is true of all, or of all of its kind, and gives
/// an example of everything that travels.
pub(crate) fn complete(mut openapi: OpenApi) -> OpenApi {
    let schemas = Schemas::new(&openapi);
    for (path, item) in &mut openapi.paths.paths {
        let is_api = path.starts_with("/api/");
        for operation in operations(item) {
            refuse(operation, is_api, path.starts_with("/api/v1/admin/"));
            for (status, response) in &mut operation.responses.responses {
                if let RefOr::T(response) = response {
                    finish(status, response, is_api, &schemas);
                }
            }
            if let Some(RefOr::T(body)) = &mut operation.request_body {
                body.content.values_mut().for_each(|content| schemas.fill_body(content));
            }
            let parameters = operation.parameters.iter_mut().flatten();
            parameters.for_each(|parameter| schemas.fill_parameter(parameter));
        }
    }
    let headers = &mut openapi.components.get_or_insert_default().headers;
    for (name, description, example) in HEADERS {
        headers.insert(name.to_owned(), header(description, example).into());
    }
    openapi
}

/// Headers of answers, what they say, and an example.
const HEADERS: [(&str, &str, &str); 4] = [
    ("X-Request-Id", "What the server's log knows this request by", examples::UUID),
    (
        "RateLimit-Policy",
        "The limits that counted this request: `q` requests in `w` seconds, by address and by user \
         (draft-ietf-httpapi-ratelimit-headers)",
        r#""address";q=1000;w=5, "user";q=300;w=6"#,
    ),
    (
        "RateLimit",
        "Of each limit, the `r` requests that are left, all of them again in `t` seconds",
        r#""address";r=998;t=1, "user";r=299;t=1"#,
    ),
    ("Retry-After", "Send the same request again after so many seconds", "1"),
];

fn header(description: &str, example: &str) -> Header {
    let text = ObjectBuilder::new().schema_type(Type::String);
    HeaderBuilder::new()
        .schema(Some(text))
        .description(Some(description))
        .example(Some(example.into()))
        .build()
}

/// The refusals that an operation shares with others of its kind.
fn refuse(operation: &mut Operation, is_api: bool, is_admin: bool) {
    let secured = operation.security.as_ref().is_some_and(|security| !security.is_empty());
    let has_body = operation.request_body.is_some();
    let has_key = operation.parameters.iter().flatten().any(
        |parameter| matches!(parameter, RefOr::T(parameter) if parameter.name == "Idempotency-Key"),
    );
    let common = [
        (has_body || has_key, "400", "INVALID_ARGUMENT: body or headers do not parse"),
        (secured, "401", "UNAUTHENTICATED: no valid access token"),
        (is_admin, "404", "NOT_FOUND: the caller is no admin"),
        (has_key, "409", "IDEMPOTENCY_MISMATCH: the key was used for something else"),
        (has_body, "413", "TOO_LARGE: the body has too many bytes"),
        (has_body, "415", "UNSUPPORTED_MEDIA_TYPE: the body is not application/json"),
        (has_body, "422", "UNPROCESSABLE: a field is unknown, missing, or of the wrong kind"),
        (is_api, "429", "RATE_LIMITED: too many requests of this address or user"),
        (secured, "503", "UNAVAILABLE: not right now; the outcome is unknown"),
        (true, "default", "Any other refusal; `code` says which"),
    ];
    for (applies, status, description) in common {
        if applies {
            let responses = &mut operation.responses.responses;
            let refused = || ResponseBuilder::new().description(description).build().into();
            responses.entry(status.to_owned()).or_insert_with(refused);
        }
    }
}

/// Gives a response its problem, its example and its headers.
fn finish(status: &str, response: &mut Response, is_api: bool, schemas: &Schemas) {
    if status == "default" || status.starts_with(['4', '5']) {
        response.content.insert(PROBLEM.to_owned(), problem(status, &response.description).into());
    }
    response.content.values_mut().for_each(|content| schemas.fill_body(content));
    for (name, _, _) in HEADERS.iter().filter(|_| is_api) {
        if *name != "Retry-After" || matches!(status, "429" | "503") {
            let reference = Ref::new(format!("#/components/headers/{name}"));
            response.headers.insert((*name).to_owned(), RefOr::Ref(reference));
        }
    }
}

const PROBLEM: &str = "application/problem+json";

/// A problem of this status, with the first code of the description as its example.
fn problem(status: &str, description: &str) -> Content {
    let words = description.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let code = words.into_iter().find_map(Code::parse).unwrap_or(Code::Unavailable);
    let status = status.parse().unwrap_or_else(|_| code.http_status());
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut content = Content::new(Some(Ref::from_schema_name("Problem")));
    content.example = Some(problem::example(status, code));
    content
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete]
        .into_iter()
        .flatten()
}
