//! Encryption on the way to the API.

use reqwest::ClientBuilder;

use crate::error::Error;

/// Whether this build can speak https.
pub(crate) const AVAILABLE: bool = cfg!(any(feature = "rustls", feature = "native-tls"));

/// Lets a program hand over a `reqwest::Client` of its own: without a provider for the process,
/// reqwest panics when it builds one. A provider that the program chose stays.
pub(crate) fn offer_provider() {
    #[cfg(feature = "rustls")]
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Lost only to another thread that chose one in this very moment.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}

/// TLS 1.2 or later, with the platform's trust anchors.
#[cfg(feature = "rustls")]
pub(crate) fn configure(builder: ClientBuilder) -> Result<ClientBuilder, Error> {
    use std::sync::Arc;

    use rustls::ClientConfig;
    use rustls_platform_verifier::BuilderVerifierExt;

    let failed = |error: rustls::Error| {
        Error::because(crate::error::Kind::Configuration, "TLS could not be set up")
            .with_source(Box::new(error))
    };
    // The provider is named here, so that no other crate's choice of a process-wide one matters.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(failed)?
        .with_platform_verifier()
        .map_err(failed)?
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    if cfg!(feature = "http2") {
        config.alpn_protocols.insert(0, b"h2".to_vec());
    }
    Ok(builder.tls_backend_preconfigured(config))
}

/// TLS 1.2 or later, by the platform's own library.
#[cfg(all(feature = "native-tls", not(feature = "rustls")))]
pub(crate) fn configure(builder: ClientBuilder) -> Result<ClientBuilder, Error> {
    Ok(builder.tls_backend_native().tls_version_min(reqwest::tls::Version::TLS_1_2))
}

#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
#[expect(clippy::unnecessary_wraps, reason = "one signature for every build")]
pub(crate) fn configure(builder: ClientBuilder) -> Result<ClientBuilder, Error> {
    Ok(builder)
}
