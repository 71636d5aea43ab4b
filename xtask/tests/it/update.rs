//! Updates from a server on loopback.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use sendmux_client_codegen::Module;
use serde_json::{Value, json};
use tempfile::TempDir;
use xtask::fetch::Limits;
use xtask::operations;
use xtask::outcome::Failure;
use xtask::packed::Code;
use xtask::source::Source;
use xtask::spec::{self, Spec};
use xtask::update::{Update, Updated, update};

use crate::server::{Response, Server};
use crate::support::{APP, SENDING, ids, parsed};

const FILE: &str = "openapi-sending.json";

/// Creates a workspace with the vendored documents, and what is kept beside them.
fn workspace() -> TempDir {
    static LIST: LazyLock<String> = LazyLock::new(|| {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("openapi.json"), APP.as_str()).unwrap();
        fs::write(root.path().join(FILE), SENDING.as_str()).unwrap();
        let code = Code::complete(root.path(), Vec::new()).unwrap();
        let document = |module: Module| {
            Ok(parsed(if module.document() == FILE { SENDING.as_str() } else { APP.as_str() }))
        };
        operations::list(&code, &document).unwrap()
    });

    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("openapi.json"), APP.as_str()).unwrap();
    fs::write(root.path().join(FILE), SENDING.as_str()).unwrap();
    fs::create_dir(root.path().join("docs")).unwrap();
    fs::write(root.path().join(operations::FILE), &*LIST).unwrap();
    root
}

/// Returns the names in the folders of a workspace that [`workspace`] fills.
fn names(root: &TempDir) -> Vec<String> {
    let folders = [root.path().to_owned(), root.path().join("docs")];
    let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn vendored(root: &TempDir) -> String {
    fs::read_to_string(root.path().join(FILE)).unwrap()
}

fn task(root: &Path, url: &str) -> Update {
    Update {
        root: root.to_owned(),
        specs: vec![Spec::Sending],
        from: Some(Source::Url(url.to_owned())),
        check: false,
        compile: false,
        test: false,
        limits: Limits::default(),
    }
}

/// Runs an update. Records delays instead of waiting.
fn run(task: &Update) -> (Result<Updated, Failure>, Vec<u64>) {
    let mut waits = Vec::new();
    let done = update(task, &mut |time: Duration| waits.push(time.as_secs()));
    (done, waits)
}

/// Runs an update that must fail and leave the vendored document unchanged. Returns the error.
fn refused(responses: Vec<Response>) -> String {
    let root = workspace();
    let server = Server::start(responses);
    let (done, _) = run(&task(root.path(), &server.url));
    let why = done.unwrap_err().to_string();
    assert_eq!(vendored(&root), SENDING.as_str(), "{why}");
    assert_eq!(names(&root), names(&workspace()), "a temporary file remains");
    server.requests();
    why
}

fn with(change: impl FnOnce(&mut Value)) -> String {
    let mut document = parsed(SENDING.as_str());
    change(&mut document);
    // Published documents are not canonical.
    document.to_string()
}

#[test]
fn an_unchanged_document_is_not_sent_twice() {
    let root = workspace();
    let server = Server::start(vec![
        Response::json(SENDING.as_str()).header("ETag", "\"one\""),
        Response::status("304 Not Modified"),
    ]);
    for _ in 0..2 {
        let (done, waits) = run(&task(root.path(), &server.url));
        let done = done.unwrap();
        assert!(done.report.findings.is_empty() && done.written.is_empty() && waits.is_empty());
    }
    assert_eq!(vendored(&root), SENDING.as_str());
    let requests = server.requests();
    assert!(!requests[0].to_lowercase().contains("if-none-match"));
    assert!(requests[1].to_lowercase().contains("if-none-match: \"one\""), "{}", requests[1]);
}

#[test]
fn a_changed_document_is_reported_and_written_canonically() {
    let root = workspace();
    let text = with(|document| {
        document["components"]["schemas"]["SendSuccessData"]["properties"]["queued_at"] =
            json!({"type": "string"});
    });
    let server = Server::start(vec![Response::json(text.clone())]);
    let (done, _) = run(&task(root.path(), &server.url));
    let done = done.unwrap();
    assert_eq!(ids(&done.report.findings), ["response-optional-property-added"]);
    assert_eq!(done.report.findings[0].rust, ["sending::types::EmailSent::queued_at"]);
    assert_eq!(done.written, [Path::new(FILE)]);
    assert_eq!(vendored(&root), spec::canonical(&parsed(&text)));
    server.requests();
}

#[test]
fn a_breaking_document_is_written_too() {
    let root = workspace();
    let text = with(|document| {
        document["paths"].as_object_mut().unwrap().remove("/emails/attachments/{attachment_id}");
    });
    let server = Server::start(vec![Response::json(text)]);
    let (done, _) = run(&task(root.path(), &server.url));
    let done = done.unwrap();
    assert_eq!(done.report.findings[0].id, "operation-removed");
    assert_eq!(done.written, [Path::new(FILE), Path::new(operations::FILE)]);
    let list = fs::read_to_string(root.path().join(operations::FILE)).unwrap();
    let sending = list.split_once("## [`sending`]").unwrap().1;
    assert!(
        !sending.contains("`GET /emails/attachments/") && sending.contains("`POST /emails/send`"),
        "{list}"
    );
    server.requests();
}

#[test]
fn a_check_writes_nothing_at_all() {
    let root = workspace();
    let text = with(|document| document["info"]["version"] = json!("9"));
    let server = Server::start(vec![Response::json(text).header("ETag", "\"two\"")]);
    let task = Update { check: true, ..task(root.path(), &server.url) };
    let (done, _) = run(&task);
    assert_eq!(ids(&done.unwrap().report.findings), ["info-changed"]);
    assert_eq!(vendored(&root), SENDING.as_str());
    assert_eq!(names(&root), names(&workspace()));
    server.requests();
}

#[test]
fn what_is_kept_beside_the_documents_is_checked_and_written() {
    let root = workspace();
    let list = root.path().join(operations::FILE);
    let before = fs::read_to_string(&list).unwrap();
    fs::write(&list, "old").unwrap();
    let from = Some(Source::File(root.path().to_owned()));
    let task = Update { specs: Spec::ALL.to_vec(), from, ..task(root.path(), "") };
    let checked = run(&Update { check: true, ..task.clone() }).0.unwrap();
    assert_eq!(checked.stale, [Path::new(operations::FILE)]);
    assert_eq!(fs::read_to_string(&list).unwrap(), "old");
    let done = run(&task).0.unwrap();
    assert_eq!(done.written, [Path::new(operations::FILE)]);
    assert_eq!(fs::read_to_string(&list).unwrap(), before);
    assert!(run(&Update { check: true, ..task }).0.unwrap().stale.is_empty());
}

#[test]
fn other_responses_are_refused() {
    let html = Response::json("<!DOCTYPE html><title>Soon back</title>");
    assert!(refused(vec![html]).contains("HTML"));
    let cut = Response::json(&SENDING[..SENDING.len() / 2]);
    assert!(refused(vec![cut]).contains("not JSON"));
    let other = Response::json("{\"ok\": true}");
    assert!(refused(vec![other]).contains("no `openapi` version"));
    let bytes = Response::json(vec![0xff, 0xfe, 0x00]);
    assert!(refused(vec![bytes]).contains("UTF-8"));
}

#[test]
fn a_truncated_response_is_retried() {
    let broken = || Response::json(SENDING.as_str()).truncated(1000);
    let why = refused(vec![broken(), broken(), broken(), broken()]);
    assert!(why.contains("broke off") && why.contains("tried 4 times"), "{why}");
    let root = workspace();
    let server = Server::start(vec![broken(), Response::json(SENDING.as_str())]);
    let (done, waits) = run(&task(root.path(), &server.url));
    assert!(done.unwrap().report.findings.is_empty());
    assert_eq!(waits, [1]);
    server.requests();
}

#[test]
fn every_failure_status_is_reported_and_some_are_retried() {
    assert!(refused(vec![Response::status("404 Not Found")]).contains("404 Not Found"));
    assert!(refused(vec![Response::status("304 Not Modified")]).contains("304"));
    let root = workspace();
    let server = Server::start(vec![
        Response::status("500 Internal Server Error"),
        Response::status("429 Too Many Requests").header("Retry-After", "9"),
        Response::json(SENDING.as_str()),
    ]);
    let (done, waits) = run(&task(root.path(), &server.url));
    assert!(done.unwrap().report.findings.is_empty());
    assert_eq!(waits, [1, 9]);
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn redirects_stay_on_the_server_and_are_limited() {
    let root = workspace();
    let server = Server::start(vec![
        Response::status("302 Found").header("Location", "/elsewhere.json"),
        Response::json(SENDING.as_str()),
    ]);
    let (done, _) = run(&task(root.path(), &server.url));
    assert!(done.unwrap().report.findings.is_empty());
    assert!(server.requests()[1].starts_with("GET /elsewhere.json "));
    let other = Response::status("301 Moved Permanently")
        .header("Location", "http://127.0.0.1:9/openapi.json");
    assert!(refused(vec![other]).contains("another host, http://127.0.0.1:9/openapi.json"));
    let circle = || Response::status("302 Found").header("Location", "/api/v1/openapi.json");
    assert!(refused((0..6).map(|_| circle()).collect()).contains("more than 5 redirects"));
    assert!(refused(vec![Response::status("302 Found")]).contains("has no `Location`"));
}

#[test]
fn an_oversized_response_is_refused() {
    let root = workspace();
    let server = Server::start(vec![Response::json(vec![b' '; 5000])]);
    let limits = Limits { bytes: 4096, ..Limits::default() };
    let task = Update { limits, ..task(root.path(), &server.url) };
    let why = run(&task).0.unwrap_err().to_string();
    assert!(why.contains("larger than 4096 bytes"), "{why}");
    server.requests();
}

#[test]
fn a_document_that_no_code_can_be_generated_from_is_refused_with_its_location() {
    let text = with(|document| {
        let paths = document["paths"].as_object_mut().unwrap();
        paths.retain(|path, _| path == "/emails/send");
        paths["/emails/send"]["post"]["parameters"][0]["style"] = json!("deepObject");
    });
    let why = refused(vec![Response::json(text)]);
    assert!(why.contains("sending surface") && why.contains("/parameters/0/style"), "{why}");
}

#[test]
fn an_operation_that_no_code_can_be_generated_from_is_a_note_with_its_location() {
    let text = with(|document| {
        let style = &mut document["paths"]["/emails/send"]["post"]["parameters"][0]["style"];
        *style = json!("deepObject");
    });
    let root = workspace();
    let server = Server::start(vec![Response::json(text)]);
    let (done, _) = run(&task(root.path(), &server.url));
    let notes = done.unwrap().report.notes.join("\n");
    assert!(
        notes.contains("POST /emails/send") && notes.contains("/parameters/0/style"),
        "{notes}"
    );
}

#[test]
fn an_unreachable_server_is_retried_and_reported() {
    let address = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let root = workspace();
    let (done, waits) = run(&task(root.path(), &format!("http://{address}/openapi.json")));
    assert!(done.unwrap_err().to_string().contains("tried 4 times"));
    assert_eq!(waits, [1, 2, 4]);
}

#[test]
fn a_read_only_target_stays_unchanged() {
    let root = workspace();
    let path = root.path().join(FILE);
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    let text = with(|document| document["info"]["version"] = json!("9"));
    let server = Server::start(vec![Response::json(text)]);
    let (done, _) = run(&task(root.path(), &server.url));
    assert!(done.unwrap_err().to_string().contains("cannot write"));
    assert_eq!(vendored(&root), SENDING.as_str());
    server.requests();
}

#[test]
fn a_file_is_a_source_and_its_surface_is_detected() {
    let root = workspace();
    let new = root.path().join("new.json");
    fs::write(&new, with(|document| document["info"]["version"] = json!("9"))).unwrap();
    let task = Update { specs: Vec::new(), from: Some(Source::File(new)), ..task(root.path(), "") };
    let (done, _) = run(&task);
    let done = done.unwrap();
    assert_eq!((done.specs, done.written), (vec![Spec::Sending], vec![FILE.into()]));
}

#[test]
fn a_folder_is_a_source_of_both_documents() {
    let root = workspace();
    let from = tempfile::tempdir().unwrap();
    let version = |text: &str| {
        let mut document = parsed(text);
        document["info"]["version"] = json!("9");
        document.to_string()
    };
    fs::write(from.path().join("openapi.json"), version(APP.as_str())).unwrap();
    fs::write(from.path().join(FILE), version(SENDING.as_str())).unwrap();
    let task = Update {
        specs: Spec::ALL.to_vec(),
        from: Some(Source::File(from.path().to_owned())),
        ..task(root.path(), "")
    };
    let done = run(&task).0.unwrap();
    assert_eq!(done.written, [Path::new("openapi.json"), Path::new(FILE)]);
    assert_eq!(ids(&done.report.findings), ["info-changed", "info-changed"]);
    fs::remove_file(from.path().join("openapi.json")).unwrap();
    assert!(run(&task).0.unwrap_err().to_string().contains("openapi.json"));
}

#[test]
fn nothing_is_written_if_one_of_two_documents_is_refused() {
    let root = workspace();
    fs::write(root.path().join("openapi.json"), "{\"openapi\": \"3.1.0\", \"paths\": {}}").unwrap();
    let new = root.path().join("new.json");
    fs::write(&new, with(|document| document["info"]["version"] = json!("9"))).unwrap();
    let task = Update {
        specs: vec![Spec::Sending, Spec::App],
        from: Some(Source::File(new)),
        ..task(root.path(), "")
    };
    assert!(run(&task).0.is_err());
    assert_eq!(vendored(&root), SENDING.as_str());
}
