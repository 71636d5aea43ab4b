//! Send policies: which senders and recipients the mail of the mailbox may have.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};

use crate::dataset::{CREDENTIAL_ID, MAILBOXES, TEAM_ID};
use crate::error::ApiError;
use crate::hash::fnv1a;

const SCOPES: [&str; 5] = ["team", "mailbox", "api_key", "oauth_grant", "agent_registration"];
const MAX_ENTRIES: usize = 100;
const MAX_ADDRESS: usize = 254;
const MAX_DOMAIN: usize = 253;

type Lists = (Vec<String>, Vec<String>);

/// Addresses and domains.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Set {
    addresses: Vec<String>,
    domains: Vec<String>,
}

impl Set {
    /// Returns true for a listed address and for any address at a listed domain.
    fn contains(&self, email: &str) -> bool {
        let domain = email.rsplit_once('@').map_or("", |(_, domain)| domain);
        self.addresses.iter().any(|address| address.eq_ignore_ascii_case(email))
            || self.domains.iter().any(|listed| listed.eq_ignore_ascii_case(domain))
    }

    fn parse(value: Option<&Value>) -> Option<Self> {
        let empty = Map::new();
        let members = value.map_or(Some(&empty), Value::as_object)?;
        closed(members, &["addresses", "domains", "own_address"])?;
        let domain = |text: &str| {
            let label = |label: &str| {
                let valid = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
                (1..=63).contains(&label.len())
                    && label.bytes().all(valid)
                    && !label.starts_with('-')
                    && !label.ends_with('-')
            };
            text.len() <= MAX_DOMAIN && text.contains('.') && text.split('.').all(label)
        };
        Some(Self {
            addresses: strings(members.get("addresses"), is_address)?,
            domains: strings(members.get("domains"), domain)?,
        })
    }

    fn to_json(&self) -> Value {
        json!({ "addresses": self.addresses, "domains": self.domains })
    }
}

/// Addresses for `From` or `Reply-To`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Senders {
    set: Set,
    own_address: bool,
}

impl Default for Senders {
    fn default() -> Self {
        Self { set: Set::default(), own_address: true }
    }
}

impl Senders {
    fn allow(&self, email: &str, own: &str) -> bool {
        (self.own_address && email.eq_ignore_ascii_case(own)) || self.set.contains(email)
    }

    fn parse(value: Option<&Value>) -> Option<Self> {
        let own_address = match value.and_then(|value| value.get("own_address")) {
            None => true,
            Some(value) => value.as_bool()?,
        };
        Some(Self { set: Set::parse(value)?, own_address })
    }

    fn to_json(&self) -> Value {
        let mut json = self.set.to_json();
        json["own_address"] = self.own_address.into();
        json
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Policy {
    from: Senders,
    reply_to: Senders,
    alternate_from: Vec<String>,
    /// `None` allows all recipients, an empty set none.
    allow: Option<Set>,
    deny: Set,
}

impl Policy {
    fn parse(members: &Map<String, Value>) -> Option<Self> {
        closed(members, &["allowed_from", "allowed_reply_to", "alternate_from", "recipients"])?;
        let empty = Map::new();
        let recipients = members.get("recipients");
        let recipients = recipients.map_or(Some(&empty), Value::as_object)?;
        closed(recipients, &["allow", "deny"])?;
        let allow = recipients.get("allow").filter(|allow| !allow.is_null());
        let set = |value: &Value| {
            let set = Set::parse(Some(value))?;
            value.get("own_address").is_none().then_some(set)
        };
        Some(Self {
            from: Senders::parse(members.get("allowed_from"))?,
            reply_to: Senders::parse(members.get("allowed_reply_to"))?,
            alternate_from: strings(members.get("alternate_from"), is_address)?,
            allow: allow.map(set).map_or(Some(None), |set| set.map(Some))?,
            deny: recipients.get("deny").map_or(Some(Set::default()), set)?,
        })
    }

    fn to_json(&self) -> Value {
        json!({
            "allowed_from": self.from.to_json(), "allowed_reply_to": self.reply_to.to_json(),
            "alternate_from": self.alternate_from,
            "recipients": {
                "allow": self.allow.as_ref().map(Set::to_json), "deny": self.deny.to_json(),
            },
        })
    }

    /// Returns 64 hexadecimal digits.
    fn version(&self) -> String {
        let text = self.to_json().to_string();
        (0..4).map(|part| format!("{:016x}", fnv1a(format!("{part}{text}").as_bytes()))).collect()
    }

    fn allows_recipient(&self, email: &str) -> bool {
        let listed = self.allow.as_ref().is_none_or(|allow| allow.contains(email));
        listed && !self.deny.contains(email)
    }
}

/// The policies of the team, its mailboxes and its key. Those that were never replaced have the
/// default values.
#[derive(Debug, Default)]
pub(crate) struct Policies(Mutex<BTreeMap<String, Policy>>);

impl Policies {
    pub(crate) fn get(&self, scope: &str, id: &str) -> Result<Value, ApiError> {
        let key = key(scope, id)?;
        Ok(snapshot(self.lock().get(&key).unwrap_or(&Policy::default())))
    }

    /// Replaces a policy that still has this entity tag.
    pub(crate) fn replace(
        &self,
        scope: &str,
        id: &str,
        if_match: Option<&str>,
        body: &Map<String, Value>,
    ) -> Result<Value, ApiError> {
        let key = key(scope, id)?;
        let if_match = if_match.ok_or(ApiError::MissingParameter("If-Match"))?;
        if if_match.trim() == "*" {
            return Err(ApiError::InvalidParameter("If-Match"));
        }
        let members = body.get("policy").and_then(Value::as_object);
        let members = members.ok_or(ApiError::InvalidParameter("policy"))?;
        let policy = Policy::parse(members).ok_or(ApiError::ValidationFailed("policy"))?;
        let mut policies = self.lock();
        let known = policies.entry(key).or_default();
        if etag(&snapshot(known)) != if_match.trim() {
            return Err(ApiError::Conflict("The policy has changed since it was read"));
        }
        *known = policy;
        Ok(snapshot(known))
    }

    /// Checks the addresses of a message against all policies that apply to a mailbox.
    pub(crate) fn check(
        &self,
        mailbox: &str,
        own: &str,
        from: &str,
        reply_to: &[&str],
        recipients: &[&str],
    ) -> Result<(), ApiError> {
        for policy in self.of(mailbox) {
            if !policy.from.allow(from, own) {
                return Err(ApiError::NotAllowed("from"));
            }
            if !reply_to.iter().all(|email| policy.reply_to.allow(email, own)) {
                return Err(ApiError::NotAllowed("reply_to"));
            }
            if !recipients.iter().all(|email| policy.allows_recipient(email)) {
                return Err(ApiError::NotAllowed("to"));
            }
        }
        Ok(())
    }

    /// Returns the addresses and domains that all policies of a mailbox allow, for `From` and for
    /// `Reply-To`.
    pub(crate) fn choices(&self, mailbox: &str, own: &str) -> (Lists, Lists) {
        let policies = self.of(mailbox);
        let allowed = |of: fn(&Policy) -> &Senders| {
            let sets = || policies.iter().map(|policy| &of(policy).set);
            let listed = sets().flat_map(|set| set.addresses.iter().cloned());
            let mut addresses: Vec<String> = listed.chain([own.to_owned()]).collect();
            addresses.retain(|email| policies.iter().all(|policy| of(policy).allow(email, own)));
            addresses.sort();
            addresses.dedup();
            let mut domains: Vec<String> = sets().flat_map(|set| set.domains.clone()).collect();
            domains.retain(|domain| sets().all(|set| set.domains.contains(domain)));
            domains.sort();
            domains.dedup();
            (addresses, domains)
        };
        (allowed(|policy| &policy.from), allowed(|policy| &policy.reply_to))
    }

    /// Returns the policies that apply to a mailbox.
    fn of(&self, mailbox: &str) -> Vec<Policy> {
        let policies = self.lock();
        let keys = [("team", TEAM_ID), ("mailbox", mailbox), ("api_key", CREDENTIAL_ID)];
        let keys = keys.map(|(scope, id)| format!("{scope}/{id}"));
        keys.iter().map(|key| policies.get(key).cloned().unwrap_or_default()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Policy>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(scope: &str, id: &str) -> Result<String, ApiError> {
    let known = match scope {
        "team" => id == TEAM_ID,
        "mailbox" => MAILBOXES.iter().any(|item| item.id == id && item.status != "deleted"),
        "api_key" => id == CREDENTIAL_ID,
        _ if SCOPES.contains(&scope) => false,
        _ => return Err(ApiError::InvalidParameter("scope")),
    };
    if known { Ok(format!("{scope}/{id}")) } else { Err(ApiError::NotFound) }
}

/// Returns a policy with its version, as the API writes them.
fn snapshot(policy: &Policy) -> Value {
    json!({ "policy": policy.to_json(), "version": policy.version() })
}

/// Returns the entity tag of a policy with its version.
pub(crate) fn etag(snapshot: &Value) -> String {
    format!("\"{}\"", snapshot["version"].as_str().unwrap_or_default())
}

/// Returns `None` if an object has other members than these.
fn closed(members: &Map<String, Value>, known: &[&str]) -> Option<()> {
    members.keys().all(|name| known.contains(&name.as_str())).then_some(())
}

fn strings(value: Option<&Value>, valid: impl Fn(&str) -> bool) -> Option<Vec<String>> {
    let Some(value) = value else { return Some(Vec::new()) };
    let list = value.as_array().filter(|list| list.len() <= MAX_ENTRIES)?;
    list.iter().map(|item| item.as_str().filter(|text| valid(text)).map(str::to_owned)).collect()
}

/// Returns true for the text of an email address.
pub(crate) fn is_address(text: &str) -> bool {
    let parts = text.split_once('@');
    text.len() <= MAX_ADDRESS
        && !text.contains(|c: char| c.is_whitespace() || c.is_control())
        && parts.is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty())
        && !parts.is_some_and(|(_, domain)| domain.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "support@example.com";

    fn replace(policies: &Policies, policy: Value) -> Result<(), ApiError> {
        let etag = etag(&policies.get("mailbox", "mbx_support")?);
        let body = Map::from_iter([("policy".to_owned(), policy)]);
        policies.replace("mailbox", "mbx_support", Some(&etag), &body).map(drop)
    }

    fn check(policies: &Policies, from: &str, to: &str) -> Result<(), ApiError> {
        policies.check("mbx_support", OWN, from, &[], &[to])
    }

    #[test]
    fn null_means_no_list_and_an_empty_list_allows_nobody() {
        let policies = Policies::default();
        for (recipients, allowed) in [
            (json!({}), true),
            (json!({ "allow": null }), true),
            (json!({ "allow": {} }), false),
            (json!({ "allow": { "domains": ["example.org"] } }), true),
            (json!({ "allow": { "domains": ["sub.example.org"] } }), false),
            (json!({ "deny": { "addresses": ["Ada@example.org"] } }), false),
        ] {
            replace(&policies, json!({ "recipients": recipients })).unwrap();
            assert_eq!(check(&policies, OWN, "ada@example.org").is_ok(), allowed, "{recipients}");
        }
    }

    #[test]
    fn what_is_left_out_has_its_default_again() {
        let policies = Policies::default();
        let own = json!({ "own_address": false, "domains": ["example.com"] });
        replace(&policies, json!({ "allowed_from": own })).unwrap();
        assert!(check(&policies, "x@example.com", "a@example.org").is_err(), "the team disagrees");
        replace(&policies, json!({})).unwrap();
        assert!(check(&policies, OWN, "a@example.org").is_ok());
        assert_eq!(policies.choices("mbx_support", OWN).0, (vec![OWN.to_owned()], vec![]));
    }

    #[test]
    fn a_policy_is_replaced_only_as_it_was_read() {
        let policies = Policies::default();
        let body = Map::from_iter([("policy".to_owned(), json!({}))]);
        let status = |if_match| {
            let replaced = policies.replace("team", TEAM_ID, if_match, &body);
            replaced.map_or_else(ApiError::status, |_| 200)
        };
        assert_eq!(status(None), 400);
        assert_eq!(status(Some("*")), 400);
        assert_eq!(status(Some("\"other\"")), 409);
        let etag = etag(&policies.get("team", TEAM_ID).unwrap());
        assert_eq!(etag.len(), 66);
        assert_eq!(status(Some(&etag)), 200);
    }

    #[test]
    fn invalid_policies_and_unknown_owners_are_refused() {
        let policies = Policies::default();
        for policy in [
            json!({ "other": 1 }),
            json!({ "allowed_from": null }),
            json!({ "allowed_from": { "domains": ["Example.com"] } }),
            json!({ "recipients": { "allow": { "addresses": ["nobody"] } } }),
            json!({ "alternate_from": vec!["a@example.com"; 101] }),
        ] {
            assert_eq!(replace(&policies, policy).unwrap_err().status(), 422);
        }
        let status = |scope, id| policies.get(scope, id).map_or_else(ApiError::status, |_| 200);
        assert_eq!(status("mailbox", "mbx_former"), 404);
        assert_eq!(status("oauth_grant", "x"), 404);
        assert_eq!(status("planet", "x"), 400);
    }
}
