//! What shoppers do: look, hold, pay, wait in line. The price is always the server's; the client's order id is the
//! idempotency key, so a retry has one effect and the same answer.

use super::buyer::Buyer;
use super::{key, now_ms, public};
use crate::body::Body;
use crate::errors::ApiError;
use crate::guard::{Key, Rate};
use crate::state::App;
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::path::{Component, Path as FilePath};
use tower::ServiceExt;
use tower_http::services::ServeFile;
use vitrine_commerce::{
    Channel, CodeId, Command, Contact, CustomerId, GiveawayId, Order, OrderId, Reply, ShowId, Sku, Wanted,
};

/// Wants units held.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HoldAsked {
    /// Made by the client before its first try; a retry sends the same.
    order: OrderId,
    /// The show.
    show: ShowId,
    /// What and how many.
    lines: Vec<Wanted>,
    /// A discount code.
    #[serde(default)]
    code: Option<CodeId>,
}

/// Begins to pay.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PayAsked {
    /// A payment plugin of the show.
    provider: String,
    /// Which try this is, from 1: a retry of the same try sends the same number.
    attempt: u32,
    /// Where to send it.
    #[serde(default)]
    contact: Option<Contact>,
}

/// Waits for a thing that is sold out.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LineAsked {
    order: OrderId,
    show: ShowId,
    sku: Sku,
    qty: i64,
}

/// `GET /api/shop/{show}`
pub(crate) async fn shop(State(app): State<App>, Path(show): Path<String>, buyer: Buyer) -> Result<Response, ApiError> {
    let floor = app.floor_of(&show)?;
    let (view, now) = (floor.shop.view(), now_ms());
    let desk = app.desk.snapshot();
    let playlist = app.config.stream.as_deref().and_then(|path| path.strip_prefix("/hls/"));
    let output = playlist.and_then(|path| path.split('/').next());
    let canvas = desk.outputs.iter().find(|o| Some(o.name.as_str()) == output).map(|o| &o.canvas);
    let answer = json!({
        "show": floor.show,
        "title": desk.show,
        "accent": desk.accent,
        "canvas": canvas,
        "now_ms": now,
        "you": buyer.id,
        "stream": app.config.stream,
        "providers": app.config.providers,
        "policy": { "hold": view.policy.hold, "hold_ms": view.policy.hold_ms },
        "shop": public::everything(&view, &floor.show, now),
    });
    Ok(buyer.answer(Json(answer)))
}

/// `POST /api/holds`
pub(crate) async fn hold(State(app): State<App>, buyer: Buyer, body: Body<HoldAsked>) -> Result<Response, ApiError> {
    let Body(HoldAsked { order, show, lines, code }) = body;
    let key = key("hold", &order)?;
    let customer = buyer.id.clone();
    let channel = Channel::own();
    act(&app, buyer, Command::Hold { order, show, customer, channel, lines, code }, key).await
}

/// `POST /api/holds/{order}/extend`
pub(crate) async fn extend(
    State(app): State<App>,
    Path(order): Path<OrderId>,
    buyer: Buyer,
) -> Result<Response, ApiError> {
    // Each extension is an intention of its own: a lost answer is asked again with no harm.
    let key = key("extend", &uuid::Uuid::now_v7())?;
    let customer = buyer.id.clone();
    act(&app, buyer, Command::Extend { order, customer }, key).await
}

/// `DELETE /api/holds/{order}`
pub(crate) async fn release(
    State(app): State<App>,
    Path(order): Path<OrderId>,
    buyer: Buyer,
) -> Result<Response, ApiError> {
    let key = key("release", &order)?;
    let customer = Some(buyer.id.clone());
    act(&app, buyer, Command::Release { order, customer }, key).await
}

/// `POST /api/orders/{order}/pay`
pub(crate) async fn pay(
    State(app): State<App>,
    Path(order): Path<OrderId>,
    buyer: Buyer,
    Body(asked): Body<PayAsked>,
) -> Result<Response, ApiError> {
    if !app.config.providers.contains(&asked.provider) {
        return Err(ApiError::NoProvider(asked.provider.chars().take(64).collect()));
    }
    let key = key(&format!("pay:{}", asked.attempt), &order)?;
    let customer = buyer.id.clone();
    let PayAsked { provider, contact, .. } = asked;
    let _turn = app.floor()?.turn().await?;
    act(&app, buyer, Command::Pay { order, customer, provider, contact }, key).await
}

/// `POST /api/line`
pub(crate) async fn join_line(
    State(app): State<App>,
    buyer: Buyer,
    Body(asked): Body<LineAsked>,
) -> Result<Response, ApiError> {
    let LineAsked { order, show, sku, qty } = asked;
    let key = key("line", &order)?;
    let customer = buyer.id.clone();
    act(&app, buyer, Command::JoinLine { order, show, customer, sku, qty }, key).await
}

/// `DELETE /api/line/{order}`
pub(crate) async fn leave_line(
    State(app): State<App>,
    Path(order): Path<OrderId>,
    buyer: Buyer,
) -> Result<Response, ApiError> {
    let key = key("leave", &order)?;
    let customer = buyer.id.clone();
    act(&app, buyer, Command::LeaveLine { order, customer }, key).await
}

/// `GET /api/orders/{order}`: the buyer's own.
pub(crate) async fn order(
    State(app): State<App>,
    Path(order): Path<OrderId>,
    buyer: Buyer,
) -> Result<Response, ApiError> {
    let found = own_order(&app, &buyer.id, order).await?;
    Ok(Json(json!({ "now_ms": now_ms(), "order": found })).into_response())
}

/// An order of this buyer; of nobody else, and no word about whether it exists.
pub(crate) async fn own_order(app: &App, buyer: &CustomerId, order: OrderId) -> Result<Order, ApiError> {
    let found = app.floor()?.shop.order(order.clone()).await?;
    let unknown = vitrine_commerce::Refusal::OrderUnknown { order };
    Ok(found.filter(|o| o.customer == *buyer).ok_or(unknown)?)
}

/// `GET /api/giveaways/{giveaway}/entries`: who entered, one a line, in byte order. The SHA-256 of these bytes is the
/// `list_hex` that was published before the draw.
pub(crate) async fn entries(State(app): State<App>, Path(giveaway): Path<GiveawayId>) -> Result<Response, ApiError> {
    let floor = app.floor()?;
    let view = floor.shop.view();
    let known = view.giveaways.iter().find(|known| known.id == giveaway && known.show == floor.show);
    if known.ok_or(ApiError::NotFound)?.list_hex.is_none() {
        let text = "still takes entries; who entered is published when they have closed".to_owned();
        return Err(vitrine_commerce::Refusal::GiveawayRefused { giveaway, text }.into());
    }
    let mut list = floor.shop.entries(giveaway).await?.join("\n");
    if !list.is_empty() {
        list.push('\n');
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], list).into_response())
}

/// Carries a buyer's command out, within the buyer's own rate.
async fn act(
    app: &App,
    buyer: Buyer,
    command: Command,
    key: vitrine_show::ports::shop::IdempotencyKey,
) -> Result<Response, ApiError> {
    app.rates.take(Rate::Buyer, Key::Buyer(buyer.id.clone())).map_err(ApiError::TooFast)?;
    let reply = app.floor()?.shop.submit(command, key).await?;
    Ok(buyer.answer((StatusCode::OK, Json(said(reply)))))
}

/// A reply with the server's time, by which the client counts down.
pub(crate) fn said(reply: Reply) -> Said {
    Said { now_ms: now_ms(), reply }
}

/// What the shop answers.
#[derive(Serialize)]
pub(crate) struct Said {
    now_ms: u64,
    reply: Reply,
}

/// `GET /api/products/{sku}/image`
pub(crate) async fn image(
    State(app): State<App>,
    Path(sku): Path<Sku>,
    request: Request,
) -> Result<Response, ApiError> {
    let view = app.floor()?.shop.view();
    let path = view.products.get(&sku).and_then(|p| p.image.clone()).ok_or(ApiError::NotFound)?;
    let folder = app.config.assets.as_ref().ok_or(ApiError::NotFound)?;
    let kind = picture_kind(&path).ok_or(ApiError::NotFound)?;
    let served = ServeFile::new(folder.join(&path)).oneshot(request).await.map_err(|_| ApiError::NotFound)?;
    if !served.status().is_success() && served.status() != StatusCode::NOT_MODIFIED {
        return Err(ApiError::NotFound);
    }
    let mut response = served.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    Ok(response)
}

/// The type of a picture that lies inside the show's folder; `None` for anything else.
fn picture_kind(path: &str) -> Option<&'static str> {
    let inside = FilePath::new(path).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    let kind = match path.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "svg" => "image/svg+xml",
        _ => return None,
    };
    inside.then_some(kind)
}

#[cfg(test)]
mod tests {
    use super::picture_kind;

    #[test]
    fn a_picture_lies_inside_the_show_s_folder() {
        assert_eq!(picture_kind("assets/mug.PNG"), Some("image/png"));
        for bad in ["../mug.png", "/etc/mug.png", "a/../../mug.png", "show.toml", "mug"] {
            assert_eq!(picture_kind(bad), None, "{bad}");
        }
    }
}
