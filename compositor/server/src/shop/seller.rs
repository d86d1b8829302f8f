//! The seller's side: the whole view, orders, and commands; also the API for the seller's own shop.

use super::api::{Said, said};
use super::now_ms;
use crate::body::Body;
use crate::config::Role;
use crate::errors::ApiError;
use crate::guard::Caller;
use crate::state::App;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::{Extension, Json};
use serde_json::{Value, json};
use vitrine_commerce::Command;
use vitrine_show::ports::shop::{IdempotencyKey, OrderQuery};

/// Dead letters shown at once: more are a fault of one cause.
const DEAD_SHOWN: u32 = 200;

/// `GET /api/seller`
pub(crate) async fn view(State(app): State<App>) -> Result<Json<Value>, ApiError> {
    let floor = app.floor()?;
    let view = floor.shop.view();
    Ok(Json(json!({
        "now_ms": now_ms(),
        "show": floor.show,
        "viewers": floor.live.viewers(),
        "latency_ms": floor.live.latency_ms(),
        "view": *view,
    })))
}

/// `GET /api/seller/orders`
pub(crate) async fn orders(State(app): State<App>, Query(query): Query<OrderQuery>) -> Result<Json<Value>, ApiError> {
    let orders = app.floor()?.shop.orders(query).await?;
    Ok(Json(json!({ "now_ms": now_ms(), "orders": orders })))
}

/// `POST /api/seller/command`, with an `Idempotency-Key` header.
pub(crate) async fn command(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Body(command): Body<Command>,
) -> Result<Json<Said>, ApiError> {
    if caller.role < needs(&command) {
        return Err(ApiError::RoleTooLow);
    }
    let key = headers.get("idempotency-key").and_then(|v| v.to_str().ok()).ok_or(ApiError::NeedsKey)?;
    let key = IdempotencyKey::new(&format!("seller:{key}"))?;
    Ok(Json(said(app.floor()?.shop.submit(command, key).await?)))
}

/// `GET /api/seller/dead`: what was given up, with the reason; a person has to look at it.
pub(crate) async fn dead(State(app): State<App>) -> Result<Json<Value>, ApiError> {
    let dead = app.floor()?.shop.dead_errands(DEAD_SHOWN).await?;
    Ok(Json(json!({ "now_ms": now_ms(), "dead": dead })))
}

/// `POST /api/seller/dead/{seq}/revive`: puts one back to work under its old key.
pub(crate) async fn revive(State(app): State<App>, Path(seq): Path<i64>) -> Result<Json<Value>, ApiError> {
    app.floor()?.shop.revive_errand(seq).await?;
    Ok(Json(json!({ "now_ms": now_ms() })))
}

/// What moves money or stock, or speaks for a buyer or a provider, is the owner's; the stage is the operator's.
const fn needs(command: &Command) -> Role {
    match command {
        Command::Feature { .. }
        | Command::PutOffer { .. }
        | Command::EndOffer { .. }
        | Command::OpenPoll { .. }
        | Command::ClosePoll { .. }
        | Command::OpenGiveaway { .. }
        | Command::CloseGiveaway { .. }
        | Command::Draw { .. } => Role::Operator,
        _ => Role::Owner,
    }
}
