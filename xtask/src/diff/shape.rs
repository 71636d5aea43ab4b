//! What a schema amounts to where it is used, in one spelling.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::Value;

use super::bounds::{self, Bound};
use super::document::Document;
use super::node::Node;
use super::parts::{self, Part, Parts};
use super::place::Place;
use super::trail::Trail;
use super::types::Types;

/// One value of an enum, and where it is listed.
#[derive(Debug, Clone)]
pub(crate) struct Listed<'a> {
    pub(crate) value: &'a Value,
    pub(crate) at: Trail<'a>,
}

/// A field of an object.
#[derive(Debug, Clone)]
pub(crate) struct Property<'a> {
    pub(crate) node: Node<'a>,
    pub(crate) required: bool,
}

/// What an object may hold beyond its named fields.
#[derive(Debug, Clone)]
pub(crate) enum Rest<'a> {
    Anything,
    Nothing(Trail<'a>),
    Values(Node<'a>),
}

/// Alternatives of which one fits.
#[derive(Debug, Clone)]
pub(crate) struct Union<'a> {
    pub(crate) at: Trail<'a>,
    pub(crate) keyword: &'static str,
    pub(crate) branches: Vec<Node<'a>>,
}

/// A schema with references, `allOf`, null and limits normalised.
#[derive(Debug)]
pub(crate) struct Shape<'a> {
    /// Where it is used.
    pub(crate) site: Place<'a>,
    /// The component it refers to there.
    pub(crate) component: Option<Place<'a>>,
    /// The types; `None` admits all.
    pub(crate) types: Option<Types>,
    /// The places it was read from.
    pub(crate) through: Vec<usize>,
    pub(crate) never: bool,
    pub(crate) nullable: bool,
    pub(crate) opaque: Vec<&'a str>,
    pub(crate) values: Option<Vec<Listed<'a>>>,
    pub(crate) bounds: Vec<Bound<'a>>,
    pub(crate) patterns: BTreeMap<&'a str, Trail<'a>>,
    pub(crate) properties: BTreeMap<&'a str, Property<'a>>,
    pub(crate) rest: Rest<'a>,
    pub(crate) items: Option<Node<'a>>,
    pub(crate) unions: Vec<Union<'a>>,
    /// Keywords of which the outermost counts, with its place.
    pub(crate) keywords: BTreeMap<&'a str, Place<'a>>,
}

/// Keywords that are read on their own, or that need no reading.
const STRUCTURE: [&str; 33] = [
    "$anchor",
    "$defs",
    "$id",
    "$ref",
    "$schema",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "definitions",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "nullable",
    "oneOf",
    "pattern",
    "properties",
    "required",
    "type",
    "unevaluatedItems",
    "unevaluatedProperties",
    "uniqueItems",
    "$dynamicAnchor",
];

/// Keywords that are words: they count only where they speak for the whole schema.
pub(crate) const WORDS: [&str; 9] = [
    "$comment",
    "deprecated",
    "description",
    "discriminator",
    "example",
    "examples",
    "externalDocs",
    "title",
    "xml",
];

pub(crate) fn is_word(keyword: &str) -> bool {
    WORDS.contains(&keyword) || keyword.starts_with("x-")
}

impl<'a> Shape<'a> {
    /// Reads a node. Nodes have at least one site; `None` is for one that has none.
    pub(crate) fn of(document: &'a Document, node: &Node<'a>) -> Option<Self> {
        let site = node.sites.first()?.clone();
        let parts = parts::of(document, node);
        let (types, mut nullable) = types(&parts);
        let values = values(&parts.plain, &mut nullable);
        let types = types
            .or_else(|| values.as_deref().map(types_of_values))
            .or_else(|| implied(&parts.plain));
        let Choices { unions, types: chosen, nullable: null_inside } = choices(document, &parts);
        nullable |= null_inside;
        let types = match (types, chosen) {
            (Some(stated), Some(chosen)) => Some(stated.intersection(chosen)),
            (stated, chosen) => stated.or(chosen),
        };
        Some(Self {
            bounds: bounds::of(&parts.plain, types),
            patterns: patterns(&parts.plain),
            properties: properties(&parts.plain),
            rest: rest(&parts.plain),
            items: items(&parts.plain),
            keywords: keywords(&parts.plain),
            // Where anything goes, null goes too.
            nullable: nullable && !node.null_counted && (types.is_some() || !unions.is_empty()),
            through: parts.plain.iter().map(|part| part.place.identity()).collect(),
            never: parts.never,
            opaque: parts.opaque,
            component: parts.component,
            site,
            types,
            values,
            unions,
        })
    }

    /// Whether the words of the type are those of a choice.
    pub(crate) fn is_union(&self) -> bool {
        !self.unions.is_empty()
    }
}

/// Types that all parts admit, and whether one of them admits null.
fn types(parts: &Parts<'_>) -> (Option<Types>, bool) {
    let mut all: Option<Types> = None;
    let mut nullable = parts.nullable;
    for part in &parts.plain {
        nullable |= part.place.flag("nullable");
        let names: Vec<&str> = match part.keywords.get("type") {
            Some(Value::String(name)) => vec![name],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ => continue,
        };
        nullable |= names.contains(&"null");
        let stated = names.iter().fold(Types::NONE, |types, name| types.union(Types::named(name)));
        all = Some(all.map_or(stated, |types| types.intersection(stated)));
    }
    (all, nullable)
}

fn types_of_values(values: &[Listed<'_>]) -> Types {
    values.iter().fold(Types::NONE, |types, listed| types.union(Types::of_value(listed.value)))
}

/// The type that is meant where only its keywords are written.
fn implied(parts: &[Part<'_>]) -> Option<Types> {
    let has = |keys: &[&str]| {
        parts.iter().any(|part| keys.iter().any(|key| part.keywords.contains_key(*key)))
    };
    if has(&["properties", "required", "additionalProperties"]) {
        return Some(Types::OBJECT);
    }
    has(&["items"]).then_some(Types::ARRAY)
}

/// The listed values that every part allows, null aside.
fn values<'a>(parts: &[Part<'a>], nullable: &mut bool) -> Option<Vec<Listed<'a>>> {
    let mut all: Option<Vec<Listed<'a>>> = None;
    for part in parts {
        let mut listed: Vec<Listed<'a>> = match (part.keywords.get("const"), part.place.get("enum"))
        {
            (Some(value), _) => vec![Listed { value, at: part.place.at.key("const") }],
            (None, Some(place)) if place.value.is_array() => {
                place.elements().map(|place| Listed { value: place.value, at: place.at }).collect()
            }
            _ => continue,
        };
        let typed = part.keywords.contains_key("type");
        *nullable |= !typed && listed.iter().any(|one| one.value.is_null());
        listed.retain(|one| !one.value.is_null());
        all = Some(match all {
            None => listed,
            Some(mut known) => {
                known.retain(|one| listed.iter().any(|other| other.value == one.value));
                known
            }
        });
    }
    all
}

fn patterns<'a>(parts: &[Part<'a>]) -> BTreeMap<&'a str, Trail<'a>> {
    let stated = parts.iter().filter_map(|part| {
        let place = part.place.get("pattern")?;
        Some((place.value.as_str()?, place.at))
    });
    stated.collect()
}

fn properties<'a>(parts: &[Part<'a>]) -> BTreeMap<&'a str, Property<'a>> {
    let mut all: BTreeMap<&'a str, Property<'a>> = BTreeMap::new();
    for (name, place) in parts
        .iter()
        .filter_map(|part| part.place.get("properties"))
        .flat_map(|place| place.entries().collect::<Vec<_>>())
    {
        match all.get_mut(name) {
            Some(property) => property.node.sites.push(place),
            None => {
                all.insert(name, Property { node: Node::new(place), required: false });
            }
        }
    }
    let required: BTreeSet<&str> = parts
        .iter()
        .filter_map(|part| part.keywords.get("required")?.as_array())
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    for (name, property) in &mut all {
        property.required = required.contains(name);
    }
    all
}

fn rest<'a>(parts: &[Part<'a>]) -> Rest<'a> {
    let mut values: Option<Node<'a>> = None;
    for part in parts {
        for keyword in ["additionalProperties", "unevaluatedProperties"] {
            let Some(place) = part.place.get(keyword) else { continue };
            match place.value {
                Value::Bool(false) => return Rest::Nothing(place.at),
                Value::Object(keywords) if !keywords.is_empty() => match &mut values {
                    Some(node) => node.sites.push(place),
                    None => values = Some(Node::new(place)),
                },
                _ => {}
            }
        }
    }
    values.map_or(Rest::Anything, Rest::Values)
}

fn items<'a>(parts: &[Part<'a>]) -> Option<Node<'a>> {
    let sites: Vec<Place<'a>> = parts.iter().filter_map(|part| part.place.get("items")).collect();
    (!sites.is_empty()).then_some(Node { sites, null_counted: false })
}

/// The choices of a schema, read.
#[derive(Default)]
struct Choices<'a> {
    unions: Vec<Union<'a>>,
    /// What choices between bare types come down to.
    types: Option<Types>,
    nullable: bool,
}

/// The choices with null taken out of their branches and inner choices written out.
fn choices<'a>(document: &'a Document, parts: &Parts<'a>) -> Choices<'a> {
    let mut read = Choices::default();
    for choice in &parts.choices {
        let mut seen: HashSet<usize> = HashSet::new();
        let mut branches = Vec::new();
        let mut bare = Some(Types::NONE);
        let mut open: Vec<Place<'a>> = choice.branches.iter().rev().cloned().collect();
        while let Some(place) = open.pop() {
            if !seen.insert(place.identity()) {
                continue;
            }
            let node = Node::new(place);
            let inner = parts::of(document, &node);
            if let ([only], true) = (inner.choices.as_slice(), is_bare(&inner.plain, &[])) {
                read.nullable |= inner.nullable;
                open.extend(only.branches.iter().rev().cloned());
                continue;
            }
            let (types, nullable) = types(&inner);
            read.nullable |= nullable;
            let plain = inner.choices.is_empty() && is_bare(&inner.plain, &["type"]);
            bare = bare.zip(types.filter(|_| plain)).map(|(all, one)| all.union(one));
            branches.push(Node { null_counted: true, ..node });
        }
        match bare.filter(|types| !types.is_none()) {
            Some(types) => {
                read.types = Some(read.types.map_or(types, |known| known.intersection(types)));
            }
            None => read.unions.push(Union {
                at: choice.place.at.key(choice.keyword),
                keyword: choice.keyword,
                branches,
            }),
        }
    }
    read
}

/// Whether the parts state nothing but references, choices, words and the keywords given.
fn is_bare(parts: &[Part<'_>], allowed: &[&str]) -> bool {
    const LINKS: [&str; 5] = ["$ref", "allOf", "anyOf", "oneOf", "nullable"];
    parts
        .iter()
        .flat_map(|part| part.keywords.keys())
        .all(|key| LINKS.contains(&key.as_str()) || is_word(key) || allowed.contains(&key.as_str()))
}

/// The outermost of each keyword. Of several descriptions of one field, the last counts: it is the
/// one that speaks of the field in particular.
fn keywords<'a>(parts: &[Part<'a>]) -> BTreeMap<&'a str, Place<'a>> {
    let mut all: BTreeMap<&'a str, (usize, Place<'a>)> = BTreeMap::new();
    for part in parts {
        for (key, place) in part.place.entries() {
            let counts = !STRUCTURE.contains(&key) && (part.speaks || !is_word(key));
            let overrides = |known: &(usize, Place<'a>)| is_word(key) && known.0 < part.site;
            if counts && all.get(key).is_none_or(overrides) {
                all.insert(key, (part.site, place));
            }
        }
    }
    all.into_iter().map(|(key, (_, place))| (key, place)).collect()
}
