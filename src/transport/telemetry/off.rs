//! Nothing is told.

use std::future::Future;
use std::time::Duration;

use reqwest::Url;

use crate::answer::head::Head;
use crate::call::operation::Operation;
use crate::error::Error;

#[derive(Clone)]
pub(crate) struct Span;

impl Span {
    pub(crate) fn new(_: &Operation, _: &Url) -> Self {
        Self
    }

    pub(crate) fn enclose<F: Future>(self, work: F) -> F {
        work
    }

    pub(crate) fn held(_: Duration) {}

    pub(crate) fn repeat(_: &'static str, _: Duration, _: u32) {}

    pub(crate) fn out_of_budget(_: &'static str) {}

    pub(crate) fn answered(self, _: &Head) {}

    pub(crate) fn failed(self, _: &Error) {}
}
