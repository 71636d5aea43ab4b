//! Compares two schemas as far as they go themselves; what is inside them is left to be compared
//! as pairs of its own.

use std::collections::BTreeSet;

use serde_json::Value;

use super::bounds::{self, Move};
use super::document::Document;
use super::draft::Draft;
use super::excerpt;
use super::finding::Direction;
use super::node::Node;
use super::place::Place;
use super::rules::{Sided, document as naming, schema as rules};
use super::shape::{Listed, Property, Rest, Shape};
use super::trail::Trail;
use super::types::Types;
use super::variants;
use super::words;

/// What a schema without keywords is.
static ANYTHING: Value = Value::Bool(true);
const COMPONENTS: &str = "/components/schemas/";

/// The two documents and the way the value travels.
#[derive(Clone, Copy)]
pub(crate) struct Sides<'a> {
    pub(crate) old: &'a Document,
    pub(crate) new: &'a Document,
    pub(crate) direction: Direction,
}

/// What came of comparing two schemas.
#[derive(Default)]
pub(crate) struct Compared<'a> {
    pub(crate) drafts: Vec<Draft<'a>>,
    pub(crate) inner: Vec<(Node<'a>, Node<'a>)>,
    /// The places of NEW that the schema led through.
    pub(crate) through: Vec<usize>,
}

/// Compares two schemas.
pub(crate) fn compare<'a>(sides: Sides<'a>, old: &Node<'a>, new: &Node<'a>) -> Compared<'a> {
    let mut found = Compared::default();
    let (Some(before), Some(after)) = (Shape::of(sides.old, old), Shape::of(sides.new, new)) else {
        return found;
    };
    found.through.clone_from(&after.through);
    let pair = Pair { sides, old: &before, new: &after };
    pair.names(&mut found);
    pair.words(&mut found);
    if pair.types(&mut found) {
        pair.null(&mut found);
        pair.values(&mut found);
        pair.bounds(&mut found);
        pair.text(&mut found);
        pair.keywords(&mut found);
        pair.properties(&mut found);
        pair.rest(&mut found);
        pair.items(&mut found);
        pair.unions(&mut found);
    }
    found
}

struct Pair<'s, 'a> {
    sides: Sides<'a>,
    old: &'s Shape<'a>,
    new: &'s Shape<'a>,
}

impl<'a> Pair<'_, 'a> {
    fn changed(&self, rule: &'static Sided, what: String) -> Draft<'a> {
        let (old, new) = self.home();
        Draft::changed(rule.toward(self.sides.direction), old, new, what)
    }

    /// Where a change of the schema as a whole belongs: in the component, if that is what changed,
    /// and otherwise where it is used.
    fn home(&self) -> (Trail<'a>, Trail<'a>) {
        let site = || (self.old.site.at.clone(), self.new.site.at.clone());
        match (&self.old.component, &self.new.component) {
            (Some(old), Some(new)) if old.at.to_string() == new.at.to_string() => {
                (old.at.clone(), new.at.clone())
            }
            (old, Some(new)) if is_missing(self.sides.old, new) => {
                let old = old.as_ref().unwrap_or(&self.old.site);
                (old.at.clone(), new.at.clone())
            }
            _ => site(),
        }
    }

    fn names(&self, found: &mut Compared<'a>) {
        let named = |component: &Option<Place<'a>>| {
            component.clone().map(|place| (place.at.to_string(), place.at))
        };
        let (old, new) = (named(&self.old.component), named(&self.new.component));
        let site = |what: String| {
            let (old, new) = (self.old.site.at.clone(), self.new.site.at.clone());
            Draft::changed(&naming::SCHEMA_MOVED, old, new, what)
        };
        match (old, new) {
            (Some((old, _)), Some((new, _))) if old == new => {}
            (Some((old, old_at)), Some((new, new_at))) => {
                let names = (short(&old), short(&new));
                let gone = self.sides.new.target(&format!("#{old}")).is_none();
                let fresh = self.sides.old.target(&format!("#{new}")).is_none();
                let draft = if gone && fresh {
                    let what = format!("is the new name of `{}`", names.0);
                    Draft::changed(&naming::SCHEMA_RENAMED, old_at, new_at, what)
                } else {
                    site(format!("refers to another schema: `{}` → `{}`", names.0, names.1))
                };
                found.drafts.push(draft.values(names.0, names.1));
            }
            (Some((old, _)), None) => {
                let what = format!("writes out what was the schema `{}`", short(&old));
                found.drafts.push(site(what).values(short(&old), Value::Null));
            }
            (None, Some((new, _))) => {
                let what = format!("became the schema `{}`", short(&new));
                found.drafts.push(site(what).values(Value::Null, short(&new)));
            }
            (None, None) => {}
        }
    }

    fn words(&self, found: &mut Compared<'a>) {
        let keys = self.old.keywords.keys().chain(self.new.keywords.keys()).copied();
        found.drafts.extend(words::compare(
            &|key| self.old.keywords.get(key).cloned(),
            &|key| self.new.keywords.get(key).cloned(),
            keys,
        ));
        let hint = |shape: &Shape<'a>| shape.keywords.get("discriminator").cloned();
        let (old, new) = (hint(self.old), hint(self.new));
        let (before, after) = (old.as_ref().map(|one| one.value), new.as_ref().map(|one| one.value));
        if before != after {
            let what = format!("has another discriminator: {}", excerpt::change(before, after));
            found.drafts.push(Draft {
                old_at: old.map(|place| place.at),
                new_at: new.map(|place| place.at),
                ..self.changed_both(&rules::DISCRIMINATOR_CHANGED, what)
            });
        }
    }

    fn changed_both(&self, rule: &'static super::rules::Rule, what: String) -> Draft<'a> {
        let (old, new) = self.home();
        Draft::changed(rule, old, new, what)
    }

    /// Notes a change of type; says whether the rest is worth comparing.
    fn types(&self, found: &mut Compared<'a>) -> bool {
        let (old, new) = (self.old, self.new);
        let same = old.types == new.types
            && old.never == new.never
            && old.opaque == new.opaque
            && old.unions.len() == new.unions.len();
        if !same {
            let (before, after) = (kind(old), kind(new));
            let draft = self.changed(&rules::TYPE_CHANGED, format!("has another type: {before} → {after}"));
            found.drafts.push(draft.values(before, after));
        }
        same
    }

    fn null(&self, found: &mut Compared<'a>) {
        let (old, new) = (self.old, self.new);
        let (rule, what) = match (old.nullable, new.nullable) {
            (false, true) => (&rules::NULLABLE, "can be null now"),
            (true, false) => (&rules::NON_NULLABLE, "cannot be null any more"),
            _ => return,
        };
        let kind = kind(new);
        let words = |nullable: bool| {
            if nullable { format!("{kind} or null") } else { kind.clone() }
        };
        let (before, after) = (words(old.nullable), words(new.nullable));
        let mut draft = self.changed(rule, format!("{what}: {before} → {after}"));
        if !self.null_in_component() {
            draft.old_at = Some(old.site.at.clone());
            draft.new_at = Some(new.site.at.clone());
        }
        found.drafts.push(draft.values(before, after));
    }

    /// Whether it is the component that says null, and not the place that uses it.
    fn null_in_component(&self) -> bool {
        let says = |document, shape: &Shape<'a>| {
            let component = shape.component.clone()?;
            Some(Shape::of(document, &Node::new(component))?.nullable)
        };
        says(self.sides.old, self.old).is_none_or(|says| says == self.old.nullable)
            && says(self.sides.new, self.new).is_none_or(|says| says == self.new.nullable)
    }

    fn values(&self, found: &mut Compared<'a>) {
        let list = |values: &[Listed<'a>]| -> Value {
            values.iter().take(20).map(|one| one.value.clone()).collect()
        };
        match (&self.old.values, &self.new.values) {
            (None, None) => {}
            (None, Some(new)) => {
                let what = format!("is limited to {}", excerpt::value(&list(new)));
                let draft = self.changed(&rules::ENUM_INTRODUCED, what);
                found.drafts.push(draft.values(Value::Null, list(new)));
            }
            (Some(old), None) => {
                let what = format!("is not limited to {} any more", excerpt::value(&list(old)));
                let draft = self.changed(&rules::ENUM_DROPPED, what);
                found.drafts.push(draft.values(list(old), Value::Null));
            }
            (Some(old), Some(new)) => {
                let toward = self.sides.direction;
                let words = |one: &Listed<'a>| one.value.to_string();
                let before: BTreeSet<String> = old.iter().map(words).collect();
                let after: BTreeSet<String> = new.iter().map(words).collect();
                for gone in old.iter().filter(|one| !after.contains(&words(one))) {
                    let what = format!("loses the value {}", excerpt::value(gone.value));
                    let rule = rules::ENUM_VALUE_REMOVED.toward(toward);
                    let draft = Draft::removed(rule, gone.at.clone(), what);
                    found.drafts.push(draft.values(gone.value.clone(), Value::Null));
                }
                for fresh in new.iter().filter(|one| !before.contains(&words(one))) {
                    let what = format!("gains the value {}", excerpt::value(fresh.value));
                    let rule = rules::ENUM_VALUE_ADDED.toward(toward);
                    let draft = Draft::added(rule, fresh.at.clone(), what);
                    found.drafts.push(draft.values(Value::Null, fresh.value.clone()));
                }
            }
        }
    }

    fn bounds(&self, found: &mut Compared<'a>) {
        let measures: BTreeSet<_> =
            self.old.bounds.iter().chain(&self.new.bounds).map(|bound| bound.measure).collect();
        for measure in measures {
            let of = |shape: &Shape<'a>| {
                shape.bounds.iter().find(|bound| bound.measure == measure).cloned()
            };
            let (old, new) = (of(self.old), of(self.new));
            let (rule, way) = match bounds::moved(old.as_ref(), new.as_ref()) {
                Move::None => continue,
                Move::Tighter => (&rules::BOUND_TIGHTENED, "a tighter"),
                Move::Looser => (&rules::BOUND_LOOSENED, "a looser"),
            };
            let words = |bound: Option<&bounds::Bound<'_>>| {
                bound.map_or_else(|| "none".to_owned(), bounds::Bound::words)
            };
            let what = format!(
                "has {way} limit ({}): {} → {}",
                measure.words(),
                words(old.as_ref()),
                words(new.as_ref()),
            );
            let value = |bound: Option<&bounds::Bound<'_>>| {
                bound.map(bounds::Bound::value).unwrap_or_default()
            };
            let (before, after) = (value(old.as_ref()), value(new.as_ref()));
            found.drafts.push(Draft {
                rule: rule.toward(self.sides.direction),
                old_at: old.map(|bound| bound.at),
                new_at: new.map(|bound| bound.at),
                what,
                old: before,
                new: after,
            });
        }
    }

    fn text(&self, found: &mut Compared<'a>) {
        let gone: Vec<_> =
            self.old.patterns.iter().filter(|(text, _)| !self.new.patterns.contains_key(*text)).collect();
        let fresh: Vec<_> =
            self.new.patterns.iter().filter(|(text, _)| !self.old.patterns.contains_key(*text)).collect();
        let last = |list: &[(&&'a str, &Trail<'a>)]| {
            list.last().map(|(text, at)| (Value::from(**text), (*at).clone()))
        };
        let set = Settings {
            noun: "pattern",
            added: &rules::PATTERN_ADDED,
            removed: &rules::PATTERN_REMOVED,
            changed: &rules::PATTERN_CHANGED,
        };
        found.drafts.extend(set.compare(self.sides.direction, last(&gone), last(&fresh)));
    }

    fn keywords(&self, found: &mut Compared<'a>) {
        let toward = self.sides.direction;
        let of = |shape: &Shape<'a>, key: &str| {
            shape.keywords.get(key).map(|place| (place.value.clone(), place.at.clone()))
        };
        let (old, new) = (of(self.old, "format"), of(self.new, "format"));
        let is_moment = |side: &Option<(Value, Trail<'a>)>| {
            side.as_ref().is_some_and(|(format, _)| format == "date-time")
        };
        let moment = is_moment(&old) != is_moment(&new)
            && self.new.types.is_none_or(|types| types.admits(Types::STRING));
        let format = if moment { Settings::MOMENT } else { Settings::FORMAT };
        found.drafts.extend(format.compare(toward, old, new));
        let (old, new) = (of(self.old, "default"), of(self.new, "default"));
        found.drafts.extend(Settings::DEFAULT.compare(toward, old, new));
        self.access(found);
        let keys: BTreeSet<&str> =
            self.old.keywords.keys().chain(self.new.keywords.keys()).copied().collect();
        for key in keys {
            let known = ["format", "default", "readOnly", "writeOnly", "summary", "links"];
            if known.contains(&key) || super::shape::is_word(key) {
                continue;
            }
            let (old, new) = (of(self.old, key), of(self.new, key));
            let noun = Settings { noun: key, ..Settings::CONSTRAINT };
            found.drafts.extend(noun.compare(toward, old, new));
        }
    }

    fn access(&self, found: &mut Compared<'a>) {
        let (key, on, off) = match self.sides.direction {
            Direction::Request => ("readOnly", &rules::READ_ONLY, &rules::NOT_READ_ONLY),
            _ => ("writeOnly", &rules::WRITE_ONLY, &rules::NOT_WRITE_ONLY),
        };
        let of = |shape: &Shape<'a>| {
            let place = shape.keywords.get(key)?;
            (place.value == &Value::Bool(true)).then(|| place.at.clone())
        };
        match (of(self.old), of(self.new)) {
            (None, Some(at)) => {
                let draft = Draft::added(on, at, format!("is now marked `{key}`"));
                found.drafts.push(draft.values(false, true));
            }
            (Some(at), None) => {
                let draft = Draft::removed(off, at, format!("is not marked `{key}` any more"));
                found.drafts.push(draft.values(true, false));
            }
            _ => {}
        }
    }

    fn properties(&self, found: &mut Compared<'a>) {
        let toward = self.sides.direction;
        for (name, old) in &self.old.properties {
            match self.new.properties.get(name) {
                Some(new) => {
                    found.drafts.extend(self.requirement(old, new));
                    found.inner.push((old.node.clone(), new.node.clone()));
                }
                None => {
                    let rule = match old.required {
                        true => &rules::REQUIRED_PROPERTY_REMOVED,
                        false => &rules::OPTIONAL_PROPERTY_REMOVED,
                    };
                    let Some(place) = old.node.sites.first() else { continue };
                    let kind = of_node(self.sides.old, &old.node);
                    let what = format!("({kind}) is gone");
                    let draft = Draft::removed(rule.toward(toward), place.at.clone(), what);
                    found.drafts.push(draft.values(kind, Value::Null));
                }
            }
        }
        for (name, new) in &self.new.properties {
            if self.old.properties.contains_key(name) {
                continue;
            }
            let (rule, word) = match new.required {
                true => (&rules::REQUIRED_PROPERTY_ADDED, "required"),
                false => (&rules::OPTIONAL_PROPERTY_ADDED, "optional"),
            };
            let Some(place) = new.node.sites.first() else { continue };
            let kind = of_node(self.sides.new, &new.node);
            let what = format!("is new: {kind}, {word}");
            let draft = Draft::added(rule.toward(toward), place.at.clone(), what);
            found.drafts.push(draft.values(Value::Null, kind));
        }
    }

    fn requirement(&self, old: &Property<'a>, new: &Property<'a>) -> Option<Draft<'a>> {
        let (rule, what) = match (old.required, new.required) {
            (false, true) => (&rules::PROPERTY_REQUIRED, "is required now: optional → required"),
            (true, false) => (&rules::PROPERTY_OPTIONAL, "is optional now: required → optional"),
            _ => return None,
        };
        let (before, after) = (old.node.sites.first()?, new.node.sites.first()?);
        let rule = rule.toward(self.sides.direction);
        let draft = Draft::changed(rule, before.at.clone(), after.at.clone(), what);
        Some(draft.values(word(old.required), word(new.required)))
    }

    fn rest(&self, found: &mut Compared<'a>) {
        let named = !self.old.properties.is_empty() && !self.new.properties.is_empty();
        let asked = self.sides.direction == Direction::Request;
        match (&self.old.rest, &self.new.rest) {
            (Rest::Values(old), Rest::Values(new)) => found.inner.push((old.clone(), new.clone())),
            (Rest::Anything, Rest::Nothing(at)) if asked => {
                let rule = if named { &rules::OBJECT_CLOSED } else { &rules::FIELDS_CLOSED };
                let what = "takes no other fields any more: open → closed";
                found.drafts.push(Draft::added(rule, at.clone(), what).values(true, false));
            }
            (Rest::Nothing(at), Rest::Anything) if asked => {
                let rule = if named { &rules::OBJECT_OPENED } else { &rules::FIELDS_OPENED };
                let what = "takes other fields as well: closed → open";
                found.drafts.push(Draft::removed(rule, at.clone(), what).values(false, true));
            }
            (Rest::Values(_), _) | (_, Rest::Values(_)) => {
                let (before, after) = (rest_kind(self.sides.old, self.old), rest_kind(self.sides.new, self.new));
                let what = format!("has another type: {before} → {after}");
                found.drafts.push(self.changed(&rules::TYPE_CHANGED, what).values(before, after));
            }
            _ => {}
        }
    }

    fn items(&self, found: &mut Compared<'a>) {
        let anything = |shape: &Shape<'a>| Node::new(Place::new(shape.site.at.clone(), &ANYTHING));
        match (&self.old.items, &self.new.items) {
            (Some(old), Some(new)) => found.inner.push((old.clone(), new.clone())),
            (Some(old), None) => found.inner.push((old.clone(), anything(self.new))),
            (None, Some(new)) => found.inner.push((anything(self.old), new.clone())),
            (None, None) => {}
        }
    }

    fn unions(&self, found: &mut Compared<'a>) {
        for (old, new) in self.old.unions.iter().zip(&self.new.unions) {
            if old.keyword != new.keyword {
                let what = format!("is a choice by another keyword: `{}` → `{}`", old.keyword, new.keyword);
                let draft =
                    Draft::changed(&rules::UNION_KEYWORD, old.at.clone(), new.at.clone(), what);
                found.drafts.push(draft.values(old.keyword, new.keyword));
            }
            let matched =
                variants::matched(self.sides.old, &old.branches, self.sides.new, &new.branches);
            found.inner.extend(matched.pairs);
            let toward = self.sides.direction;
            for gone in &matched.removed {
                let Some(place) = gone.sites.first() else { continue };
                let kind = of_node(self.sides.old, gone);
                let rule = rules::VARIANT_REMOVED.toward(toward);
                let draft = Draft::removed(rule, place.at.clone(), format!("loses the form {kind}"));
                found.drafts.push(draft.values(kind, Value::Null));
            }
            for fresh in &matched.added {
                let Some(place) = fresh.sites.first() else { continue };
                let kind = of_node(self.sides.new, fresh);
                let rule = rules::VARIANT_ADDED.toward(toward);
                let draft = Draft::added(rule, place.at.clone(), format!("gains the form {kind}"));
                found.drafts.push(draft.values(Value::Null, kind));
            }
        }
    }
}

/// The rules for a keyword that is there or not, and has a value.
struct Settings<'n> {
    noun: &'n str,
    added: &'static Sided,
    removed: &'static Sided,
    changed: &'static Sided,
}

impl Settings<'static> {
    const MOMENT: Self = Self::all("format", &rules::MOMENT_CHANGED);
    const CONSTRAINT: Self = Self::all("constraint", &rules::CONSTRAINT_CHANGED);
    const FORMAT: Self = Self {
        noun: "format",
        added: &rules::FORMAT_ADDED,
        removed: &rules::FORMAT_REMOVED,
        changed: &rules::FORMAT_CHANGED,
    };
    const DEFAULT: Self = Self {
        noun: "default",
        added: &rules::DEFAULT_ADDED,
        removed: &rules::DEFAULT_REMOVED,
        changed: &rules::DEFAULT_CHANGED,
    };

    const fn all(noun: &'static str, rule: &'static Sided) -> Self {
        Self { noun, added: rule, removed: rule, changed: rule }
    }
}

impl Settings<'_> {
    fn compare<'a>(
        &self,
        toward: Direction,
        old: Option<(Value, Trail<'a>)>,
        new: Option<(Value, Trail<'a>)>,
    ) -> Option<Draft<'a>> {
        let rule = match (&old, &new) {
            (Some((old, _)), Some((new, _))) if old == new => return None,
            (Some(_), Some(_)) => self.changed,
            (Some(_), None) => self.removed,
            (None, Some(_)) => self.added,
            (None, None) => return None,
        };
        let (before, after) = (old.as_ref().map(|one| &one.0), new.as_ref().map(|one| &one.0));
        let what = format!("has another {}: {}", self.noun, excerpt::change(before, after));
        let (before, after) = (before.cloned(), after.cloned());
        Some(Draft {
            rule: rule.toward(toward),
            old_at: old.map(|(_, at)| at),
            new_at: new.map(|(_, at)| at),
            what,
            old: before.unwrap_or_default(),
            new: after.unwrap_or_default(),
        })
    }
}

fn is_missing(document: &Document, place: &Place<'_>) -> bool {
    document.target(&format!("#{}", place.at)).is_none()
}

fn word(required: bool) -> &'static str {
    if required { "required" } else { "optional" }
}

/// The name of a component at the end of its pointer.
fn short(pointer: &str) -> String {
    pointer.strip_prefix(COMPONENTS).unwrap_or(pointer).to_owned()
}

/// A schema in two or three words.
pub(crate) fn kind(shape: &Shape<'_>) -> String {
    if shape.never {
        return "nothing".to_owned();
    }
    if let Some(reference) = shape.opaque.first() {
        return format!("`{}`", excerpt::text(reference));
    }
    if shape.is_union() {
        let forms: usize = shape.unions.iter().map(|union| union.branches.len()).sum();
        return format!("a choice of {forms} forms");
    }
    match shape.types {
        None => "any value".to_owned(),
        Some(types) if types.is_none() => "null".to_owned(),
        Some(types) => types.to_string(),
    }
}

/// A schema in a few words, with null and the name of its component.
pub(crate) fn of_node(document: &Document, node: &Node<'_>) -> String {
    let Some(shape) = Shape::of(document, node) else { return "any value".to_owned() };
    let mut words = match &shape.component {
        Some(component) => format!("`{}`", excerpt::text(&short(&component.at.to_string()))),
        None => kind(&shape),
    };
    if let (Some(items), None) = (&shape.items, &shape.component) {
        let inner = Shape::of(document, items).map(|shape| kind(&shape)).unwrap_or_default();
        words = format!("array of {inner}");
    }
    if shape.nullable {
        words.push_str(" or null");
    }
    words
}

fn rest_kind(document: &Document, shape: &Shape<'_>) -> String {
    match &shape.rest {
        Rest::Anything => "object with any values".to_owned(),
        Rest::Nothing(_) => "object of its own fields".to_owned(),
        Rest::Values(node) => format!("object with values of type {}", of_node(document, node)),
    }
}
