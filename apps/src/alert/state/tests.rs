use super::*;

fn path(directory: &tempfile::TempDir) -> PathBuf {
    directory.path().join("state.json")
}

#[test]
fn what_is_saved_comes_back() {
    let directory = tempfile::tempdir().unwrap();
    let (store, mut state) = Store::open(&path(&directory)).unwrap();
    assert_eq!(state, State::default());
    state.ledger = Some(Ledger::new(1_779_354_720, 3600));
    store.save(&state).unwrap();
    drop(store);
    assert_eq!(Store::open(&path(&directory)).unwrap().1, state);
    let names = std::fs::read_dir(&directory).unwrap().count();
    assert_eq!(names, 2, "the state and its lock, no draft");
}

#[test]
fn two_at_a_time_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let first = Store::open(&path(&directory)).unwrap();
    let problem = Store::open(&path(&directory)).unwrap_err();
    assert!(problem.contains("another process") && problem.contains("--state"), "{problem}");
    drop(first);
    assert!(Store::open(&path(&directory)).is_ok());
}

#[test]
fn a_damaged_file_is_never_taken_for_an_empty_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = path(&directory);
    let (store, state) = Store::open(&path).unwrap();
    store.save(&state).unwrap();
    drop(store);
    let good = std::fs::read(&path).unwrap();
    for length in 0..good.len() {
        std::fs::write(&path, &good[..length]).unwrap();
        let problem = Store::open(&path).unwrap_err();
        assert!(problem.contains("is damaged") && problem.contains("move it away"), "{problem}");
    }
    std::fs::write(&path, br#"{"version":2,"state":{"new":true}}"#).unwrap();
    let problem = Store::open(&path).unwrap_err();
    assert!(problem.contains("version 2"), "{problem}");
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let nowhere = directory.path().join("missing").join("state.json");
    assert!(Store::open(&nowhere).unwrap_err().contains("missing"));
}
