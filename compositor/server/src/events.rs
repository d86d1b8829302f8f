//! `/api/events`: the whole state on joining, then what changed, and meters; each message is encoded once for all.
//!
//! ```text
//! Desk ──snapshot, meters──► pump ──one text──► broadcast ──► socket, socket, …   a slow one is dropped
//! ```

use crate::config::Role;
use crate::desk_api::submit;
use crate::errors::ApiError;
use crate::guard::Caller;
use crate::limits::{DELTA_INTERVAL, DESK_BACKLOG, METER_INTERVAL, SEND_TIMEOUT, SOCKET_MESSAGE_BYTES_MAX};
use crate::state::App;
use axum::Extension;
use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::{MissedTickBehavior, interval, timeout};
use vitrine_show::ports::desk::{Command, Desk, Snapshot};

/// WebSocket close code "try again later": the client is too slow, or the server ends.
const CLOSE_TRY_AGAIN: u16 = 1013;

/// One message for every desk, with the number of the state after it.
#[derive(Clone)]
struct Shout {
    seq: u64,
    text: Utf8Bytes,
}

/// What joiners need: the state that the last delta led to.
struct Latest {
    seq: u64,
    snapshot: Arc<Snapshot>,
}

/// Sends changes of the show to every desk.
pub(crate) struct EventHub {
    shouts: broadcast::Sender<Shout>,
    latest: Mutex<Latest>,
}

impl EventHub {
    pub(crate) fn new(snapshot: Arc<Snapshot>) -> Self {
        Self { shouts: broadcast::channel(DESK_BACKLOG).0, latest: Mutex::new(Latest { seq: 0, snapshot }) }
    }

    /// Looks for changes and meters and sends them, until dropped.
    pub(crate) async fn pump(&self, desk: &dyn Desk) {
        let mut deltas = interval(DELTA_INTERVAL);
        let mut meters = interval(METER_INTERVAL);
        deltas.set_missed_tick_behavior(MissedTickBehavior::Skip);
        meters.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                _ = deltas.tick() => self.send_delta(desk.snapshot()),
                _ = meters.tick() => self.send_meters(desk),
            }
        }
    }

    fn send_delta(&self, new: Arc<Snapshot>) {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = changes(&latest.snapshot, &new);
        if changed.is_empty() {
            return;
        }
        let seq = latest.seq + 1;
        let text = json!({ "type": "delta", "seq": seq, "at_ms": new.at_ms, "changed": changed }).to_string();
        *latest = Latest { seq, snapshot: new };
        // Sent under the lock: a joiner sees either the state before this delta and the delta, or the state after.
        let _nobody_listens = self.shouts.send(Shout { seq, text: text.into() });
    }

    fn send_meters(&self, desk: &dyn Desk) {
        if self.shouts.receiver_count() == 0 {
            return;
        }
        let text = json!({ "type": "meters", "meters": *desk.meters() }).to_string();
        let _nobody_listens = self.shouts.send(Shout { seq: 0, text: text.into() });
    }

    fn join(&self) -> (Utf8Bytes, u64, broadcast::Receiver<Shout>) {
        let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let text = json!({ "type": "snapshot", "seq": latest.seq, "snapshot": *latest.snapshot }).to_string();
        (text.into(), latest.seq, self.shouts.subscribe())
    }
}

/// Sections that differ, by name; of the log only the new lines, as `log_new`. Time alone is no change.
fn changes(old: &Snapshot, new: &Snapshot) -> Map<String, Value> {
    let mut changed = Map::new();
    macro_rules! compare {
        ($($section:ident)*) => {$(
            if old.$section != new.$section {
                changed.insert(stringify!($section).to_owned(), json!(new.$section));
            }
        )*};
    }
    compare!(started_unix_ms show accent canvases scenes program preview transition chosen black black_on slate_on
        rundown overlays inputs outputs strips plugins proposals lanes renderer adapter stats problems);
    let seen = old.log.last().map(|line| line.seq);
    let fresh: Vec<_> = new.log.iter().filter(|line| seen.is_none_or(|seen| line.seq > seen)).collect();
    if !fresh.is_empty() {
        changed.insert("log_new".to_owned(), json!(fresh));
    }
    changed
}

/// What a desk sends: a command, and a number to tell its answer by.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    id: u64,
    command: Command,
}

/// `GET /api/events`
pub(crate) async fn socket(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, ApiError> {
    let place = Arc::clone(&app.desk_places).try_acquire_owned().map_err(|_| ApiError::Full)?;
    Ok(upgrade.max_message_size(SOCKET_MESSAGE_BYTES_MAX).on_upgrade(move |socket| async move {
        let _place = place;
        serve(socket, &app, caller.role).await;
    }))
}

async fn serve(mut socket: WebSocket, app: &App, role: Role) {
    let (state, mut at, mut shouts) = app.events.join();
    if !send(&mut socket, Message::Text(state)).await {
        return;
    }
    loop {
        let message = tokio::select! {
            () = app.ending.cancelled() => return bye(&mut socket, "the show is ending").await,
            shout = shouts.recv() => match shout {
                Ok(shout) if shout.seq != 0 && shout.seq <= at => continue,
                Ok(shout) => { at = at.max(shout.seq); Message::Text(shout.text) }
                Err(RecvError::Lagged(_)) => return bye(&mut socket, "too slow; join again").await,
                Err(RecvError::Closed) => return,
            },
            heard = socket.recv() => match heard {
                Some(Ok(Message::Text(text))) => Message::Text(answer(app, role, &text).into()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => continue,
            },
        };
        if !send(&mut socket, message).await {
            return;
        }
    }
}

fn answer(app: &App, role: Role, text: &str) -> String {
    let asked: Asked = match serde_json::from_str(text) {
        Ok(asked) => asked,
        Err(error) => return refused(None, &ApiError::BadBody(error.to_string())),
    };
    if role < Role::Operator {
        return refused(Some(asked.id), &ApiError::RoleTooLow);
    }
    match submit(app, asked.command) {
        Ok(()) => json!({ "type": "answer", "id": asked.id, "ok": true }).to_string(),
        Err(error) => refused(Some(asked.id), &error),
    }
}

fn refused(id: Option<u64>, error: &ApiError) -> String {
    let (_, code) = error.status_and_code();
    json!({ "type": "answer", "id": id, "ok": false, "error": { "code": code, "text": error.to_string() } }).to_string()
}

/// Sends one message; false when the client is gone or too slow.
pub(crate) async fn send(socket: &mut WebSocket, message: Message) -> bool {
    matches!(timeout(SEND_TIMEOUT, socket.send(message)).await, Ok(Ok(())))
}

/// Closes with a reason.
pub(crate) async fn bye(socket: &mut WebSocket, reason: &'static str) {
    let frame = CloseFrame { code: CLOSE_TRY_AGAIN, reason: Utf8Bytes::from_static(reason) };
    send(socket, Message::Close(Some(frame))).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use vitrine_show::ports::desk::{Level, LogLine};

    fn line(seq: u64) -> LogLine {
        LogLine { seq, at_ms: seq, level: Level::Info, from: "show".to_owned(), text: "x".to_owned() }
    }

    #[test]
    fn only_what_changed_is_sent_and_time_alone_is_nothing() {
        let old = Snapshot { log: vec![line(1), line(2)], ..Snapshot::default() };
        let mut new = Snapshot { at_ms: 9, ..old.clone() };
        assert!(changes(&old, &new).is_empty());
        new.log = vec![line(2), line(3)];
        new.black_on = true;
        let changed = changes(&old, &new);
        assert_eq!(changed.keys().collect::<Vec<_>>(), ["black_on", "log_new"]);
        assert_eq!(changed["log_new"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn a_new_section_of_the_snapshot_can_t_be_forgotten() {
        let all = json!(Snapshot::default());
        let known = "started_unix_ms show accent canvases scenes program preview transition chosen black black_on \
             slate_on rundown overlays inputs outputs strips plugins proposals lanes renderer adapter stats problems \
             at_ms log";
        for section in all.as_object().unwrap().keys() {
            assert!(known.split_whitespace().any(|k| k == section), "{section} is missing in changes()");
        }
    }
}
