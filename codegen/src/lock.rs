//! The names that callers use already. `names.lock.json` keeps them, so that no later document changes
//! one, whatever else it adds.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::module::Module;

/// The published names of every module: what a place of the document is called, and what methods and the
/// constructors of a type take.
///
/// A name stays with its place for as long as a document has that place; entries for which a document
/// has nothing are ignored, and kept.
///
/// # Examples
/// ```
/// use sendmux_client_codegen::{Lock, Surface, generate_with};
///
/// let ping = r#"{"operationId": "managementPing", "responses": {"204": {}}}"#;
/// let document = format!(r#"{{"openapi": "3.1.0", "paths": {{"/ping": {{"get": {ping}}}}}}}"#);
/// let lock = generate_with(&document, Surface::Management, &Lock::default())?.lock;
///
/// let renamed = document.replace("managementPing", "managementCheck");
/// let generated = generate_with(&renamed, Surface::Management, &lock)?;
/// assert!(generated.items.iter().any(|item| item.path == "management::Client::ping"));
/// assert_eq!(generated.lock, lock);
/// # Ok::<(), sendmux_client_codegen::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lock(BTreeMap<String, Names>);

/// The published names of one module.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Names {
    /// Operation → method of the client.
    pub(crate) operations: BTreeMap<String, String>,
    /// Operation → what its method takes.
    pub(crate) arguments: BTreeMap<String, Vec<String>>,
    /// Operation → parameter → input, where it is not called like the parameter.
    pub(crate) inputs: BTreeMap<String, BTreeMap<String, String>>,
    /// Place of a schema → type. Places of one name share the type.
    pub(crate) types: BTreeMap<String, String>,
    /// Struct → property → field, where it is not called like the property.
    pub(crate) fields: BTreeMap<String, BTreeMap<String, String>>,
    /// Enum → value → variant, and union → type that the variant holds → variant.
    pub(crate) variants: BTreeMap<String, BTreeMap<String, String>>,
    /// Type → what each of its constructors takes, that of `new` first.
    pub(crate) constructors: BTreeMap<String, Vec<Vec<String>>>,
    /// Types that are read as leniently as an event, whatever else refers to them.
    pub(crate) streamed: BTreeSet<String>,
}

static VENDORED: LazyLock<Result<Lock, Error>> =
    LazyLock::new(|| Lock::parse(include_str!("../names.lock.json")));

static NO_NAMES: Names = Names {
    operations: BTreeMap::new(),
    arguments: BTreeMap::new(),
    inputs: BTreeMap::new(),
    types: BTreeMap::new(),
    fields: BTreeMap::new(),
    variants: BTreeMap::new(),
    constructors: BTreeMap::new(),
    streamed: BTreeSet::new(),
};

impl Lock {
    /// Reads the text of a lock file.
    ///
    /// # Errors
    /// Returns an error if the text is not that of a lock file.
    pub fn parse(text: &str) -> Result<Self, Error> {
        serde_json::from_str(text).map_err(|error| {
            let what = format!("names.lock.json cannot be read: {error}");
            Error::new("", what, "correct codegen/names.lock.json, or restore it")
        })
    }

    /// Returns the lock that [`generate`](crate::generate) uses: `names.lock.json`, as it was when this
    /// crate was compiled.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    pub fn vendored() -> Result<&'static Self, Error> {
        VENDORED.as_ref().map_err(Clone::clone)
    }

    /// Returns what has been published of a module.
    pub(crate) fn names(&self, module: Module) -> &Names {
        self.0.get(module.name()).unwrap_or(&NO_NAMES)
    }

    /// Adds all names of another lock, which win.
    pub fn join(&mut self, other: &Self) {
        for (module, names) in &other.0 {
            self.extend_by_name(module, names.clone());
        }
    }

    /// Adds what was generated for a module, and keeps what the document had nothing for.
    pub(crate) fn extend(&mut self, module: Module, names: Names) {
        self.extend_by_name(module.name(), names);
    }

    fn extend_by_name(&mut self, module: &str, names: Names) {
        let all = self.0.entry(module.to_owned()).or_default();
        all.operations.extend(names.operations);
        all.arguments.extend(names.arguments);
        all.types.extend(names.types);
        all.constructors.extend(names.constructors);
        all.streamed.extend(names.streamed);
        for (nested, new) in [
            (&mut all.inputs, names.inputs),
            (&mut all.fields, names.fields),
            (&mut all.variants, names.variants),
        ] {
            for (owner, new) in new {
                nested.entry(owner).or_default().extend(new);
            }
        }
    }
}

/// Writes the text of the lock file.
impl fmt::Display for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = serde_json::to_string_pretty(self).map_err(|_| fmt::Error)?;
        writeln!(f, "{text}")
    }
}
