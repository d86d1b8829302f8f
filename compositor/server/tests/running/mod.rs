//! A server over a fake show on a loopback port of its own, ended with the test.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test uses its part of the kit")]

use super::support::fake_desk::FakeDesk;
use super::support::fake_shop::FakeShop;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use tokio_util::sync::{CancellationToken, DropGuard};
use vitrine_server::{Server, ServerConfig};

/// No answer of a test may take longer.
pub const PATIENCE: Duration = Duration::from_secs(10);

pub struct Running {
    pub address: SocketAddr,
    pub desk: Arc<FakeDesk>,
    pub http: reqwest::Client,
    pub task: JoinHandle<std::io::Result<()>>,
    shutdown: DropGuard,
}

pub async fn start(config: ServerConfig) -> Running {
    start_with(config, |server| server).await
}

pub async fn start_shop(config: ServerConfig) -> Running {
    start_with(config, |server| server.with_shop(FakeShop::start())).await
}

pub async fn start_with(config: ServerConfig, more: impl FnOnce(Server) -> Server) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let desk = FakeDesk::start();
    let server = more(Server::new(config, Arc::clone(&desk) as Arc<_>));
    let task = tokio::spawn(server.run(listener, shutdown.clone()));
    let http = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build().unwrap();
    Running { address, desk, http, task, shutdown: shutdown.drop_guard() }
}

impl Running {
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub async fn get(&self, path: &str) -> reqwest::Response {
        self.http.get(self.url(path)).send().await.unwrap()
    }

    pub async fn command(&self, command: Value) -> (u16, Value) {
        let answer = self.http.post(self.url("/api/command")).json(&command).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub async fn socket(&self, path: &str) -> Socket {
        let url = format!("ws://{}{path}", self.address);
        Socket(tokio_tungstenite::connect_async(url).await.unwrap().0, VecDeque::new())
    }

    pub async fn end(self) -> std::io::Result<()> {
        drop(self.shutdown);
        tokio::time::timeout(PATIENCE, self.task).await.unwrap().unwrap()
    }
}

/// A connection, and what came while an answer was awaited.
pub struct Socket(pub WebSocketStream<MaybeTlsStream<TcpStream>>, VecDeque<Value>);

impl Socket {
    pub async fn next(&mut self) -> Message {
        tokio::time::timeout(PATIENCE, self.0.next()).await.expect("a message in time").unwrap().unwrap()
    }

    /// The next JSON message of a type.
    pub async fn next_of(&mut self, kind: &str) -> Value {
        while let Some(kept) = self.1.pop_front() {
            if kept["type"] == kind {
                return kept;
            }
        }
        loop {
            let value = self.next_json().await;
            if value["type"] == kind {
                return value;
            }
        }
    }

    async fn next_json(&mut self) -> Value {
        loop {
            if let Message::Text(text) = self.next().await {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }

    pub async fn send(&mut self, value: Value) {
        self.0.send(Message::text(value.to_string())).await.unwrap();
    }

    pub async fn command(&mut self, id: u64, command: Value) -> Value {
        self.send(json!({ "id": id, "command": command })).await;
        loop {
            let value = self.next_json().await;
            if value["type"] == "answer" {
                return value;
            }
            // The change may be told before its answer.
            self.1.push_back(value);
        }
    }
}
