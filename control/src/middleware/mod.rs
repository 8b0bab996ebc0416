//! What goes around every public route.

mod cors;
mod headers;
mod rate;
mod request_id;
mod span;

use std::{any::Any, sync::Arc};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse as _, Response},
};
use http::{Extensions, HeaderMap, StatusCode, Version, header};
use parlor_domain::limits;
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{CompressionLayer, DefaultPredicate, Predicate as _},
    sensitive_headers::SetSensitiveRequestHeadersLayer,
};

pub(crate) use rate::{Limiter, TakenByUser};
pub(crate) use request_id::RequestId;

use crate::{Deps, Problem, problem};

/// Layers from the outside in. Problems are rendered outside of everything that
/// may refuse, and headers set outside of that, so that no response is without.
pub(crate) fn around(routes: Router, deps: &Deps) -> Router {
    let rate = Arc::new(rate::PerAddress::new(&deps.settings, Arc::clone(&deps.limited)));
    routes.layer(
        ServiceBuilder::new()
            .layer(SetSensitiveRequestHeadersLayer::new([
                header::AUTHORIZATION,
                header::COOKIE,
                header::PROXY_AUTHORIZATION,
            ]))
            .layer(from_fn(request_id::stamp))
            .layer(from_fn(span::enter))
            .layer(from_fn_with_state(deps.lanes.clone(), headers::set))
            .layer(cors::layer(deps.origins.clone()))
            .layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(may_change)))
            .layer(from_fn(problem::render))
            .layer(CatchPanicLayer::custom(on_panic))
            .layer(from_fn_with_state(rate, rate::limit))
            .layer(DefaultBodyLimit::max(limits::HTTP_BODY_BYTES)),
    )
}

/// Says of a response that its bytes shall arrive as they are: of what was compressed
/// on the way no range can be asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AsItIs;

fn may_change(_: StatusCode, _: Version, _: &HeaderMap, told: &Extensions) -> bool {
    told.get::<AsItIs>().is_none()
}

/// The panic itself was told by the panic hook; the caller learns nothing.
fn on_panic(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a handler panicked");
    Problem::from(problem::internal()).into_response()
}
