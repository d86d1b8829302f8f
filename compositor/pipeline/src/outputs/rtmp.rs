//! The `rtmp` output: FLV over RTMP or RTMPS.

use super::OutputError;
use super::sink::{Building, Ends};
use crate::element::make;
use gstreamer::prelude::*;
use vitrine_media::Secret;

pub(super) fn build(url: &Secret, key: Option<&Secret>, into: &Building) -> Result<Ends, OutputError> {
    let address = address(url.reveal(), key.map(Secret::reveal))?;
    let mux = make("flvmux")?;
    mux.set_property("streamable", true);
    let sink = make("rtmp2sink")?;
    sink.set_property("location", &address);
    sink.set_property("sync", false);
    // Without this the sink would wait for its first buffer before it says whether it could connect.
    sink.set_property("async", false);
    let mut ends = into.join(&mux, &[&sink], false)?;
    // The sink has taken the address apart already.
    let port = u16::try_from(sink.property::<i32>("port")).unwrap_or(0);
    ends.watched = Some((sink, port));
    Ok(ends)
}

/// Server address and key as one location.
fn address(url: &str, key: Option<&str>) -> Result<String, OutputError> {
    if !url.starts_with("rtmp://") && !url.starts_with("rtmps://") {
        return Err(OutputError::BadUrl("it must begin with rtmp:// or rtmps://".to_owned()));
    }
    Ok(match key {
        Some(key) => format!("{}/{key}", url.trim_end_matches('/')),
        None => url.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_and_address_join_with_one_slash() {
        assert_eq!(address("rtmp://h/live/", Some("k")).unwrap(), "rtmp://h/live/k");
        assert_eq!(address("rtmps://h/live", Some("k?a=1")).unwrap(), "rtmps://h/live/k?a=1");
        assert_eq!(address("http://h", None).unwrap_err().code(), "OUTPUT_BAD_URL");
    }
}
