//! Which renderer draws: a real GPU if there is one, else the CPU; never a software GPU unless asked for.

use crate::cli::RendererChoice;
use std::path::PathBuf;
use vitrine_render::cpu::CpuRenderer;
use vitrine_render::gpu::{GpuOptions, GpuRenderer};
use vitrine_render::{RenderError, Renderer};

/// Threads that draw: all cores, up to four. More bands than that cost more to wake than they save at 1080p.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(4)
}

/// The CPU renderer for one canvas.
pub fn cpu() -> Box<dyn Renderer> {
    Box::new(CpuRenderer::new(threads()))
}

/// Compiled shaders are kept in the user's cache folder, which only this program writes to.
fn options(software: bool) -> GpuOptions {
    let home = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")));
    GpuOptions { software, cache: home.map(|home| home.join("vitrine/shaders")), ..GpuOptions::default() }
}

/// The renderer that was asked for, for one canvas.
///
/// # Errors
/// [`RenderError::NoAdapter`] when a GPU was asked for by name and none can be used.
pub fn make(choice: RendererChoice) -> Result<Box<dyn Renderer>, RenderError> {
    match choice {
        RendererChoice::Cpu => Ok(cpu()),
        RendererChoice::Gpu => Ok(Box::new(GpuRenderer::new(&options(true))?)),
        // No real GPU is the usual case on a server, not an error.
        RendererChoice::Auto => {
            GpuRenderer::new(&options(false)).map_or_else(|_| Ok(cpu()), |gpu| Ok(Box::new(gpu) as Box<dyn Renderer>))
        }
    }
}
