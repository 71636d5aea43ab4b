//! A connection that breaks, for the demonstration.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};

/// Bytes that come through before it breaks.
const BREAKS_AFTER: u64 = 100_000;

/// Passes bytes on between a port of this machine and a server, and breaks off long answers a few
/// times.
pub(crate) struct Wire {
    base_url: String,
    /// How often it is still to break, and how often it did.
    left: Arc<AtomicU32>,
    times: u32,
}

impl Wire {
    pub(crate) async fn to(base_url: &str, times: u32) -> io::Result<Self> {
        let rest = base_url.strip_prefix("http://").unwrap_or(base_url);
        let (server, path) = rest.split_once('/').unwrap_or((rest, ""));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let base_url = format!("http://{}/{path}", listener.local_addr()?);
        let left = Arc::new(AtomicU32::new(times));
        tokio::spawn(listen(listener, server.to_owned(), Arc::clone(&left)));
        Ok(Self { base_url, left, times })
    }

    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    pub(crate) fn breaks(&self) -> u32 {
        self.times - self.left.load(SeqCst)
    }
}

async fn listen(listener: TcpListener, server: String, left: Arc<AtomicU32>) {
    while let Ok((client, _)) = listener.accept().await {
        let (server, left) = (server.clone(), Arc::clone(&left));
        // A connection that fails looks to the client like one that broke, which it is.
        tokio::spawn(async move { pass(client, &server, &left).await });
    }
}

async fn pass(mut client: TcpStream, server: &str, left: &AtomicU32) -> io::Result<()> {
    let mut server = TcpStream::connect(server).await?;
    let (mut requests, mut to_client) = client.split();
    let (mut answers, mut to_server) = server.split();
    let back = async {
        let mut first = (&mut answers).take(BREAKS_AFTER);
        let long = copy(&mut first, &mut to_client).await? == BREAKS_AFTER;
        let less = |left: u32| left.checked_sub(1);
        if long && left.fetch_update(SeqCst, SeqCst, less).is_ok() {
            return to_client.shutdown().await;
        }
        copy(&mut answers, &mut to_client).await.map(drop)
    };
    tokio::select! {
        done = back => done,
        done = copy(&mut requests, &mut to_server) => done.map(drop),
    }
}
