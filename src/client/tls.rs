//! The TLS configuration of the default HTTP client.

use reqwest::ClientBuilder;

use crate::error::Error;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
use crate::error::Kind;

/// Whether this build supports https.
pub(crate) const AVAILABLE: bool = cfg!(any(feature = "rustls", feature = "native-tls"));

/// Configures TLS 1.2 or later with the platform's trust anchors, and these in PEM.
///
/// Without any trust anchor, a client that does not need https (`optional`) trusts no certificate.
#[cfg(feature = "rustls")]
pub(crate) fn configure(
    builder: ClientBuilder,
    roots: &[Vec<u8>],
    optional: bool,
) -> Result<ClientBuilder, Error> {
    use std::sync::Arc;

    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    use rustls::{ClientConfig, RootCertStore};

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
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(failed)?;
    let config = match verifier(anchors, provider) {
        Ok(verifier) => config.dangerous().with_custom_certificate_verifier(Arc::new(verifier)),
        Err(error @ rustls::Error::InvalidCertificate(_)) => {
            return Err(invalid_roots().with_source(Box::new(error)));
        }
        Err(_) if optional => config.with_root_certificates(RootCertStore::empty()),
        Err(error) => {
            let message =
                no_roots(std::env::var_os("SSL_CERT_FILE"), std::env::var_os("SSL_CERT_DIR"));
            let error = Error::because(Kind::Configuration, message).with_source(Box::new(error));
            return Err(error);
        }
    };
    let mut config = config.with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    if cfg!(feature = "http2") {
        config.alpn_protocols.insert(0, b"h2".to_vec());
    }
    Ok(builder.tls_backend_preconfigured(config))
}

/// Returns why there are no root certificates, given the variables that say where they are.
#[cfg(feature = "rustls")]
fn no_roots(file: Option<std::ffi::OsString>, dirs: Option<std::ffi::OsString>) -> String {
    let named = [("SSL_CERT_FILE", file), ("SSL_CERT_DIR", dirs)];
    let named: Vec<String> = named
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name} ({})", value?.display())))
        .collect();
    let advice = "https needs some: install the package `ca-certificates`, or name a file with \
                  SSL_CERT_FILE";
    if named.is_empty() {
        format!(
            "no root certificates were found where the platform keeps them, such as \
             /etc/ssl/certs/ca-certificates.crt, /etc/pki/tls/certs/ca-bundle.crt or \
             /etc/ssl/cert.pem; {advice}"
        )
    } else {
        format!("no root certificates were found in {}; {advice}", named.join(" or "))
    }
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
pub(crate) fn configure(
    builder: ClientBuilder,
    roots: &[Vec<u8>],
    _optional: bool,
) -> Result<ClientBuilder, Error> {
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
pub(crate) fn configure(
    builder: ClientBuilder,
    _: &[Vec<u8>],
    _: bool,
) -> Result<ClientBuilder, Error> {
    Ok(builder)
}

#[cfg(all(test, feature = "rustls"))]
mod tests {
    use super::no_roots;

    #[test]
    fn missing_root_certificates_are_looked_for_by_name() {
        let places = no_roots(None, None);
        assert!(places.contains("/etc/ssl/certs/ca-certificates.crt"), "{places}");
        let file = no_roots(Some("/a.pem".into()), None);
        assert!(file.contains("found in SSL_CERT_FILE (/a.pem); https"), "{file}");
        let both = no_roots(Some("/a.pem".into()), Some("/certs".into()));
        assert!(both.contains("SSL_CERT_FILE (/a.pem) or SSL_CERT_DIR (/certs);"), "{both}");
    }
}
