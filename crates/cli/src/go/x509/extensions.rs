//! Extensions of certificates, as the fields that Go's parser makes of them.

use std::net::IpAddr;

use x509_parser::{
    asn1_rs::{FromDer as _, Oid},
    extensions::{CRLDistributionPoints, DistributionPointName, GeneralName, ParsedExtension, X509Extension},
};

use super::{bytes, list, oid, string, texts, url};

/// What the extensions say.
#[derive(Default)]
pub(super) struct Extensions {
    all: Vec<String>,
    unhandled: Vec<String>,
    key_usage: u16,
    purposes: Vec<u8>,
    other_purposes: Vec<String>,
    /// Whether there are basic constraints, for an authority, and how long a path it allows.
    constraints: Option<(bool, i64)>,
    subject_key: Option<String>,
    authority_key: Option<String>,
    ocsp: Vec<String>,
    issuers: Vec<String>,
    names: Names,
    permitted_critical: bool,
    permitted: Names,
    excluded: Names,
    lists: Vec<String>,
    policies: Vec<String>,
}

#[derive(Default)]
struct Names {
    dns: Vec<String>,
    emails: Vec<String>,
    addresses: Vec<String>,
    uris: Vec<String>,
}

impl Extensions {
    pub(super) fn of(extensions: &[X509Extension<'_>]) -> Result<Self, String> {
        let mut read = Self::default();
        for extension in extensions {
            let id = extension.oid.to_id_string();
            read.all.push(format!(
                "{{\"Id\":{},\"Critical\":{},\"Value\":{}}}",
                oid(&id),
                extension.critical,
                bytes(extension.value)
            ));
            if !read.take(extension)? && extension.critical {
                read.unhandled.push(oid(&id));
            }
        }
        Ok(read)
    }

    // Whether Go's parser knows it.
    fn take(&mut self, extension: &X509Extension<'_>) -> Result<bool, String> {
        match extension.parsed_extension() {
            ParsedExtension::AuthorityInfoAccess(access) => {
                for entry in access.iter() {
                    let GeneralName::URI(uri) = &entry.access_location else { continue };
                    match entry.access_method.to_id_string().as_str() {
                        "1.3.6.1.5.5.7.48.1" => self.ocsp.push(string(uri)),
                        "1.3.6.1.5.5.7.48.2" => self.issuers.push(string(uri)),
                        _ => {}
                    }
                }
            }
            ParsedExtension::AuthorityKeyIdentifier(key) => {
                self.authority_key = key.key_identifier.as_ref().map(|key| bytes(key.0));
            }
            ParsedExtension::BasicConstraints(constraints) => {
                let path = constraints.path_len_constraint.map_or(-1, i64::from);
                self.constraints = Some((constraints.ca, path));
            }
            ParsedExtension::CRLDistributionPoints(points) => self.points(points),
            ParsedExtension::CertificatePolicies(policies) => {
                self.policies.extend(policies.iter().map(|policy| policy.policy_id.to_id_string()));
            }
            ParsedExtension::ExtendedKeyUsage(_) => self.purposes(extension.value)?,
            ParsedExtension::KeyUsage(usage) => self.key_usage = usage.flags,
            ParsedExtension::NameConstraints(constraints) => {
                self.permitted_critical = extension.critical;
                for (into, trees) in [
                    (&mut self.permitted, &constraints.permitted_subtrees),
                    (&mut self.excluded, &constraints.excluded_subtrees),
                ] {
                    for tree in trees.iter().flatten() {
                        into.constraint(&tree.base);
                    }
                }
            }
            ParsedExtension::SubjectAlternativeName(names) => {
                for name in &names.general_names {
                    self.names.take(name)?;
                }
                let Names { dns, emails, addresses, uris } = &self.names;
                return Ok([dns, emails, addresses, uris].iter().any(|names| !names.is_empty()));
            }
            ParsedExtension::SubjectKeyIdentifier(key) => self.subject_key = Some(bytes(key.0)),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn points(&mut self, points: &CRLDistributionPoints<'_>) {
        for point in points.iter() {
            let Some(DistributionPointName::FullName(names)) = &point.distribution_point else { continue };
            for name in names {
                if let GeneralName::URI(uri) = name {
                    self.lists.push(string(uri));
                }
            }
        }
    }

    // In Go's numbers, in the certificate's order.
    fn purposes(&mut self, value: &[u8]) -> Result<(), String> {
        let (_, purposes) =
            <Vec<Oid<'_>>>::from_der(value).map_err(|_| "x509: invalid extended key usages".to_owned())?;
        for purpose in purposes.iter().map(Oid::to_id_string) {
            let number = PURPOSES.iter().find(|(known, _)| *known == purpose).map(|(_, number)| *number);
            match number {
                Some(number) => self.purposes.push(number),
                None => self.other_purposes.push(oid(&purpose)),
            }
        }
        Ok(())
    }

    /// The fields, in Go's order.
    pub(super) fn fields(self) -> Vec<(&'static str, String)> {
        let null = || "null".to_owned();
        let (is_authority, path) = self.constraints.unwrap_or((false, 0));
        let flag = |flag: bool| flag.to_string();
        let policy_numbers: Vec<String> = self.policies.iter().map(|policy| oid(policy)).collect();
        vec![
            ("KeyUsage", self.key_usage.to_string()),
            ("Extensions", list(self.all)),
            ("ExtraExtensions", null()),
            ("UnhandledCriticalExtensions", list(self.unhandled)),
            ("ExtKeyUsage", list(self.purposes.iter().map(u8::to_string))),
            ("UnknownExtKeyUsage", list(self.other_purposes)),
            ("BasicConstraintsValid", flag(self.constraints.is_some())),
            ("IsCA", flag(is_authority)),
            ("MaxPathLen", path.to_string()),
            ("MaxPathLenZero", flag(self.constraints.is_some() && path == 0)),
            ("SubjectKeyId", self.subject_key.unwrap_or_else(null)),
            ("AuthorityKeyId", self.authority_key.unwrap_or_else(null)),
            ("OCSPServer", list(self.ocsp)),
            ("IssuingCertificateURL", list(self.issuers)),
            ("DNSNames", list(self.names.dns)),
            ("EmailAddresses", list(self.names.emails)),
            ("IPAddresses", list(self.names.addresses)),
            ("URIs", list(self.names.uris)),
            ("PermittedDNSDomainsCritical", flag(self.permitted_critical)),
            ("PermittedDNSDomains", list(self.permitted.dns)),
            ("ExcludedDNSDomains", list(self.excluded.dns)),
            ("PermittedIPRanges", list(self.permitted.addresses)),
            ("ExcludedIPRanges", list(self.excluded.addresses)),
            ("PermittedEmailAddresses", list(self.permitted.emails)),
            ("ExcludedEmailAddresses", list(self.excluded.emails)),
            ("PermittedURIDomains", list(self.permitted.uris)),
            ("ExcludedURIDomains", list(self.excluded.uris)),
            ("CRLDistributionPoints", list(self.lists)),
            ("PolicyIdentifiers", list(policy_numbers)),
            ("Policies", texts(self.policies.iter().map(String::as_str))),
            ("InhibitAnyPolicy", "0".to_owned()),
            ("InhibitAnyPolicyZero", flag(false)),
            ("InhibitPolicyMapping", "0".to_owned()),
            ("InhibitPolicyMappingZero", flag(false)),
            ("RequireExplicitPolicy", "0".to_owned()),
            ("RequireExplicitPolicyZero", flag(false)),
            ("PolicyMappings", null()),
        ]
    }
}

impl Names {
    fn take(&mut self, name: &GeneralName<'_>) -> Result<(), String> {
        match name {
            GeneralName::DNSName(text) => self.dns.push(string(text)),
            GeneralName::IPAddress(bytes) => {
                let address = address(bytes).ok_or("x509: cannot parse IP address")?;
                self.addresses.push(string(&address.to_string()));
            }
            GeneralName::RFC822Name(text) => self.emails.push(string(text)),
            GeneralName::URI(text) => {
                self.uris.push(url::json(text).ok_or_else(|| format!("x509: cannot parse URI {text:?}"))?);
            }
            _ => {}
        }
        Ok(())
    }

    fn constraint(&mut self, name: &GeneralName<'_>) {
        match name {
            GeneralName::DNSName(text) => self.dns.push(string(text)),
            GeneralName::IPAddress(range) => {
                let (ip, mask) = range.split_at(range.len() / 2);
                if let Some(ip) = address(ip) {
                    self.addresses.push(format!(
                        "{{\"IP\":{},\"Mask\":{}}}",
                        string(&ip.to_string()),
                        bytes(mask)
                    ));
                }
            }
            GeneralName::RFC822Name(text) => self.emails.push(string(text)),
            GeneralName::URI(text) => self.uris.push(string(text)),
            _ => {}
        }
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        16 => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
        _ => None,
    }
}

const PURPOSES: [(&str, u8); 14] = [
    ("2.5.29.37.0", 0),
    ("1.3.6.1.5.5.7.3.1", 1),
    ("1.3.6.1.5.5.7.3.2", 2),
    ("1.3.6.1.5.5.7.3.3", 3),
    ("1.3.6.1.5.5.7.3.4", 4),
    ("1.3.6.1.5.5.7.3.5", 5),
    ("1.3.6.1.5.5.7.3.6", 6),
    ("1.3.6.1.5.5.7.3.7", 7),
    ("1.3.6.1.5.5.7.3.8", 8),
    ("1.3.6.1.5.5.7.3.9", 9),
    ("1.3.6.1.4.1.311.10.3.3", 10),
    ("2.16.840.1.113730.4.1", 11),
    ("1.3.6.1.4.1.311.2.1.22", 12),
    ("1.3.6.1.4.1.311.61.1.1", 13),
];
