//! The TLS configuration of the default HTTP client.

use reqwest::ClientBuilder;

use crate::error::Error;

/// Whether this build supports https.
pub(crate) const AVAILABLE: bool = cfg!(any(feature = "rustls", feature = "native-tls"));

/// Installs ring as the process-wide crypto provider of rustls if there is none, so that a program
/// can build its own `reqwest::Client`: without a provider, reqwest panics.
pub(crate) fn install_default_provider() {
    #[cfg(feature = "rustls")]
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Fails only if another thread has just installed one.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}

/// Configures TLS 1.2 or later with the platform's trust anchors.
#[cfg(feature = "rustls")]
pub(crate) fn configure(builder: ClientBuilder) -> Result<ClientBuilder, Error> {
    use std::sync::Arc;

    use rustls::ClientConfig;
    use rustls_platform_verifier::BuilderVerifierExt;

    let failed = |error: rustls::Error| {
        Error::because(crate::error::Kind::Configuration, "TLS could not be configured")
            .with_source(Box::new(error))
    };
    // An explicit provider keeps the client independent of the process-wide one.
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

/// Configures TLS 1.2 or later with the platform's own library.
#[cfg(all(feature = "native-tls", not(feature = "rustls")))]
pub(crate) fn configure(builder: ClientBuilder) -> Result<ClientBuilder, Error> {
    Ok(builder.tls_backend_native().tls_version_min(reqwest::tls::Version::TLS_1_2))
}

#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
pub(crate) fn configure(builder: ClientBuilder) -> Result<ClientBuilder, Error> {
    Ok(builder)
}
