//! One call of the REST face, for what the client does not offer.

use std::net::SocketAddr;

use anyhow::Context as _;
use parlor_domain::{RequestId, RoomId, UserId};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Posts a message; the status of the answer.
pub(crate) async fn post(
    server: SocketAddr,
    token: &str,
    room: RoomId,
    id: RequestId,
    text: &str,
) -> anyhow::Result<Answered> {
    let body = serde_json::json!({ "text": text }).to_string();
    call(server, token, ("POST", &format!("/rooms/{room}/messages")), id, &body).await
}

/// Takes somebody's membership.
pub(crate) async fn remove_member(
    server: SocketAddr,
    token: &str,
    room: RoomId,
    user: UserId,
) -> anyhow::Result<Answered> {
    let path = format!("/rooms/{room}/members/{user}");
    call(server, token, ("DELETE", &path), RequestId::random(), "").await
}

/// Status and body of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) body: String,
}

async fn call(
    server: SocketAddr,
    token: &str,
    (method, path): (&str, &str),
    id: RequestId,
    body: &str,
) -> anyhow::Result<Answered> {
    let head = format!(
        "{method} /api/v1{path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\
         Authorization: Bearer {token}\r\nIdempotency-Key: {id}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(server).await?;
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").context("an answer without an end")?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    Ok(Answered { status: status.context("an answer without a status")?, body: body.to_owned() })
}
