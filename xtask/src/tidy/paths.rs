//! What a module defines and imports, and every path in it.

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, Lit, Meta, UseTree};

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

impl Module {
    /// Collects what the items of one file, or of one inline module, have.
    pub(super) fn of(items: &[Item], file: &Rc<Path>) -> Self {
        let mut module = Self { files: vec![Rc::clone(file)], ..Self::default() };
        let mut paths = Paths { module: &mut module, file, in_attribute: false };
        for item in items {
            match item {
                Item::Mod(inner) if is_test(&inner.attrs) => {}
                Item::Mod(inner) => paths.name(&inner.ident, Name::Module),
                _ => paths.visit_item(item),
            }
        }
        module
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (name, meanings) in other.names {
            self.names.entry(name).or_default().extend(meanings);
        }
        self.files.extend(other.files);
        self.globs.extend(other.globs);
        self.references.extend(other.references);
    }
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

/// Whether attributes leave something to unit tests: `#[test]`, `#[cfg(test)]` and
/// `#[cfg(all(test, …))]`.
pub(super) fn is_test(attributes: &[Attribute]) -> bool {
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
