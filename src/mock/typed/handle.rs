//! One mock.

use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

use super::answer::Answer;
use super::expected::Expected;
use super::form::Form;
use super::received::Received;
use super::server::Board;
use crate::version::conditional::IfNoneMatch;

/// A request that can be mocked: every request of every surface.
///
/// Implemented by generated code; not for implementing elsewhere.
pub trait Mockable {
    /// What a successful answer looks like.
    type Form: Form;

    /// What a mock of this request asks for.
    #[doc(hidden)]
    fn expected(&self) -> Expected;

    /// What a mock of any such request asks for.
    #[doc(hidden)]
    fn any() -> Expected;
}

impl<R: Mockable> Mockable for IfNoneMatch<R> {
    type Form = R::Form;

    #[track_caller]
    fn expected(&self) -> Expected {
        self.request().expected()
    }

    fn any() -> Expected {
        R::any()
    }
}

/// A mock on a [`Server`](super::Server): says what is answered, and counts the requests.
///
/// Without an answer of its own it answers with a [sample](super::Sample).
#[must_use = "a mock says how often it was asked"]
pub struct Mock<R> {
    board: Arc<Mutex<Board>>,
    index: usize,
    request: PhantomData<fn() -> R>,
}

impl<R: Mockable> Mock<R> {
    pub(super) fn new(board: Arc<Mutex<Board>>, index: usize) -> Self {
        Self { board, index, request: PhantomData }
    }

    /// Answers with this. Called several times, the first request gets the first answer, the
    /// second the second, and all after the last the last one.
    pub fn then(self, answer: impl FnOnce(Answer<R::Form>) -> Answer<R::Form>) -> Self {
        let Answer { reply, .. } = answer(Answer::sample());
        self.on_board(|board| board.entries[self.index].replies.push(reply));
        self
    }

    /// Takes only requests for which this is true, in addition to what it asks for.
    pub fn only_if(self, test: impl Fn(&Received) -> bool + Send + Sync + 'static) -> Self {
        self.on_board(|board| board.entries[self.index].tests.push(Box::new(test)));
        self
    }

    /// How often it answered; an attempt that was repeated counts again.
    pub fn calls(&self) -> usize {
        self.on_board(|board| board.entries[self.index].received.len())
    }

    /// The requests that it answered, oldest first.
    pub fn received(&self) -> Vec<Received> {
        self.on_board(|board| board.entries[self.index].received.clone())
    }

    /// # Panics
    /// If it did not answer this often. The message says what the server was asked instead.
    #[track_caller]
    pub fn assert_calls(&self, expected: usize) {
        let calls = self.calls();
        let report = self.on_board(|board| {
            format!("{}\n{}", board.entries[self.index].expected, board.report())
        });
        assert!(calls == expected, "{calls} calls in place of {expected} of {report}");
    }

    fn on_board<T>(&self, act: impl FnOnce(&mut Board) -> T) -> T {
        act(&mut self.board.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<R> fmt::Debug for Mock<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let board = self.board.lock().unwrap_or_else(PoisonError::into_inner);
        f.debug_tuple("Mock").field(&board.entries[self.index].expected).finish()
    }
}
