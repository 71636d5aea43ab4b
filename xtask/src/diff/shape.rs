//! The effective schema at the place where it is used.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::Value;

use super::annotations::is_annotation;
use super::change::excerpt_text;
use super::composition::{self, Composition, Node, Subschema};
use super::constraints::{self, Bound, Types};
use super::document::Document;
use super::pattern;
use super::pointer::{Place, Pointer};

/// A value of an enum, and where it is listed.
#[derive(Debug, Clone)]
pub(crate) struct EnumValue<'a> {
    pub(crate) value: &'a Value,
    pub(crate) at: Pointer<'a>,
    /// The schema of this value alone, in a union of constants.
    pub(crate) schema: Option<Place<'a>>,
}

/// A field of an object.
#[derive(Debug, Clone)]
pub(crate) struct Property<'a> {
    pub(crate) node: Node<'a>,
    pub(crate) required: bool,
    /// Whether only the server sets it.
    pub(crate) read_only: bool,
}

/// What an object may hold besides its named fields.
#[derive(Debug, Clone)]
pub(crate) enum AdditionalProperties<'a> {
    Any,
    Forbidden(Pointer<'a>),
    Typed(Node<'a>),
}

/// An `anyOf` or `oneOf`, without null.
#[derive(Debug, Clone)]
pub(crate) struct Union<'a> {
    pub(crate) at: Pointer<'a>,
    pub(crate) keyword: &'static str,
    pub(crate) branches: Vec<Node<'a>>,
}

/// A schema with references, `allOf`, null and bounds normalized.
#[derive(Debug)]
pub(crate) struct Shape<'a> {
    /// Where it is used.
    pub(crate) site: Place<'a>,
    /// The component it refers to there.
    pub(crate) component: Option<Place<'a>>,
    /// The types it admits; `None` admits all.
    pub(crate) types: Option<Types>,
    /// The identities of the places it was read from.
    pub(crate) through: Vec<usize>,
    pub(crate) never: bool,
    pub(crate) nullable: bool,
    pub(crate) opaque: Vec<&'a str>,
    pub(crate) values: Option<Vec<EnumValue<'a>>>,
    /// Whether the values are the constants of a union.
    pub(crate) lists_constants: bool,
    /// Fields that are required and not described, each with the list that requires it.
    pub(crate) unnamed: BTreeMap<&'a str, Pointer<'a>>,
    pub(crate) bounds: Vec<Bound<'a>>,
    pub(crate) patterns: BTreeMap<&'a str, Place<'a>>,
    pub(crate) properties: BTreeMap<&'a str, Property<'a>>,
    pub(crate) additional: AdditionalProperties<'a>,
    pub(crate) items: Option<Node<'a>>,
    pub(crate) unions: Vec<Union<'a>>,
    /// All other keywords. Of several, the outermost counts.
    pub(crate) keywords: BTreeMap<&'a str, Place<'a>>,
}

/// Keywords that have fields of their own in [`Shape`] or no meaning of their own.
const STRUCTURE: [&str; 32] = [
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
    "unevaluatedProperties",
    "uniqueItems",
    "$dynamicAnchor",
];

impl<'a> Shape<'a> {
    /// Reads a node; `None` if it has no site.
    pub(crate) fn of(document: &'a Document, node: &Node<'a>) -> Option<Self> {
        let site = node.sites.first()?.clone();
        let composition = composition::of(document, node);
        let (types, mut nullable) = types(&composition);
        let values = values(&composition.subschemas, &mut nullable);
        let types = types
            .or_else(|| values.as_deref().map(types_of_values))
            .or_else(|| implied(&composition.subschemas));
        let Choices { unions, types: chosen, nullable: null_inside, constants } =
            choices(document, &composition);
        nullable |= null_inside;
        let lists_constants = constants.is_some();
        let values = values.filter(|values| !lists_all(values, types));
        let values = match (values, constants) {
            (Some(mut values), Some(constants)) => {
                values.retain(|one| constants.iter().any(|other| is_same(other.value, one.value)));
                Some(values)
            }
            (values, constants) => values.or(constants),
        };
        let properties = properties(document, &composition.subschemas);
        let types = match (types, chosen) {
            (Some(stated), Some(chosen)) => Some(stated.intersection(chosen)),
            (stated, chosen) => stated.or(chosen),
        };
        Some(Self {
            bounds: constraints::bounds(&composition.subschemas, types),
            patterns: match types {
                Some(types) if types.intersection(Types::STRING).is_none() => BTreeMap::new(),
                _ => patterns(&composition.subschemas),
            },
            unnamed: unnamed(&composition.subschemas, &properties),
            properties,
            additional: additional_properties(&composition.subschemas),
            items: items(&composition.subschemas),
            keywords: keywords(&composition.subschemas),
            // A schema that admits any value admits null anyway.
            nullable: nullable && !node.null_counted && (types.is_some() || !unions.is_empty()),
            through: composition.subschemas.iter().map(|one| one.place.identity()).collect(),
            never: composition.never,
            opaque: composition.opaque,
            component: composition.component,
            site,
            types,
            values,
            lists_constants,
            unions,
        })
    }

    /// Whether every value of another type is of a type of this schema too.
    pub(crate) fn includes(&self, other: &Self) -> bool {
        if self.never || other.never || !self.opaque.is_empty() || !other.opaque.is_empty() {
            return false;
        }
        match (self.types, other.types) {
            (None, _) => self.unions.is_empty(),
            (Some(all), Some(some)) => {
                self.unions.is_empty() && other.unions.is_empty() && all.admits(some)
            }
            (Some(_), None) => false,
        }
    }

    /// Describes the schema in two or three words.
    pub(crate) fn describe(&self) -> String {
        if self.never {
            return "nothing".to_owned();
        }
        if let Some(reference) = self.opaque.first() {
            return format!("`{}`", excerpt_text(reference));
        }
        if !self.unions.is_empty() {
            let variants: usize = self.unions.iter().map(|union| union.branches.len()).sum();
            return format!("a union of {variants} variants");
        }
        match self.types {
            None => "any value".to_owned(),
            Some(types) if types.is_none() => "null".to_owned(),
            Some(types) => types.to_string(),
        }
    }

    /// Describes the object by what it may hold besides its named fields.
    pub(crate) fn describe_additional(&self, document: &Document) -> String {
        match &self.additional {
            AdditionalProperties::Any => "object with any values".to_owned(),
            AdditionalProperties::Forbidden(_) => "object with named fields only".to_owned(),
            AdditionalProperties::Typed(node) => {
                format!("object with values of type {}", describe(document, node))
            }
        }
    }
}

/// Describes a schema in a few words, with null and the name of its component.
pub(crate) fn describe(document: &Document, node: &Node<'_>) -> String {
    let Some(shape) = Shape::of(document, node) else { return "any value".to_owned() };
    let mut words = match (&shape.component, &shape.items) {
        (Some(component), _) => {
            format!("`{}`", excerpt_text(&component_name(&component.at.to_string())))
        }
        (None, Some(items)) => {
            let items = Shape::of(document, items).map(|items| items.describe());
            format!("array of {}", items.unwrap_or_default())
        }
        (None, None) => shape.describe(),
    };
    if shape.nullable {
        words.push_str(" or null");
    }
    words
}

/// Returns the name of a component schema from the pointer to it.
pub(crate) fn component_name(pointer: &str) -> String {
    pointer.strip_prefix("/components/schemas/").unwrap_or(pointer).to_owned()
}

/// Returns the types that all subschemas admit, and whether one of them admits null.
fn types(composition: &Composition<'_>) -> (Option<Types>, bool) {
    let mut all: Option<Types> = None;
    let mut nullable = composition.nullable;
    for subschema in &composition.subschemas {
        nullable |= subschema.place.flag("nullable");
        let names: Vec<&str> = match subschema.keywords.get("type") {
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

/// Whether listed values are all that the type has anyway.
fn lists_all(values: &[EnumValue<'_>], types: Option<Types>) -> bool {
    let listed = |value: bool| values.iter().any(|listed| listed.value == &Value::Bool(value));
    types == Some(Types::BOOLEAN) && listed(true) && listed(false)
}

fn types_of_values(values: &[EnumValue<'_>]) -> Types {
    values.iter().fold(Types::NONE, |types, listed| types.union(Types::of_value(listed.value)))
}

/// Returns the type that keywords imply where `type` is missing.
fn implied(subschemas: &[Subschema<'_>]) -> Option<Types> {
    let has = |keys: &[&str]| {
        subschemas
            .iter()
            .any(|subschema| keys.iter().any(|key| subschema.keywords.contains_key(*key)))
    };
    if has(&["properties", "required", "additionalProperties"]) {
        return Some(Types::OBJECT);
    }
    has(&["items"]).then_some(Types::ARRAY)
}

/// Returns the listed values that every subschema admits, null aside.
fn values<'a>(subschemas: &[Subschema<'a>], nullable: &mut bool) -> Option<Vec<EnumValue<'a>>> {
    let mut all: Option<Vec<EnumValue<'a>>> = None;
    for subschema in subschemas {
        let mut listed: Vec<EnumValue<'a>> =
            match (subschema.keywords.get("const"), subschema.place.get("enum")) {
                (Some(value), _) => {
                    vec![EnumValue { value, at: subschema.place.at.key("const"), schema: None }]
                }
                (None, Some(place)) if place.value.is_array() => place
                    .elements()
                    .map(|place| EnumValue { value: place.value, at: place.at, schema: None })
                    .collect(),
                _ => continue,
            };
        let typed = subschema.keywords.contains_key("type");
        *nullable |= !typed && listed.iter().any(|one| one.value.is_null());
        listed.retain(|one| !one.value.is_null());
        all = Some(match all {
            None => listed,
            Some(mut known) => {
                known.retain(|one| listed.iter().any(|other| is_same(other.value, one.value)));
                known
            }
        });
    }
    all
}

/// Whether two values are equal; `1` equals `1.0`.
pub(crate) fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || (one.as_f64() == other.as_f64() && (one.is_f64() || other.is_f64()))
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, one)| other.get(key).is_some_and(|two| is_same(one, two)))
        }
        _ => one == other,
    }
}

/// Writes a value so that equal ones have equal texts.
pub(crate) fn canonical(value: &Value) -> String {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 1e15 => {
                format!("{float:.0}")
            }
            _ => number.to_string(),
        },
        other => other.to_string(),
    }
}

/// Returns the patterns that reject any string.
fn patterns<'a>(subschemas: &[Subschema<'a>]) -> BTreeMap<&'a str, Place<'a>> {
    let stated = subschemas.iter().filter_map(|subschema| {
        let place = subschema.place.get("pattern")?;
        let text = place.value.as_str().filter(|text| !pattern::is_general(text))?;
        Some((text, place))
    });
    stated.collect()
}

fn properties<'a>(
    document: &'a Document,
    subschemas: &[Subschema<'a>],
) -> BTreeMap<&'a str, Property<'a>> {
    let mut all: BTreeMap<&'a str, Property<'a>> = BTreeMap::new();
    for (name, place) in subschemas
        .iter()
        .filter_map(|subschema| subschema.place.get("properties"))
        .flat_map(|place| place.entries().collect::<Vec<_>>())
    {
        match all.get_mut(name) {
            Some(property) => property.node.sites.push(place),
            None => {
                let node = Node::new(place);
                all.insert(name, Property { node, required: false, read_only: false });
            }
        }
    }
    let required: BTreeSet<&str> = required(subschemas).map(|(name, _)| name).collect();
    for (name, property) in &mut all {
        property.required = required.contains(name);
        property.read_only =
            property.node.sites.iter().any(|site| {
                site.flag("readOnly") || document.resolved(site.clone()).flag("readOnly")
            });
    }
    all
}

/// Lists the names that `required` lists, each with the place of the list.
fn required<'a>(subschemas: &[Subschema<'a>]) -> impl Iterator<Item = (&'a str, Pointer<'a>)> {
    let lists = subschemas.iter().filter_map(|subschema| subschema.place.get("required"));
    lists.flat_map(|list| {
        let at = list.at.clone();
        let names = list.value.as_array().into_iter().flatten().filter_map(Value::as_str);
        names.map(move |name| (name, at.clone()))
    })
}

fn unnamed<'a>(
    subschemas: &[Subschema<'a>],
    properties: &BTreeMap<&'a str, Property<'a>>,
) -> BTreeMap<&'a str, Pointer<'a>> {
    required(subschemas).filter(|(name, _)| !properties.contains_key(name)).collect()
}

fn additional_properties<'a>(subschemas: &[Subschema<'a>]) -> AdditionalProperties<'a> {
    let mut values: Option<Node<'a>> = None;
    for subschema in subschemas {
        for keyword in ["additionalProperties", "unevaluatedProperties"] {
            let Some(place) = subschema.place.get(keyword) else { continue };
            match place.value {
                Value::Bool(false) => return AdditionalProperties::Forbidden(place.at),
                Value::Object(keywords) if !keywords.is_empty() => match &mut values {
                    Some(node) => node.sites.push(place),
                    None => values = Some(Node::new(place)),
                },
                _ => {}
            }
        }
    }
    values.map_or(AdditionalProperties::Any, AdditionalProperties::Typed)
}

fn items<'a>(subschemas: &[Subschema<'a>]) -> Option<Node<'a>> {
    let sites: Vec<Place<'a>> =
        subschemas.iter().filter_map(|subschema| subschema.place.get("items")).collect();
    (!sites.is_empty()).then_some(Node { sites, null_counted: false })
}

/// The unions of a schema.
#[derive(Default)]
struct Choices<'a> {
    unions: Vec<Union<'a>>,
    /// The types that unions of bare types amount to.
    types: Option<Types>,
    nullable: bool,
    /// The values that unions of constants list.
    constants: Option<Vec<EnumValue<'a>>>,
}

/// Reads unions, with null taken out of their branches and nested unions flattened.
fn choices<'a>(document: &'a Document, composition: &Composition<'a>) -> Choices<'a> {
    let mut read = Choices::default();
    for choice in &composition.choices {
        let mut seen: HashSet<usize> = HashSet::new();
        let mut branches = Vec::new();
        let mut bare = Some(Types::NONE);
        let mut constants = Some(Vec::new());
        let mut open: Vec<Place<'a>> = choice.branches.iter().rev().cloned().collect();
        while let Some(place) = open.pop() {
            if !seen.insert(place.identity()) {
                continue;
            }
            let node = Node::new(place);
            let inner = composition::of(document, &node);
            if let ([only], true) = (inner.choices.as_slice(), is_bare(&inner.subschemas, &[])) {
                read.nullable |= inner.nullable;
                open.extend(only.branches.iter().rev().cloned());
                continue;
            }
            let (types, nullable) = types(&inner);
            read.nullable |= nullable;
            let plain = inner.choices.is_empty() && is_bare(&inner.subschemas, &["type"]);
            bare = bare.zip(types.filter(|_| plain)).map(|(all, one)| all.union(one));
            let listed = constant(&inner);
            constants = constants.zip(listed).map(|(mut all, one)| {
                all.extend(one);
                all
            });
            branches.push(Node { null_counted: true, ..node });
        }
        if let Some(constants) = constants.filter(|all| !all.is_empty()) {
            let types = types_of_values(&constants);
            read.types = Some(read.types.map_or(types, |known| known.intersection(types)));
            read.constants.get_or_insert_default().extend(constants);
            continue;
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

/// Returns the values of a branch that lists values and says nothing else.
fn constant<'a>(branch: &Composition<'a>) -> Option<Vec<EnumValue<'a>>> {
    let plain =
        branch.choices.is_empty() && is_bare(&branch.subschemas, &["type", "const", "enum"]);
    if !plain {
        return None;
    }
    let schema = branch.subschemas.first()?.place.clone();
    let mut listed = values(&branch.subschemas, &mut false)?;
    if let [only] = listed.as_mut_slice() {
        only.schema = Some(schema);
    }
    Some(listed)
}

/// Whether subschemas consist of references, unions, annotations and the allowed keywords only.
fn is_bare(subschemas: &[Subschema<'_>], allowed: &[&str]) -> bool {
    const LINKS: [&str; 5] = ["$ref", "allOf", "anyOf", "oneOf", "nullable"];
    subschemas.iter().flat_map(|subschema| subschema.keywords.keys()).all(|key| {
        LINKS.contains(&key.as_str()) || is_annotation(key) || allowed.contains(&key.as_str())
    })
}

/// Returns the outermost of each keyword. Of several descriptions of one property, the last counts,
/// as it is the most specific.
fn keywords<'a>(subschemas: &[Subschema<'a>]) -> BTreeMap<&'a str, Place<'a>> {
    let mut all: BTreeMap<&'a str, (usize, Place<'a>)> = BTreeMap::new();
    for subschema in subschemas {
        for (key, place) in subschema.place.entries() {
            let counts = !STRUCTURE.contains(&key) && (subschema.annotates || !is_annotation(key));
            let overrides =
                |known: &(usize, Place<'a>)| is_annotation(key) && known.0 < subschema.site;
            if counts && all.get(key).is_none_or(overrides) {
                all.insert(key, (subschema.site, place));
            }
        }
    }
    all.into_iter().map(|(key, (_, place))| (key, place)).collect()
}
