//! Authorities that sign certificates for tests.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    date_time_ymd,
};
use users_grpc_client::Identity;

/// An authority with a name of its own.
#[derive(Clone)]
pub(crate) struct Authority(Arc<CertifiedIssuer<'static, KeyPair>>);

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters
            .distinguished_name
            .push(rcgen::DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        Self(Arc::new(
            CertifiedIssuer::self_signed(parameters, key).unwrap(),
        ))
    }

    /// Its own certificate.
    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// For a server at `localhost`.
    pub(crate) fn server(&self) -> Identity {
        self.server_named("localhost")
    }

    pub(crate) fn server_named(&self, name: &str) -> Identity {
        let parameters = CertificateParams::new([name.to_owned()]).unwrap();
        self.sign(parameters, ExtendedKeyUsagePurpose::ServerAuth)
    }

    pub(crate) fn expired_server(&self) -> Identity {
        let mut parameters = CertificateParams::new(["localhost".to_owned()]).unwrap();
        parameters.not_before = date_time_ymd(2020, 1, 1);
        parameters.not_after = date_time_ymd(2020, 12, 31);
        self.sign(parameters, ExtendedKeyUsagePurpose::ServerAuth)
    }

    pub(crate) fn client(&self) -> Identity {
        let parameters = CertificateParams::new(["users".to_owned()]).unwrap();
        self.sign(parameters, ExtendedKeyUsagePurpose::ClientAuth)
    }

    fn sign(&self, mut parameters: CertificateParams, usage: ExtendedKeyUsagePurpose) -> Identity {
        parameters.extended_key_usages.push(usage);
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.signed_by(&key, &self.0).unwrap();
        Identity {
            certificate: certificate.pem(),
            key: key.serialize_pem().into(),
        }
    }
}
