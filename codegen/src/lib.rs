//! Generates `sendmux-client` from the OpenAPI documents of the Sendmux API: document in, Rust out.
//! Nothing here reads or writes a file.
//!
//! [`generate`] lowers a document in small named steps, runs progenitor on the result, and turns its
//! output into request types that use the client's own transport.

use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use serde_json::Value;

mod client;
mod document;
mod emit;
mod error;
mod extensions;
mod lock;
mod lower;
mod module;
mod naming;
mod note;
mod printer;
mod progenitor;
mod repair;
mod schema;

pub use emit::Item;
pub use error::Error;
pub use lock::Lock;
pub use module::{Module, Surface};
pub use note::Note;
pub use repair::Repair;

/// Stack for deeply nested documents; reserved memory, most of which is never touched.
const STACK_BYTES: usize = 256 * 1024 * 1024;

/// Name of the thread that generates.
const THREAD: &str = "sendmux-client-codegen";

/// What was generated from a document.
#[derive(Debug, Clone)]
pub struct Generated {
    header: String,
    source: String,
    mocks: String,
    cases: String,
    /// The public items of the module, sorted.
    pub items: Vec<Item>,
    /// What was left out, and why.
    pub notes: Vec<Note>,
    /// The lock that it was generated with, and the names that are public now: the next
    /// `names.lock.json`. A module generated with either is the same.
    pub lock: Lock,
    /// Number of operations that the document has for this module.
    pub operations: usize,
}

impl Generated {
    /// Returns the first line of a file with this code: a comment that names the generator, the
    /// document and the document's digest.
    pub fn header(&self) -> &str {
        &self.header
    }

    /// Returns the module as Rust, a line for each field, variant, method and statement.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns what the client's mocks need of the module, as Rust for a submodule of it.
    pub fn mocks(&self) -> &str {
        &self.mocks
    }

    /// Returns what the client's own tests need of the module: one call of the macro `cases!`, with
    /// a case for each operation. It is empty for a module without operations.
    ///
    /// A case is the kind of the operation (`call`, or `list` if it has pages), its HTTP method and
    /// path, its name, and three expressions: the call with its required inputs, the setters of its
    /// optional inputs, and the setters of conditions that change what the request resolves to.
    ///
    /// ```text
    /// list "GET" "/webhooks" list_webhooks(client, values, request) {
    ///     client.list_webhooks();
    ///     request.cursor(values.parameter::<::std::string::String>("query", "cursor"));
    ///     request;
    /// }
    /// ```
    pub fn cases(&self) -> &str {
        &self.cases
    }
}

/// Generates one module: a [`Surface`], or another [`Module`].
///
/// An operation that cannot be generated faithfully is left out, with a [`Note`]; the rest of the
/// module is generated.
///
/// # Errors
/// Returns an error if the document is not JSON or not OpenAPI 3, or if no operation of the module
/// can be generated. The error says what is wrong, where (a JSON pointer) and how to fix it.
///
/// # Examples
/// ```
/// use sendmux_client_codegen::{Surface, generate};
///
/// let document = r#"{"openapi": "3.1.0", "paths": {"/ping": {"get": {"responses": {"204": {}}}}}}"#;
/// let generated = generate(document, Surface::Management)?;
/// assert!(generated.items.iter().any(|item| item.path == "management::Client::get_ping"));
/// # Ok::<(), sendmux_client_codegen::Error>(())
/// ```
pub fn generate(document: &str, module: impl Into<Module>) -> Result<Generated, Error> {
    generate_with(document, module, Lock::vendored()?)
}

/// Generates one module as [`generate`] does, with these published names.
///
/// # Errors
/// Returns an error where [`generate`] does.
pub fn generate_with(
    document: &str,
    module: impl Into<Module>,
    lock: &Lock,
) -> Result<Generated, Error> {
    let module = module.into();
    on_worker(|| generate_here(document, module, lock))
}

/// Returns what lowering changes in a document before a module is generated from it.
///
/// # Errors
/// Returns an error where [`generate`] does, and where it leaves an operation out.
pub fn repairs(document: &str, module: impl Into<Module>) -> Result<Vec<Repair>, Error> {
    let module = module.into();
    on_worker(|| {
        let names = Lock::vendored()?.names(module);
        let context = lower::Context { module, table: naming::table()?, names };
        let (selected, _) = lower::select(&document::parse(document)?, &context)?;
        lower::repairs(selected, &context)
    })
}

/// Runs a function on a thread of its own, which has the stack, and contains a panic.
fn on_worker<T: Send>(run: impl FnOnce() -> Result<T, Error> + Send) -> Result<T, Error> {
    let failed = |what: String| Error::new("", what, "report this document");
    silence_panics();
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new()
            .name(THREAD.to_owned())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, || contained(run))
            .map_err(|error| failed(format!("the generator's thread did not start ({error})")))?;
        worker.join().unwrap_or_else(|_| Err(failed("the generator's thread panicked".to_owned())))
    })
}

fn generate_here(text: &str, module: Module, lock: &Lock) -> Result<Generated, Error> {
    let table = naming::table()?;
    let context = lower::Context { module, table, names: lock.names(module) };
    let published = document::parse(text)?;
    let (mut selected, mut notes) = lower::select(&published, &context)?;
    loop {
        match contained(|| build(&selected, &published, &context, &notes)) {
            Ok(built) => {
                notes.extend(built.emitted.notes);
                let mut lock = lock.clone();
                lock.extend(module, built.emitted.names);
                return Ok(Generated {
                    header: header(text, module),
                    source: printer::print(built.emitted.module),
                    mocks: printer::print(built.emitted.mocks),
                    cases: printer::print(built.emitted.cases),
                    operations: built.operations,
                    items: built.emitted.items,
                    notes,
                    lock,
                });
            }
            Err(error) => leave_out(&mut selected, &published, &context, error, &mut notes)?,
        }
    }
}

struct Built {
    emitted: emit::Emitted,
    operations: usize,
}

fn build(
    selected: &Value,
    published: &Value,
    context: &lower::Context<'_>,
    notes: &[Note],
) -> Result<Built, Error> {
    let lowered = lower::lower(selected.clone(), context)?;
    let source = emit::Source::new(context.module, context.table, context.names, &lowered)?;
    let emitted = emit::emit(&source, published, notes)?;
    let operations = emitted.names.operations.len();
    Ok(Built { emitted, operations })
}

/// Removes the operations that an error concerns, with a note for each.
///
/// # Errors
/// Returns the error if it concerns no operation, or every one that is left.
fn leave_out(
    selected: &mut Value,
    published: &Value,
    context: &lower::Context<'_>,
    error: Error,
    notes: &mut Vec<Note>,
) -> Result<(), Error> {
    let concerned = match lower::concerned(selected, &error) {
        concerned if concerned.is_empty() => alone(selected, published, context),
        concerned => concerned.into_iter().map(|place| (place, error.clone())).collect(),
    };
    if concerned.is_empty() {
        return Err(error);
    }
    for ((path, method), reason) in concerned {
        lower::remove_operation(selected, &(path.clone(), method));
        notes.push(Note::new(format!("`{} {path}`", method.to_ascii_uppercase()), reason));
    }
    if document::operations(selected).next().is_none() {
        return Err(notes.first().map_or(error, |note| note.reason().clone()));
    }
    Ok(())
}

/// Keeps panics of the generator off the standard error: each is an [`Error`] instead.
fn silence_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if std::thread::current().name() != Some(THREAD) {
                report(info);
            }
        }));
    });
}

/// Runs a step of the generator, and turns a panic in it into an error.
fn contained<T>(step: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(step)).unwrap_or_else(|panic| {
        let message = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("no message");
        Err(Error::new("", format!("the generator panicked ({message})"), "report this document"))
    })
}

/// Returns the operations that cannot be generated even without any other, each with the reason.
fn alone(
    selected: &Value,
    published: &Value,
    context: &lower::Context<'_>,
) -> Vec<(lower::Place, Error)> {
    let places = document::operations(selected)
        .map(|operation| (operation.path.to_owned(), operation.method));
    let fails = |place: lower::Place| {
        let only = lower::only_operation(selected, &place);
        let error = match contained(|| build(&only, published, context, &[])) {
            Ok(_) => return None,
            Err(error) => error,
        };
        Some((place, error))
    };
    places.filter_map(fails).collect()
}

fn header(text: &str, module: Module) -> String {
    format!(
        "// @generated by sendmux-client-codegen from {} (FNV-1a {:016x}): do not edit; to read it, \
         run `cargo xtask expand --surface {}`.",
        module.document(),
        fnv1a(text.as_bytes()),
        module.name(),
    )
}

/// Returns the 64-bit FNV-1a hash of a document: it tells versions apart without a dependency.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
