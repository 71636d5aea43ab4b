use sendmux_client::Kind;

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

fn main() {
    is_timeout(Kind::Timeout);
}
