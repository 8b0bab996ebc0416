//! Raw QUIC, ALPN `parlor/1`.

use super::{Conn, Lane, ReadError, Reader, Writer, streams};

/// Takes a connection whose handshake is done and waits for its control stream.
pub(crate) async fn accept(connection: quinn::Connection) -> Result<Conn, ReadError> {
    let peer = connection.remote_address();
    let connection = streams::Connection::Quic(connection);
    let control = connection.accept_control().await?;
    let (reader, writer) = streams::split(connection, control);
    Ok(Conn {
        lane: Lane::Quic,
        peer,
        reader: Reader::Streams(reader),
        writer: Writer::Streams(writer),
    })
}
