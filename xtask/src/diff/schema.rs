//! Compares two schemas as far as they go themselves; what is inside them is left to be compared
//! as pairs of its own.

mod fields;
mod values;

use serde_json::Value;

use super::document::Document;
use super::draft::Draft;
use super::finding::Direction;
use super::node::Node;
use super::place::Place;
use super::rules::{Rule, Sided, document as naming, schema as rules};
use super::shape::Shape;
use super::trail::Trail;
use super::{excerpt, kind, words};

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
    /// The places of both documents that the schemas were read from.
    pub(crate) through: Vec<usize>,
}

/// Compares two schemas.
pub(crate) fn compare<'a>(sides: Sides<'a>, old: &Node<'a>, new: &Node<'a>) -> Compared<'a> {
    let mut found = Compared::default();
    let (Some(before), Some(after)) = (Shape::of(sides.old, old), Shape::of(sides.new, new)) else {
        return found;
    };
    found.through = before.through.iter().chain(&after.through).copied().collect();
    let pair = Pair { sides, old: &before, new: &after };
    pair.names(&mut found);
    let same_type = pair.types(&mut found);
    // The words of a schema that took the place of another were not changed by anybody.
    if same_type || pair.same_component() {
        pair.words(&mut found);
    }
    if same_type {
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
            (Some(old), Some(new)) if self.same_component() => (old.at.clone(), new.at.clone()),
            (old, Some(new)) if is_missing(self.sides.old, new) => {
                let old = old.as_ref().unwrap_or(&self.old.site);
                (old.at.clone(), new.at.clone())
            }
            _ => site(),
        }
    }

    fn same_component(&self) -> bool {
        let at = |component: &Option<Place<'a>>| component.as_ref().map(|one| one.at.to_string());
        at(&self.old.component) == at(&self.new.component)
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
                let names = (kind::name(&old), kind::name(&new));
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
                let what = format!("writes out what was the schema `{}`", kind::name(&old));
                found.drafts.push(site(what).values(kind::name(&old), Value::Null));
            }
            (None, Some((new, _))) => {
                let what = format!("became the schema `{}`", kind::name(&new));
                found.drafts.push(site(what).values(Value::Null, kind::name(&new)));
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
        let (before, after) =
            (old.as_ref().map(|one| one.value), new.as_ref().map(|one| one.value));
        if before != after {
            let what = format!("has another discriminator: {}", excerpt::change(before, after));
            found.drafts.push(Draft {
                old_at: old.map(|place| place.at),
                new_at: new.map(|place| place.at),
                ..self.changed_both(&rules::DISCRIMINATOR_CHANGED, what)
            });
        }
    }

    fn changed_both(&self, rule: &'static Rule, what: String) -> Draft<'a> {
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
            let (before, after) = (kind::of_shape(old), kind::of_shape(new));
            let draft =
                self.changed(&rules::TYPE_CHANGED, format!("has another type: {before} → {after}"));
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
        let kind = kind::of_shape(new);
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
}

fn is_missing(document: &Document, place: &Place<'_>) -> bool {
    document.target(&format!("#{}", place.at)).is_none()
}
