use std::net::Ipv4Addr;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use super::*;

/// Nothing that these tests wait for takes longer.
const DEADLINE: Duration = Duration::from_secs(20);

fn anywhere() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(DEADLINE, future).await.expect("in time")
}

/// A client and a server with a relay between them.
struct Udp {
    relay: Relay,
    server: UdpSocket,
    client: UdpSocket,
}

async fn udp() -> Udp {
    let server = UdpSocket::bind(anywhere()).await.expect("a port");
    let address = server.local_addr().expect("an address");
    let relay = Relay::start(anywhere(), address, 1).await.expect("a relay");
    let client = UdpSocket::bind(anywhere()).await.expect("a port");
    client.connect(relay.address()).await.expect("a relay");
    Udp { relay, server, client }
}

impl Udp {
    async fn say(&self, text: &str) {
        self.client.send(text.as_bytes()).await.expect("sent");
    }

    /// What the server hears, and from which port.
    async fn hear(&self) -> (String, SocketAddr) {
        let mut buffer = [0; 100];
        let (bytes, from) = within(self.server.recv_from(&mut buffer)).await.expect("heard");
        (String::from_utf8_lossy(&buffer[..bytes]).into_owned(), from)
    }

    async fn counted(&self, is: impl FnMut(&Counts) -> bool) {
        within(self.relay.counts().wait_for(is)).await.expect("the relay runs");
    }
}

#[tokio::test]
async fn datagrams_pass_both_ways() {
    let udp = udp().await;
    udp.say("hello").await;
    let (heard, from) = udp.hear().await;
    assert_eq!(heard, "hello");
    udp.server.send_to(b"yes?", from).await.expect("sent");
    let mut buffer = [0; 100];
    let bytes = within(udp.client.recv(&mut buffer)).await.expect("heard");
    assert_eq!(&buffer[..bytes], b"yes?");
}

#[tokio::test]
async fn a_cut_loses_datagrams_and_heals() {
    let udp = udp().await;
    udp.relay.set_udp(Effects::CUT);
    udp.say("lost").await;
    udp.counted(|counts| counts.lost == 1).await;
    udp.relay.set_udp(Effects::NONE);
    udp.say("found").await;
    assert_eq!(udp.hear().await.0, "found");
}

#[tokio::test]
async fn what_is_doubled_comes_twice() {
    let udp = udp().await;
    udp.relay.set_udp(Effects { duplicate: 1.0, ..Effects::NONE });
    udp.say("twice").await;
    assert_eq!(udp.hear().await.0, "twice");
    assert_eq!(udp.hear().await.0, "twice");
}

#[tokio::test]
async fn after_a_rebind_the_server_sees_another_port() {
    let udp = udp().await;
    udp.say("one").await;
    let (_, before) = udp.hear().await;
    udp.say("two").await;
    assert_eq!(udp.hear().await.1, before);
    udp.relay.rebind();
    // The flow may take this one before it hears of the rebind.
    let after = loop {
        udp.say("three").await;
        let (_, from) = udp.hear().await;
        if from != before {
            break from;
        }
    };
    udp.server.send_to(b"still there?", after).await.expect("sent");
    let mut buffer = [0; 100];
    let bytes = within(udp.client.recv(&mut buffer)).await.expect("heard");
    assert_eq!(&buffer[..bytes], b"still there?");
}

/// A connection through a relay.
struct Tcp {
    relay: Relay,
    client: TcpStream,
    server: TcpStream,
}

async fn tcp() -> Tcp {
    let listener = TcpListener::bind(anywhere()).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let relay = Relay::start(anywhere(), address, 1).await.expect("a relay");
    let client = TcpStream::connect(relay.address()).await.expect("connected");
    let (server, _) = within(listener.accept()).await.expect("accepted");
    Tcp { relay, client, server }
}

async fn read<const N: usize>(stream: &mut TcpStream) -> [u8; N] {
    let mut buffer = [0; N];
    within(stream.read_exact(&mut buffer)).await.expect("heard");
    buffer
}

#[tokio::test]
async fn bytes_pass_both_ways_late_and_in_order() {
    let mut tcp = tcp().await;
    let (delay, jitter) = (Duration::from_millis(30), Duration::from_millis(30));
    tcp.relay.set_tcp(Effects { delay, jitter, rate: Some(1_000_000), ..Effects::NONE });
    let begun = tokio::time::Instant::now();
    for part in [b"ab", b"cd"] {
        tcp.client.write_all(part).await.expect("sent");
    }
    assert_eq!(&read::<4>(&mut tcp.server).await, b"abcd");
    assert!(begun.elapsed() >= delay);
    tcp.server.write_all(b"yes").await.expect("sent");
    assert_eq!(&read::<3>(&mut tcp.client).await, b"yes");
    drop(tcp.client);
    assert_eq!(within(tcp.server.read(&mut [0; 8])).await.expect("an end"), 0);
}

#[tokio::test]
async fn a_cut_connection_stands_still_and_goes_on() {
    let mut tcp = tcp().await;
    tcp.relay.set_tcp(Effects { cut: Cut::Up, ..Effects::NONE });
    tcp.client.write_all(b"up").await.expect("sent");
    tcp.server.write_all(b"down").await.expect("sent");
    assert_eq!(&read::<4>(&mut tcp.client).await, b"down");
    assert!(tcp.server.try_read(&mut [0; 8]).is_err(), "nothing has come up");
    tcp.relay.set_tcp(Effects::NONE);
    assert_eq!(&read::<2>(&mut tcp.server).await, b"up");
}

#[tokio::test]
async fn a_stranded_connection_is_counted_until_the_server_closes_it() {
    let mut tcp = tcp().await;
    tcp.client.write_all(b"one").await.expect("sent");
    assert_eq!(&read::<3>(&mut tcp.server).await, b"one");
    let mut counts = tcp.relay.counts();
    tcp.relay.strand();
    within(counts.wait_for(|counts| counts.stranded == 1)).await.expect("the relay runs");
    drop(tcp.server);
    within(counts.wait_for(|counts| counts.stranded == 0)).await.expect("the relay runs");
}

#[tokio::test]
async fn what_is_stranded_while_nothing_passes_never_reaches_the_server() {
    let listener = TcpListener::bind(anywhere()).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let relay = Relay::start(anywhere(), address, 1).await.expect("a relay");
    relay.set_tcp(Effects::CUT);
    let mut lost = TcpStream::connect(relay.address()).await.expect("connected");
    lost.write_all(b"lost").await.expect("sent");
    within(relay.counts().wait_for(|counts| counts.connections == 1)).await.expect("it runs");
    relay.strand();
    relay.set_tcp(Effects::NONE);
    let mut found = TcpStream::connect(relay.address()).await.expect("connected");
    found.write_all(b"yes").await.expect("sent");
    let (mut first, _) = within(listener.accept()).await.expect("accepted");
    assert_eq!(&read::<3>(&mut first).await, b"yes");
}
