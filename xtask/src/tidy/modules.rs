//! The modules of a crate: their files, what each defines or imports, and every path in them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, Lit, Meta, UseTree};

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

/// One module, without its unit tests. If conditions choose between several of one name, it is
/// all of them.
#[derive(Debug, Default)]
pub(super) struct Module {
    pub(super) files: Vec<Rc<Path>>,
    pub(super) names: BTreeMap<String, Vec<Name>>,
    /// Modules whose names are all imported.
    pub(super) globs: Vec<Vec<String>>,
    pub(super) references: Vec<Reference>,
}

/// What a name stands for in a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Name {
    Module,
    Item,
    Import(Vec<String>),
}

/// A path as it is written; `$crate` is written `crate`.
#[derive(Debug)]
pub(super) struct Reference {
    pub(super) segments: Vec<String>,
    pub(super) file: Rc<Path>,
    pub(super) line: usize,
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
        let mut module = Module::default();
        for item in items {
            match item {
                Item::Mod(inner) => {
                    let files_only = self.files_only || is_test(&inner.attrs);
                    if !files_only {
                        let name = inner.ident.unraw().to_string();
                        module.names.entry(name).or_default().push(Name::Module);
                    }
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
        let mut paths = Paths { module: &mut module, file: &file, in_attribute: false };
        for item in items.iter().filter(|item| !matches!(item, Item::Mod(_))) {
            paths.visit_item(item);
        }
        let whole = self.found.modules.entry(self.path.clone()).or_default();
        for (name, meanings) in module.names {
            whole.names.entry(name).or_default().extend(meanings);
        }
        whole.files.push(file);
        whole.globs.extend(module.globs);
        whole.references.extend(module.references);
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

/// Collects the names and paths of one module.
struct Paths<'a> {
    module: &'a mut Module,
    file: &'a Rc<Path>,
    in_attribute: bool,
}

impl Paths<'_> {
    fn name(&mut self, ident: &syn::Ident, meaning: Name) {
        self.module.names.entry(ident.unraw().to_string()).or_default().push(meaning);
    }

    fn refer(&mut self, segments: Vec<String>, span: Span) {
        let (file, line) = (Rc::clone(self.file), span.start().line);
        self.module.references.push(Reference { segments, file, line });
    }

    /// Takes a `use` apart into the paths it names.
    fn import(&mut self, tree: &UseTree, mut prefix: Vec<String>, span: Span) {
        match tree {
            UseTree::Path(part) => {
                prefix.push(part.ident.unraw().to_string());
                self.import(&part.tree, prefix, part.ident.span());
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, prefix.clone(), span);
                }
            }
            UseTree::Glob(_) => {
                self.refer(prefix.clone(), span);
                self.module.globs.push(prefix);
            }
            UseTree::Name(leaf) => {
                let own = leaf.ident.unraw().to_string();
                if own != "self" {
                    prefix.push(own);
                }
                let name = prefix.last().cloned().unwrap_or_default();
                self.imported(name, prefix, leaf.ident.span());
            }
            UseTree::Rename(leaf) => {
                let own = leaf.ident.unraw().to_string();
                if own != "self" {
                    prefix.push(own);
                }
                self.imported(leaf.rename.unraw().to_string(), prefix, leaf.ident.span());
            }
        }
    }

    fn imported(&mut self, name: String, path: Vec<String>, span: Span) {
        self.refer(path.clone(), span);
        self.module.names.entry(name).or_default().push(Name::Import(path));
    }

    /// Finds the paths in what a macro is given or made of.
    fn tokens(&mut self, stream: TokenStream) {
        let tokens: Vec<TokenTree> = stream.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Ident(ident) if begins_path(&tokens[..at], ident) => {
                    at = self.token_path(&tokens, at, Vec::new());
                    continue;
                }
                TokenTree::Group(group) => {
                    let after_hash = at > 0 && is_punct(&tokens[at - 1], '#');
                    if !(after_hash && is_doc(group.stream())) {
                        let outer = self.in_attribute;
                        self.in_attribute |= after_hash;
                        self.tokens(group.stream());
                        self.in_attribute = outer;
                    }
                }
                TokenTree::Literal(literal) if self.in_attribute => {
                    self.literal(&Lit::new(literal.clone()));
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// Reads `a::b::c`, and `a::{b, c::d}`, from a token on; returns where it ends.
    fn token_path(&mut self, tokens: &[TokenTree], mut at: usize, mut path: Vec<String>) -> usize {
        let span = tokens[at].span();
        while let Some(TokenTree::Ident(ident)) = tokens.get(at) {
            path.push(ident.unraw().to_string());
            at += 1;
            let colons = tokens.get(at..at + 2);
            if !colons.is_some_and(|two| two.iter().all(|token| is_punct(token, ':'))) {
                break;
            }
            match tokens.get(at + 2) {
                Some(TokenTree::Ident(_)) => at += 2,
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    let parts = inner.split(|token| is_punct(token, ','));
                    for part in parts.filter(|part| !part.is_empty()) {
                        self.token_path(part, 0, path.clone());
                    }
                    return at + 3;
                }
                _ => break,
            }
        }
        if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
            path.pop();
        }
        self.refer(path, span);
        at
    }

    /// Attributes such as `#[serde(with = "crate::a")]` have paths in strings.
    fn literal(&mut self, literal: &Lit) {
        let Lit::Str(literal) = literal else { return };
        let value = literal.value();
        if !value.contains("::") || value.contains(char::is_whitespace) {
            return;
        }
        if let Ok(path) = literal.parse::<TokenStream>() {
            self.tokens(path);
        }
    }
}

impl<'ast> Visit<'ast> for Paths<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let (attributes, ident): (&[Attribute], _) = match item {
            Item::Const(item) => (&item.attrs, Some(&item.ident)),
            Item::Enum(item) => (&item.attrs, Some(&item.ident)),
            Item::Fn(item) => (&item.attrs, Some(&item.sig.ident)),
            Item::Impl(item) => (&item.attrs, None),
            Item::Macro(item) => (&item.attrs, item.ident.as_ref()),
            Item::Static(item) => (&item.attrs, Some(&item.ident)),
            Item::Struct(item) => (&item.attrs, Some(&item.ident)),
            Item::Trait(item) => (&item.attrs, Some(&item.ident)),
            Item::Type(item) => (&item.attrs, Some(&item.ident)),
            Item::Union(item) => (&item.attrs, Some(&item.ident)),
            Item::Use(item) => (&item.attrs, None),
            Item::Mod(item) => (&item.attrs, None),
            _ => (&[], None),
        };
        if is_test(attributes) {
            return;
        }
        if let Some(ident) = ident {
            self.name(ident, Name::Item);
        }
        visit::visit_item(self, item);
    }

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        match item {
            syn::ImplItem::Fn(item) if is_test(&item.attrs) => {}
            _ => visit::visit_impl_item(self, item),
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if item.leading_colon.is_none() {
            self.import(&item.tree, Vec::new(), item.use_token.span);
        }
    }

    fn visit_item_extern_crate(&mut self, item: &'ast syn::ItemExternCrate) {
        if let ("self", Some((_, name))) = (item.ident.to_string().as_str(), &item.rename) {
            self.name(name, Name::Import(vec!["crate".to_owned()]));
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if let (None, Some(first)) = (path.leading_colon, path.segments.first()) {
            let segments =
                path.segments.iter().map(|part| part.ident.unraw().to_string()).collect();
            self.refer(segments, first.ident.span());
        }
        visit::visit_path(self, path);
    }

    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.visit_path(&item.path);
        self.tokens(item.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if attribute.path().is_ident("doc") {
            return;
        }
        self.in_attribute = true;
        self.visit_path(attribute.path());
        match &attribute.meta {
            Meta::List(list) => self.tokens(list.tokens.clone()),
            Meta::NameValue(pair) => self.visit_expr(&pair.value),
            Meta::Path(_) => {}
        }
        self.in_attribute = false;
    }

    fn visit_lit(&mut self, literal: &'ast Lit) {
        if self.in_attribute {
            self.literal(literal);
        }
    }
}

/// Whether an identifier begins a path, which it does not after `.`, `::`, `$` and `'`.
fn begins_path(before: &[TokenTree], ident: &proc_macro2::Ident) -> bool {
    let ends_with = |signs: &str| {
        let start = before.len().checked_sub(signs.len());
        let tail = start.map(|start| before[start..].iter().zip(signs.chars()));
        tail.is_some_and(|mut tail| tail.all(|(token, sign)| is_punct(token, sign)))
    };
    let field = ends_with(".") && !ends_with("..");
    let variable = ends_with("$") && ident != "crate";
    !(field || variable || ends_with("::") || ends_with("'"))
}

fn is_punct(token: &TokenTree, sign: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign)
}

fn is_doc(stream: TokenStream) -> bool {
    matches!(stream.into_iter().next(), Some(TokenTree::Ident(ident)) if ident == "doc")
}

fn has(attributes: &[Attribute], name: &str) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident(name))
}

/// Whether attributes leave something to unit tests: `#[test]`, `#[cfg(test)]` and
/// `#[cfg(all(test, …))]`.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || attribute.path().is_ident("cfg")
                && attribute.parse_args::<Meta>().is_ok_and(|meta| requires_test(&meta))
    })
}

fn requires_test(condition: &Meta) -> bool {
    let Meta::List(list) = condition else { return condition.path().is_ident("test") };
    let parts =
        list.parse_args_with(syn::punctuated::Punctuated::<Meta, syn::Token![,]>::parse_terminated);
    list.path.is_ident("all") && parts.is_ok_and(|parts| parts.iter().any(requires_test))
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
