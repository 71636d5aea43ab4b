//! Which part of the API a module of the client covers.

/// One module of the client: a set of operations that share a host and a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Surface {
    /// Everything on the app host outside `/mailbox/`.
    Management,
    /// The `/mailbox/` operations of the app host.
    Mailbox,
    /// The sending host, which has a document of its own.
    Sending,
}

impl Surface {
    /// Every surface, in the order in which the client documents them.
    pub const ALL: [Surface; 3] = [Surface::Management, Surface::Mailbox, Surface::Sending];

    /// Name of the client's module, of its cargo feature, and of the prefix of operation ids.
    pub fn module(self) -> &'static str {
        match self {
            Surface::Management => "management",
            Surface::Mailbox => "mailbox",
            Surface::Sending => "sending",
        }
    }

    /// File name of the vendored document that describes this surface.
    pub fn document(self) -> &'static str {
        match self {
            Surface::Management | Surface::Mailbox => "openapi.json",
            Surface::Sending => "openapi-sending.json",
        }
    }

    /// Whether an operation at this path belongs here, given that it stands in [`Self::document`].
    pub(crate) fn covers(self, path: &str) -> bool {
        let mailbox = path.split('/').nth(1) == Some("mailbox");
        match self {
            Surface::Management => !mailbox,
            Surface::Mailbox => mailbox,
            Surface::Sending => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_segment_decides() {
        assert!(Surface::Mailbox.covers("/mailbox/messages:batch-get"));
        assert!(Surface::Management.covers("/mailboxes/{public_id}"));
        assert!(Surface::Management.covers("/mailbox-send-policies/{scope}"));
        assert!(!Surface::Management.covers("/mailbox/me"));
    }
}
