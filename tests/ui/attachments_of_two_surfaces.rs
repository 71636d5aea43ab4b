use sendmux_client::{mailbox, sending};

fn main() {
    let attachment = mailbox::types::InlineAttachment::new("YQ==", "text/plain", "a.txt");
    let _: sending::types::Attachment = attachment.into();
    let attachment = sending::types::InlineAttachment::new("YQ==", "a.txt");
    let _: mailbox::types::SendAttachment = attachment.into();
}
