//! What the program is asked to do.

use std::path::PathBuf;

pub(crate) const USAGE: &str = "\
Usage: watch_mailbox [--state FILE]

Shows messages as they come to the mailbox that SENDMUX_API_KEY belongs to, and
first those that came since the last time. Without SENDMUX_API_KEY, watches a
made-up mailbox until five messages have come.

  --state FILE   where to keep how far it came; default: watch_mailbox.json
  --help         print this

Exit status: 0 stopped, by Ctrl-C or because it was a show; 1 it failed; 2 wrong
arguments or settings.";

pub(crate) struct Arguments {
    pub(crate) state: PathBuf,
}

impl Arguments {
    /// `None` if help is wanted.
    pub(crate) fn read(mut words: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut state = PathBuf::from("watch_mailbox.json");
        while let Some(word) = words.next() {
            match word.as_str() {
                "--help" | "-h" => return Ok(None),
                "--state" => state = words.next().ok_or("`--state` needs a file")?.into(),
                _ => return Err(format!("`{word}` is not an argument of this program")),
            }
        }
        Ok(Some(Self { state }))
    }
}
