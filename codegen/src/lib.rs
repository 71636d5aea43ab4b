//! Generates `sendmux-client` from the OpenAPI documents of the Sendmux API: document in, Rust
//! out. Nothing here reads or writes a file.
//!
//! [`generate`] lowers a document in small named steps to the OpenAPI 3.0 that progenitor reads,
//! runs progenitor, and turns its output into request types over the client's own transport.

mod answer;
mod document;
mod emit;
mod error;
mod item;
mod lower;
mod module;
mod naming;
mod pointer;
mod repair;
mod schema;
mod special;
mod surface;
mod walk;

pub use error::Error;
pub use item::Item;
pub use module::Module;
pub use repair::Repair;
pub use surface::Surface;

/// Deep documents need a deep stack; more than any real one, and still only reserved memory.
const STACK_BYTES: usize = 256 * 1024 * 1024;

/// What came of a document.
#[derive(Debug, Clone)]
pub struct Generated {
    source: String,
    mocks: String,
    /// The public items of the module, sorted.
    pub items: Vec<Item>,
    /// What lowering changed in the document.
    pub repairs: Vec<Repair>,
    /// Number of operations that the document has for this module.
    pub operations: usize,
}

impl Generated {
    /// The module as Rust, unformatted.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What the client's mocks need of the module, as Rust of a module within it.
    pub fn mocks(&self) -> &str {
        &self.mocks
    }
}

/// Generates one module: a [`Surface`], or another [`Module`].
///
/// # Errors
/// If the document is not JSON, not OpenAPI 3.0 or 3.1, or describes something that has no honest
/// Rust form. The error says what, where (a JSON pointer) and what to do.
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
    let module = module.into();
    let failed = |what: String| Error::new("", what, "report this document");
    // A thread of its own: it has the stack, and a panic in the generator ends there.
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, || generate_here(document, module))
            .map_err(|error| failed(format!("no thread to generate in ({error})")))?;
        worker.join().unwrap_or_else(|panic| {
            let words = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("no reason given");
            Err(failed(format!("the generator gave up on it ({words})")))
        })
    })
}

fn generate_here(document: &str, module: Module) -> Result<Generated, Error> {
    let table = naming::table()?;
    let context = lower::Context { module, table };
    let published = document::parse(document)?;
    let (lowered, repairs) = lower::lower(published.clone(), &context)?;
    let source = emit::Source::new(module, table, &lowered);
    let emit::Emitted { module, mocks, items } = emit::emit(&source, &published)?;
    Ok(Generated {
        source: module.to_string(),
        mocks: mocks.to_string(),
        operations: items.iter().filter(|item| item.path.contains("::Client::")).count(),
        items,
        repairs,
    })
}
