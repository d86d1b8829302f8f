//! The door of an SRT listener: a UDP port that stays open while the connections behind it come and go.
//!
//! ```text
//! callers ◄──► public port ◄──► private port ◄──► srtsrc of this attempt
//! ```
//! GStreamer's `srtsrc` takes one caller in its life, and libsrt needs five seconds to notice that a killed one is
//! gone; a sender that calls again meanwhile is taken in and then cut with the old connection. So each attempt has a
//! listener of its own that only this machine can reach, and the door leads the caller of the moment to it, as a
//! network address translator does. SRT repeats an unanswered handshake four times a second, which is the time that
//! changing from one attempt to the next may take.

use super::InputError;
use crate::limits;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;
use vitrine_media::{Secret, ThreadName, spawn};

/// An open door. Closed, its port free again, when dropped.
pub(super) struct Door {
    public: Arc<UdpSocket>,
    shared: Arc<Shared>,
    /// The address's own words for the listener, `&latency=80` for example.
    options: String,
    inward: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    closed: AtomicBool,
    visit: Mutex<Visit>,
}

/// Who is in, and by which socket the attempt's listener hears of it.
#[derive(Default)]
struct Visit {
    caller: Option<SocketAddr>,
    heard: Option<Instant>,
    knocked: bool,
    refused: Option<SocketAddr>,
    room: Option<Arc<UdpSocket>>,
}

impl Visit {
    /// Whether a datagram goes in. The first handshake opens the visit; another caller's ends it once the one inside
    /// is silent, and is left unanswered before that.
    fn admits(&mut self, from: SocketAddr, datagram: &[u8], now: Instant) -> bool {
        if self.caller == Some(from) {
            self.heard = Some(now);
            return true;
        }
        if !is_handshake(datagram) {
            return false;
        }
        match self.heard {
            None => {
                (self.caller, self.heard) = (Some(from), Some(now));
                return true;
            }
            Some(heard) if now.saturating_duration_since(heard) > limits::FROZEN => self.knocked = true,
            Some(_) if self.refused != Some(from) => {
                self.refused = Some(from);
                tracing::warn!(code = "SRT_BUSY", caller = %from, inside = ?self.caller, "a second sender calls and is not let in: the first is still sending; stop that one, or give this one a port of its own");
            }
            Some(_) => {}
        }
        false
    }
}

/// Whether this is SRT's control packet of type 0.
/// Source: draft-sharabayko-srt-01, 3.2 and 3.2.1: bit 0 set, 15 bits of type, and 48 bytes of handshake after 16.
fn is_handshake(datagram: &[u8]) -> bool {
    datagram.starts_with(&[0x80, 0x00]) && datagram.len() >= 64
}

impl Shared {
    fn visit(&self) -> MutexGuard<'_, Visit> {
        self.visit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Carries callers' datagrams to the room of this attempt.
    fn carry_in(&self, public: &UdpSocket) {
        let mut bytes = [0; limits::DATAGRAM_BYTES];
        while !self.closed.load(Ordering::Relaxed) {
            let Ok((length, from)) = public.recv_from(&mut bytes) else { continue };
            let datagram = bytes.get(..length).unwrap_or_default();
            let room = {
                let mut visit = self.visit();
                if visit.admits(from, datagram, Instant::now()) { visit.room.clone() } else { None }
            };
            if let Some(room) = room {
                // Lost like any datagram when the listener isn't there yet: SRT sends again.
                let _ = room.send(datagram);
            }
        }
    }

    /// Carries a room's answers to its caller, until another room has taken its place.
    fn carry_out(&self, room: &Arc<UdpSocket>, public: &UdpSocket) {
        let mut bytes = [0; limits::DATAGRAM_BYTES];
        while !self.closed.load(Ordering::Relaxed) {
            let received = room.recv(&mut bytes);
            let caller = {
                let visit = self.visit();
                if !visit.room.as_ref().is_some_and(|now| Arc::ptr_eq(now, room)) {
                    return;
                }
                visit.caller
            };
            if let (Ok(length), Some(caller)) = (received, caller) {
                let _ = public.send_to(bytes.get(..length).unwrap_or_default(), caller);
            }
        }
    }
}

impl Door {
    /// Takes the port of a listener's address.
    pub(super) fn open(url: &Secret) -> Result<Self, InputError> {
        let (at, options) = parts(url.reveal())?;
        let public = UdpSocket::bind(&*at).map_err(|error| in_words(&at, &error))?;
        public.set_read_timeout(Some(limits::DOOR_LOOK)).map_err(|error| in_words(&at, &error))?;
        let (public, shared) = (Arc::new(public), Arc::new(Shared::default()));
        let (socket, state) = (Arc::clone(&public), Arc::clone(&shared));
        let inward = spawn(&ThreadName::new("srt-door"), move || state.carry_in(&socket))
            .map_err(|error| in_words("this machine", &error))?;
        Ok(Self { public, shared, options, inward: Some(inward) })
    }

    /// Ends the visit that was, and gives the address for a listener of a new attempt.
    pub(super) fn new_room(&self) -> Result<Secret, InputError> {
        let failed = |error: io::Error| in_words("this machine", &error);
        let local = (Ipv4Addr::LOCALHOST, 0);
        let free = UdpSocket::bind(local).and_then(|socket| socket.local_addr()).map_err(failed)?;
        let room = UdpSocket::bind(local).map_err(failed)?;
        room.connect(free).map_err(failed)?;
        room.set_read_timeout(Some(limits::DOOR_LOOK)).map_err(failed)?;
        let room = Arc::new(room);
        *self.shared.visit() = Visit { room: Some(Arc::clone(&room)), ..Visit::default() };
        let (state, public) = (Arc::clone(&self.shared), Arc::clone(&self.public));
        spawn(&ThreadName::new("srt-door-out"), move || state.carry_out(&room, &public)).map_err(failed)?;
        Ok(Secret::new(format!("srt://{free}?mode=listener{}", self.options)))
    }

    /// Whether a sender calls while the one inside is silent: time for a new attempt.
    pub(super) fn knocked(&self) -> bool {
        self.shared.visit().knocked
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::Relaxed);
        if let Some(inward) = self.inward.take() {
            let _ = inward.join();
        }
    }
}

/// Where to listen, and the rest of what an address says, without what says where.
fn parts(url: &str) -> Result<(String, String), InputError> {
    let rest = url.strip_prefix("srt://").unwrap_or(url);
    let (authority, query) = rest.split_once('?').unwrap_or((rest, ""));
    let pairs = || query.split('&').filter_map(|pair| pair.split_once('='));
    let said = |name: &str| pairs().find(|(key, _)| *key == name).map(|(_, value)| value);
    let (host, port) = authority.trim_end_matches('/').rsplit_once(':').unwrap_or((authority, ""));
    let host = said("localaddress").unwrap_or(if host.is_empty() { "0.0.0.0" } else { host });
    let at = format!("{host}:{}", said("localport").unwrap_or(port));
    if at.to_socket_addrs().is_err() {
        let help = "say it as `srt://0.0.0.0:9710?mode=listener`";
        return Err(InputError::BadUri(format!("`{at}` is no address and port to listen on; {help}")));
    }
    let options = pairs()
        .filter(|(key, _)| !matches!(*key, "mode" | "localaddress" | "localport"))
        .map(|(key, value)| format!("&{key}={value}"))
        .collect();
    Ok((at, options))
}

fn in_words(at: &str, error: &io::Error) -> InputError {
    InputError::Failed(format!("can't listen for SRT on {at}: {error}; end what holds the port, or name another"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const A: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 1);
    const B: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 2);

    fn handshake() -> Vec<u8> {
        let mut bytes = vec![0; 64];
        bytes[0] = 0x80;
        bytes
    }

    #[test]
    fn the_first_to_shake_hands_is_let_in_and_others_wait_until_it_is_silent() {
        let (mut visit, start) = (Visit::default(), Instant::now());
        assert!(!visit.admits(A, &[0; 64], start), "data of nobody");
        assert!(visit.admits(A, &handshake(), start) && visit.admits(A, &[0; 1316], start));
        assert!(!visit.admits(B, &handshake(), start + Duration::from_millis(400)) && !visit.knocked);
        assert!(!visit.admits(B, &[0; 1316], start + Duration::from_secs(9)) && !visit.knocked, "not a call");
        assert!(!visit.admits(B, &handshake(), start + Duration::from_millis(600)) && visit.knocked);
    }

    #[test]
    fn an_address_says_where_and_how() {
        let of = |url| parts(url).unwrap();
        assert_eq!(of("srt://:9710"), ("0.0.0.0:9710".to_owned(), String::new()));
        assert_eq!(
            of("srt://[::1]:5?mode=listener&latency=80&x=1"),
            ("[::1]:5".to_owned(), "&latency=80&x=1".to_owned())
        );
        assert_eq!(of("srt://:1?localaddress=127.0.0.1&localport=7").0, "127.0.0.1:7");
        let no_port = parts("srt://0.0.0.0?mode=listener").unwrap_err();
        assert_eq!(no_port.code(), "INPUT_BAD_URI");
    }

    #[test]
    fn a_closed_door_leaves_its_port() {
        let door = Door::open(&Secret::new("srt://127.0.0.1:0?mode=listener".to_owned())).unwrap();
        let at = door.public.local_addr().unwrap();
        drop(door);
        UdpSocket::bind(at).unwrap();
    }
}
