//! A file that has its name only once it is whole.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub(crate) struct Partial {
    file: File,
    partial: PathBuf,
    path: PathBuf,
    bytes: u64,
    whole: bool,
}

pub(crate) struct Saved {
    path: PathBuf,
    bytes: u64,
}

impl Partial {
    pub(crate) fn create(directory: &Path, name: &str) -> io::Result<Self> {
        let path = directory.join(name);
        let partial = directory.join(format!(".{name}.{}.part", std::process::id()));
        let file = File::create(&partial)?;
        Ok(Self { file, partial, path, bytes: 0, whole: false })
    }

    pub(crate) fn write(&mut self, chunk: &[u8]) -> io::Result<()> {
        self.bytes += chunk.len() as u64;
        self.file.write_all(chunk)
    }

    pub(crate) fn finish(mut self) -> io::Result<Saved> {
        self.file.sync_all()?;
        fs::rename(&self.partial, &self.path)?;
        self.whole = true;
        Ok(Saved { path: self.path.clone(), bytes: self.bytes })
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.whole {
            // There may be nothing left to remove.
            let _ = fs::remove_file(&self.partial);
        }
    }
}

impl fmt::Display for Saved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} bytes", self.path.display(), self.bytes)
    }
}
