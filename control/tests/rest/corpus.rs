//! The kept requests of the fuzz target `rest`, tried in the ordinary tests.

use crate::fuzz::House;

#[path = "../../../fuzz/src/corpus.rs"]
mod kept;

fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let v1 = |method: &str, rest: &str| format!("{method} /api/v1{rest}");
    let password = crate::stack::PASSWORD;
    let seeds = [
        ("register", v1("POST", "/register") + "\n\n{\"name\":\"eve\",\"password\":\"PASSWORD\"}"),
        ("log-in", v1("POST", "/login") + "\n\n{\"name\":\"bob\",\"password\":\"PASSWORD\",\"device_name\":\"x\"}"),
        ("refresh", v1("POST", "/refresh") + "\n\n{\"refresh_token\":\"{refresh}\"}"),
        ("password", v1("POST", "/password") + "\n\n{\"old_password\":\"x\",\"new_password\":\"PASSWORD 2\"}"),
        ("log-out", v1("POST", "/logout") + "\nauthorization: Bearer nobody\n\n{}"),
        ("me", v1("GET", "/me")),
        ("user", v1("GET", "/users/{bob}")),
        ("server", v1("GET", "/server") + "\nhost: [::1]:8080"),
        ("keys", v1("GET", "/jwks")),
        ("rooms", v1("GET", "/rooms?scope=public&limit=2")),
        ("rooms-cursor", v1("GET", "/rooms?cursor={cursor}")),
        ("create-room", v1("POST", "/rooms") + "\nidempotency-key: 019aa2f0-7c1e-7d30-9f0e-2f6f3f0d5b11\n\n{\"name\":\"a room\",\"topic\":\"t\",\"visibility\":\"private\"}"),
        ("room", v1("GET", "/rooms/{foreign}")),
        ("rename", v1("PATCH", "/rooms/{room}") + "\n\n{\"name\":\"早上好\",\"topic\":\"\"}"),
        ("archive", v1("POST", "/rooms/{foreign}/archive") + "\n\n{\"archived\":true}"),
        ("members", v1("GET", "/rooms/{room}/members?limit=1")),
        ("add-member", v1("POST", "/rooms/{room}/members") + "\n\n{\"name\":\"bob\"}"),
        ("remove-member", v1("DELETE", "/rooms/{foreign}/members/{bob}")),
        ("join-leave", v1("POST", "/rooms/{foreign}/join") + "\n###\n" + &v1("POST", "/rooms/{foreign}/leave")),
        ("history", v1("GET", "/rooms/{room}/messages?around=4&limit=2")),
        ("history-cursor", v1("GET", "/rooms/{room}/messages?cursor={cursor}")),
        ("post", v1("POST", "/rooms/{room}/messages") + "\n\n{\"text\":\"*hi*\",\"reply_to\":\"3\"}"),
        (
            "forward",
            v1("POST", "/rooms/{room}/messages")
                + "\n\n{\"text\":\"\",\"forward\":{\"room_id\":\"{room}\",\"seq\":\"3\"}}",
        ),
        ("edit", v1("PATCH", "/rooms/{room}/messages/3") + "\n\n{\"text\":\"ho\"}"),
        ("delete", v1("DELETE", "/rooms/{room}/messages/4")),
        ("pin", v1("PUT", "/rooms/{room}/pins/3") + "\n###\n" + &v1("GET", "/rooms/{room}/pins")),
        ("edits", v1("GET", "/rooms/{room}/messages/3/edits?limit=1")),
        ("react", v1("PUT", "/rooms/{room}/messages/3/reactions/%F0%9F%91%8D")),
        ("unreact", v1("DELETE", "/rooms/{room}/messages/3/reactions/%F0%9F%91%8D")),
        ("read", v1("POST", "/rooms/{room}/read") + "\n\n{\"seq\":\"9223372036854775807\"}"),
        ("unread", v1("POST", "/rooms/{room}/unread") + "\n\n{\"seq\":\"3\"}"),
        ("cross-site", v1("POST", "/refresh") + "\norigin: https://else.example\nsec-fetch-site: cross-site\ncookie: parlor_refresh=x"),
        ("other-type", v1("POST", "/rooms") + "\ncontent-type: text/plain\n\n{}"),
        ("openapi", "GET /api/openapi.json".to_owned()),
        ("ready", "GET /readyz".to_owned()),
        ("web", "GET /rooms/1?x=%00\naccept-encoding: br".to_owned()),
        ("compressed", "GET /nothing/here\naccept-encoding: br".to_owned()),
        ("options", "OPTIONS /api/v1/rooms\norigin: https://app.example\naccess-control-request-method: POST".to_owned()),
        ("forwarded", "HEAD /healthz\nx-forwarded-for: ::1, unknown".to_owned()),
    ];
    seeds.map(|(name, text)| (name, text.replace("PASSWORD", password).into_bytes())).to_vec()
}

#[test]
fn r6_requests_of_the_corpus_are_answered_or_refused_with_a_problem() {
    kept::seed("rest", &seeds());
    let house = House::start();
    kept::replay("rest", |data| house.rest(data));
}
