//! Media types by file extension.

/// The media type of a file of unknown type (RFC 9110, section 8.3).
pub(crate) const UNKNOWN: &str = "application/octet-stream";

/// The types that the guide of the API allows, by extension.
const KNOWN: [(&str, &str); 28] = [
    ("bmp", "image/bmp"),
    ("csv", "text/csv"),
    ("doc", "application/msword"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("gif", "image/gif"),
    ("ico", "image/vnd.microsoft.icon"),
    ("ics", "text/calendar"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("json", "application/json"),
    ("md", "text/markdown"),
    ("odp", "application/vnd.oasis.opendocument.presentation"),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("ppt", "application/vnd.ms-powerpoint"),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("svg", "image/svg+xml"),
    ("txt", "text/plain"),
    ("vcf", "text/vcard"),
    ("webp", "image/webp"),
    ("xls", "application/vnd.ms-excel"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("xml", "application/xml"),
    ("eml", "message/rfc822"),
    ("htm", "text/html"),
    ("html", "text/html"),
];

/// Returns the media type for the extension of a file name.
pub(crate) fn of(name: &str) -> Option<&'static str> {
    let last = name.rsplit(['/', '\\']).next()?;
    let (stem, extension) = last.rsplit_once('.')?;
    let known = KNOWN.iter().find(|(known, _)| extension.eq_ignore_ascii_case(known))?;
    (!stem.is_empty()).then_some(known.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_decides() {
        for (name, expected) in [
            ("a.pdf", Some("application/pdf")),
            ("dir.txt/A.B.PNG", Some("image/png")),
            ("a.txt\\b", None),
            (".pdf", None),
            ("pdf", None),
            ("a.exe", None),
            ("a.", None),
            ("", None),
        ] {
            assert_eq!(of(name), expected, "{name}");
        }
    }
}
