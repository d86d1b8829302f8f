//! Which renderer draws: a real GPU if there is one, else the CPU; never a software GPU unless asked for. And who draws
//! when a GPU is lost on air.

use crate::cli::RendererChoice;
use crate::wiring;
use arc_swap::ArcSwap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use vitrine_media::{Lane, Popped};
use vitrine_render::cpu::CpuRenderer;
use vitrine_render::gpu::{GpuOptions, GpuRenderer};
use vitrine_render::{RenderError, Renderer, RendererInfo};

/// Threads that draw: all cores, up to four. More bands than that cost more to wake than they save at 1080p.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(4)
}

/// The CPU renderer for one canvas.
pub fn cpu() -> Box<dyn Renderer> {
    wiring::made_for_the_tick(|| Box::new(CpuRenderer::new(threads())))
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

/// Renderers that left the tick, by canvas: they are taken apart on another thread.
pub type Leaving = Lane<(usize, Box<dyn Renderer>)>;
/// A renderer on its way to a canvas.
pub type Returning = Lane<Box<dyn Renderer>>;

/// First pause before a lost GPU is tried again; each further one is twice as long.
const RETRY_FIRST: Duration = Duration::from_secs(1);
/// Longest pause: a driver that was reset is back within seconds, one that is gone costs next to nothing.
const RETRY_MAX: Duration = Duration::from_secs(30);

/// What a canvas falls back on when its renderer is lost.
pub struct Standby {
    /// Makes the renderer that takes over at once.
    pub spare: Box<dyn FnMut() -> Box<dyn Renderer> + Send>,
    /// Where the lost one goes.
    pub left: Leaving,
    /// Where the next one comes from.
    pub back: Returning,
    /// Who draws now.
    pub info: Arc<ArcSwap<RendererInfo>>,
}

/// Takes apart what left the tick, and for a lost GPU finds another: tries with growing pauses until one is there.
/// `pause` waits and gives whether to go on. The body of the thread `renderer`; ends when `left` is closed.
pub fn bring_back(
    left: &Leaving,
    back: &[Returning],
    make: &mut dyn FnMut() -> Result<Box<dyn Renderer>, RenderError>,
    pause: impl Fn(Duration) -> bool,
) {
    loop {
        match left.pop(Duration::from_millis(250)) {
            Popped::Closed => return,
            Popped::Empty => {}
            Popped::Next((canvas, renderer)) => {
                let lost = renderer.info().kind == "gpu";
                drop(renderer);
                let found = if lost { find(make, &pause) } else { None };
                if let (Some(renderer), Some(back)) = (found, back.get(canvas)) {
                    tracing::info!("the GPU is back: {}", renderer.info().adapter);
                    let _ = back.push(renderer);
                }
            }
        }
    }
}

fn find(
    make: &mut dyn FnMut() -> Result<Box<dyn Renderer>, RenderError>,
    pause: &impl Fn(Duration) -> bool,
) -> Option<Box<dyn Renderer>> {
    let mut wait = RETRY_FIRST;
    while pause(wait) {
        match make() {
            Ok(renderer) if renderer.info().kind == "gpu" => return Some(renderer),
            // Asked for the best there is, and that is still the CPU.
            Ok(_) => {}
            Err(why) => tracing::debug!(%why, "the GPU is still lost"),
        }
        wait = (wait * 2).min(RETRY_MAX);
    }
    None
}
