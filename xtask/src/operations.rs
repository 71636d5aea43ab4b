//! The list of the operations for people, `docs/operations.md`: a line for each, with its signature.

use std::collections::BTreeMap;
use std::fmt::Write;

use sendmux_client_codegen::{Generated, Module, Surface};
use serde_json::Value;
use syn::{Expr, Fields, ImplItem, Item, Lit, Type};

use crate::outcome::Failure;
use crate::packed::Code;

/// Where the list is kept.
pub const FILE: &str = "docs/operations.md";

const DOCS: &str = "https://docs.rs/sendmux-client/latest/sendmux_client";

const HEAD: &str = "\
# Operations

<!-- Written by `cargo xtask update-spec`: do not edit. -->

Each line has what is sent, the method with its required arguments, what awaiting it returns, and the
permission that the credential needs (any credential is sufficient if there is none). Optional arguments are
methods of the request, which the name of the method links to.
";

/// An operation, as a caller meets it.
struct Operation {
    tag: String,
    method: String,
    path: String,
    permissions: Vec<Vec<String>>,
    public: bool,
    /// The method of the client, and the type of its request.
    name: String,
    request: String,
    /// The required arguments, each with its type.
    arguments: Vec<String>,
    returns: String,
}

/// Returns the text of the list.
///
/// # Errors
/// Fails if generated code does not have the form that this reads.
pub fn list(
    code: &Code,
    document: &dyn Fn(Module) -> Result<Value, Failure>,
) -> Result<String, Failure> {
    let mut text = HEAD.to_owned();
    for surface in Surface::ALL {
        let module = Module::Surface(surface);
        let generated = code.modules.iter().find(|(known, _)| *known == module);
        let Some((_, generated)) = generated else { continue };
        let name = module.name();
        let kinds = kinds(generated, name);
        let mut by_tag: BTreeMap<String, Vec<Operation>> = BTreeMap::new();
        for operation in operations(generated, &document(module)?)
            .map_err(|why| Failure(format!("{FILE}: {module}: {why}")))?
        {
            by_tag.entry(operation.tag.clone()).or_default().push(operation);
        }
        text += &format!("\n## [`{name}`]({DOCS}/{name}/)\n");
        for (tag, mut operations) in by_tag {
            operations
                .sort_by(|one, other| (&one.path, &one.method).cmp(&(&other.path, &other.method)));
            text += &format!("\n### {tag}\n\n");
            for operation in operations {
                text += &line(&operation, name, &kinds);
            }
        }
    }
    Ok(text)
}

/// Returns what each generated type is, by its name.
fn kinds<'g>(generated: &'g Generated, module: &str) -> BTreeMap<&'g str, &'g str> {
    let types = generated.items.iter().filter_map(|item| {
        let name = item.path.strip_prefix(module)?.strip_prefix("::types::")?;
        matches!(item.signature.as_str(), "struct" | "enum").then_some((name, &*item.signature))
    });
    types.collect()
}

fn line(operation: &Operation, module: &str, kinds: &BTreeMap<&str, &str>) -> String {
    let Operation { method, path, name, request, returns, .. } = operation;
    let arguments = operation.arguments.join(", ");
    let data = returns.split(['<', '>', ',']).find(|name| kinds.contains_key(name));
    let returns = match data {
        Some(data) => {
            format!("[`{returns}`]({DOCS}/{module}/types/{}.{data}.html)", kinds[data])
        }
        None => format!("`{returns}`"),
    };
    let mut line = format!(
        "- `{method} {path}` → [`{name}`]({DOCS}/{module}/struct.{request}.html)`({arguments})` → \
         {returns}"
    );
    let sets = operation.permissions.iter().map(|set| format!("`{}`", set.join("` and `")));
    let sets: Vec<String> = sets.collect();
    match (operation.public, sets.is_empty()) {
        (true, _) => line += ", without credential",
        (false, true) => {}
        (false, false) => {
            let _ = write!(line, ", {}", sets.join(" or "));
        }
    }
    line + "\n"
}

/// Reads the operations from the code of a surface.
fn operations(generated: &Generated, document: &Value) -> Result<Vec<Operation>, String> {
    // The types, most of the code, come last.
    let source = generated.source();
    let types = source.find("\npub mod types {").unwrap_or(source.len());
    let end = source[..types].rfind("}\n").map_or(source.len(), |end| end + 1);
    let file = syn::parse_file(&source[..end]).map_err(|error| error.to_string())?;
    let implementations = || {
        file.items.iter().filter_map(|item| match item {
            Item::Impl(block) => match &*block.self_ty {
                Type::Path(path) => Some((path.path.segments.last()?.ident.to_string(), block)),
                _ => None,
            },
            _ => None,
        })
    };
    let mut facts: BTreeMap<String, BTreeMap<String, &Expr>> = BTreeMap::new();
    let mut outputs: BTreeMap<String, &Type> = BTreeMap::new();
    for (name, block) in implementations() {
        for item in &block.items {
            match item {
                ImplItem::Const(constant) if constant.ident == "OPERATION" => {
                    facts.insert(name.clone(), fields(&constant.expr));
                }
                ImplItem::Type(output) if output.ident == "Output" => {
                    outputs.insert(name.clone(), &output.ty);
                }
                _ => {}
            }
        }
    }
    let clients = implementations().filter(|(name, _)| name == "Client");
    let methods = clients.flat_map(|(_, block)| &block.items).filter_map(|item| match item {
        ImplItem::Fn(method) => Some(&method.sig),
        _ => None,
    });
    let mut found = Vec::new();
    for signature in methods {
        let name = signature.ident.to_string();
        let request = match &signature.output {
            syn::ReturnType::Type(_, ty) => shown(ty),
            syn::ReturnType::Default => return Err(format!("`{name}` returns nothing")),
        };
        let missing = |what: &str| format!("`{request}` has no {what}");
        let fact = facts.get(&request).ok_or_else(|| missing("`OPERATION`"))?;
        let text = |key: &str| fact.get(key).and_then(|value| literal(value));
        let method = text("method").ok_or_else(|| missing("method"))?;
        let path = text("path").ok_or_else(|| missing("path"))?;
        let owned = file.items.iter().find_map(|item| match item {
            Item::Struct(item) if item.ident == request => Some(&item.fields),
            _ => None,
        });
        let arguments = signature.inputs.iter().filter_map(|input| match input {
            syn::FnArg::Typed(argument) => Some(argument),
            syn::FnArg::Receiver(_) => None,
        });
        let arguments = arguments.map(|argument| {
            let name = tokens(&argument.pat);
            let ty = owned.and_then(|fields| field(fields, &name));
            format!("{name}: {}", ty.map_or_else(|| shown(&argument.ty), shown))
        });
        let output = outputs.get(&request).ok_or_else(|| missing("`Output`"))?;
        let pointer = format!(
            "/paths/{}/{}",
            path.replace('~', "~0").replace('/', "~1"),
            method.to_lowercase()
        );
        let tag = document.pointer(&format!("{pointer}/tags/0")).and_then(Value::as_str);
        found.push(Operation {
            tag: tag.unwrap_or("Other").to_owned(),
            permissions: fact.get("permissions").map(|sets| lists(sets)).unwrap_or_default(),
            public: fact.get("public").is_some_and(|value| tokens(value) == "true"),
            arguments: arguments.collect(),
            returns: first_argument(output),
            method,
            path,
            name,
            request,
        });
    }
    Ok(found)
}

/// Returns the fields of a struct expression, behind references.
fn fields(expression: &Expr) -> BTreeMap<String, &Expr> {
    match expression {
        Expr::Reference(reference) => fields(&reference.expr),
        Expr::Struct(value) => {
            let named = value.fields.iter().map(|field| (tokens(&field.member), &field.expr));
            named.collect()
        }
        _ => BTreeMap::new(),
    }
}

fn field<'a>(fields: &'a Fields, name: &str) -> Option<&'a Type> {
    let mut all = fields.iter();
    let found = all.find(|field| field.ident.as_ref().is_some_and(|ident| ident == name));
    found.map(|field| &field.ty)
}

fn literal(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// Returns the strings of a list of lists.
fn lists(expression: &Expr) -> Vec<Vec<String>> {
    elements(expression).map(|inner| elements(inner).filter_map(literal).collect()).collect()
}

fn elements(expression: &Expr) -> Box<dyn Iterator<Item = &Expr> + '_> {
    match expression {
        Expr::Reference(reference) => elements(&reference.expr),
        Expr::Array(array) => Box::new(array.elems.iter()),
        _ => Box::new(std::iter::empty()),
    }
}

/// Returns the `T` of a `Result<T, Error>`.
fn first_argument(ty: &Type) -> String {
    let Type::Path(path) = ty else { return shown(ty) };
    let arguments = path.path.segments.last().map(|segment| &segment.arguments);
    match arguments {
        Some(syn::PathArguments::AngleBracketed(arguments)) => {
            arguments.args.first().map(shown).unwrap_or_default()
        }
        _ => shown(ty),
    }
}

/// Returns a type with the last name of each path.
fn shown(ty: &impl quote::ToTokens) -> String {
    let text = tokens(ty);
    let mut out = String::new();
    for word in text.split_inclusive(['<', '>', ',', '(', ')', '&']) {
        let (path, end) = match word.char_indices().last() {
            Some((at, end)) if "<>,()&".contains(end) => word.split_at(at),
            _ => (word, ""),
        };
        out += path.rsplit("::").next().unwrap_or(path);
        out += end;
        if end == "," {
            out.push(' ');
        }
    }
    out
}

fn tokens(value: &impl quote::ToTokens) -> String {
    value.to_token_stream().to_string().split_whitespace().collect()
}
