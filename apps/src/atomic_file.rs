//! Files that appear complete or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::TempPath;

/// Who may read a new file, as far as the umask allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Everyone,
    Owner,
}

/// A file that replaces its destination when it is [committed](Self::commit).
///
/// Until then it is a temporary file in the same directory; dropped, it leaves nothing behind.
/// Standard output, devices and pipes cannot be replaced and are written to directly.
pub(crate) enum AtomicFile {
    Replacing { file: BufWriter<File>, temporary: TempPath, destination: PathBuf },
    Direct(Box<dyn Write>),
}

impl AtomicFile {
    /// Creates a file that is to appear at `path`. A symbolic link there is followed.
    pub(crate) fn create(path: &Path, access: Access) -> io::Result<Self> {
        let destination = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        match fs::metadata(&destination) {
            Ok(existing) if existing.is_dir() => {
                return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a directory"));
            }
            Ok(existing) if !existing.is_file() => {
                let device = File::options().write(true).open(&destination)?;
                return Ok(Self::Direct(Box::new(device)));
            }
            _ => {}
        }
        let prefix = temporary_prefix(&destination);
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(SUFFIX);
        #[cfg(unix)]
        if access == Access::Everyone {
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        }
        // Errors of a temporary file name its path, which nobody knows and which is always another.
        fs::metadata(directory(&destination))?;
        let file = builder.tempfile_in(directory(&destination));
        let (file, temporary) = file.map_err(|error| io::Error::from(error.kind()))?.into_parts();
        Ok(Self::Replacing { file: BufWriter::new(file), temporary, destination })
    }

    /// Removes the temporary files that killed processes left for a destination. Nobody else may be
    /// writing to it.
    pub(crate) fn remove_leftovers(path: &Path) {
        let destination = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let prefix = temporary_prefix(&destination);
        let Ok(entries) = fs::read_dir(directory(&destination)) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            if name.to_str().is_some_and(|name| name.starts_with(&prefix) && name.ends_with(SUFFIX))
            {
                // What cannot be removed does no harm.
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    pub(crate) fn stdout() -> Self {
        Self::Direct(Box::new(io::stdout()))
    }

    /// Moves the file to its destination, replacing what was there.
    pub(crate) fn commit(self) -> io::Result<()> {
        match self {
            Self::Replacing { file, temporary, destination } => {
                let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
                file.sync_all()?;
                temporary.persist(destination).map_err(|error| error.error)
            }
            Self::Direct(mut output) => output.flush(),
        }
    }

    fn output(&mut self) -> &mut dyn Write {
        match self {
            Self::Replacing { file, .. } => file,
            Self::Direct(output) => output,
        }
    }
}

const SUFFIX: &str = ".tmp";

fn temporary_prefix(destination: &Path) -> String {
    format!(".{}.", destination.file_name().unwrap_or_default().to_string_lossy())
}

fn directory(destination: &Path) -> &Path {
    match destination.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftovers_of_killed_processes_are_removed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("state.json");
        let file = AtomicFile::create(&path, Access::Owner).unwrap();
        // A killed process does not drop it.
        std::mem::forget(file);
        fs::write(directory.path().join("state.json.lock"), "").unwrap();
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 2);
        AtomicFile::remove_leftovers(&path);
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 1);
    }

    fn create(path: &Path) -> io::Result<AtomicFile> {
        AtomicFile::create(path, Access::Everyone)
    }

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_appears_complete_or_not_at_all() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("report.html");
        fs::write(&path, "old").unwrap();
        let mut file = create(&path).unwrap();
        file.write_all(b"new").unwrap();
        file.flush().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        drop(file);
        assert_eq!(names(directory.path()), ["report.html"]);
        let mut file = create(&path).unwrap();
        file.write_all(b"new").unwrap();
        file.commit().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(names(directory.path()), ["report.html"]);
    }

    #[test]
    fn an_unwritable_destination_is_rejected_on_creation() {
        let directory = tempfile::tempdir().unwrap();
        assert!(create(directory.path()).is_err());
        assert!(create(&directory.path().join("none/report.html")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn symbolic_links_and_devices_are_kept() {
        use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};

        let directory = tempfile::tempdir().unwrap();
        let (real, link) = (directory.path().join("real"), directory.path().join("link"));
        fs::write(&real, "old").unwrap();
        symlink(&real, &link).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        for (access, readable) in [(Access::Owner, false), (Access::Everyone, true)] {
            let mut file = AtomicFile::create(&link, access).unwrap();
            file.write_all(b"new").unwrap();
            file.commit().unwrap();
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
            assert_eq!(fs::read_to_string(&real).unwrap(), "new");
            assert_eq!(mode(&real) & 0o044 != 0, readable);
        }
        create(Path::new("/dev/null")).unwrap().commit().unwrap();
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    }
}
