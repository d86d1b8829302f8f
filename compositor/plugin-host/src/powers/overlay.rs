//! The overlay power: a commit is tried on the host's copy of the layer, then proposed to the show.

use crate::bindings::Fault;
use crate::bindings::takes::overlay as wit;
use crate::convert;
use crate::guest::State;
use crate::limits;
use crate::outside::Outside;
use crate::powers::permit::Permit;
use crate::powers::rate::Rate;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use vitrine_media::{PluginId, ShowTime};
use vitrine_plugin_manifest::Manifest;
use vitrine_scene::overlay::{Layer as Drawn, Op};
use vitrine_show::ports::plugins::Proposed;
use wasmtime::component::Resource;

/// A guest's handle of an open layer.
pub struct LayerHandle {
    layer: Arc<Layer>,
}

struct Layer {
    name: Arc<str>,
    size: (u32, u32),
    nodes_max: usize,
    rate: Rate,
    held: Mutex<Held>,
}

/// The layer as the show has it, which nodes are on it, and what waits for an instance to prove that it starts.
#[derive(Clone)]
struct Held {
    drawn: Drawn,
    parents: BTreeMap<u32, Option<u32>>,
    waiting: Option<Box<Waiting>>,
}

#[derive(Clone)]
struct Waiting {
    before: Held,
    ops: Vec<Op>,
}

impl Layer {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The layers of one plugin.
pub(crate) struct Overlay {
    permit: Arc<Permit>,
    plugin: PluginId,
    outside: Arc<Outside>,
    layers: BTreeMap<String, Arc<Layer>>,
}

#[allow(clippy::cast_precision_loss, reason = "sides are at most 4096")]
const fn units(size: (u32, u32)) -> (f32, f32) {
    (size.0 as f32, size.1 as f32)
}

impl Overlay {
    pub(crate) fn new(
        permit: &Arc<Permit>,
        manifest: &Manifest,
        plugin: &PluginId,
        outside: &Arc<Outside>,
        before: Option<&Self>,
    ) -> Self {
        let layer = |o: &vitrine_plugin_manifest::OverlayPermission| {
            let size = (o.size[0], o.size[1]);
            let old = before.and_then(|b| b.layers.get(&o.layer)).map(|l| l.held().clone());
            let held =
                old.unwrap_or_else(|| Held { drawn: Drawn::new(units(size)), parents: BTreeMap::new(), waiting: None });
            let rate = Rate::per_second(limits::COMMITS_PER_S);
            let (name, nodes_max) = (o.layer.as_str().into(), o.max_nodes as usize);
            (o.layer.clone(), Arc::new(Layer { name, size, nodes_max, rate, held: Mutex::new(held) }))
        };
        Self {
            permit: Arc::clone(permit),
            plugin: plugin.clone(),
            outside: Arc::clone(outside),
            layers: manifest.permission.overlay.iter().map(layer).collect(),
        }
    }

    /// The layers that it may draw on.
    pub(crate) fn names(&self) -> Vec<String> {
        self.layers.keys().filter(|l| self.permit.has(&format!("overlay {l}"))).cloned().collect()
    }

    /// From now on commits are held back: an instance is being started.
    pub(crate) fn begin(&self) {
        for layer in self.layers.values() {
            let mut held = layer.held();
            let before = held.clone();
            held.waiting = Some(Box::new(Waiting { before, ops: Vec::new() }));
        }
    }

    /// It started: each layer's commits go out as one, so that nothing half-made is seen. `false`: no room, call again.
    pub(crate) fn release(&self) -> bool {
        for layer in self.layers.values() {
            let mut held = layer.held();
            let Some(waiting) = held.waiting.take() else { continue };
            if waiting.ops.is_empty() {
                continue;
            }
            if !self.propose(layer, held.drawn.revision(), waiting.ops.as_slice().into()) {
                held.waiting = Some(waiting);
                return false;
            }
        }
        true
    }

    /// It did not start: nothing of it was ever seen.
    pub(crate) fn abandon(&self) {
        for layer in self.layers.values() {
            let mut held = layer.held();
            if let Some(waiting) = held.waiting.take() {
                *held = waiting.before;
            }
        }
    }

    /// From now on nothing of this version reaches the show: another has taken over.
    pub(crate) fn mute(&self) {
        self.begin();
    }

    fn propose(&self, layer: &Layer, revision: u64, ops: Arc<[Op]>) -> bool {
        let what = Proposed::Overlay { layer: Arc::clone(&layer.name), size: layer.size, revision, ops };
        self.outside.proposals.propose(&self.plugin, what)
    }

    fn open(&self, id: &str) -> Result<LayerHandle, Fault> {
        let id = crate::powers::log::one_line(id, 64);
        let line = format!("[[permission.overlay]] layer = \"{id}\", size = [640, 160], reason = \"…\"");
        self.permit.check(&format!("overlay {id}"), &line)?;
        let layer = self.layers.get(&id).ok_or_else(|| Fault::Internal(format!("no layer `{id}`")))?;
        Ok(LayerHandle { layer: Arc::clone(layer) })
    }

    fn commit(&self, layer: &Layer, ops: &[wit::Op]) -> Result<u64, Fault> {
        layer.rate.take(self.outside.clock.mono_ms())?;
        if ops.len() > vitrine_scene::limits::OVERLAY_OPS_MAX {
            let max = vitrine_scene::limits::OVERLAY_OPS_MAX;
            return Err(Fault::Invalid(format!("{} operations in one commit; send at most {max}", ops.len())));
        }
        let mut held = layer.held();
        let ops = resolve(&held.parents, ops, units(layer.size))?;
        let mut next = Held { drawn: held.drawn.clone(), parents: held.parents.clone(), waiting: None };
        let at = ShowTime::from_millis(self.outside.clock.mono_ms());
        let revision = next.drawn.commit(&ops, at).map_err(|e| Fault::Invalid(e.to_string()))?;
        if next.drawn.nodes() > layer.nodes_max {
            let max = layer.nodes_max;
            return Err(Fault::Invalid(format!("more than {max} nodes; remove some or ask for more with `max-nodes`")));
        }
        follow(&mut next.parents, &ops);
        if let Some(mut waiting) = held.waiting.take() {
            if waiting.ops.len() + ops.len() > vitrine_scene::limits::OVERLAY_OPS_MAX {
                held.waiting = Some(waiting);
                return Err(Fault::Invalid("too many operations before `init` has ended".to_owned()));
            }
            waiting.ops.extend(ops);
            next.waiting = Some(waiting);
        } else if !self.propose(layer, revision, ops.into()) {
            return Err(Fault::RateLimited(100));
        }
        *held = next;
        Ok(revision)
    }
}

/// The picture's operations; `clear` becomes the removal of every node that is not put again.
fn resolve(parents: &BTreeMap<u32, Option<u32>>, ops: &[wit::Op], size: (f32, f32)) -> Result<Vec<Op>, Fault> {
    let mut resolved = Vec::with_capacity(ops.len());
    let mut cleared = false;
    for op in ops {
        match convert::overlay::op(op, size)? {
            Some(op) => resolved.push(op),
            None => cleared = true,
        }
    }
    if cleared {
        let mut left = parents.clone();
        follow(&mut left, &resolved);
        let kept: std::collections::BTreeSet<u32> =
            resolved.iter().filter_map(|op| if let Op::Put(node) = op { Some(node.id) } else { None }).collect();
        let gone: Vec<u32> = left.keys().copied().filter(|id| !kept.contains(id)).collect();
        for id in gone {
            // A parent's removal may have taken it already.
            if left.contains_key(&id) {
                let remove = Op::Remove(id);
                follow(&mut left, std::slice::from_ref(&remove));
                resolved.push(remove);
            }
        }
    }
    Ok(resolved)
}

/// Which nodes there are after these operations.
fn follow(parents: &mut BTreeMap<u32, Option<u32>>, ops: &[Op]) {
    for op in ops {
        match op {
            Op::Put(node) => {
                parents.insert(node.id, node.parent);
            }
            Op::Remove(id) => {
                let mut gone = vec![*id];
                while let Some(id) = gone.pop() {
                    parents.remove(&id);
                    gone.extend(parents.iter().filter(|(_, p)| **p == Some(id)).map(|(child, _)| *child));
                }
            }
            _ => {}
        }
    }
}

impl wit::Host for State {}

impl wit::HostLayer for State {
    fn open(&mut self, id: String) -> wasmtime::Result<Result<Resource<LayerHandle>, Fault>> {
        self.enter()?;
        match self.powers.overlay.open(&id) {
            Ok(handle) => Ok(Ok(self.table.push(handle)?)),
            Err(fault) => Ok(Err(fault)),
        }
    }

    fn commit(&mut self, layer: Resource<LayerHandle>, ops: Vec<wit::Op>) -> wasmtime::Result<Result<u64, Fault>> {
        self.enter()?;
        let layer = Arc::clone(&self.table.get(&layer)?.layer);
        Ok(self.powers.overlay.commit(&layer, &ops))
    }

    fn drop(&mut self, layer: Resource<LayerHandle>) -> wasmtime::Result<()> {
        self.table.delete(layer)?;
        Ok(())
    }
}
