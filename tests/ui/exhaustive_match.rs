use sendmux_client::Kind;
use sendmux_client::management::types::EmailStatus;

fn is_timeout(kind: Kind) -> bool {
    match kind {
        Kind::Timeout => true,
        Kind::Api
        | Kind::Body
        | Kind::Configuration
        | Kind::Connect
        | Kind::Connection
        | Kind::Credential
        | Kind::Decode
        | Kind::MissingETag
        | Kind::Pagination
        | Kind::Request
        | Kind::TooLarge
        | Kind::UnexpectedStatus => false,
    }
}

fn is_sent(status: EmailStatus) -> bool {
    match status {
        EmailStatus::Sent => true,
        EmailStatus::Pending
        | EmailStatus::Failed
        | EmailStatus::Rejected
        | EmailStatus::Unknown(_) => false,
    }
}

fn main() {
    is_timeout(Kind::Timeout);
    is_sent(EmailStatus::Sent);
}
