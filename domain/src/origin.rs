//! Which web pages may talk to this server.

use std::collections::BTreeSet;

/// Decides by the `Origin` header (RFC 6454 section 7), which a browser sets
/// and a page cannot change: the server's own pages and those on a list.
#[derive(Clone, Debug, Default)]
pub struct OriginPolicy {
    allowed: BTreeSet<String>,
}

impl OriginPolicy {
    /// A policy with these further origins, each `scheme://host[:port]` in
    /// lower case without a trailing slash.
    pub fn new(allowed: impl IntoIterator<Item = String>) -> Self {
        Self { allowed: allowed.into_iter().map(|origin| origin.to_ascii_lowercase()).collect() }
    }

    /// True where a page of `origin` may use the server it reached as
    /// `authority` (`host[:port]`, from `Host` or `:authority`). On loopback
    /// all names of the machine are one, since a page opened at `localhost`
    /// reaches QUIC at `127.0.0.1`.
    pub fn allows(&self, origin: &str, authority: &str) -> bool {
        let origin = origin.to_ascii_lowercase();
        if self.allowed.contains(&origin) {
            return true;
        }
        let Some((scheme, host)) = origin.split_once("://") else {
            return false;
        };
        if !matches!(scheme, "http" | "https") || host.is_empty() {
            return false;
        }
        let authority = authority.to_ascii_lowercase();
        host == authority
            || matches!((loopback_port(host), loopback_port(&authority)), (Some(a), Some(b)) if a == b)
    }
}

/// The port of `host[:port]` where the host is a name of this machine.
fn loopback_port(authority: &str) -> Option<&str> {
    ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .find_map(|host| authority.strip_prefix(host))
        .filter(|rest| rest.is_empty() || rest.starts_with(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn w1_s1_only_own_pages_and_listed_ones() {
        let policy = OriginPolicy::new(["https://app.example".to_owned()]);
        assert!(policy.allows("https://chat.example", "chat.example"));
        assert!(policy.allows("http://localhost:8080", "127.0.0.1:8080"));
        assert!(policy.allows("https://app.example", "chat.example"));
        for evil in [
            "null",
            "",
            "https://evil.example",
            "https://chat.example.evil",
            "https://chat.example:444",
            "http://localhost:8081",
            "http://localhost.evil:8080",
            "file://",
            "chrome-extension://chat.example",
        ] {
            assert!(!policy.allows(evil, "chat.example"), "{evil}");
            assert!(!policy.allows(evil, "127.0.0.1:8080"), "{evil}");
        }
    }
}
