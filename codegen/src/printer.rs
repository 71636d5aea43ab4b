//! Prints tokens as Rust that a person can read: a line for each item, field, variant, attribute and
//! statement. It costs a build less than a formatter, and never changes a token.

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};
use syn::{Lit, LitStr};

/// Width beyond which arguments get a line each, and calls in a chain too.
const WIDTH: usize = 100;
const INDENT: usize = 4;

/// Words that end neither an expression nor the name of a call.
const KEYWORDS: [&str; 15] = [
    "as", "dyn", "else", "for", "if", "impl", "in", "let", "match", "move", "mut", "return",
    "where", "while", "yield",
];

pub(crate) fn print(tokens: TokenStream) -> String {
    let mut printer = Printer::default();
    printer.block(tokens);
    printer.out.push('\n');
    printer.out
}

#[derive(Default)]
struct Printer {
    out: String,
    level: usize,
    /// Where the current line starts in `out`.
    line: usize,
    last: Last,
    /// How many `<` of type arguments are open.
    angles: usize,
    /// Whether the parameters of a closure are open.
    bars: bool,
}

/// The last token on the line, as far as the space after it depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Last {
    /// The start of a line or a group, or punctuation that the next token belongs to.
    #[default]
    Start,
    /// An operator before its operand, or the `<` of type arguments.
    Prefix(char),
    /// Punctuation that forms an operator with the next one.
    Joint(char),
    Punct,
    Keyword,
    Word,
    Literal,
    /// The end of a group, of type arguments or of an expression.
    End,
}

impl Printer {
    /// Prints items, fields, variants or statements.
    fn block(&mut self, tokens: TokenStream) {
        let level = self.level;
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            if is_punct(&token, '#')
                && let Some(TokenTree::Group(group)) = tokens.peek()
                && group.delimiter() == Delimiter::Bracket
            {
                if let Some(comment) = doc_comment(group) {
                    self.put(&comment, false);
                } else {
                    self.token(token);
                    self.put("[", false);
                    self.last = Last::Start;
                    group.stream().into_iter().for_each(|token| self.token(token));
                    self.put("]", false);
                }
                tokens.next();
                self.start_line();
                continue;
            }
            let chained = self.level > level;
            if is_punct(&token, '.')
                && self.last == Last::End
                && (chained || self.column() > WIDTH / 2)
            {
                self.level = level + 1;
                self.start_line();
            }
            let ends_line = self.angles == 0 && ends_line(&token, tokens.peek());
            let ends_item = matches!(token, TokenTree::Group(_)) && starts_item(tokens.peek());
            self.token(token);
            if ends_line && tokens.peek().is_some() {
                self.level = level;
                if ends_item {
                    self.out.push('\n');
                }
                self.start_line();
            }
        }
        self.level = level;
    }

    /// Prints what commas separate, each on a line.
    fn list(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            let ends_line = self.angles == 0 && is_punct(&token, ',');
            self.token(token);
            if ends_line && tokens.peek().is_some() {
                self.start_line();
            }
        }
    }

    fn token(&mut self, token: TokenTree) {
        match token {
            TokenTree::Group(group) => self.group(&group),
            TokenTree::Ident(ident) => {
                let text = ident.to_string();
                let is_lifetime = self.last == Last::Joint('\'');
                self.put(&text, true);
                let ends_nothing = is_lifetime || KEYWORDS.contains(&text.as_str());
                self.last = if ends_nothing { Last::Keyword } else { Last::Word };
            }
            TokenTree::Literal(literal) => {
                self.put(&literal.to_string(), true);
                self.last = Last::Literal;
            }
            TokenTree::Punct(punct) => {
                self.punct(punct.as_char(), punct.spacing() == Spacing::Joint);
            }
        }
    }

    fn group(&mut self, group: &Group) {
        let (open, close) = match group.delimiter() {
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Bracket => ("[", "]"),
            Delimiter::Brace => ("{", "}"),
            Delimiter::None => ("", ""),
        };
        let is_brace = group.delimiter() == Delimiter::Brace;
        self.put(open, is_brace || !matches!(self.last, Last::Word | Last::End));
        self.last = Last::Start;
        let tokens = group.stream();
        let (angles, bars) = (std::mem::take(&mut self.angles), std::mem::take(&mut self.bars));
        if is_brace && !tokens.is_empty() {
            self.level += 1;
            self.start_line();
            self.block(tokens);
            self.level -= 1;
            self.start_line();
        } else if width(tokens.clone(), WIDTH).is_some_and(|width| self.column() + width <= WIDTH) {
            tokens.into_iter().for_each(|token| self.token(token));
        } else {
            self.level += 1;
            self.start_line();
            self.list(tokens);
            self.level -= 1;
            self.start_line();
        }
        (self.angles, self.bars) = (angles, bars);
        self.put(close, false);
        self.last = Last::End;
    }

    fn punct(&mut self, punct: char, joint: bool) {
        let last = self.last;
        let after_operand = matches!(last, Last::Word | Last::Literal | Last::End);
        let (spaced, next) = match punct {
            ':' if last == Last::Joint(':') => (false, Last::Start),
            '>' if matches!(last, Last::Joint('-' | '=')) => (false, Last::Punct),
            ',' | ';' => (false, Last::Punct),
            '?' => (false, Last::End),
            '.' if !joint => (last == Last::Literal, Last::Start),
            ':' => (!after_operand, Last::Punct),
            '<' if self.opens_type_arguments() => {
                self.angles += 1;
                (false, Last::Prefix('<'))
            }
            '>' if self.angles > 0 => {
                self.angles -= 1;
                (last == Last::Punct, Last::End)
            }
            '!' if last == Last::Word && !joint => (false, Last::End),
            '|' if self.bars || !after_operand => {
                self.bars = !self.bars;
                (self.bars, if self.bars { Last::Start } else { Last::Punct })
            }
            '&' | '*' | '-' | '!' | '#' if !after_operand => (true, Last::Prefix(punct)),
            _ => (true, Last::Punct),
        };
        let belongs = match last {
            Last::Prefix(prefix) => matches!((prefix, punct), (_, '\'' | ':') | ('<', '&' | '(')),
            _ => false,
        };
        if matches!(last, Last::Prefix(_)) && !belongs {
            self.out.push(' ');
        }
        self.put(punct.encode_utf8(&mut [0; 4]), spaced);
        self.last = if joint { Last::Joint(punct) } else { next };
    }

    /// Returns whether a `<` belongs to the word before it, as in `Vec<T>` and `fn f<'a>`.
    fn opens_type_arguments(&self) -> bool {
        let line = &self.out[self.line..];
        let start = line.rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |end| end + 1);
        let (before, word) = line.split_at(start);
        match self.last {
            Last::Word => word.starts_with(char::is_uppercase) || before.ends_with("fn "),
            Last::Keyword => word == "impl",
            _ => line.ends_with("::"),
        }
    }

    fn put(&mut self, text: &str, spaced: bool) {
        if spaced && !matches!(self.last, Last::Start | Last::Prefix(_) | Last::Joint(_)) {
            self.out.push(' ');
        }
        self.out.push_str(text);
    }

    fn start_line(&mut self) {
        let is_blank = self.out[self.line..].chars().all(|c| c == ' ');
        self.out.truncate(if is_blank { self.line } else { self.out.len() });
        if !is_blank {
            self.out.push('\n');
            self.line = self.out.len();
        }
        self.out.extend(std::iter::repeat_n(' ', self.level * INDENT));
        (self.last, self.angles, self.bars) = (Last::Start, 0, false);
    }

    fn column(&self) -> usize {
        self.out.len() - self.line
    }
}

fn is_punct(token: &TokenTree, punct: char) -> bool {
    matches!(token, TokenTree::Punct(other) if other.as_char() == punct)
}

/// Returns whether a token ends an item, a field, a variant or a statement.
fn ends_line(token: &TokenTree, next: Option<&TokenTree>) -> bool {
    match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => match next {
            Some(TokenTree::Punct(punct)) => !",;.?=".contains(punct.as_char()),
            Some(TokenTree::Ident(ident)) => ident != "else",
            _ => true,
        },
        _ => is_punct(token, ';') || is_punct(token, ','),
    }
}

/// Returns whether a token can start an item that deserves a blank line before it.
fn starts_item(token: Option<&TokenTree>) -> bool {
    match token {
        Some(TokenTree::Ident(ident)) => ["fn", "impl", "mod", "pub"].iter().any(|it| ident == it),
        Some(token) => is_punct(token, '#'),
        None => false,
    }
}

/// Returns the `///` comment that stands for the attribute `[doc = " …"]`, if one can.
fn doc_comment(attribute: &Group) -> Option<String> {
    let mut tokens = attribute.stream().into_iter();
    let (Some(TokenTree::Ident(name)), Some(equals), Some(TokenTree::Literal(text)), None) =
        (tokens.next(), tokens.next(), tokens.next(), tokens.next())
    else {
        return None;
    };
    let Lit::Str(text) = Lit::new(text) else { return None };
    let text = LitStr::value(&text);
    let fits = text.is_empty() || text.starts_with(' ');
    (name == "doc" && is_punct(&equals, '=') && fits && !text.contains(char::is_control))
        .then(|| format!("///{text}"))
}

/// Returns the width of tokens on one line, up to the first block, unless it exceeds a limit.
fn width(tokens: TokenStream, limit: usize) -> Option<usize> {
    let mut width = 0;
    for token in tokens {
        width += match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return Some(width),
            TokenTree::Group(group) => 2 + self::width(group.stream(), limit)?,
            TokenTree::Punct(_) => 1,
            token => 1 + token.to_string().len(),
        };
        if width > limit {
            return None;
        }
    }
    Some(width)
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use quote::quote;

    use super::*;

    /// Every token, without its spacing, and the value of each string.
    fn flat(tokens: TokenStream) -> Vec<String> {
        let mut found = Vec::new();
        for token in tokens {
            match token {
                TokenTree::Group(group) => {
                    found.push(format!("{:?}", group.delimiter()));
                    found.extend(flat(group.stream()));
                    found.push("end".to_owned());
                }
                TokenTree::Literal(literal) => found.push(match Lit::new(literal) {
                    Lit::Str(text) => format!("{:?}", text.value()),
                    other => quote! { #other }.to_string(),
                }),
                other => found.push(other.to_string()),
            }
        }
        found
    }

    fn assert_same_tokens(tokens: TokenStream) -> String {
        let printed = print(tokens.clone());
        let read = TokenStream::from_str(&printed).unwrap_or_else(|e| panic!("{e}: {printed}"));
        assert_eq!(flat(read), flat(tokens), "{printed}");
        printed
    }

    #[test]
    fn each_field_and_statement_has_a_line() {
        let printed = assert_same_tokens(quote! {
            /// A struct.
            #[derive(Clone, Debug)]
            pub struct A<'a> { #[serde(default)] pub b: ::std::vec::Vec<Option<&'a [B]>>, c: Map<K, V> }
            impl<'a> A<'a> {
                pub(super) fn f(mut self, x: impl Into<u8>) -> Self {
                    let y = self.g(move |id| { id.len() })?;
                    if !y.is_empty() && -1 < y { return Self { b: x.into(), c: y } } else { h!("a", *y) }
                    self
                }
            }
        });
        assert_eq!(
            printed,
            "\
/// A struct.
#[derive(Clone, Debug)]
pub struct A<'a> {
    #[serde(default)]
    pub b: ::std::vec::Vec<Option<&'a [B]>>,
    c: Map<K, V>
}

impl<'a> A<'a> {
    pub(super) fn f(mut self, x: impl Into<u8>) -> Self {
        let y = self.g(move |id| {
            id.len()
        })?;
        if !y.is_empty() && -1 < y {
            return Self {
                b: x.into(),
                c: y
            }
        } else {
            h!(\"a\", *y)
        }
        self
    }
}
"
        );
    }

    #[test]
    fn tokens_never_change() {
        for text in [
            "a & & b && * * c - - d ! ! e",
            "x = > y < - z > = w > > v .. = u . . t 1 . max ( 2 ) ..= 'c' 'a",
            r####"r#"raw " "# "a\n; { b" b"x" '\'' '"' 1.5f64 0x_ff"####,
            "#[doc = \"no space\"] #[doc = \" two\\nlines\"] #[doc = \" cr\\r\"] #[doc = r\" ok\"] x",
            "#![a] # ! [b] # ( c ) & :: c < & 'a d > :: e :: < F > ( ) |a| b || c | d |e, f| { }",
            "match a { B { c } => { } D if e => f , } macro_rules ! g { ( $ h : tt ) => { } }",
        ] {
            assert_same_tokens(TokenStream::from_str(text).unwrap());
        }
    }

    #[test]
    fn long_lists_and_chains_are_broken() {
        let names = (0..40).map(|index| quote::format_ident!("argument_{index}"));
        let names: Vec<_> = names.collect();
        let printed = assert_same_tokens(quote! {
            fn f(#(#names: u8),*) {
                let x = self.one(#(#names),*).header(first, "value").header(second, "value").build()?;
            }
        });
        let longest = printed.lines().map(str::len).max();
        assert!(longest.is_some_and(|longest| longest <= WIDTH), "{printed}");
    }
}
