//! The seller's side: the whole view, orders, and commands; also the API for the seller's own shop.

use super::{api::said, now_ms};
use crate::body::Body;
use crate::config::Role;
use crate::errors::ApiError;
use crate::guard::Caller;
use crate::state::App;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::{Extension, Json};
use serde_json::{Value, json};
use vitrine_commerce::Command;
use vitrine_show::ports::shop::{IdempotencyKey, OrderQuery};

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
) -> Result<Json<Value>, ApiError> {
    if caller.role < needs(&command) {
        return Err(ApiError::RoleTooLow);
    }
    let key = headers.get("idempotency-key").and_then(|v| v.to_str().ok()).ok_or(ApiError::NeedsKey)?;
    let key = IdempotencyKey::new(&format!("seller:{key}"))?;
    Ok(Json(said(&app.floor()?.shop.submit(command, key).await?)))
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
