//! A certificate that is renewed while the gate stands: served from the next connection on, whole or not at all.

use std::sync::Arc;

use tokio::{task::spawn_blocking, time::interval};

use super::{Files, Served, TlsError};
use crate::{gate::Gate, keeper::chain, limits, metrics::Metrics, options::Options};

/// Watches the files that certificate, key and authority for callers are in.
pub(crate) struct Renewal {
    options: Options,
    gate: Arc<Gate>,
    served: Served,
    /// What is served.
    good: Files,
    /// What is wrong with what is there: the same is not complained about again.
    wrong: Option<String>,
}

impl Renewal {
    pub(super) fn new(options: Options, gate: Arc<Gate>, served: Served, good: Files) -> Self {
        Self { options, gate, served, good, wrong: None }
    }

    /// Looks again and again.
    pub(crate) async fn watch(mut self) {
        let mut ticks = interval(limits::POLL);
        ticks.tick().await;
        loop {
            ticks.tick().await;
            match spawn_blocking(move || {
                self.look();
                self
            })
            .await
            {
                Ok(renewal) => self = renewal,
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(error, "the certificate is no longer watched");
                    return;
                }
            }
        }
    }

    // INVARIANT: what cannot be served never takes the place of what is: a certificate beside another one's key is half
    // of a renewal, and the other half follows.
    fn look(&mut self) {
        match self.renewed() {
            Ok(None) => self.wrong = None,
            Ok(Some(files)) => {
                (self.good, self.wrong) = (files, None);
                tell(&self.gate.metrics, &self.good);
                tracing::info!("a renewed certificate is served");
            }
            Err(error) => {
                let why = chain(&error);
                if self.wrong.as_ref() != Some(&why) {
                    tracing::error!(why, "the certificate that is there cannot be served; the former one is");
                    self.wrong = Some(why);
                }
            }
        }
    }

    fn renewed(&self) -> Result<Option<Files>, TlsError> {
        let Some(files) = Files::read(&self.options)? else { return Ok(None) };
        if files == self.good {
            return Ok(None);
        }
        self.served.store(Arc::new(files.config()?));
        Ok(Some(files))
    }
}

/// Says in the metrics when the certificate that is served ends.
pub(super) fn tell(metrics: &Metrics, files: &Files) {
    if let Some(ends) = files.ends() {
        metrics.certificate_ends.set(ends);
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use clap::Parser;
    use rcgen::{CertificateParams, KeyPair};
    use sealgate::oci::{Config, Credentials};

    use super::*;
    use crate::tls::Tls;

    fn pair(year: i32) -> (String, String) {
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().unwrap();
        (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
    }

    fn write(folder: &Path, name: &str, text: &str) {
        fs::write(folder.join(name), text).unwrap();
    }

    #[test]
    fn a_renewed_certificate_is_served_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let ((first, first_key), (second, second_key)) = (pair(2040), pair(2041));
        write(folder, "tls.crt", &first);
        write(folder, "tls.key", &first_key);
        write(folder, "ca.crt", &first);
        let at = |flag: &str, name: &str| format!("--{flag}={}", folder.join(name).display());
        let flags = [
            at("tls-cert", "tls.crt"),
            at("tls-key", "tls.key"),
            at("client-ca", "ca.crt"),
            at("policies", "none"),
        ];
        let options =
            Options::try_parse_from(std::iter::once("sealgate-webhook".to_owned()).chain(flags)).unwrap();
        let gate = Arc::new(Gate::new(
            Config { http_hosts: BTreeSet::new(), ..Config::default() },
            Credentials::anonymous(),
        ));
        let Tls { config, renewal, .. } = Tls::new(&options, &gate).unwrap();
        let mut renewal = renewal.unwrap();
        let mut look = || {
            let before = config.load_full();
            renewal.look();
            let after = config.load_full();
            (!Arc::ptr_eq(&before, &after), gate.metrics.certificate_ends.get())
        };
        let [in_2040, in_2041] = [2_208_988_800, 2_240_611_200];
        assert_eq!(look(), (false, in_2040));
        // Half of it, none of it, rubbish: nothing changes.
        write(folder, "tls.crt", &second);
        assert_eq!(look(), (false, in_2040));
        for rubbish in ["", "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n", &second_key] {
            write(folder, "tls.crt", rubbish);
            assert_eq!(look(), (false, in_2040), "{rubbish}");
        }
        fs::remove_file(folder.join("tls.crt")).unwrap();
        assert_eq!(look(), (false, in_2040));
        write(folder, "tls.crt", &second);
        write(folder, "tls.key", &second_key);
        assert_eq!(look(), (true, in_2041));
        assert_eq!(look(), (false, in_2041));
        // The authority for callers is part of it.
        write(folder, "ca.crt", "");
        assert_eq!(look(), (false, in_2041));
        write(folder, "ca.crt", &second);
        assert_eq!(look(), (true, in_2041));
    }
}
