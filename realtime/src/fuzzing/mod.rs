//! What the fuzz targets of `fuzz/` call: bytes of any shape, and what must hold
//! whatever they are. A broken promise is a panic.

mod frame;
mod model;
mod session;

pub use frame::frame;
pub use session::session;

#[cfg(test)]
#[path = "../../../fuzz/src/corpus.rs"]
mod corpus;
#[cfg(test)]
mod seeds;

#[cfg(test)]
mod tests {
    use super::{corpus, frame, seeds, session};

    #[test]
    fn p1_frames_of_the_corpus_are_cut_or_refused() {
        corpus::seed("frame", &seeds::frame());
        corpus::replay("frame", frame);
    }

    #[test]
    fn p2_sessions_of_the_corpus_keep_to_the_rules() {
        corpus::seed("session", &seeds::session());
        corpus::replay("session", session);
    }
}
