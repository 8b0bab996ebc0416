//! WebSocket, subprotocol `parlor.v1` (PROTOCOL 1.4).

use std::sync::Arc;

use bytes::BytesMut;
use futures_util::{SinkExt as _, StreamExt as _, stream::SplitSink, stream::SplitStream};
use http::Uri;
use parlor_domain::limits;
use parlor_proto::realtime::ClientFrame;
use tokio::sync::mpsc;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        ClientRequestBuilder, Message,
        protocol::{CloseFrame, WebSocketConfig, frame::coding::CloseCode},
    },
};

use super::{Connection, LaneError, OUTGOING_FRAMES, Plumbing, forward, plumbing};
use crate::{
    frame::{self, Decoder},
    net::Stream,
    protocol::Inbound,
    status::Lane,
};

const SUBPROTOCOL: &str = "parlor.v1";
/// A message of the server may hold many frames.
const MESSAGE_BYTES: usize = limits::OUTBOX_BYTES * 2;

type Socket = WebSocketStream<Stream>;

/// Opens the lane. The server wants an `Origin` (PROTOCOL 1.8): its own.
pub(super) async fn open(
    url: &Uri,
    origin: &str,
    tls: rustls::ClientConfig,
) -> Result<Connection, LaneError> {
    let failed = |error: &dyn std::fmt::Display| LaneError::failed(Lane::WebSocket, error);
    let stream = Stream::connect(url, Arc::new(tls)).await.map_err(|error| failed(&error))?;
    let request = ClientRequestBuilder::new(url.clone())
        .with_sub_protocol(SUBPROTOCOL)
        .with_header("Origin", origin);
    let config = WebSocketConfig::default()
        .max_write_buffer_size(limits::OUTBOX_BYTES)
        .max_message_size(Some(MESSAGE_BYTES))
        .max_frame_size(Some(MESSAGE_BYTES));
    let (socket, _) = client_async_with_config(request, stream, Some(config))
        .await
        .map_err(|error| failed(&error))?;
    let (sink, source) = socket.split();

    let (mut connection, Plumbing { outgoing, incoming }) = plumbing(Lane::WebSocket);
    connection.tasks.spawn(write(sink, outgoing));
    connection.tasks.spawn(read(source, incoming));
    Ok(connection)
}

/// Writes frames, as many as have queued in one message.
async fn write(mut sink: SplitSink<Socket, Message>, mut outgoing: mpsc::Receiver<ClientFrame>) {
    let mut frames = Vec::new();
    while outgoing.recv_many(&mut frames, OUTGOING_FRAMES).await > 0 {
        let mut buffer = BytesMut::new();
        for frame in frames.drain(..) {
            if let Err(error) = frame::encode(&frame, &mut buffer) {
                tracing::error!(%error, "a frame of our own does not fit");
            }
            if buffer.len() >= limits::FRAME_BYTES / 2 {
                let message = Message::Binary(buffer.split().freeze());
                if sink.feed(message).await.is_err() {
                    return;
                }
            }
        }
        if !buffer.is_empty() && sink.feed(Message::Binary(buffer.freeze())).await.is_err() {
            return;
        }
        if sink.flush().await.is_err() {
            return;
        }
    }
    let goodbye = CloseFrame { code: CloseCode::Normal, reason: "".into() };
    // The server may have gone already.
    let _ = sink.send(Message::Close(Some(goodbye))).await;
}

async fn read(mut source: SplitStream<Socket>, incoming: mpsc::Sender<Result<Inbound, String>>) {
    let end = loop {
        match source.next().await {
            Some(Ok(Message::Binary(bytes))) => {
                let mut decoder = Decoder::default();
                decoder.push(&bytes);
                let whole = async {
                    forward(&mut decoder, &incoming).await?;
                    decoder.finish().map_err(|error| error.to_string())
                };
                if let Err(end) = whole.await {
                    break end;
                }
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Close(_))) | None => break "the server left".to_owned(),
            Some(Ok(_)) => break "the server sent a message that is not binary".to_owned(),
            Some(Err(error)) => break error.to_string(),
        }
    };
    // The driver may have let go already.
    let _ = incoming.send(Err(end)).await;
}
