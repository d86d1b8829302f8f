//! Monitors: pictures of program, preview, scenes and inputs, as MJPEG, as single JPEGs, and over one WebSocket.
//!
//! On the WebSocket a client sends the list of monitors that it wants, `["program","preview","scene:Wide"]`; it
//! gets binary messages: one byte index into that list, four bytes age in milliseconds (big endian), the JPEG.
//! A picture that can't be sent in time is skipped for the next, so a slow client sees fewer, never older ones.

use crate::errors::ApiError;
use crate::events::send;
use crate::limits::{
    MONITOR_INTERVAL, MONITORS_PER_SOCKET_MAX, SEND_TIMEOUT, SOCKET_MESSAGE_BYTES_MAX, THUMBNAIL_INTERVAL,
};
use crate::state::App;
use axum::body::{Body, Bytes};
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;
use tokio::time::{MissedTickBehavior, interval};
use vitrine_media::{CanvasName, InputId, SceneName};
use vitrine_show::ports::desk::{Monitor, MonitorPicture};

const BOUNDARY: &str = "vitrine-picture";

/// `?canvas=vertical`
#[derive(Deserialize)]
pub(crate) struct OnCanvas {
    canvas: Option<CanvasName>,
}

pub(crate) async fn program_still(state: State<App>, Query(on): Query<OnCanvas>) -> Result<Response, ApiError> {
    still(&state, &Monitor::Program(on.canvas)).await
}

pub(crate) async fn preview_still(state: State<App>, Query(on): Query<OnCanvas>) -> Result<Response, ApiError> {
    still(&state, &Monitor::Preview(on.canvas)).await
}

pub(crate) async fn scene_still(state: State<App>, Path(name): Path<SceneName>) -> Result<Response, ApiError> {
    still(&state, &Monitor::Scene(name)).await
}

pub(crate) async fn input_still(state: State<App>, Path(name): Path<InputId>) -> Result<Response, ApiError> {
    still(&state, &Monitor::Input(name)).await
}

/// Times that a still is asked for, and how long apart: the first to look at a monitor makes it be drawn.
const STILL_TRIES: u32 = 25;
const STILL_EVERY: Duration = Duration::from_millis(20);

async fn still(app: &App, monitor: &Monitor) -> Result<Response, ApiError> {
    let mut picture = app.desk.monitor(monitor);
    for _ in 0..STILL_TRIES {
        if picture.is_some() {
            break;
        }
        tokio::time::sleep(STILL_EVERY).await;
        picture = app.desk.monitor(monitor);
    }
    let picture = picture.ok_or(ApiError::NotFound)?;
    let jpeg = Bytes::from_owner(picture.jpeg);
    Ok(([(header::CONTENT_TYPE, "image/jpeg")], jpeg).into_response())
}

pub(crate) async fn program_stream(state: State<App>, Query(on): Query<OnCanvas>) -> Result<Response, ApiError> {
    mjpeg(state, Monitor::Program(on.canvas))
}

pub(crate) async fn preview_stream(state: State<App>, Query(on): Query<OnCanvas>) -> Result<Response, ApiError> {
    mjpeg(state, Monitor::Preview(on.canvas))
}

fn mjpeg(State(app): State<App>, monitor: Monitor) -> Result<Response, ApiError> {
    let place = Arc::clone(&app.desk_places).try_acquire_owned().map_err(|_| ApiError::Full)?;
    let mut ticks = interval(MONITOR_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let state = (app, monitor, ticks, 0_u64, place);
    let parts = stream::unfold(state, |(app, monitor, mut ticks, seen, place)| async move {
        loop {
            tokio::select! {
                () = app.ending.cancelled() => return None,
                _ = ticks.tick() => {}
            }
            if let Some(picture) = app.desk.monitor(&monitor).filter(|p| p.seq != seen) {
                let seq = picture.seq;
                return Some((Ok::<_, std::convert::Infallible>(part(&picture)), (app, monitor, ticks, seq, place)));
            }
        }
    });
    let kind = format!("multipart/x-mixed-replace; boundary={BOUNDARY}");
    Ok(([(header::CONTENT_TYPE, kind)], Body::from_stream(parts)).into_response())
}

fn part(picture: &MonitorPicture) -> Bytes {
    let length = picture.jpeg.len();
    let head = format!("--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {length}\r\n\r\n");
    [head.as_bytes(), &picture.jpeg, b"\r\n"].concat().into()
}

/// `GET /api/monitors`
pub(crate) async fn socket(State(app): State<App>, upgrade: WebSocketUpgrade) -> Result<Response, ApiError> {
    let place = Arc::clone(&app.desk_places).try_acquire_owned().map_err(|_| ApiError::Full)?;
    Ok(upgrade.max_message_size(SOCKET_MESSAGE_BYTES_MAX).on_upgrade(move |socket| async move {
        let _place = place;
        serve(socket, &app).await;
    }))
}

/// One monitor that a client watches.
struct Watched {
    monitor: Monitor,
    seen: u64,
    looked: Option<Instant>,
}

impl Watched {
    /// A thumbnail has to live, not to be smooth.
    fn is_due(&self, now: Instant) -> bool {
        let moving = matches!(self.monitor, Monitor::Program(_) | Monitor::Preview(_));
        moving || self.looked.is_none_or(|at| now.duration_since(at) >= THUMBNAIL_INTERVAL)
    }
}

async fn serve(mut socket: WebSocket, app: &App) {
    let mut watched: Vec<Watched> = Vec::new();
    let mut ticks = interval(MONITOR_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            () = app.ending.cancelled() => return,
            heard = socket.recv() => match heard {
                Some(Ok(Message::Text(text))) => match wishes(&text) {
                    Some(wishes) => watched = wishes,
                    None => return crate::events::bye(&mut socket, "send a list of at most 64 monitors").await,
                },
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            },
            _ = ticks.tick() => if !send_new(&mut socket, app, &mut watched).await { return },
        }
    }
}

async fn send_new(socket: &mut WebSocket, app: &App, watched: &mut [Watched]) -> bool {
    let now = Instant::now();
    for (index, watched) in watched.iter_mut().enumerate().filter(|(_, w)| w.is_due(now)) {
        watched.looked = Some(now);
        let Some(picture) = app.desk.monitor(&watched.monitor).filter(|p| p.seq != watched.seen) else { continue };
        watched.seen = picture.seq;
        if !send(socket, Message::Binary(message(index, &picture))).await {
            return false;
        }
        if now.elapsed() > SEND_TIMEOUT {
            return false;
        }
    }
    true
}

fn message(index: usize, picture: &MonitorPicture) -> Bytes {
    let index = u8::try_from(index).unwrap_or(u8::MAX);
    let age_ms = u32::try_from(picture.age.as_millis()).unwrap_or(u32::MAX);
    [&[index], age_ms.to_be_bytes().as_slice(), &picture.jpeg].concat().into()
}

fn wishes(text: &str) -> Option<Vec<Watched>> {
    let names: Vec<String> = serde_json::from_str(text).ok()?;
    if names.len() > MONITORS_PER_SOCKET_MAX {
        return None;
    }
    let watch = |name: &String| Some(Watched { monitor: monitor(name)?, seen: 0, looked: None });
    names.iter().map(watch).collect()
}

fn monitor(name: &str) -> Option<Monitor> {
    match name.split_once(':') {
        None if name == "program" => Some(Monitor::Program(None)),
        None if name == "preview" => Some(Monitor::Preview(None)),
        Some(("program", canvas)) => CanvasName::new(canvas).ok().map(|c| Monitor::Program(Some(c))),
        Some(("preview", canvas)) => CanvasName::new(canvas).ok().map(|c| Monitor::Preview(Some(c))),
        Some(("scene", scene)) => SceneName::new(scene).ok().map(Monitor::Scene),
        Some(("input", input)) => InputId::new(input).ok().map(Monitor::Input),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_list_is_read_or_refused_whole() {
        assert_eq!(wishes(r#"["program","scene:Wide: left","input:host"]"#).unwrap().len(), 3);
        assert_eq!(monitor("scene:Wide: left"), Some(Monitor::Scene(SceneName::new("Wide: left").unwrap())));
        for bad in ["{}", r#"["programme"]"#, r#"["scene:"]"#, "[1]"] {
            assert!(wishes(bad).is_none(), "{bad}");
        }
        let many = serde_json::to_string(&vec!["program"; 65]).unwrap();
        assert!(wishes(&many).is_none());
    }
}
