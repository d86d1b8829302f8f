//! Discovery in the studio's network: ArtPoll (Art-Net 4) and one-shot mDNS queries (RFC 6762 §5.1).

use crate::limits;
use crate::outside::Finder;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};
use vitrine_show::ports::Answer;

/// Something that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Unique among what answered.
    pub id: String,
    /// For people.
    pub name: String,
    /// `ip:port`.
    pub address: String,
    /// What else it says.
    pub props: Vec<(String, String)>,
}

/// Finds nothing: for tests and hosts without a network.
pub struct NoFinder;

impl Finder for NoFinder {
    fn find<'a>(&'a self, _kind: &'a str) -> Answer<'a, Result<Vec<Found>, String>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// Searches the networks that this machine is in.
pub struct LanFinder;

const ART_NET: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::BROADCAST), 6454);
const MDNS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::new(224, 0, 0, 251)), 5353);

impl Finder for LanFinder {
    fn find<'a>(&'a self, kind: &'a str) -> Answer<'a, Result<Vec<Found>, String>> {
        Box::pin(async move {
            let found = if kind == "artnet-node" {
                // Nodes answer to the protocol's own port, wherever the question came from (Art-Net 4, ArtPollReply).
                let socket = UdpSocket::bind("0.0.0.0:6454").await.map_err(|e| format!("port 6454 is in use: {e}"))?;
                socket.set_broadcast(true).map_err(|e| e.to_string())?;
                ask(&socket, ART_NET, &artpoll(), limits::DEVICE_LISTEN, art_reply).await
            } else {
                let socket = UdpSocket::bind("0.0.0.0:0").await.map_err(|e| e.to_string())?;
                let query = mdns_query(kind);
                ask(&socket, MDNS, &query, limits::DEVICE_LISTEN, |bytes, from| mdns_reply(bytes, from, kind)).await
            };
            found.map_err(|e| format!("the search failed: {e}"))
        })
    }
}

async fn ask(
    socket: &UdpSocket,
    to: SocketAddr,
    question: &[u8],
    listen: Duration,
    read: impl Fn(&[u8], SocketAddr) -> Vec<Found>,
) -> std::io::Result<Vec<Found>> {
    socket.send_to(question, to).await?;
    let until = Instant::now() + listen;
    let mut found = BTreeMap::new();
    let mut buffer = [0_u8; 2048];
    while found.len() < limits::DEVICES_MAX {
        let Ok(received) = timeout_at(until, socket.recv_from(&mut buffer)).await else { break };
        let (len, from) = received?;
        for device in read(buffer.get(..len).unwrap_or_default(), from) {
            found.insert(device.id.clone(), device);
        }
    }
    Ok(found.into_values().collect())
}

fn artpoll() -> Vec<u8> {
    let mut packet = b"Art-Net\0".to_vec();
    packet.extend([0x00, 0x20, 0, 14, 0, 0]);
    packet
}

fn art_reply(bytes: &[u8], _from: SocketAddr) -> Vec<Found> {
    let text = |from: usize, len: usize| {
        let field = bytes.get(from..from + len).unwrap_or_default();
        let end = field.iter().position(|b| *b == 0).unwrap_or(field.len());
        crate::powers::log::one_line(&String::from_utf8_lossy(field.get(..end).unwrap_or_default()), 64)
    };
    let Some([b'A', b'r', b't', b'-', b'N', b'e', b't', 0, 0x00, 0x21, a, b, c, d, port_low, port_high, ..]) =
        bytes.get(..108)
    else {
        return Vec::new();
    };
    let address = format!("{a}.{b}.{c}.{d}:{}", u16::from_le_bytes([*port_low, *port_high]));
    let net = bytes.get(18).copied().unwrap_or(0);
    let sub = bytes.get(19).copied().unwrap_or(0);
    let props = vec![
        ("net".to_owned(), net.to_string()),
        ("sub-net".to_owned(), sub.to_string()),
        ("long-name".to_owned(), text(44, 64)),
    ];
    vec![Found { id: address.clone(), name: text(26, 18), address, props }]
}

fn mdns_query(kind: &str) -> Vec<u8> {
    let mut packet = vec![0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in kind.split('.').chain(["local"]) {
        packet.push(u8::try_from(label.len().min(63)).unwrap_or(63));
        packet.extend(label.bytes().take(63));
    }
    packet.extend([0, 0, 12, 0x80, 1]);
    packet
}

/// A reader of DNS messages (RFC 1035 §4) that never leaves its bytes and never follows a loop.
struct Dns<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Dns<'_> {
    fn u16(&mut self) -> Option<u16> {
        let &[high, low] = self.bytes.get(self.at..self.at + 2)? else { return None };
        self.at += 2;
        Some(u16::from_be_bytes([high, low]))
    }

    fn name(&mut self) -> Option<String> {
        let (mut at, mut end, mut labels, mut jumps) = (self.at, None, Vec::new(), 0);
        loop {
            let length = usize::from(*self.bytes.get(at)?);
            match length {
                0 => break,
                1..=63 => {
                    labels.push(String::from_utf8_lossy(self.bytes.get(at + 1..at + 1 + length)?).into_owned());
                    at += 1 + length;
                }
                _ => {
                    jumps += 1;
                    end.get_or_insert(at + 2);
                    at = (length & 0x3f) << 8 | usize::from(*self.bytes.get(at + 1)?);
                }
            }
            if jumps > 16 || labels.len() > 64 {
                return None;
            }
        }
        self.at = end.unwrap_or(at + 1);
        Some(labels.join("."))
    }
}

fn mdns_reply(bytes: &[u8], from: SocketAddr, kind: &str) -> Vec<Found> {
    read_mdns(bytes, from, kind).unwrap_or_default()
}

fn read_mdns(bytes: &[u8], from: SocketAddr, kind: &str) -> Option<Vec<Found>> {
    let mut dns = Dns { bytes, at: 4 };
    let questions = dns.u16()?;
    let records = usize::from(dns.u16()?) + usize::from(dns.u16()?) + usize::from(dns.u16()?);
    for _ in 0..questions {
        dns.name()?;
        dns.at += 4;
    }
    let wanted = format!("{kind}.local");
    let (mut names, mut ports, mut texts) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
    for _ in 0..records.min(256) {
        let owner = dns.name()?;
        let record = dns.u16()?;
        dns.at += 6;
        let length = usize::from(dns.u16()?);
        let next = dns.at + length;
        match record {
            12 if owner == wanted => names.push(dns.name()?),
            16 => {
                texts.insert(owner, txt(bytes.get(dns.at..next)?));
            }
            33 => {
                dns.at += 4;
                ports.insert(owner, dns.u16()?);
            }
            _ => {}
        }
        dns.at = next;
    }
    let device = |full: String| {
        let port = ports.get(&full).copied().unwrap_or(0);
        let name = full.strip_suffix(&format!(".{wanted}")).unwrap_or(&full).to_owned();
        let props = texts.get(&full).cloned().unwrap_or_default();
        Found { id: full, name, address: SocketAddr::new(from.ip(), port).to_string(), props }
    };
    Some(names.into_iter().map(device).collect())
}

fn txt(mut bytes: &[u8]) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    while let Some((length, rest)) = bytes.split_first() {
        let Some((entry, rest)) = rest.split_at_checked(usize::from(*length)) else { break };
        let entry = String::from_utf8_lossy(entry).into_owned();
        if let Some((key, value)) = entry.split_once('=') {
            pairs.push((key.to_owned(), value.to_owned()));
        }
        bytes = rest;
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_artnet_node_that_answers_is_found() {
        let node = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let at = node.local_addr().unwrap();
        let answer = tokio::spawn(async move {
            let mut buffer = [0; 64];
            let (len, from) = node.recv_from(&mut buffer).await.unwrap();
            assert_eq!(&buffer[..len], b"Art-Net\0\x00\x20\x00\x0e\x00\x00");
            let mut reply = vec![0_u8; 239];
            reply[..10].copy_from_slice(b"Art-Net\0\x00\x21");
            reply[10..16].copy_from_slice(&[192, 168, 1, 9, 0x36, 0x19]);
            reply[26..31].copy_from_slice(b"stage");
            node.send_to(&reply[..20], from).await.unwrap();
            node.send_to(&reply, from).await.unwrap();
        });
        let asking = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let found = ask(&asking, at, &artpoll(), Duration::from_millis(300), art_reply).await.unwrap();
        answer.await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].name.as_str(), found[0].address.as_str()), ("stage", "192.168.1.9:6454"));
    }

    #[test]
    fn an_mdns_answer_is_read_and_hostile_ones_are_not_followed() {
        let mut packet = vec![0, 0, 0x84, 0, 0, 0, 0, 2, 0, 0, 0, 0];
        let service = packet.len();
        packet.extend(mdns_query("_http._tcp")[12..].iter().take(18));
        packet.extend([0, 12, 0, 1, 0, 0, 0, 9]);
        let pointer = [0xc0, u8::try_from(service).unwrap()];
        packet.extend([0, 6, 3, b'c', b'a', b'm']);
        packet.extend(pointer);
        let instance = u8::try_from(packet.len() - 6).unwrap();
        packet.extend([0xc0, instance, 0, 33, 0, 1, 0, 0, 0, 9, 0, 8, 0, 0, 0, 0, 0x1f, 0x90, 1, b'h']);
        let from = "192.168.1.20:5353".parse().unwrap();
        let found = mdns_reply(&packet, from, "_http._tcp");
        assert_eq!(found[0].name, "cam");
        assert_eq!(found[0].address, "192.168.1.20:8080");
        for cut in 0..packet.len() {
            let _ = mdns_reply(&packet[..cut], from, "_http._tcp");
        }
        let looping = [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0xc0, 12];
        assert!(mdns_reply(&looping, from, "_http._tcp").is_empty());
    }
}
