//! stub
use crate::cli::Ci;
use crate::outcome::Failure;
use std::path::Path;
/// stub
pub fn run(_: &Ci, _: &Path) -> Result<bool, Failure> {
    Ok(true)
}
