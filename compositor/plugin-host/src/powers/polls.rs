//! The polls power: the poll as it stands to read, new ones to propose. Votes are the host's.

use crate::bindings::Fault;
use crate::bindings::takes::polls as wit;
use crate::convert;
use crate::guest::State;
use crate::limits;
use crate::outside::{Outside, View};
use crate::powers::permit::Permit;
use crate::powers::rate::Rate;
use std::sync::Arc;
use vitrine_media::PluginId;
use vitrine_show::ports::plugins::Proposed;

/// Polls as one plugin may reach them.
pub(crate) struct Polls {
    permit: Arc<Permit>,
    plugin: PluginId,
    outside: Arc<Outside>,
    view: Arc<View>,
    rate: Rate,
}

impl Polls {
    pub(crate) fn new(permit: &Arc<Permit>, plugin: &PluginId, outside: &Arc<Outside>, view: &Arc<View>) -> Self {
        Self {
            permit: Arc::clone(permit),
            plugin: plugin.clone(),
            outside: Arc::clone(outside),
            view: Arc::clone(view),
            rate: Rate::per_minute(limits::PROPOSALS_PER_MIN),
        }
    }

    fn current(&self) -> Result<Option<wit::Poll>, Fault> {
        self.permit.check("polls read", "[permission] polls = { allow = [\"read\"], reason = \"…\" }")?;
        Ok(self.view.poll().map(|p| convert::poll(&p)))
    }

    /// Whether it may see polls.
    pub(crate) fn reads(&self) -> bool {
        self.permit.has("polls read")
    }

    fn propose(&self, question: String, answers: Vec<String>, seconds: u32) -> Result<(), Fault> {
        self.permit.check("polls propose", "[permission] polls = { allow = [\"propose\"], reason = \"…\" }")?;
        let short = |s: &String| (1..=120).contains(&s.chars().count()) && !s.chars().any(char::is_control);
        if !short(&question) || !answers.iter().all(short) || !(2..=6).contains(&answers.len()) {
            return Err(Fault::Invalid("a poll has a question and 2 to 6 answers of 1 to 120 characters".to_owned()));
        }
        if !(5..=3_600).contains(&seconds) {
            return Err(Fault::Invalid(format!("a poll is open for 5 to 3600 seconds, not {seconds}")));
        }
        self.rate.take(self.outside.clock.mono_ms())?;
        let taken = self.outside.proposals.propose(&self.plugin, Proposed::Poll { question, answers, seconds });
        if taken { Ok(()) } else { Err(Fault::RateLimited(500)) }
    }
}

impl wit::Host for State {
    fn current(&mut self) -> wasmtime::Result<Result<Option<wit::Poll>, Fault>> {
        self.enter()?;
        Ok(self.powers.polls.current())
    }

    fn propose(&mut self, question: String, answers: Vec<String>, seconds: u32) -> wasmtime::Result<Result<(), Fault>> {
        self.enter()?;
        Ok(self.powers.polls.propose(question, answers, seconds))
    }
}
