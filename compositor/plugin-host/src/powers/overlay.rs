//! The overlay power: commits are checked as a whole, applied to the layer's skeleton, and proposed to the show.

use crate::bindings::Fault;
use crate::bindings::takes::overlay as wit;
use crate::convert;
use crate::guest::State;
use crate::limits;
use crate::outside::Outside;
use crate::powers::permit::Permit;
use crate::powers::rate::Rate;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use vitrine_media::PluginId;
use vitrine_plugin_manifest::Manifest;
use vitrine_show::ports::plugins::{Op, Proposed, Shape, TextSrc};
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
    held: Mutex<Skeleton>,
    pending: Mutex<Option<Pending>>,
}

/// Commits of an instance that has yet to prove that it starts, and what the layer was before them.
struct Pending {
    before: Skeleton,
    ops: Vec<Op>,
}

/// What has to be known to check the next commit: which nodes there are, and whose children they are.
#[derive(Clone, Default)]
struct Skeleton {
    revision: u64,
    nodes: BTreeMap<u32, Option<u32>>,
    bound: BTreeSet<Arc<str>>,
}

/// The layers of one plugin.
pub(crate) struct Overlay {
    permit: Arc<Permit>,
    plugin: PluginId,
    outside: Arc<Outside>,
    layers: BTreeMap<String, Arc<Layer>>,
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
            let old = before.and_then(|b| b.layers.get(&o.layer));
            let held = old.map(|l| l.held.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap_or_default();
            let layer = Layer {
                name: o.layer.as_str().into(),
                size: (o.size[0], o.size[1]),
                nodes_max: o.max_nodes as usize,
                rate: Rate::per_second(limits::COMMITS_PER_S),
                held: Mutex::new(held),
                pending: Mutex::new(None),
            };
            (o.layer.clone(), Arc::new(layer))
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
            let before = layer.held.lock().unwrap_or_else(PoisonError::into_inner).clone();
            *layer.pending.lock().unwrap_or_else(PoisonError::into_inner) = Some(Pending { before, ops: Vec::new() });
        }
    }

    /// It started: each layer's commits go out as one, so that nothing half-made is seen. `false`: no room, call again.
    pub(crate) fn release(&self) -> bool {
        for layer in self.layers.values() {
            let held = layer.held.lock().unwrap_or_else(PoisonError::into_inner);
            let mut pending = layer.pending.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(held_back) = pending.as_ref() else { continue };
            let revision = held.revision;
            let ops: Arc<[Op]> = held_back.ops.as_slice().into();
            let what = Proposed::Overlay { layer: Arc::clone(&layer.name), size: layer.size, revision, ops };
            if !held_back.ops.is_empty() && !self.outside.proposals.propose(&self.plugin, what) {
                return false;
            }
            *pending = None;
        }
        true
    }

    /// It did not start: nothing of it was ever seen.
    pub(crate) fn abandon(&self) {
        for layer in self.layers.values() {
            let mut held = layer.held.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(pending) = layer.pending.lock().unwrap_or_else(PoisonError::into_inner).take() {
                *held = pending.before;
            }
        }
    }

    fn open(&self, id: &str) -> Result<LayerHandle, Fault> {
        let line = format!("[[permission.overlay]] layer = \"{id}\", size = [640, 160], reason = \"…\"");
        self.permit.check(&format!("overlay {id}"), &line)?;
        let layer = self.layers.get(id).ok_or_else(|| Fault::Internal(format!("no layer `{id}`")))?;
        Ok(LayerHandle { layer: Arc::clone(layer) })
    }

    fn commit(&self, layer: &Layer, ops: &[wit::Op]) -> Result<u64, Fault> {
        layer.rate.take(self.outside.clock.mono_ms())?;
        if ops.len() > limits::OPS_PER_COMMIT_MAX {
            return Err(Fault::Invalid(format!(
                "a commit has at most {} operations, not {}; commit what changed",
                limits::OPS_PER_COMMIT_MAX,
                ops.len()
            )));
        }
        let ops: Arc<[Op]> = ops.iter().map(convert::overlay::op).collect::<Result<_, _>>()?;
        let bytes: usize = ops.iter().map(text_bytes).sum();
        if bytes > limits::COMMIT_TEXT_BYTES_MAX {
            return Err(Fault::Invalid(format!("the texts of a commit have at most {} bytes", limits::COMMIT_TEXT_BYTES_MAX)));
        }
        let mut held = layer.held.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = held.clone();
        for op in ops.iter() {
            next.apply(op, layer.nodes_max)?;
        }
        next.revision += 1;
        let revision = next.revision;
        if let Some(pending) = layer.pending.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            if pending.ops.len() + ops.len() > limits::OPS_PER_COMMIT_MAX {
                return Err(Fault::Invalid("too many operations before `init` has ended".to_owned()));
            }
            pending.ops.extend(ops.iter().cloned());
            *held = next;
            return Ok(revision);
        }
        let what = Proposed::Overlay { layer: Arc::clone(&layer.name), size: layer.size, revision, ops };
        if !self.outside.proposals.propose(&self.plugin, what) {
            return Err(Fault::RateLimited(100));
        }
        *held = next;
        Ok(revision)
    }
}

fn text_bytes(op: &Op) -> usize {
    match op {
        Op::Put(node) => match &node.shape {
            Shape::Text { src: TextSrc::Literal(s), .. } => s.len(),
            Shape::Text { src: TextSrc::Marquee(entries), .. } => entries.iter().map(|e| e.len()).sum(),
            Shape::Qr { data, .. } => data.len(),
            _ => 0,
        },
        Op::BindText(_, value) => value.len(),
        _ => 0,
    }
}

impl Skeleton {
    fn apply(&mut self, op: &Op, nodes_max: usize) -> Result<(), Fault> {
        let missing = |id: u32| Fault::Invalid(format!("there is no node {id}; put it first"));
        match op {
            Op::Put(node) => {
                let depth = self.depth(node.id, node.parent)?;
                if depth > limits::TREE_DEPTH_MAX {
                    return Err(Fault::Invalid(format!("node {} is deeper than {} levels", node.id, limits::TREE_DEPTH_MAX)));
                }
                self.nodes.insert(node.id, node.parent);
                if self.nodes.len() > nodes_max {
                    let text = format!("more than {nodes_max} nodes; remove some or ask for more with `max-nodes`");
                    return Err(Fault::Invalid(text));
                }
            }
            Op::Remove(id) => {
                self.nodes.remove(id).ok_or_else(|| missing(*id))?;
                self.forget_orphans();
            }
            Op::Animate { node, .. } | Op::Stop(node, _) => {
                self.nodes.get(node).ok_or_else(|| missing(*node))?;
            }
            Op::BindText(name, _) | Op::BindNum(name, _) => {
                self.bound.insert(Arc::clone(name));
                if self.bound.len() > limits::BINDINGS_MAX {
                    return Err(Fault::Invalid(format!("more than {} bound names", limits::BINDINGS_MAX)));
                }
            }
            Op::Visible(_) => {}
            Op::Clear => {
                self.nodes.clear();
                self.bound.clear();
            }
        }
        Ok(())
    }

    /// How deep `id` would lie under `parent`: 1 at the top. Moving a node under itself is refused here.
    fn depth(&self, id: u32, parent: Option<u32>) -> Result<u32, Fault> {
        let mut depth = 1;
        let mut above = parent;
        while let Some(up) = above {
            if up == id || depth > limits::TREE_DEPTH_MAX {
                return Err(Fault::Invalid(format!("node {id} can't lie under itself or {} levels deep", limits::TREE_DEPTH_MAX)));
            }
            above = *self.nodes.get(&up).ok_or_else(|| Fault::Invalid(format!("node {id}: there is no parent {up}; put it first")))?;
            depth += 1;
        }
        Ok(depth)
    }

    fn forget_orphans(&mut self) {
        loop {
            let gone: Vec<u32> = self
                .nodes
                .iter()
                .filter(|(_, parent)| parent.is_some_and(|p| !self.nodes.contains_key(&p)))
                .map(|(id, _)| *id)
                .collect();
            if gone.is_empty() {
                return;
            }
            for id in gone {
                self.nodes.remove(&id);
            }
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
