//! The chat power: words that the show may send.

use crate::bindings::Fault;
use crate::bindings::takes::chat as wit;
use crate::guest::State;
use crate::limits;
use crate::outside::Outside;
use crate::powers::permit::Permit;
use crate::powers::rate::Rate;
use std::sync::Arc;
use vitrine_media::PluginId;
use vitrine_show::ports::plugins::Proposed;

/// One plugin's voice.
pub(crate) struct Chat {
    permit: Arc<Permit>,
    plugin: PluginId,
    outside: Arc<Outside>,
    rate: Rate,
}

impl Chat {
    pub(crate) fn new(permit: &Arc<Permit>, plugin: &PluginId, outside: &Arc<Outside>) -> Self {
        let rate = Rate::per_second(limits::CHAT_PER_S);
        Self { permit: Arc::clone(permit), plugin: plugin.clone(), outside: Arc::clone(outside), rate }
    }

    pub(crate) fn say(&self, channel: &str, text: &str) -> Result<(), Fault> {
        self.permit.check("chat write", "[permission] chat = { allow = [\"write\"], reason = \"…\" }")?;
        let chars = text.chars().count();
        if chars == 0 || chars > limits::CHAT_CHARS_MAX || channel.len() > limits::NAME_BYTES_MAX {
            return Err(Fault::Invalid(format!(
                "a message has 1 to {} characters, not {chars}",
                limits::CHAT_CHARS_MAX
            )));
        }
        self.rate.take(self.outside.clock.mono_ms())?;
        let text = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let what = Proposed::Say { channel: channel.to_owned(), text };
        if self.outside.proposals.propose(&self.plugin, what) { Ok(()) } else { Err(Fault::RateLimited(500)) }
    }

    /// Whether it may read the chat.
    pub(crate) fn reads(&self) -> bool {
        self.permit.has("chat read")
    }
}

impl wit::Host for State {
    fn say(&mut self, channel: String, text: String) -> wasmtime::Result<Result<(), Fault>> {
        self.enter()?;
        Ok(self.powers.chat.say(&channel, &text))
    }
}
