//! Raw QUIC, ALPN `parlor/1` (PROTOCOL 1.1).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use http::Uri;
use parlor_domain::limits;
use quinn::{Endpoint, VarInt};
use tokio::{task::JoinSet, time::timeout};

use super::{
    Connection, LaneError, Plumbing, forward_datagram, plumbing, quic_config, read_frames,
    write_frames,
};
use crate::{
    net::{Target, race},
    status::Lane,
};

pub(super) const ALPN: &[u8] = b"parlor/1";

/// Opens the lane at the first address that answers.
pub(super) async fn open(url: &Uri, tls: rustls::ClientConfig) -> Result<Connection, LaneError> {
    let failed = |error: &dyn std::fmt::Display| LaneError::failed(Lane::Quic, error);
    let config = quic_config(tls)?;
    let target = Target::of(url).map_err(|error| failed(&error))?;
    let addresses = target.addresses().await.map_err(|error| failed(&error))?;
    race(addresses, |address| connect(address, &target.host, config.clone())).await
}

/// A local address that reaches `remote`.
pub(super) fn local(remote: SocketAddr) -> SocketAddr {
    let ip: IpAddr = match remote {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    SocketAddr::new(ip, 0)
}

async fn connect(
    address: SocketAddr,
    host: &str,
    config: quinn::ClientConfig,
) -> Result<Connection, LaneError> {
    let failed = |error: &dyn std::fmt::Display| LaneError::failed(Lane::Quic, error);
    let endpoint = Endpoint::client(local(address)).map_err(|error| failed(&error))?;
    let connecting =
        endpoint.connect_with(config, address, host).map_err(|error| failed(&error))?;
    let quic = connecting.await.map_err(|error| failed(&error))?;
    let (send, receive) = quic.open_bi().await.map_err(|error| failed(&error))?;

    let (mut connection, Plumbing { outgoing, incoming }) = plumbing(Lane::Quic);
    connection.tasks.spawn(read_frames(receive, incoming.clone(), true));
    connection.tasks.spawn({
        let quic = quic.clone();
        async move {
            let typing = |bytes| {
                // Lost where the path has no datagrams: it is only typing.
                let _ = quic.send_datagram(bytes);
            };
            if let Some(mut stream) = write_frames(send, outgoing, typing).await
                && stream.finish().is_ok()
            {
                // Closing discards what was not sent, so that this waits first.
                let _ = timeout(limits::CLOSE_LINGER, stream.stopped()).await;
            }
            quic.close(VarInt::from_u32(0), b"");
            endpoint.wait_idle().await;
        }
    });
    connection.tasks.spawn(async move {
        let mut streams = JoinSet::new();
        loop {
            tokio::select! {
                stream = quic.accept_uni() => match stream {
                    Ok(stream) => { streams.spawn(read_frames(stream, incoming.clone(), false)); }
                    Err(_) => break,
                },
                datagram = quic.read_datagram() => match datagram {
                    Ok(datagram) => forward_datagram(&datagram, &incoming).await,
                    Err(_) => break,
                },
                Some(_) = streams.join_next() => {}
            }
        }
    });
    Ok(connection)
}
