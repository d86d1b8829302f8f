//! What plugins propose to the seller: a short list that waits for a yes or a no.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use vitrine_media::{PluginId, ShowTime};
use vitrine_show::ports::desk::{ProposalState, ProposedDeal};

/// Proposals that wait at most: more than a seller judges between two sentences.
const WAITING_MAX: usize = 12;
/// Proposals of one plugin that wait at most, so that none can crowd out the others.
const OF_ONE_MAX: usize = 3;

/// The list.
#[derive(Default)]
pub struct Waiting(Mutex<(u64, VecDeque<ProposalState>)>);

impl Waiting {
    fn list(&self) -> MutexGuard<'_, (u64, VecDeque<ProposalState>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a proposal. `false`: there is no room now. One that waits already is not added again.
    pub fn add(&self, plugin: &PluginId, at: ShowTime, deal: ProposedDeal) -> bool {
        let mut list = self.list();
        if list.1.iter().any(|known| known.plugin == *plugin && known.deal == deal) {
            return true;
        }
        let of_one = list.1.iter().filter(|known| known.plugin == *plugin).count();
        if list.1.len() >= WAITING_MAX || of_one >= OF_ONE_MAX {
            return false;
        }
        list.0 += 1;
        let proposal = ProposalState { id: list.0, plugin: plugin.clone(), at_ms: at.millis(), deal };
        list.1.push_back(proposal);
        true
    }

    /// Takes one off the list.
    pub fn dismiss(&self, id: u64) {
        self.list().1.retain(|known| known.id != id);
    }

    /// What waits, oldest first.
    pub fn all(&self) -> Vec<ProposalState> {
        self.list().1.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
    use super::*;

    #[test]
    fn one_plugin_can_t_crowd_out_the_others_and_nothing_waits_twice() {
        let waiting = Waiting::default();
        let (loud, shy) = (PluginId::new("loud").unwrap(), PluginId::new("shy").unwrap());
        let offer = |n: usize| ProposedDeal::Offer { sku: format!("S{n}"), price: None, seconds: None };
        assert!((0..OF_ONE_MAX).all(|n| waiting.add(&loud, ShowTime::ZERO, offer(n))));
        assert!(!waiting.add(&loud, ShowTime::ZERO, offer(9)));
        assert!(waiting.add(&loud, ShowTime::ZERO, offer(0)), "waits already");
        assert!(waiting.add(&shy, ShowTime::ZERO, offer(0)));
        assert_eq!(waiting.all().len(), OF_ONE_MAX + 1);
        waiting.dismiss(1);
        assert!(waiting.all().iter().all(|known| known.id != 1));
        assert!(waiting.add(&loud, ShowTime::ZERO, offer(9)));
    }
}
