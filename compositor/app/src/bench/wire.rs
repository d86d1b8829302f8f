//! HTTP/1.1 and WebSocket from the other side, as thin as a measurement needs: one connection, one request at a time.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Bytes of an answer or a frame that are still believed.
const BYTES_MAX: usize = 4 << 20;
/// An unmasked text frame of the server.
const TEXT: u8 = 0x81;

/// The end.
const CLOSE: u8 = 0x88;

/// A connection that is kept alive.
pub(super) struct Wire {
    stream: TcpStream,
    host: SocketAddr,
    buffer: Vec<u8>,
    /// Bytes of the buffer that were handed out.
    used: usize,
}

/// An answer.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl Wire {
    pub(super) async fn connect(host: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(host).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, host, buffer: Vec::new(), used: 0 })
    }

    /// Sends a request with this buyer's cookie and waits for its answer. `body` is JSON.
    pub(super) async fn ask(&mut self, method: &str, path: &str, buyer: &str, body: &str) -> io::Result<Reply> {
        let text = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nCookie: vitrine_buyer={buyer}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        );
        self.stream.write_all(text.as_bytes()).await?;
        let (status, length) = self.head().await?;
        Ok(Reply { status, body: self.take(length).await?.to_vec() })
    }

    /// Turns the connection into a WebSocket.
    pub(super) async fn upgrade(&mut self, path: &str, buyer: &str) -> io::Result<()> {
        let text = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nCookie: vitrine_buyer={buyer}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            self.host
        );
        self.stream.write_all(text.as_bytes()).await?;
        match self.head().await? {
            (101, _) => Ok(()),
            (status, _) => Err(io::Error::other(format!("the WebSocket was answered {status}"))),
        }
    }

    /// The next text of the server; other frames are passed over, a close is an end. Nothing is lost when the wait is
    /// given up.
    pub(super) async fn frame(&mut self) -> io::Result<&[u8]> {
        loop {
            let Some((kind, from, to)) = whole_frame(self.buffer.get(self.used..).unwrap_or_default())? else {
                self.buffer.drain(..self.used);
                self.used = 0;
                self.read().await?;
                continue;
            };
            let (from, to) = (self.used + from, self.used + to);
            self.used = to;
            match kind {
                TEXT => return Ok(self.buffer.get(from..to).unwrap_or_default()),
                CLOSE => return Err(ErrorKind::ConnectionAborted.into()),
                _ => {}
            }
        }
    }

    /// Sends a short text. A client masks; the mask is zero.
    pub(super) async fn say(&mut self, text: &str) -> io::Result<()> {
        let size = u8::try_from(text.len()).ok().filter(|size| *size < 126).ok_or(ErrorKind::InvalidInput)?;
        let mut frame = vec![TEXT, 0x80 | size, 0, 0, 0, 0];
        frame.extend_from_slice(text.as_bytes());
        self.stream.write_all(&frame).await
    }

    /// Status and length of the body.
    async fn head(&mut self) -> io::Result<(u16, usize)> {
        let mut seen = self.used;
        let end = loop {
            let found = self.buffer.get(seen..).unwrap_or_default().windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(at) = found {
                break seen + at + 4;
            }
            seen = self.buffer.len().saturating_sub(3).max(self.used);
            self.read().await?;
        };
        let head = String::from_utf8_lossy(self.buffer.get(self.used..end).unwrap_or_default()).into_owned();
        self.used = end;
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).ok_or(ErrorKind::InvalidData)?;
        let length = head.lines().filter_map(|line| line.split_once(':'));
        let mut length = length.filter(|(name, _)| name.eq_ignore_ascii_case("content-length")).map(|(_, v)| v.trim());
        Ok((status, length.next_back().and_then(|text| text.parse().ok()).unwrap_or(0)))
    }

    /// The next bytes.
    async fn take(&mut self, count: usize) -> io::Result<&[u8]> {
        if count > BYTES_MAX {
            return Err(ErrorKind::InvalidData.into());
        }
        if self.used > 0 && self.used + count > self.buffer.len() {
            self.buffer.drain(..self.used);
            self.used = 0;
        }
        while self.buffer.len() < self.used + count {
            self.read().await?;
        }
        let from = self.used;
        self.used += count;
        Ok(self.buffer.get(from..from + count).unwrap_or_default())
    }

    async fn read(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

/// Kind, start and end of the payload of the frame at the start, if it is all there.
fn whole_frame(bytes: &[u8]) -> io::Result<Option<(u8, usize, usize)>> {
    let (Some(kind), Some(size)) = (bytes.first(), bytes.get(1)) else { return Ok(None) };
    let long = |count: usize| {
        let digits = bytes.get(2..2 + count)?;
        Some((2 + count, digits.iter().fold(0, |size: usize, digit| size << 8 | usize::from(*digit))))
    };
    let found = match size {
        126 => long(2),
        127 => long(8),
        size => Some((2, usize::from(*size))),
    };
    let Some((from, size)) = found else { return Ok(None) };
    if size > BYTES_MAX {
        return Err(ErrorKind::InvalidData.into());
    }
    Ok((bytes.len() >= from + size).then_some((*kind, from, from + size)))
}

/// A buyer's cookie, as the server makes them.
pub(super) fn buyer(n: u64) -> String {
    format!("{n:0>32}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_read_when_it_is_whole() {
        let long = [&[TEXT, 126, 1, 0][..], &[b'x'; 256]].concat();
        assert_eq!(whole_frame(&long).unwrap(), Some((TEXT, 4, 260)));
        assert_eq!(whole_frame(&[TEXT, 2, b'h', b'i', CLOSE]).unwrap(), Some((TEXT, 2, 4)));
        for cut in 0..260 {
            assert_eq!(whole_frame(&long[..cut]).unwrap(), None, "{cut}");
        }
        assert!(whole_frame(&[TEXT, 127, 255, 255, 255, 255, 255, 255, 255, 255]).is_err());
    }
}
