//! Hand-written modules of the client that stand on operations and types of a document. Each is
//! compiled only where everything that its code names is there, with the types that it relies on.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;

use super::Items;
use crate::error::{Error, Pointer};
use crate::module::{Module, Surface};
use crate::naming::ident;
use crate::note::Note;

/// A hand-written module, or several that belong together.
struct Extra {
    /// What the client's `if_documented!` calls it.
    name: &'static str,
    /// What a caller misses without it.
    provides: &'static str,
    module: Module,
    /// The generated type that it adds to, if nobody misses it without that type.
    of: Option<&'static str>,
    /// What its code relies on: `path: signature`, as in the list of items.
    needs: &'static [&'static str],
}

const EXTRAS: [Extra; 11] = [
    Extra {
        name: "dns_records",
        provides: "`Domain::records`",
        module: Module::Surface(Surface::Management),
        of: Some("types::Domain: struct"),
        needs: &[
            "Client::get_domain: fn(String)",
            "Client::get_domain: fn -> crate::Response<types::Domain>",
            "Client::get_domain_zone_file: fn(String)",
            "Client::verify_domain: fn(String)",
            "Client::verify_domain: fn -> crate::Response<types::DomainVerifyResult>",
            "types::Domain::dns_records: DnsRecords",
            "types::Domain::domain: String",
            "types::Domain::ses_dkim_status: Option<String>",
            "types::Domain::ses_mail_from_status: Option<String>",
            "types::DnsRecords::dkim: Vec<NameValueRecord>",
            "types::DnsRecords::dmarc: NameValueRecord",
            "types::DnsRecords::mail_from: MailFromRecords",
            "types::DnsRecords::mx: Vec<MxRecord>",
            "types::DnsRecords::spf: NameValueRecord",
            "types::DnsRecords::verification: NameValueRecord",
            "types::DomainVerifyChecks::dmarc: bool",
            "types::DomainVerifyChecks::mail_from_mx: bool",
            "types::DomainVerifyChecks::mail_from_spf: bool",
            "types::DomainVerifyChecks::mx: bool",
            "types::DomainVerifyChecks::spf: bool",
            "types::DomainVerifyChecks::verification_txt: bool",
            "types::DomainVerifyResult::checks: DomainVerifyChecks",
            "types::DomainVerifyResult::ses_dkim_status: String",
            "types::MailFromRecords::mx: NamedMxRecord",
            "types::MailFromRecords::spf: NameValueRecord",
            "types::MxRecord::priority: i64",
            "types::MxRecord::target: String",
            "types::NameValueRecord::name: String",
            "types::NameValueRecord::value: String",
            "types::NamedMxRecord::name: String",
            "types::NamedMxRecord::priority: i64",
            "types::NamedMxRecord::target: String",
        ],
    },
    Extra {
        name: "attachment_texts",
        provides: "`Client::read_attachment_text`",
        module: Module::Surface(Surface::Mailbox),
        of: None,
        needs: &[
            "Client::get_attachment_text: fn(String,String)",
            "Client::get_attachment_text: fn -> crate::Response<types::AttachmentText>",
            "Client::request_attachment_text: fn(String,String)",
            "Client::request_attachment_text: fn -> crate::Response<types::AttachmentText>",
            "GetAttachmentText::mailbox_id: String",
            "GetAttachmentText::max_bytes: i64",
            "RequestAttachmentText::mailbox_id: String",
            "RequestAttachmentText::max_bytes: i64",
            "types::AttachmentText::outcome: Option<crate::mailbox::types::TextOutcome>",
            "types::AttachmentText::status: crate::mailbox::types::TextStatus",
            "types::AttachmentText::text: Option<String>",
            "types::AttachmentText::truncated: bool",
            "types::TextOutcome::Ready: variant \"ready\"",
            "types::TextStatus::Complete: variant \"complete\"",
        ],
    },
    Extra {
        name: "drafts",
        provides: "`Client::draft`",
        module: Module::Surface(Surface::Mailbox),
        of: None,
        needs: &[
            "Client::get_draft: fn(String)",
            "Client::get_draft: fn -> crate::Response<types::Draft>",
            "Client::send_draft: fn(String,types::DraftSend)",
            "Client::send_draft: fn -> crate::Response<types::Draft>",
            "Client::update_draft: fn(String,types::DraftUpdate)",
            "Client::update_draft: fn -> crate::Response<types::Draft>",
            "Client::update_draft_schedule: fn(String,types::DraftScheduleUpdate)",
            "Client::update_draft_schedule: fn -> crate::Response<types::Draft>",
            "GetDraft::mailbox_id: String",
            "SendDraft::mailbox_id: String",
            "UpdateDraft::mailbox_id: String",
            "UpdateDraftSchedule::mailbox_id: String",
            "types::Draft::id: String",
            "types::Draft::revision: i64",
            "types::Draft::schedule_version: i64",
            "types::Draft::scheduled_for: Option<crate::Timestamp>",
            "types::Draft::status: crate::mailbox::types::DraftStatus",
            "types::DraftAction::Adopt: variant \"adopt\"",
            "types::DraftAction::Forward: variant \"forward\"",
            "types::DraftAction::Reply: variant \"reply\"",
            "types::DraftAction::ReplyAll: variant \"reply_all\"",
            "types::DraftCreate::new: fn()",
            "types::DraftCreate::source: Option<DraftSource>",
            "types::DraftScheduleUpdate::expected_revision: i64",
            "types::DraftScheduleUpdate::expected_schedule_version: i64",
            "types::DraftScheduleUpdate::new: fn(expected_revision,expected_schedule_version,scheduled_for)",
            "types::DraftScheduleUpdate::scheduled_for: Option<crate::Timestamp>",
            "types::DraftSend::expected_revision: i64",
            "types::DraftSend::expected_schedule_version: Option<i64>",
            "types::DraftSend::new: fn(expected_revision)",
            "types::DraftSend::scheduled_for: Option<crate::Timestamp>",
            "types::DraftSource::action: crate::mailbox::types::DraftAction",
            "types::DraftSource::message_id: String",
            "types::DraftSource::new: fn(message_id,action)",
            "types::DraftStatus::Deleted: variant \"deleted\"",
            "types::DraftStatus::Failed: variant \"failed\"",
            "types::DraftStatus::Preparing: variant \"preparing\"",
            "types::DraftStatus::Queued: variant \"queued\"",
            "types::DraftStatus::Ready: variant \"ready\"",
            "types::DraftStatus::Scheduled: variant \"scheduled\"",
            "types::DraftStatus::Sending: variant \"sending\"",
            "types::DraftStatus::Uncertain: variant \"uncertain\"",
            "types::DraftUpdate::expected_revision: i64",
        ],
    },
    Extra {
        name: "inline_attachments",
        provides: "`InlineAttachment::from_bytes`",
        module: Module::Surface(Surface::Mailbox),
        of: None,
        needs: &[
            "types::InlineAttachment::new: fn(filename,content_type,content)",
            "types::InlineAttachment::filename: String",
            "types::InlineAttachment::content_type: String",
            "types::InlineAttachment::content: String",
        ],
    },
    Extra {
        name: "replies",
        provides: "`MessageSend::reply`",
        module: Module::Surface(Surface::Mailbox),
        of: Some("types::MessageSend: struct"),
        needs: &[
            "Client::get_message: fn(String)",
            "Client::get_message: fn -> crate::Response<types::Message>",
            "Client::send_message: fn(types::MessageSend)",
            "Client::send_message: fn -> crate::Response<types::MessageSent>",
            "types::Address::email: String",
            "types::Message::cc: Vec<Address>",
            "types::Message::from: Option<Address>",
            "types::Message::in_reply_to: Vec<String>",
            "types::Message::message_id: Vec<String>",
            "types::Message::references: Vec<String>",
            "types::Message::reply_to: Vec<Address>",
            "types::Message::subject: Option<String>",
            "types::Message::to: Vec<Address>",
            "types::MessageSend::cc: Option<Vec<Address>>",
            "types::MessageSend::custom_headers: Option<BTreeMap<String,String>>",
            "types::MessageSend::new: fn(to,subject)",
            "types::MessageSend::text_body: Option<String>",
            "types::MessageSent::message_id: String",
        ],
    },
    Extra {
        name: "signed_uploads",
        provides: "`Client::upload_signed` and `Client::put_signed`",
        module: Module::Surface(Surface::Mailbox),
        of: None,
        needs: &[
            "Client::create_attachment_upload: fn(types::AttachmentUploadCreate)",
            "Client::create_attachment_upload: fn -> crate::Response<types::AttachmentUpload>",
            "CreateAttachmentUpload::mailbox_id: String",
            "types::AttachmentUpload::headers: AttachmentUploadHeaders",
            "types::AttachmentUpload::max_size_bytes: i64",
            "types::AttachmentUpload::method: crate::mailbox::types::UploadMethod",
            "types::AttachmentUpload::upload_url: crate::Secret",
            "types::AttachmentUploadCreate::content_type: String",
            "types::AttachmentUploadCreate::filename: String",
            "types::AttachmentUploadCreate::new: fn(filename,content_type,size_bytes)",
            "types::AttachmentUploadCreate::size_bytes: i64",
            "types::AttachmentUploadHeaders::content_length: String",
            "types::AttachmentUploadHeaders::content_type: String",
            "types::UploadMethod: enum",
            "types::UploadedAttachment: struct",
        ],
    },
    Extra {
        name: "typed_changes",
        provides: "`Client::follow` and `GetChanges::feed`",
        module: Module::Surface(Surface::Mailbox),
        of: None,
        needs: &[
            "Client::get_changes: fn()",
            "Client::get_changes: fn -> crate::Response<crate::mailbox::types::ChangesResult>",
            "GetChanges::folders_since_state: String",
            "GetChanges::identities_since_state: String",
            "GetChanges::messages_since_state: String",
            "GetChanges::quotas_since_state: String",
            "GetChanges::since_state: String",
            "GetChanges::submissions_since_state: String",
            "GetChanges::threads_since_state: String",
            "GetChanges::types: String",
            "types::Changes: ChangeSet",
            "types::Changes::new_state: String",
            "types::ChangesByType::folders: Option<Changes>",
            "types::ChangesByType::identities: Option<Changes>",
            "types::ChangesByType::messages: Option<Changes>",
            "types::ChangesByType::quotas: Option<Changes>",
            "types::ChangesByType::submissions: Option<Changes>",
            "types::ChangesByType::threads: Option<Changes>",
            "types::ChangesResult::ByType: crate::mailbox::types::TypedChanges",
            "types::ChangesResult::Messages: crate::mailbox::types::Changes",
            "types::TypedChanges::types: ChangesByType",
        ],
    },
    Extra {
        name: "batches",
        provides: "`Client::send_batch`",
        module: Module::Surface(Surface::Sending),
        of: None,
        needs: &[
            "Client::send_email_batch: fn(types::BatchSend)",
            "Client::send_email_batch: fn -> crate::Response<types::BatchSent>",
            "SendEmailBatch::idempotency_key: String",
            "types::BatchResult::error: Option<ErrorDetail>",
            "types::BatchResult::index: i64",
            "types::BatchResult::message_id: Option<String>",
            "types::BatchResult::status: crate::sending::types::BatchStatus",
            "types::BatchSend::messages: Vec<EmailSend>",
            "types::BatchSend::new: fn(messages)",
            "types::BatchSent::results: Vec<BatchResult>",
            "types::BatchStatus::Failed: variant \"failed\"",
            "types::BatchStatus::Queued: variant \"queued\"",
            "types::EmailSend: struct",
            "types::ErrorDetail: struct",
        ],
    },
    Extra {
        name: "inline_attachments",
        provides: "`InlineAttachment::from_bytes`",
        module: Module::Surface(Surface::Sending),
        of: None,
        needs: &[
            "types::InlineAttachment::new: fn(filename,content)",
            "types::InlineAttachment::filename: String",
            "types::InlineAttachment::content: String",
        ],
    },
    Extra {
        name: "signed_uploads",
        provides: "`Client::upload_signed` and `Client::put_signed`",
        module: Module::Surface(Surface::Sending),
        of: None,
        needs: &[
            "Client::create_attachment_upload: fn(types::AttachmentUploadCreate)",
            "Client::create_attachment_upload: fn -> crate::Response<types::AttachmentUpload>",
            "CreateAttachmentUpload::idempotency_key: String",
            "types::AttachmentUpload::headers: BTreeMap<String,crate::Secret>",
            "types::AttachmentUpload::max_size_bytes: i64",
            "types::AttachmentUpload::method: crate::sending::types::UploadMethod",
            "types::AttachmentUpload::upload_url: crate::Secret",
            "types::AttachmentUploadCreate::content_type: Option<String>",
            "types::AttachmentUploadCreate::filename: String",
            "types::AttachmentUploadCreate::new: fn(filename,size_bytes)",
            "types::AttachmentUploadCreate::size_bytes: i64",
            "types::UploadMethod: enum",
            "types::UploadedAttachment: struct",
        ],
    },
    Extra {
        name: "deliveries",
        provides: "`Verifier` and `Delivery`",
        module: Module::Webhooks,
        of: None,
        needs: &[
            "types::Event::id: String",
            "types::Event::type_: crate::webhooks::types::EventType",
            "types::EventType: enum",
        ],
    },
];

/// What a module has beyond its items: the arguments of methods, and what types implement.
#[derive(Default)]
pub(super) struct Shapes(BTreeSet<String>);

impl Shapes {
    pub(super) fn add(&mut self, path: impl std::fmt::Display, signature: impl std::fmt::Display) {
        self.0.insert(format!("{path}: {signature}"));
    }
}

/// Returns the macro that keeps the extras of a module, and notes those that it drops.
pub(super) fn emit(
    module: Module,
    mut shapes: Shapes,
    items: &Items,
    notes: &mut Vec<Note>,
) -> TokenStream {
    for item in &items.list {
        let path = item.path.split_once("::").map_or(item.path.as_str(), |(_, path)| path);
        shapes.add(path, &item.signature);
    }
    let mut arms = TokenStream::new();
    for extra in EXTRAS.iter().filter(|extra| extra.module == module) {
        let name = ident(extra.name);
        let missing = extra.needs.iter().find(|need| !shapes.0.contains(**need));
        arms.extend(match missing {
            None => quote! { (#name $($items:tt)*) => { $($items)* }; },
            Some(_) => quote! { (#name $($items:tt)*) => {}; },
        });
        let is_missed = extra.of.is_none_or(|of| shapes.0.contains(of));
        notes.extend(missing.filter(|_| is_missed).map(|missing| {
            let reason = Error::new(
                Pointer::root().child("paths"),
                format!("nothing in the document becomes `{missing}`"),
                "if the API describes it in another way, adapt the hand-written module, and its \
                 needs in codegen/src/emit/extras.rs",
            );
            Note::new(extra.provides, reason)
        }));
    }
    if arms.is_empty() {
        return arms;
    }
    quote! {
        /// Keeps the items that stand on what the document has.
        macro_rules! if_documented { #arms }
    }
}
