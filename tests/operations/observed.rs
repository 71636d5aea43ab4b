//! What a caller gets, in a form that all operations share.

use sendmux_client::{Download, Page, Response};
use serde::Serialize;
use serde_json::{Value, json};

#[derive(Debug)]
pub(crate) struct Observed {
    pub(crate) data: Value,
    pub(crate) request_id: String,
}

impl<T: Serialize> From<Response<T>> for Observed {
    fn from(response: Response<T>) -> Self {
        let request_id = response.request_id().to_owned();
        Self { data: json!(*response), request_id }
    }
}

impl<T: Serialize> From<Page<T>> for Observed {
    fn from(page: Page<T>) -> Self {
        assert!(page.has_more());
        assert_eq!(page.next_cursor(), Some("next"));
        Self { data: json!(page.items()), request_id: page.request_id().to_owned() }
    }
}

impl From<Download> for Observed {
    fn from(download: Download) -> Self {
        let request_id = download.request_id().unwrap_or_default().to_owned();
        let length = download.content_length();
        Self { data: json!(length), request_id }
    }
}
