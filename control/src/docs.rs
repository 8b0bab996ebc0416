//! The OpenAPI document, and the page that shows it without asking any other
//! server.

use axum::Router;
use utoipa::openapi::{
    Content, OpenApi, Ref, RefOr, ResponseBuilder,
    path::{Operation, PathItem},
};
use utoipa_swagger_ui::{Config, SwaggerUi};

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

/// Says of every operation what is true of all: errors are problems.
pub(crate) fn complete(mut openapi: OpenApi) -> OpenApi {
    for item in openapi.paths.paths.values_mut() {
        for operation in operations(item) {
            for (status, response) in &mut operation.responses.responses {
                if let (RefOr::T(response), true) = (response, status.starts_with(['4', '5'])) {
                    response.content.insert(PROBLEM.to_owned(), problem().into());
                }
            }
            if operation.security.as_ref().is_some_and(|security| !security.is_empty()) {
                let unauthenticated = "UNAUTHENTICATED: no valid access token";
                operation
                    .responses
                    .responses
                    .entry("401".to_owned())
                    .or_insert_with(|| refused(unauthenticated));
            }
            let default = refused("Any other refusal; `code` says which");
            operation.responses.responses.insert("default".to_owned(), default);
        }
    }
    openapi
}

const PROBLEM: &str = "application/problem+json";

fn problem() -> Content {
    Content::new(Some(Ref::from_schema_name("Problem")))
}

fn refused(description: &str) -> RefOr<utoipa::openapi::Response> {
    ResponseBuilder::new().description(description).content(PROBLEM, problem()).build().into()
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.patch, &mut item.delete].into_iter().flatten()
}
