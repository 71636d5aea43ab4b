//! Compares base URLs.

use serde_json::Value;

use super::draft::Draft;
use super::matching;
use super::place::Place;
use super::rules::document as rules;
use super::{excerpt, words};

/// Compares the servers that two objects list.
pub(crate) fn of_places<'a>(old: &Place<'a>, new: &Place<'a>) -> Vec<Draft<'a>> {
    let list = |place: &Place<'a>| -> Vec<(&'a str, Place<'a>)> {
        let servers = place.get("servers");
        let servers = servers.iter().flat_map(Place::elements);
        servers.filter_map(|place| Some((place.text("url")?, place))).collect()
    };
    let matching = matching::by_key(list(old), list(new));
    let mut drafts = Vec::new();
    for (old, new) in &matching.pairs {
        drafts.extend(words::of_objects(old, new));
        drafts.extend(variables(old, new));
    }
    if let ([(was, old)], [(is, new)]) = (matching.removed.as_slice(), matching.added.as_slice()) {
        let what =
            format!("has another address: `{}` → `{}`", excerpt::text(was), excerpt::text(is));
        let draft =
            Draft::changed(&rules::SERVER_URL_CHANGED, old.at.key("url"), new.at.key("url"), what);
        drafts.push(draft.values(*was, *is));
        drafts.extend(words::of_objects(old, new));
        return drafts;
    }
    for (url, place) in matching.removed {
        let what = format!("`{}` is gone", excerpt::text(url));
        drafts
            .push(Draft::removed(&rules::SERVER_REMOVED, place.at, what).values(url, Value::Null));
    }
    for (url, place) in matching.added {
        let what = format!("`{}` is new", excerpt::text(url));
        drafts.push(Draft::added(&rules::SERVER_ADDED, place.at, what).values(Value::Null, url));
    }
    drafts
}

fn variables<'a>(old: &Place<'a>, new: &Place<'a>) -> Option<Draft<'a>> {
    let (was, is) = (old.value.get("variables"), new.value.get("variables"));
    if was == is {
        return None;
    }
    let what = format!("has other variables: {}", excerpt::change(was, is));
    let draft = Draft::changed(&rules::SERVER_URL_CHANGED, old.at.clone(), new.at.clone(), what);
    Some(draft.values(was.cloned().unwrap_or_default(), is.cloned().unwrap_or_default()))
}
