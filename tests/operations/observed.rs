//! What a caller gets, in a form that all operations share.

use std::fmt::Debug;
use std::future::poll_fn;
use std::pin::Pin;

use futures_core::Stream;
use sendmux_client::{Conditional, Download, Error, Event, Events, Page, Response};
use serde::Serialize;
use serde_json::{Value, json};

use crate::sample::SECRET;

#[derive(Debug)]
pub(crate) struct Observed {
    pub(crate) data: Value,
    pub(crate) request_id: String,
    /// Request and answer, as a log would have them.
    pub(crate) shown: String,
}

/// Takes an answer apart; `shown` is what its request looked like.
pub(crate) async fn observe<A: Answer>(answer: A, shown: String) -> Result<Observed, Error> {
    let shown = format!("{shown} {answer:?} {answer:#?}");
    let request_id = answer.request_id().to_owned();
    Ok(Observed { data: answer.data().await?, request_id, shown })
}

pub(crate) trait Answer: Debug {
    fn request_id(&self) -> &str;
    async fn data(self) -> Result<Value, Error>;
}

impl<T: Serialize + Debug> Answer for Response<T> {
    fn request_id(&self) -> &str {
        self.parts().request_id().unwrap_or_default()
    }

    async fn data(self) -> Result<Value, Error> {
        Ok(json!(*self))
    }
}

impl<T: Serialize + Debug> Answer for Page<T> {
    fn request_id(&self) -> &str {
        self.parts().request_id().unwrap_or_default()
    }

    async fn data(self) -> Result<Value, Error> {
        assert!(self.has_more());
        assert_eq!(self.next_cursor(), Some("next"));
        Ok(json!(self.items()))
    }
}

impl<A: Answer> Answer for Conditional<A> {
    fn request_id(&self) -> &str {
        match self {
            Self::Fresh(answer) => answer.request_id(),
            Self::NotModified(nothing) => nothing.parts().request_id().unwrap_or_default(),
        }
    }

    async fn data(self) -> Result<Value, Error> {
        match self {
            Self::Fresh(answer) => answer.data().await,
            Self::NotModified(_) => Ok(Value::Null),
        }
    }
}

impl Answer for Download {
    fn request_id(&self) -> &str {
        self.parts().request_id().unwrap_or_default()
    }

    async fn data(self) -> Result<Value, Error> {
        self.bytes().await.map(|bytes| json!(*bytes))
    }
}

impl<T: Serialize + Debug> Answer for Events<T>
where
    Self: Stream<Item = Result<Event<T>, Error>>,
{
    fn request_id(&self) -> &str {
        self.request_id().unwrap_or_default()
    }

    async fn data(self) -> Result<Value, Error> {
        let mut events = self.end_on_close();
        let mut next = async || poll_fn(|context| Pin::new(&mut events).poll_next(context)).await;
        let event = next().await.unwrap()?;
        assert!(!format!("{event:?} {event:#?}").contains(SECRET));
        assert!(next().await.is_none());
        Ok(json!(event.data.value().unwrap()))
    }
}
