//! One viewer's socket: batches out; chat, reactions, votes and entries in, each within its rate.

use super::chat;
use crate::errors::ApiError;
use crate::events::{bye, send};
use crate::guard::{Key, Rate};
use crate::limits::SOCKET_MESSAGE_BYTES_MAX;
use crate::shop::buyer::Buyer;
use crate::shop::{ShopFloor, key};
use crate::state::App;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::broadcast::error::RecvError;
use vitrine_commerce::{Command, CustomerId, GiveawayId, PollId};

/// What a viewer sends.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Said {
    /// A line of chat.
    Chat { name: String, text: String },
    /// A reaction.
    React(Reaction),
    /// A vote.
    Vote { poll: PollId, choice: usize },
    /// An entry to a giveaway.
    Enter(GiveawayId),
    /// How far behind the viewer's picture is, in milliseconds.
    Latency(u32),
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reaction {
    Heart,
    Clap,
    Fire,
    Laugh,
}

impl Reaction {
    const fn name(self) -> &'static str {
        match self {
            Self::Heart => "heart",
            Self::Clap => "clap",
            Self::Fire => "fire",
            Self::Laugh => "laugh",
        }
    }
}

/// Who joins.
#[derive(Clone, Copy, Deserialize)]
pub(crate) struct Joins {
    /// The seller's desk or the host's monitor: hears all, is no viewer.
    #[serde(default)]
    desk: bool,
}

/// Counts a viewer for as long as it lives.
struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn new(viewers: &'a AtomicUsize) -> Self {
        viewers.fetch_add(1, Ordering::Relaxed);
        Self(viewers)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// `GET /api/live/{show}`
pub(crate) async fn socket(
    State(app): State<App>,
    Path(show): Path<String>,
    Query(joins): Query<Joins>,
    buyer: Buyer,
    upgrade: WebSocketUpgrade,
) -> Result<Response, ApiError> {
    app.floor_of(&show)?;
    let place = Arc::clone(&app.viewer_places).try_acquire_owned().map_err(|_| ApiError::Full)?;
    let id = buyer.id.clone();
    let upgraded =
        // What a viewer says is short: a buffer of the usual size would be most of what a viewer costs.
        upgrade.max_message_size(SOCKET_MESSAGE_BYTES_MAX).read_buffer_size(SOCKET_MESSAGE_BYTES_MAX).write_buffer_size(0).on_upgrade(move |socket| async move {
            let _place = place;
            if let Ok(floor) = app.floor() {
                serve(socket, &app, floor, &id, joins).await;
            }
        });
    Ok(buyer.answer(upgraded))
}

async fn serve(mut socket: WebSocket, app: &App, floor: &ShopFloor, viewer: &CustomerId, joins: Joins) {
    let _counted = (!joins.desk).then(|| Counted::new(&floor.live.viewers));
    let (state, mut batches) = floor.live.join(&floor.show);
    if !send(&mut socket, Message::Text(state)).await {
        return;
    }
    loop {
        let message = tokio::select! {
            () = app.ending.cancelled() => return bye(&mut socket, "the show is ending").await,
            batch = batches.recv() => match batch {
                Ok(text) => Message::Text(text),
                Err(RecvError::Lagged(_)) => return bye(&mut socket, "too slow; join again").await,
                Err(RecvError::Closed) => return,
            },
            heard = socket.recv() => match heard {
                Some(Ok(Message::Text(text))) => match hear(app, floor, viewer, &text).await {
                    Ok(()) => continue,
                    Err((code, text)) => refused(code, &text),
                },
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => continue,
            },
        };
        if !send(&mut socket, message).await {
            return;
        }
    }
}

fn refused(code: &str, text: &str) -> Message {
    Message::Text(json!({ "type": "refused", "error": { "code": code, "text": text } }).to_string().into())
}

async fn hear(app: &App, floor: &ShopFloor, viewer: &CustomerId, text: &str) -> Result<(), (&'static str, String)> {
    let said: Said = serde_json::from_str(text).map_err(|error| ("BAD_BODY", error.to_string()))?;
    let rate = if matches!(said, Said::React(_) | Said::Latency(_)) { Rate::React } else { Rate::Chat };
    let fast = |wait: u64| ("TOO_FAST", format!("slow down; go on in {wait} s"));
    app.rates.take(rate, Key::Buyer(viewer.clone())).map_err(fast)?;
    match said {
        Said::Latency(ms) => floor.live.lags(ms),
        Said::React(reaction) => floor.live.react(reaction.name()),
        Said::Chat { name, text } => {
            let line = chat::line(&text).map_err(|refusal| {
                let (code, text) = refusal.code_and_text();
                (code, text.to_owned())
            })?;
            if !floor.live.say(viewer, chat::name(&name), line) {
                return Err(("CHAT_FULL", "everybody writes at once; try again".to_owned()));
            }
        }
        Said::Vote { poll, choice } => {
            ask(floor, Command::Vote { poll, viewer: viewer.clone(), choice }).await?;
        }
        Said::Enter(giveaway) => {
            ask(floor, Command::Enter { giveaway, viewer: viewer.clone() }).await?;
        }
    }
    Ok(())
}

/// One vote and one entry a viewer is the shop's own rule, so a key made here is enough.
async fn ask(floor: &ShopFloor, command: Command) -> Result<(), (&'static str, String)> {
    let key = key("live", &uuid::Uuid::now_v7()).map_err(|error| ("BAD_BODY", error.to_string()))?;
    floor.shop.submit(command, key).await.map(|_| ()).map_err(|refusal| (refusal.code(), refusal.to_string()))
}
