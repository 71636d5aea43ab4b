//! Generates `sendmux-client` from the OpenAPI documents of the Sendmux API: document in, Rust out.
//! Nothing here reads or writes a file.
//!
//! [`generate`] lowers a document in small named steps, runs progenitor on the result, and turns its
//! output into request types that use the client's own transport.

mod client;
mod document;
mod emit;
mod error;
mod extensions;
mod lower;
mod module;
mod naming;
mod progenitor;
mod repair;
mod schema;

pub use emit::Item;
pub use error::Error;
pub use module::{Module, Surface};
pub use repair::Repair;

/// Stack for deeply nested documents; reserved memory, most of which is never touched.
const STACK_BYTES: usize = 256 * 1024 * 1024;

/// What was generated from a document.
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
    /// Returns the module as Rust, unformatted.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns what the client's mocks need of the module, as Rust for a submodule of it.
    pub fn mocks(&self) -> &str {
        &self.mocks
    }
}

/// Generates one module: a [`Surface`], or another [`Module`].
///
/// # Errors
/// Returns an error if the document is not JSON, is not OpenAPI 3.0 or 3.1, or describes something
/// that Rust types cannot express faithfully. The error says what is wrong, where (a JSON pointer)
/// and how to fix it.
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
    // A thread of its own has the stack, and contains a panic of the generator.
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, || generate_here(document, module))
            .map_err(|error| failed(format!("the generator's thread did not start ({error})")))?;
        worker.join().unwrap_or_else(|panic| {
            let message = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("no message");
            Err(failed(format!("the generator panicked ({message})")))
        })
    })
}

fn generate_here(text: &str, module: Module) -> Result<Generated, Error> {
    let table = naming::table()?;
    let context = lower::Context { module, table };
    let published = document::parse(text)?;
    let (lowered, repairs) = lower::lower(published.clone(), &context)?;
    let source = emit::Source::new(module, table, &lowered)?;
    let emitted = emit::emit(&source, &published)?;
    Ok(Generated {
        source: emitted.module.to_string(),
        mocks: emitted.mocks.to_string(),
        operations: emitted.items.iter().filter(|item| item.path.contains("::Client::")).count(),
        items: emitted.items,
        repairs,
    })
}
