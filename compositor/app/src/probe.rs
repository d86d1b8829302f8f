//! `vitrine probe`: what this machine can take in, encode and draw with.

use anyhow::Context;
use serde_json::json;

/// Prints inputs, encoders, outputs and adapters that are found.
pub fn probe(as_json: bool) -> anyhow::Result<()> {
    vitrine_pipeline::init().context("GStreamer is needed for cameras and encoders")?;
    let found = vitrine_pipeline::probe();
    let adapters: Vec<_> = [crate::renderer::cpu().info()].into_iter().chain(vitrine_render::gpu::probe()).collect();
    if as_json {
        let kinds = |all: &[vitrine_pipeline::Found]| {
            all.iter().map(|f| json!({ "kind": f.kind, "missing": f.missing })).collect::<Vec<_>>()
        };
        let adapters: Vec<_> = adapters
            .iter()
            .map(|a| json!({ "renderer": a.kind, "adapter": a.adapter, "software": a.software }))
            .collect();
        let cameras: Vec<_> = found.cameras.iter().map(|c| json!({ "name": c.name, "device": c.device })).collect();
        let all = json!({
            "gstreamer": found.gstreamer,
            "inputs": kinds(&found.inputs),
            "outputs": kinds(&found.outputs),
            "video_encoders": found.video_encoders,
            "audio_encoders": found.audio_encoders,
            "cameras": cameras,
            "adapters": adapters,
        });
        println!("{all:#}");
        return Ok(());
    }
    println!("{}", found.gstreamer);
    let line = |title: &str, all: &[vitrine_pipeline::Found]| {
        println!("{title}");
        for found in all {
            if found.missing.is_empty() {
                println!("  {:<16} ready", found.kind);
            } else {
                println!("  {:<16} needs {}", found.kind, found.missing.join(", "));
            }
        }
    };
    line("inputs", &found.inputs);
    line("outputs", &found.outputs);
    println!("video encoders    {}", found.video_encoders.join(", "));
    println!("audio encoders    {}", found.audio_encoders.join(", "));
    for camera in &found.cameras {
        println!("camera            {} at {}", camera.name, camera.device);
    }
    for adapter in &adapters {
        println!("renderer {:<8} {}", adapter.kind, adapter.adapter);
    }
    Ok(())
}
