//! Which renderer draws: a real GPU if there is one, else the CPU; never a software GPU unless asked for.

use crate::cli::RendererChoice;
use vitrine_render::cpu::CpuRenderer;
use vitrine_render::{RenderError, Renderer};

/// Threads that draw: all cores, up to four. More bands than that cost more to wake than they save at 1080p.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(4)
}

/// The CPU renderer for one canvas.
pub fn cpu() -> Box<dyn Renderer> {
    Box::new(CpuRenderer::new(threads()))
}

/// The renderer that was asked for, for one canvas.
///
/// # Errors
/// [`RenderError::NoAdapter`] when a GPU was asked for by name and none can be used.
pub fn make(choice: RendererChoice) -> Result<Box<dyn Renderer>, RenderError> {
    match choice {
        RendererChoice::Cpu => Ok(cpu()),
        RendererChoice::Gpu => {
            Err(RenderError::NoAdapter { wanted: "gpu", why: "use --renderer cpu".to_owned() })
        }
        RendererChoice::Auto => Ok(cpu()),
    }
}
