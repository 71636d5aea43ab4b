//! Replaces a file as a whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

/// Writes a file so that nobody ever sees a part of it.
///
/// # Errors
/// If the file system does not take it; the file is then what it was.
pub fn replace(path: &Path, text: &str) -> io::Result<()> {
    let write = |file: &mut fs::File| file.write_all(text.as_bytes());
    match fs::metadata(path) {
        // A pipe or a device is written to, never put out of its place.
        Ok(known) if !known.is_file() => write(&mut fs::OpenOptions::new().write(true).open(path)?),
        Ok(_) => replace_with(&fs::canonicalize(path)?, write),
        Err(_) => replace_with(path, write),
    }
}

fn replace_with(
    path: &Path,
    write: impl FnOnce(&mut fs::File) -> io::Result<()>,
) -> io::Result<()> {
    let known = fs::metadata(path).ok().map(|known| known.permissions());
    if known.as_ref().is_some_and(fs::Permissions::readonly) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only"));
    }
    // Beside the target: a rename is only atomic within one file system.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut draft = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    write(draft.as_file_mut())?;
    draft.as_file().sync_all()?;
    if let Some(permissions) = known.or_else(usual) {
        draft.as_file().set_permissions(permissions)?;
    }
    draft.persist(path).map(drop).map_err(|error| error.error)
}

/// Temporary files are for their owner only; documents are for everybody.
#[cfg(unix)]
fn usual() -> Option<fs::Permissions> {
    use std::os::unix::fs::PermissionsExt;
    Some(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn usual() -> Option<fs::Permissions> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("openapi.json");
        fs::write(&path, "old").unwrap();
        let full = replace_with(&path, |file| {
            file.write_all(b"half")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(full.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        replace(&path, "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_read_only_file_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("openapi.json");
        fs::write(&path, "old").unwrap();
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&path, permissions).unwrap();
        assert_eq!(replace(&path, "new").unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    }
}
