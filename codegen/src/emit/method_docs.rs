//! The documentation of the methods that create requests.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Type;

use super::conversions::{last_segment, signature};
use super::docs;
use super::inputs::Input;
use super::method_errors::MethodErrors;
use super::operation::Operation;
use crate::client::{DOWNLOAD, EVENTS, PAGE, RESPONSE, UPLOAD};
use crate::extensions::{PUBLIC, PUBLISHED_ID, ResponseContent};
use crate::module::Module;
use crate::naming::request_type;

/// Returns the documentation of the method that creates a request, and the names by which a search
/// finds it.
pub(super) fn method_docs(
    module: Module,
    operation: &Operation<'_>,
    errors: &MethodErrors<'_>,
    inputs: &[Input],
    arguments: &[&Input],
    data: &Type,
    is_list: bool,
) -> TokenStream {
    let id = operation.text(PUBLISHED_ID);
    let (method, path) = operation.endpoint();
    let mut parts = purpose(operation);
    parts.push(format!("Sends `{method} {path}` (operation `{id}`)."));
    parts.push(resolves_to(operation.content(), data));
    parts.extend(described(arguments));
    parts.extend(options(operation, inputs));
    parts.push(if operation.flag(PUBLIC) {
        "Sent without the client's credential.".to_owned()
    } else {
        permissions(&operation.permissions())
    });
    parts.push(errors.section(&operation.at()));
    parts.push(example(module, operation, inputs, arguments, is_list));
    let docs = docs::attributes(&parts.join("\n\n"));
    let aliases = [id, path].into_iter().filter(|alias| is_alias(alias, operation.name()));
    quote! { #docs #(#[doc(alias = #aliases)])* }
}

/// Returns the documentation of a request, whose first line is that of its method.
pub(super) fn request_docs(operation: &Operation<'_>) -> TokenStream {
    let first = purpose(operation).into_iter().next().unwrap_or_default();
    docs::attributes(&format!(
        "{first}\n\nA request of [`Client::{}`]. Set optional inputs, then `.await` it to send it.",
        operation.name()
    ))
}

/// Returns whether rustdoc takes this as an alias of the method.
fn is_alias(alias: &str, method: &str) -> bool {
    let refused = |c: char| c == '"' || c == '\'' || c.is_whitespace();
    !alias.is_empty() && alias != method && !alias.contains(refused)
}

/// Returns what the operation does, in the words of the document.
fn purpose(operation: &Operation<'_>) -> Vec<String> {
    let summary = docs::clean(operation.text("summary"));
    let description = docs::clean(operation.text("description"));
    let mut parts = Vec::new();
    if summary.is_empty() && description.is_empty() {
        parts.push(format!("Calls the operation `{}`.", operation.text(PUBLISHED_ID)));
    }
    if !summary.is_empty() {
        parts.push(format!("{}.", summary.trim_end_matches('.')));
    }
    if !description.is_empty() {
        parts.push(description);
    }
    if operation.flag("deprecated") {
        parts.push("The API marks this operation as deprecated.".to_owned());
    }
    parts
}

/// Returns the sentence that names the type of the response.
fn resolves_to(content: ResponseContent, data: &Type) -> String {
    let data = named(data);
    let link = |path: &str, name: &str| format!("[`{name}`]({path})");
    match content {
        ResponseContent::Enveloped | ResponseContent::Bare => {
            format!("Resolves to a {} of {data}.", link(RESPONSE.0, "Response"))
        }
        ResponseContent::Page => format!(
            "Resolves to a {} of {data}; `pages()` and `stream()` on the request read all pages.",
            link(PAGE.0, "Page")
        ),
        ResponseContent::Text => format!("Resolves to a {} of text.", link(RESPONSE.0, "Response")),
        ResponseContent::Empty => {
            format!("Resolves to a {} without data.", link(RESPONSE.0, "Response"))
        }
        ResponseContent::EventStream => {
            format!("Resolves to {} of {data}.", link(EVENTS.0, "Events"))
        }
        ResponseContent::Bytes => format!("Resolves to a {}.", link(DOWNLOAD.0, "Download")),
    }
}

/// Returns the name of a type, with a link if it is a generated one.
fn named(ty: &Type) -> String {
    let name = signature(ty);
    match last_segment(ty) {
        Some(last) if name.contains("types::") && !name.contains('<') => {
            format!("[`{last}`]({})", ty.to_token_stream().to_string().replace(' ', ""))
        }
        _ => format!("`{name}`"),
    }
}

/// Returns the list of arguments, each as the document describes it, or else by its type.
fn described(arguments: &[&Input]) -> Option<String> {
    let described = arguments.iter().map(|input| {
        let description = input.description.as_deref().filter(|text| !text.is_empty());
        let text = match description {
            Some(text) => text.replace('\n', "\n  "),
            None if input.is_upload => format!("The content, as an [`Upload`]({}).", UPLOAD.0),
            None => format!("The {} to send.", named(&input.owned)),
        };
        format!("- `{}`: {text}", input.name)
    });
    let described: Vec<String> = described.collect();
    (!described.is_empty()).then(|| format!("Arguments:\n\n{}", described.join("\n")))
}

/// Returns the sentence that links to the setters of everything else.
fn options(operation: &Operation<'_>, inputs: &[Input]) -> Option<String> {
    let request = request_type(operation.name());
    let setters = inputs.iter().filter(|input| !input.required);
    let setters: Vec<String> =
        setters.map(|input| format!("[`{0}`]({request}::{0})", input.name)).collect();
    (!setters.is_empty()).then(|| format!("Optional inputs: {}.", setters.join(", ")))
}

/// Returns an example that compiles, whose arguments are of the types that the method takes.
fn example(
    module: Module,
    operation: &Operation<'_>,
    inputs: &[Input],
    arguments: &[&Input],
    is_list: bool,
) -> String {
    let types = format!("sendmux_client::{}::types::", module.name());
    let parameters = arguments.iter().map(|input| {
        let ty = input.owned.to_token_stream().to_string().replace(' ', "");
        let inner = format!("crate::{}::types::", module.name());
        let ty = ty.replace(&inner, "types::").replace("types::", &types);
        format!(", {}: {}", input.name, ty.replace("crate::", "sendmux_client::"))
    });
    let mut parameters: String = parameters.collect();
    let arguments: Vec<String> = arguments.iter().map(|input| input.name.to_string()).collect();
    let mut call = format!("client.{}({})", operation.name(), arguments.join(", "));
    for input in inputs.iter().filter(|input| input.set_before_sending) {
        parameters.push_str(&format!(", {}: sendmux_client::ETag", input.name));
        call.push_str(&format!(".{0}({0})", input.name));
    }
    let body = match operation.content() {
        _ if is_list => format!(
            "let mut items = {call}.stream();\n\
             while let Some(item) = items.try_next().await? {{\n    println!(\"{{item:?}}\");\n}}"
        ),
        ResponseContent::EventStream => format!(
            "let mut events = {call}.stream();\n\
             while let Some(event) = events.try_next().await? {{\n    println!(\"{{event:?}}\");\n}}"
        ),
        ResponseContent::Bytes => format!(
            "let bytes = {call}.await?.bytes().await?;\nprintln!(\"{{}} bytes\", bytes.len());"
        ),
        ResponseContent::Empty => format!("{call}.await?;"),
        _ => format!("let response = {call}.await?;\nprintln!(\"{{response:?}}\");"),
    };
    let client = format!("sendmux_client::{}::Client", module.name());
    format!(
        "# Examples\n\n```no_run\n\
         # async fn run(client: {client}{parameters}) -> Result<(), sendmux_client::Error> {{\n\
         {body}\n# Ok(())\n# }}\n```"
    )
}

/// Returns the sentence that names the permissions of an operation.
fn permissions(alternatives: &[Vec<&str>]) -> String {
    let set = |set: &Vec<&str>| format!("`{}`", set.join("` and `"));
    match alternatives {
        [] => "Any valid credential is sufficient.".to_owned(),
        [only] if only.len() == 1 => format!("Requires the permission `{}`.", only[0]),
        [only] => format!("Requires the permissions `{}`.", only.join("`, `")),
        several => {
            let sets: Vec<String> = several.iter().map(set).collect();
            format!("Requires one of these permissions: {}.", sets.join(", or "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternatives_are_not_joined() {
        assert_eq!(permissions(&[vec!["a"]]), "Requires the permission `a`.");
        assert_eq!(permissions(&[vec!["a", "b"]]), "Requires the permissions `a`, `b`.");
        assert_eq!(
            permissions(&[vec!["a"], vec!["b", "c"]]),
            "Requires one of these permissions: `a`, or `b` and `c`."
        );
    }
}
