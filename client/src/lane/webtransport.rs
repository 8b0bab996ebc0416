//! WebTransport (PROTOCOL 1.1).

use std::{net::SocketAddr, pin::Pin, sync::Arc};

use http::Uri;
use parlor_domain::limits;
use tokio::{task::JoinSet, time::timeout};
use wtransport::{
    ClientConfig, Endpoint, VarInt,
    config::{DnsLookupFuture, DnsResolver},
};

use super::{
    Connection, LaneError, Plumbing, forward_datagram, plumbing, quic::local, read_frames,
    transport, write_frames,
};
use crate::{
    net::{Target, race},
    status::Lane,
};

pub(super) const ALPN: &[u8] = wtransport::tls::WEBTRANSPORT_ALPN;

/// Opens the lane at the first address that answers.
pub(super) async fn open(url: &Uri, tls: rustls::ClientConfig) -> Result<Connection, LaneError> {
    let failed = |error: &dyn std::fmt::Display| LaneError::failed(Lane::WebTransport, error);
    let target = Target::of(url).map_err(|error| failed(&error))?;
    let addresses = target.addresses().await.map_err(|error| failed(&error))?;
    race(addresses, |address| connect(address, url, tls.clone())).await
}

/// Resolves every name to the address whose turn it is.
#[derive(Debug)]
struct Fixed(SocketAddr);

impl DnsResolver for Fixed {
    fn resolve(&self, _host: &str) -> Pin<Box<dyn DnsLookupFuture>> {
        Box::pin(std::future::ready(Ok(Some(self.0))))
    }
}

async fn connect(
    address: SocketAddr,
    url: &Uri,
    tls: rustls::ClientConfig,
) -> Result<Connection, LaneError> {
    let failed = |error: &dyn std::fmt::Display| LaneError::failed(Lane::WebTransport, error);
    let config = ClientConfig::builder()
        .with_bind_address(local(address))
        .with_custom_tls_and_transport(tls, transport())
        .dns_resolver(Fixed(address))
        .build();
    let endpoint = Endpoint::client(config).map_err(|error| failed(&error))?;
    let session =
        Arc::new(endpoint.connect(url.to_string()).await.map_err(|error| failed(&error))?);
    let opening = session.open_bi().await.map_err(|error| failed(&error))?;
    let (send, receive) = opening.await.map_err(|error| failed(&error))?;

    let (mut connection, Plumbing { outgoing, incoming }) = plumbing(Lane::WebTransport);
    connection.tasks.spawn(read_frames(receive, incoming.clone(), true));
    connection.tasks.spawn({
        let session = session.clone();
        async move {
            let typing = |bytes| {
                // Lost where the path has no datagrams: it is only typing.
                let _ = session.send_datagram::<bytes::Bytes>(bytes);
            };
            if let Some(mut stream) = write_frames(send, outgoing, typing).await {
                // `finish` waits until the server has all of it.
                let _ = timeout(limits::CLOSE_LINGER, stream.finish()).await;
            }
            session.close(VarInt::from_u32(0), b"");
            endpoint.wait_idle().await;
        }
    });
    connection.tasks.spawn(async move {
        let mut streams = JoinSet::new();
        loop {
            tokio::select! {
                stream = session.accept_uni() => match stream {
                    Ok(stream) => { streams.spawn(read_frames(stream, incoming.clone(), false)); }
                    Err(_) => break,
                },
                datagram = session.receive_datagram() => match datagram {
                    Ok(datagram) => forward_datagram(&datagram, &incoming).await,
                    Err(_) => break,
                },
                Some(_) = streams.join_next() => {}
            }
        }
    });
    Ok(connection)
}
