//! How many connections one address may have.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, Ipv6Addr},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use parlor_control::Network;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Counts the connections of every address. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Admission {
    limit: usize,
    proxies: Arc<[Network]>,
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// The place of one connection; given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    admission: Admission,
    address: IpAddr,
}

impl Admission {
    /// At most `limit` connections of each address. Proxies stand for many
    /// people and are not limited.
    pub(crate) fn new(limit: usize, proxies: Vec<Network>) -> Self {
        Self { limit, proxies: proxies.into(), counts: Arc::default() }
    }

    /// A place for a connection of this peer, unless it has too many.
    pub(crate) fn enter(&self, peer: IpAddr) -> Option<Place> {
        let address = subscriber(peer);
        let is_proxy = self.proxies.iter().any(|network| network.contains(peer));
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(address).or_default();
        if *count >= self.limit && !is_proxy {
            return None;
        }
        *count += 1;
        Some(Place { admission: self.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.admission.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

/// What one subscriber of a network is given: an IPv4 address, or a /64.
fn subscriber(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// A connection and its place, which so lasts through an upgrade to WebSocket.
pub(crate) struct Placed<S> {
    stream: S,
    _place: Place,
}

impl<S> Placed<S> {
    pub(crate) fn new(stream: S, place: Place) -> Self {
        Self { stream, _place: place }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Placed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Placed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r15_one_address_or_one_ipv6_network_has_so_many_connections_and_no_more() {
        let proxy = "198.51.100.7".parse().expect("a network");
        let admission = Admission::new(2, vec![proxy]);
        let enter = |peer: &str| admission.enter(peer.parse().expect("an address"));
        let (first, second) = (enter("192.0.2.1"), enter("::ffff:192.0.2.1"));
        assert!(first.is_some() && second.is_some());
        assert!(enter("192.0.2.1").is_none(), "IPv4 mapped into IPv6 is the same address");
        assert!(enter("192.0.2.2").is_some());
        drop(first);
        assert!(enter("192.0.2.1").is_some());

        let (a, b) = (enter("2001:db8:0:1::1"), enter("2001:db8:0:1:ffff::2"));
        assert!(a.is_some() && b.is_some());
        assert!(enter("2001:db8:0:1::3").is_none());
        assert!(enter("2001:db8:0:2::1").is_some());
        let through_proxy: Vec<_> = (0..5).filter_map(|_| enter("198.51.100.7")).collect();
        assert_eq!(through_proxy.len(), 5);
        drop((a, b, second, through_proxy));
        assert!(admission.counts.lock().expect("not poisoned").is_empty());
    }
}
