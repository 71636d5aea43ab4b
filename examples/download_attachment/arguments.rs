//! What the program is asked to do.

use std::path::PathBuf;

pub(crate) const USAGE: &str = "\
Usage: download_attachment [--to DIRECTORY] [MESSAGE_ID]

Saves the files of a message of the mailbox that SENDMUX_API_KEY belongs to; without a message,
those of a made-up one, over a connection that breaks.

  --to DIRECTORY   where to save them; default: a directory of temporary files
  --help           print this

Exit status: 0 all saved; 1 the message cannot be read; 2 wrong arguments or settings;
3 some files could not be saved.";

pub(crate) struct Arguments {
    pub(crate) message: Option<String>,
    pub(crate) directory: PathBuf,
}

impl Arguments {
    /// `None` if help is wanted.
    pub(crate) fn read(mut words: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let (mut message, mut directory) = (None, None);
        while let Some(word) = words.next() {
            match word.as_str() {
                "--help" | "-h" => return Ok(None),
                "--to" => directory = Some(words.next().ok_or("`--to` needs a directory")?),
                _ if word.starts_with('-') => {
                    return Err(format!("`{word}` is not an argument of this program"));
                }
                _ if message.is_some() => return Err("one message at a time".to_owned()),
                _ => message = Some(word),
            }
        }
        let directory = directory.map(PathBuf::from);
        let directory =
            directory.unwrap_or_else(|| std::env::temp_dir().join("sendmux-attachments"));
        Ok(Some(Self { message, directory }))
    }
}
