//! Compares two schemas. What is inside them is left to be compared as pairs of its own.

mod keywords;
mod structure;
mod values;

use serde_json::Value;

use super::annotations;
use super::change::Change;
use super::composition::Node;
use super::document::Document;
use super::finding::Direction;
use super::pointer::{Place, Pointer};
use super::rules::{self, Rule, RulePair};
use super::shape::{self, Shape};

/// The two documents, and the way the value travels.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) old: &'a Document,
    pub(crate) new: &'a Document,
    pub(crate) direction: Direction,
}

/// The difference between two schemas.
#[derive(Default)]
pub(crate) struct SchemaDiff<'a> {
    pub(crate) changes: Vec<Change<'a>>,
    /// The schemas inside that remain to be compared.
    pub(crate) inner: Vec<(Node<'a>, Node<'a>, Direction)>,
    /// The identities of the places, in either document, that the schemas were read from.
    pub(crate) through: Vec<usize>,
}

/// Compares two schemas.
pub(crate) fn compare<'a>(context: Context<'a>, old: &Node<'a>, new: &Node<'a>) -> SchemaDiff<'a> {
    let mut diff = SchemaDiff::default();
    let (Some(old), Some(new)) = (Shape::of(context.old, old), Shape::of(context.new, new)) else {
        return diff;
    };
    diff.through = old.through.iter().chain(&new.through).copied().collect();
    let comparison = Comparison { context, old: &old, new: &new };
    comparison.names(&mut diff);
    let same_type = comparison.types(&mut diff);
    // If another schema took the place of the old one, nobody changed its annotations.
    if same_type || comparison.same_component() {
        comparison.annotations(&mut diff);
    }
    if same_type {
        comparison.null(&mut diff);
        comparison.enum_values(&mut diff);
        comparison.bounds(&mut diff);
        comparison.patterns(&mut diff);
        comparison.keywords(&mut diff);
        comparison.properties(&mut diff);
        comparison.unnamed_fields(&mut diff);
        comparison.additional_properties(&mut diff);
        comparison.items(&mut diff);
        comparison.unions(&mut diff);
    }
    diff
}

struct Comparison<'s, 'a> {
    context: Context<'a>,
    old: &'s Shape<'a>,
    new: &'s Shape<'a>,
}

impl<'a> Comparison<'_, 'a> {
    /// A change of the schema as a whole.
    fn changed(&self, rules: &'static RulePair, what: String) -> Change<'a> {
        self.changed_by(rules.for_direction(self.context.direction), what)
    }

    fn changed_by(&self, rule: &'static Rule, what: String) -> Change<'a> {
        let (old, new) = self.location();
        Change::changed(rule, old, new, what)
    }

    /// Returns where a change of the schema as a whole belongs: in the component, if that is what
    /// changed, and otherwise where the schema is used.
    fn location(&self) -> (Pointer<'a>, Pointer<'a>) {
        match (&self.old.component, &self.new.component) {
            (Some(old), Some(new)) if self.same_component() => (old.at.clone(), new.at.clone()),
            (old, Some(new)) if is_missing(self.context.old, new) => {
                let old = old.as_ref().unwrap_or(&self.old.site);
                (old.at.clone(), new.at.clone())
            }
            _ => self.sites(),
        }
    }

    fn sites(&self) -> (Pointer<'a>, Pointer<'a>) {
        (self.old.site.at.clone(), self.new.site.at.clone())
    }

    fn same_component(&self) -> bool {
        let at = |component: &Option<Place<'a>>| component.as_ref().map(|one| one.at.to_string());
        at(&self.old.component) == at(&self.new.component)
    }

    /// Compares which components the schemas refer to.
    fn names(&self, diff: &mut SchemaDiff<'a>) {
        let pointer = |component: &Option<Place<'a>>| {
            component.clone().map(|place| (place.at.to_string(), place.at))
        };
        let moved = |what: String| {
            let (old, new) = self.sites();
            Change::changed(&rules::SCHEMA_MOVED, old, new, what)
        };
        let change = match (pointer(&self.old.component), pointer(&self.new.component)) {
            (None, None) => return self.notation(diff),
            (Some((old, _)), Some((new, _))) if old == new => return self.notation(diff),
            (Some((old, old_at)), Some((new, new_at))) => {
                let (was, is) = (shape::component_name(&old), shape::component_name(&new));
                let removed = self.context.new.target(&format!("#{old}")).is_none();
                let added = self.context.old.target(&format!("#{new}")).is_none();
                let change = if removed && added {
                    let what = format!("is the new name of `{was}`");
                    Change::changed(&rules::SCHEMA_RENAMED, old_at, new_at, what)
                } else {
                    let (old, new) = self.sites();
                    let what = format!("refers to another schema: `{was}` → `{is}`");
                    Change::changed(&rules::SCHEMA_REPLACED, old, new, what)
                };
                change.values(was, is)
            }
            (Some((old, _)), None) => {
                let was = shape::component_name(&old);
                moved(format!("is written inline instead of as `{was}`")).values(was, Value::Null)
            }
            (None, Some((new, _))) => {
                let is = shape::component_name(&new);
                moved(format!("moved into the component `{is}`")).values(Value::Null, is)
            }
        };
        diff.changes.push(change);
    }

    /// Compares how values are listed, which may name or rename a Rust type.
    fn notation(&self, diff: &mut SchemaDiff<'a>) {
        if self.old.values.is_some()
            && self.new.values.is_some()
            && self.old.lists_constants != self.new.lists_constants
        {
            let what = "lists its values in another way".to_owned();
            diff.changes.push(self.changed_by(&rules::SCHEMA_MOVED, what));
        }
    }

    fn annotations(&self, diff: &mut SchemaDiff<'a>) {
        let keys = self.old.keywords.keys().chain(self.new.keywords.keys()).copied();
        diff.changes.extend(annotations::compare_keywords(
            &|key| self.old.keywords.get(key).cloned(),
            &|key| self.new.keywords.get(key).cloned(),
            keys,
        ));
        let discriminator = |shape: &Shape<'a>| shape.keywords.get("discriminator").cloned();
        let (old, new) = (discriminator(self.old), discriminator(self.new));
        if old.as_ref().map(|place| place.value) != new.as_ref().map(|place| place.value) {
            let rule = &rules::DISCRIMINATOR_CHANGED;
            diff.changes.push(Change::replaced(rule, "discriminator", old, new));
        }
    }

    /// Compares the types; returns whether the rest is worth comparing.
    fn types(&self, diff: &mut SchemaDiff<'a>) -> bool {
        let (old, new) = (self.old, self.new);
        let same = old.types == new.types
            && old.never == new.never
            && old.opaque == new.opaque
            && old.unions.len() == new.unions.len();
        if !same {
            let (was, is) = (old.describe(), new.describe());
            let (rules, verb) = match (new.includes(old), old.includes(new)) {
                (true, false) => (&rules::TYPE_WIDENED, "admits more types"),
                (false, true) => (&rules::TYPE_NARROWED, "admits fewer types"),
                _ => (&rules::TYPE_CHANGED, "has another type"),
            };
            let what = format!("{verb}: {was} → {is}");
            diff.changes.push(self.changed(rules, what).values(was, is));
        }
        same
    }

    fn null(&self, diff: &mut SchemaDiff<'a>) {
        let (old, new) = (self.old, self.new);
        let (rules, what) = match (old.nullable, new.nullable) {
            (false, true) => (&rules::NULLABLE, "can now be null"),
            (true, false) => (&rules::NON_NULLABLE, "can no longer be null"),
            _ => return,
        };
        let kind = new.describe();
        let words = |nullable: bool| {
            if nullable { format!("{kind} or null") } else { kind.clone() }
        };
        let (was, is) = (words(old.nullable), words(new.nullable));
        let mut change = self.changed(rules, format!("{what}: {was} → {is}"));
        if !self.component_decides_null() {
            let (old, new) = self.sites();
            (change.old_at, change.new_at) = (Some(old), Some(new));
        }
        diff.changes.push(change.values(was, is));
    }

    /// Whether it is the component that admits null, and not the place that uses it.
    fn component_decides_null(&self) -> bool {
        let nullable = |document, shape: &Shape<'a>| {
            let component = shape.component.clone()?;
            Some(Shape::of(document, &Node::new(component))?.nullable)
        };
        nullable(self.context.old, self.old).is_none_or(|is| is == self.old.nullable)
            && nullable(self.context.new, self.new).is_none_or(|is| is == self.new.nullable)
    }
}

fn is_missing(document: &Document, place: &Place<'_>) -> bool {
    document.target(&format!("#{}", place.at)).is_none()
}
