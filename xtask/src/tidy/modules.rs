//! The modules of a crate and their files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use syn::ext::IdentExt;
use syn::{Attribute, Item, Lit, Meta};

use super::paths::{Module, Name, is_test};
use super::workspace::{read, shown};
use crate::outcome::Failure;

/// Where a module is in its crate: the names from the root, which itself is empty.
pub(super) type ModulePath = Vec<String>;

/// What was read of one crate.
#[derive(Debug, Default)]
pub(super) struct Crate {
    pub(super) modules: BTreeMap<ModulePath, Module>,
    /// Every file, those of unit tests among them.
    pub(super) files: BTreeSet<PathBuf>,
    /// Macros that are in scope without a path, and the modules that define them.
    pub(super) textual_macros: BTreeMap<String, ModulePath>,
}

impl Crate {
    /// Reads a crate from its root file on; of one without a map, only which files it has.
    pub(super) fn read(workspace: &Path, root: &Path, has_map: bool) -> Result<Self, Failure> {
        let mut found = Self::default();
        let folder = root.parent().unwrap_or(Path::new(""));
        let mut reader = Reader {
            workspace,
            found: &mut found,
            path: Vec::new(),
            file: root.to_owned(),
            folder: folder.to_owned(),
            files_only: !has_map,
            macro_use: false,
        };
        reader.read_file()?;
        Ok(found)
    }
}

/// Reads one module; a module within it gets a reader of its own.
struct Reader<'a> {
    workspace: &'a Path,
    found: &'a mut Crate,
    path: ModulePath,
    file: PathBuf,
    /// Where the files of the modules within this one are.
    folder: PathBuf,
    files_only: bool,
    macro_use: bool,
}

impl Reader<'_> {
    fn read_file(&mut self) -> Result<(), Failure> {
        let text = read(self.workspace, &self.file)?;
        let parsed = syn::parse_file(&text).map_err(|error| {
            Failure(format!("{}:{}: {error}", shown(&self.file), error.span().start().line))
        })?;
        self.found.files.insert(self.file.clone());
        self.read_items(&parsed.items)
    }

    fn read_items(&mut self, items: &[Item]) -> Result<(), Failure> {
        for item in items {
            match item {
                Item::Mod(inner) => {
                    let files_only = self.files_only || is_test(&inner.attrs);
                    self.read_module(inner, files_only)?;
                }
                Item::Macro(rules) if rules.ident.is_some() => self.note_macro(rules),
                _ => {}
            }
        }
        for file in included(items) {
            let beside = self.file.parent().unwrap_or(Path::new(""));
            self.found.files.insert(beside.join(file));
        }
        if self.files_only {
            return Ok(());
        }
        let file: Rc<Path> = self.file.as_path().into();
        let module = self.found.modules.entry(self.path.clone()).or_default();
        module.merge(Module::of(items, &file));
        Ok(())
    }

    fn read_module(&mut self, item: &syn::ItemMod, files_only: bool) -> Result<(), Failure> {
        let name = item.ident.unraw().to_string();
        let mut path = self.path.clone();
        path.push(name.clone());
        let mut inner = Reader {
            workspace: self.workspace,
            found: self.found,
            path,
            file: self.file.clone(),
            folder: self.folder.join(&name),
            files_only,
            macro_use: self.macro_use || has(&item.attrs, "macro_use"),
        };
        if let Some((_, items)) = &item.content {
            return inner.read_items(items);
        }
        let given = item.attrs.iter().find_map(|attribute| match &attribute.meta {
            Meta::NameValue(pair) if pair.path.is_ident("path") => text(&pair.value),
            _ => None,
        });
        let beside = self.file.parent().unwrap_or(Path::new("")).to_owned();
        let plain = self.folder.join(format!("{name}.rs"));
        inner.file = match given {
            Some(given) => {
                let file = beside.join(given);
                inner.folder = file.parent().unwrap_or(Path::new("")).to_owned();
                file
            }
            None if self.workspace.join(&plain).is_file() => plain,
            None => self.folder.join(&name).join("mod.rs"),
        };
        inner.read_file()
    }

    /// Exported macros are names of the crate's root, those of `#[macro_use]` names everywhere.
    fn note_macro(&mut self, rules: &syn::ItemMacro) {
        let Some(name) = rules.ident.as_ref().map(ToString::to_string) else { return };
        if self.files_only || is_test(&rules.attrs) || self.path.is_empty() {
            return;
        }
        if has(&rules.attrs, "macro_export") {
            let mut target = vec!["crate".to_owned()];
            target.extend(self.path.iter().cloned());
            target.push(name.clone());
            let root = self.found.modules.entry(Vec::new()).or_default();
            root.names.entry(name.clone()).or_default().push(Name::Import(target));
        }
        if self.macro_use {
            self.found.textual_macros.insert(name, self.path.clone());
        }
    }
}

fn has(attributes: &[Attribute], name: &str) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident(name))
}

/// The files that `include!("…")` puts among the items.
fn included(items: &[Item]) -> impl Iterator<Item = String> {
    items.iter().filter_map(|item| match item {
        Item::Macro(item) if item.mac.path.is_ident("include") => {
            item.mac.parse_body::<syn::LitStr>().ok().map(|file| file.value())
        }
        _ => None,
    })
}

fn text(value: &syn::Expr) -> Option<String> {
    match value {
        syn::Expr::Lit(literal) => match &literal.lit {
            Lit::Str(literal) => Some(literal.value()),
            _ => None,
        },
        _ => None,
    }
}
