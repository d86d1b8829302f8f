//! What one section says of another: names that point somewhere, names given twice, scenes within scenes, caps.

use super::nearest::nearest;
use super::problem::Span;
use super::reader::{Cx, Kind, Mention, printable};
use super::{Content, Scene, ShowFile};
use crate::limits::{DEPTH_MAX, DRAWS_MAX, LAYERS_MAX};
use std::collections::{HashMap, HashSet};
use vitrine_media::SceneName;

pub(crate) fn check(show: Option<&ShowFile>, cx: &mut Cx<'_>) {
    let given = std::mem::take(&mut cx.given);
    let wanted = std::mem::take(&mut cx.wanted);
    twice(&given, cx);
    // Products of a catalogue are known only when it is read.
    let catalogue = show.is_some_and(|show| show.catalogue.is_some());
    let wanted: Vec<Mention> = wanted.into_iter().filter(|want| !catalogue || want.kind != Kind::Product).collect();
    unknown(&given, &wanted, cx);
    let Some(show) = show else { return };
    let scenes = given.iter().filter(|m| m.kind == Kind::Scene).map(|m| (m.name.as_str(), m.span.clone()));
    let spans: HashMap<&str, Span> = scenes.collect();
    if caps(show, &spans, cx) {
        nesting(show, &spans, cx);
    }
}

/// A name may be given once per kind.
fn twice(given: &[Mention], cx: &mut Cx<'_>) {
    let mut seen: HashMap<(&str, &str), &Mention> = HashMap::new();
    for mention in given {
        if cx.full() {
            return;
        }
        if let Some(first) = seen.get(&(mention.kind.noun(), mention.name.as_str())) {
            let line = cx.line_of(&first.span);
            let what = format!("{} \"{}\" is defined twice", mention.kind.noun(), printable(&mention.name));
            let help = format!("the other stands in line {line}; give one of them another name");
            cx.problem(mention.span.clone(), "FILE_DUPLICATE", what, help);
        } else {
            seen.insert((mention.kind.noun(), &mention.name), mention);
        }
    }
}

/// A name that is used has to be given somewhere. Plugins may do without settings, layers are judged by their scene.
fn unknown(given: &[Mention], wanted: &[Mention], cx: &mut Cx<'_>) {
    let known: HashSet<(&str, &str)> = given.iter().map(|m| (m.kind.noun(), m.name.as_str())).collect();
    for want in wanted.iter().filter(|want| !matches!(want.kind, Kind::Plugin | Kind::Layer)) {
        if known.contains(&(want.kind.noun(), want.name.as_str())) {
            continue;
        }
        if cx.full() {
            return;
        }
        let names: Vec<&str> = given.iter().filter(|m| m.kind == want.kind).map(|m| m.name.as_str()).collect();
        let noun = want.kind.noun();
        let help = match nearest(&want.name, names.iter().copied()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None if names.is_empty() => format!("this show has no {noun}; define one"),
            None => format!("known: {}", names.iter().take(12).copied().collect::<Vec<_>>().join(", ")),
        };
        let what = format!("there is no {noun} \"{}\"", printable(&want.name));
        cx.problem(want.span.clone(), "FILE_UNKNOWN_NAME", what, help);
    }
}

/// Whether the show stays within its caps.
fn caps(show: &ShowFile, spans: &HashMap<&str, Span>, cx: &mut Cx<'_>) -> bool {
    if show.canvases.is_empty() {
        let help = "add [[canvas]] with name = \"main\" and size = [1920, 1080]";
        cx.problem(0..0, "FILE_NO_CANVAS", "a show needs a canvas", help);
    }
    let mut layers = 0;
    for scene in &show.scenes {
        layers += scene.layers.len();
        if layers > LAYERS_MAX {
            let what = format!("with scene \"{}\" there are {layers} layers", scene.name);
            let help = format!("use at most {LAYERS_MAX} in all scenes together");
            cx.problem(span_of_scene(spans, &scene.name), "FILE_LAYERS", what, help);
            return false;
        }
    }
    true
}

fn span_of_scene(spans: &HashMap<&str, Span>, name: &SceneName) -> Span {
    spans.get(name.as_str()).cloned().unwrap_or(0..0)
}

/// What a scene amounts to once the scenes in it are unfolded.
#[derive(Clone, Copy)]
struct Weight {
    depth: usize,
    draws: usize,
}

/// Scenes may lie in scenes, but not in themselves, not deeper than the cap, and not explode when unfolded.
fn nesting(show: &ShowFile, spans: &HashMap<&str, Span>, cx: &mut Cx<'_>) {
    let scenes = show.scenes.iter().map(|scene| (scene.name.as_str(), scene)).collect();
    let mut walk = Walk { scenes, weights: HashMap::new(), cycles: HashSet::new() };
    for scene in &show.scenes {
        let weight = walk.weigh(&scene.name, &mut Vec::new());
        let span = span_of_scene(spans, &scene.name);
        if walk.cycles.contains(&scene.name) {
            let what = format!("scene \"{}\" lies within itself", scene.name);
            cx.problem(span, "FILE_CYCLE", what, "take one of the scene layers out of the circle");
        } else if weight.depth > DEPTH_MAX {
            let what = format!("scene \"{}\" nests {} scenes deep", scene.name, weight.depth);
            cx.problem(span, "FILE_DEPTH", what, format!("nest at most {DEPTH_MAX}"));
        } else if weight.draws > DRAWS_MAX {
            let what = format!("scene \"{}\" amounts to {} layers once unfolded", scene.name, weight.draws);
            cx.problem(span, "FILE_LAYERS", what, format!("use at most {DRAWS_MAX}"));
        }
    }
}

struct Walk<'a> {
    scenes: HashMap<&'a str, &'a Scene>,
    weights: HashMap<SceneName, Weight>,
    cycles: HashSet<SceneName>,
}

impl Walk<'_> {
    /// `above` holds the scenes that this one lies in; its length is bounded by the number of scenes (≤ layers + 1
    /// of them can nest), and the walk stops at the depth cap.
    fn weigh(&mut self, name: &SceneName, above: &mut Vec<SceneName>) -> Weight {
        if let Some(weight) = self.weights.get(name) {
            return *weight;
        }
        if let Some(at) = above.iter().position(|scene| scene == name) {
            self.cycles.extend(above.iter().skip(at).cloned());
            return Weight { depth: 0, draws: 0 };
        }
        if above.len() > 4 * DEPTH_MAX {
            return Weight { depth: above.len(), draws: 0 };
        }
        let Some(scene) = self.scenes.get(name.as_str()).copied() else {
            return Weight { depth: 0, draws: 0 };
        };
        above.push(name.clone());
        let mut total = Weight { depth: 1, draws: 0 };
        for layer in &scene.layers {
            if let Content::Scene(inner) = &layer.content {
                let inner = self.weigh(inner, above);
                total.depth = total.depth.max(inner.depth.saturating_add(1));
                total.draws = total.draws.saturating_add(inner.draws);
            }
            total.draws = total.draws.saturating_add(1);
        }
        above.pop();
        self.weights.insert(name.clone(), total);
        total
    }
}
