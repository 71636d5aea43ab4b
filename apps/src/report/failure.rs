//! Why there is no report.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::month::Month;
use super::problem::Problem;
use crate::account::OpenError;

/// Nothing was written.
#[derive(Debug)]
pub(crate) enum Failure {
    Account(OpenError),
    NotBegun(Month),
    Output(PathBuf, io::Error),
    Nothing(Problem),
    Ended,
}

impl Failure {
    pub(crate) fn output(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::Output(path.to_owned(), error)
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Account(_) | Self::NotBegun(_) => 2,
            Self::Output(..) | Self::Nothing(_) | Self::Ended => 1,
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(error) => error.fmt(f),
            Self::NotBegun(month) => write!(f, "{} has not begun yet", month.title()),
            Self::Output(path, error) => {
                write!(f, "{} cannot be written: {error}", path.display())
            }
            Self::Nothing(problem) => write!(f, "nothing could be read: {problem}"),
            Self::Ended => f.write_str("asked to end; nothing was written"),
        }
    }
}
