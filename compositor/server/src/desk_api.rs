//! The desk over plain HTTP: a command in, the state out.

use crate::body::Body;
use crate::errors::ApiError;
use crate::state::App;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};
use vitrine_show::ports::desk::{Command, LaneState, Meters, Snapshot};

/// `GET /healthz`
pub(crate) async fn healthz() -> &'static str {
    "ok"
}

/// `POST /api/command`
pub(crate) async fn command(
    State(app): State<App>,
    Body(command): Body<Command>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    submit(&app, command)?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "ok": true }))))
}

/// Checks a command and hands it to the show.
pub(crate) fn submit(app: &App, command: Command) -> Result<(), ApiError> {
    command.check()?;
    Ok(app.desk.submit(command)?)
}

/// `GET /api/snapshot`
pub(crate) async fn snapshot(State(app): State<App>) -> Json<Snapshot> {
    Json(Snapshot::clone(&app.desk.snapshot()))
}

/// `GET /api/meters`
pub(crate) async fn meters(State(app): State<App>) -> Json<Meters> {
    Json(Meters::clone(&app.desk.meters()))
}

/// `GET /api/lanes`
pub(crate) async fn lanes(State(app): State<App>) -> Json<Vec<LaneState>> {
    Json(app.desk.snapshot().lanes.clone())
}

/// `GET /api/stats`: the figures of `vitrine bench on-air`, live, and one entry per input, output and lane.
pub(crate) async fn stats(State(app): State<App>) -> Json<Value> {
    let show = app.desk.snapshot();
    #[allow(clippy::cast_precision_loss, reason = "a show lasts less than 2^53 ms")]
    let seconds = show.at_ms as f64 / 1000.0;
    Json(json!({
        "seconds": seconds,
        "ticks": show.stats.ticks,
        "ticks_late": show.stats.ticks_late,
        "frames_dropped": show.stats.frames_dropped,
        "tick_ms": show.stats.tick_ms,
        "cpu_seconds": show.stats.cpu_seconds,
        "renderer": show.renderer,
        "adapter": show.adapter,
        "inputs": show.inputs,
        "outputs": show.outputs,
        "lanes": show.lanes,
    }))
}
