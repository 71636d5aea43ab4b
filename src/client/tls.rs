//! The TLS configuration of the default HTTP client.

use reqwest::ClientBuilder;

use crate::error::Error;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
use crate::error::Kind;

/// Whether this build supports https.
pub(crate) const AVAILABLE: bool = cfg!(any(feature = "rustls", feature = "native-tls"));

/// Configures TLS 1.2 or later with the platform's trust anchors, and these in PEM.
#[cfg(feature = "rustls")]
pub(crate) fn configure(builder: ClientBuilder, roots: &[Vec<u8>]) -> Result<ClientBuilder, Error> {
    use std::sync::Arc;

    use rustls::ClientConfig;
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    let failed = |error: rustls::Error| {
        Error::because(Kind::Configuration, "TLS could not be configured")
            .with_source(Box::new(error))
    };
    let mut anchors = Vec::new();
    for pem in roots {
        let before = anchors.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            anchors.push(certificate.map_err(|_| invalid_roots())?);
        }
        if anchors.len() == before {
            return Err(invalid_roots());
        }
    }
    // An explicit provider keeps the client independent of the process-wide one.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = verifier(anchors, Arc::clone(&provider)).map_err(|error| match error {
        error @ rustls::Error::InvalidCertificate(_) => {
            invalid_roots().with_source(Box::new(error))
        }
        error => failed(error),
    })?;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(failed)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    if cfg!(feature = "http2") {
        config.alpn_protocols.insert(0, b"h2".to_vec());
    }
    Ok(builder.tls_backend_preconfigured(config))
}

#[cfg(all(feature = "rustls", not(target_os = "android")))]
fn verifier(
    anchors: Vec<rustls::pki_types::CertificateDer<'static>>,
    provider: std::sync::Arc<rustls::crypto::CryptoProvider>,
) -> Result<rustls_platform_verifier::Verifier, rustls::Error> {
    rustls_platform_verifier::Verifier::new_with_extra_roots(anchors, provider)
}

/// Android trusts only what its user has installed.
#[cfg(all(feature = "rustls", target_os = "android"))]
fn verifier(
    anchors: Vec<rustls::pki_types::CertificateDer<'static>>,
    provider: std::sync::Arc<rustls::crypto::CryptoProvider>,
) -> Result<rustls_platform_verifier::Verifier, rustls::Error> {
    if !anchors.is_empty() {
        let message = "Android takes no further root certificates from a program";
        return Err(rustls::Error::General(message.to_owned()));
    }
    rustls_platform_verifier::Verifier::new(provider)
}

/// Configures TLS 1.2 or later with the platform's own library, and further trust anchors in PEM.
#[cfg(all(feature = "native-tls", not(feature = "rustls")))]
pub(crate) fn configure(builder: ClientBuilder, roots: &[Vec<u8>]) -> Result<ClientBuilder, Error> {
    let mut builder = builder.tls_backend_native().tls_version_min(reqwest::tls::Version::TLS_1_2);
    for pem in roots {
        let anchors = reqwest::Certificate::from_pem_bundle(pem).map_err(|_| invalid_roots())?;
        if anchors.is_empty() {
            return Err(invalid_roots());
        }
        builder = builder.tls_certs_merge(anchors);
    }
    Ok(builder)
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
fn invalid_roots() -> Error {
    Error::because(Kind::Configuration, "the root certificates are not certificates in PEM")
}

#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
pub(crate) fn configure(builder: ClientBuilder, _: &[Vec<u8>]) -> Result<ClientBuilder, Error> {
    Ok(builder)
}
