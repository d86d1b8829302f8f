//! Tokens and logins. Only their digests are kept, and digests are compared in constant time.

use crate::config::{AccessToken, Role};
use crate::limits::{SESSION_LIFE, SESSIONS_MAX};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngCore;
use sha2::{Digest, Sha256};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// SHA-256 of a text.
pub(crate) fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// Looks at every byte, wherever the first difference lies.
fn same(a: &[u8; 32], b: &[u8; 32]) -> bool {
    std::hint::black_box(a.iter().zip(b).fold(0, |difference, (a, b)| difference | (a ^ b))) == 0
}

struct Session {
    digest: [u8; 32],
    role: Role,
    ends: Instant,
}

/// The tokens of the configuration and the logins made with them.
pub(crate) struct Sessions {
    tokens: Vec<([u8; 32], Role)>,
    open: Mutex<Vec<Session>>,
}

impl Sessions {
    pub(crate) fn new(tokens: &[AccessToken]) -> Self {
        let tokens = tokens.iter().map(|t| (digest(t.token.reveal()), t.role)).collect();
        Self { tokens, open: Mutex::new(Vec::new()) }
    }

    /// What a token opens. Takes the same time for every wrong token.
    pub(crate) fn role_of_token(&self, token: &str) -> Option<Role> {
        let asked = digest(token);
        self.tokens.iter().fold(None, |found, (digest, role)| if same(digest, &asked) { Some(*role) } else { found })
    }

    /// What a login opens, while it lives.
    pub(crate) fn role_of_session(&self, value: &str) -> Option<Role> {
        let asked = digest(value);
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.iter().find(|s| same(&s.digest, &asked) && s.ends > Instant::now()).map(|s| s.role)
    }

    /// Opens a login and gives the cookie's value: 256 random bits.
    pub(crate) fn open(&self, role: Role) -> String {
        let mut random = [0_u8; 32];
        rand::rng().fill_bytes(&mut random);
        let value = URL_SAFE_NO_PAD.encode(random);
        let now = Instant::now();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|s| s.ends > now);
        if open.len() >= SESSIONS_MAX {
            open.remove(0);
        }
        open.push(Session { digest: digest(&value), role, ends: now + SESSION_LIFE });
        value
    }

    /// Ends a login.
    pub(crate) fn close(&self, value: &str) {
        let asked = digest(value);
        self.open.lock().unwrap_or_else(PoisonError::into_inner).retain(|s| !same(&s.digest, &asked));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vitrine_media::Secret;

    #[test]
    fn a_login_lives_until_it_is_closed() {
        let token = AccessToken { role: Role::Operator, token: Secret::new("t".repeat(32)) };
        let sessions = Sessions::new(&[token]);
        assert_eq!(sessions.role_of_token(&"t".repeat(32)), Some(Role::Operator));
        assert_eq!(sessions.role_of_token(&"t".repeat(31)), None);
        let value = sessions.open(Role::Operator);
        assert_eq!(value.len(), 43);
        assert_eq!(sessions.role_of_session(&value), Some(Role::Operator));
        sessions.close(&value);
        assert_eq!(sessions.role_of_session(&value), None);
    }
}
