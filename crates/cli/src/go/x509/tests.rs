use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::json;

#[test]
fn an_odd_certificate_is_written_as_go_writes_it() {
    let block = pem::parse(ODD).unwrap();
    let written = json(block.contents()).unwrap();
    assert!(
        written.starts_with(&format!(
            "{{\"Raw\":\"{}\",\"RawTBSCertificate\":",
            STANDARD.encode(block.contents())
        ))
    );
    let from = written.find("\"RawSubject\"").unwrap();
    assert_eq!(written.get(from..).unwrap(), WRITTEN);
}

#[test]
fn what_is_no_certificate_is_not_written() {
    let block = pem::parse(ODD).unwrap();
    let whole = block.contents();
    for length in [0, 1, 100, whole.len() - 1] {
        assert_eq!(
            json(whole.get(..length).unwrap()),
            Err("x509: malformed certificate".to_owned()),
            "{length}"
        );
    }
    assert_eq!(json(&[whole, b"x"].concat()), Err("x509: trailing data".to_owned()));
    assert!(json(whole).is_ok());
}

// Made with openssl: two countries, every kind of subject name, purposes known and unknown, constraints, policies.
const ODD: &str = "-----BEGIN CERTIFICATE-----
MIIDcDCCAyKgAwIBAgIUdNIJF9TaMbOi9eeFnMZrF/H9S0UwBQYDK2VwMIGQMQsw
CQYDVQQGEwJERTELMAkGA1UEBhMCRlIxCjAIBgNVBAgMAVgxCjAIBgNVBAcMAVkx
CjAIBgNVBAkMAVoxCjAIBgNVBBEMATExDjAMBgNVBAoMBUE8Jj5CMQswCQYDVQQL
DAJ1MTELMAkGA1UECwwCdTIxDjAMBgNVBAMMBcO8bsOvMQowCAYDVQQFEwE3MB4X
DTI2MTEyMTE1NDYxNVoXDTI2MTIwMTE1NDYxNVowgZAxCzAJBgNVBAYTAkRFMQsw
CQYDVQQGEwJGUjEKMAgGA1UECAwBWDEKMAgGA1UEBwwBWTEKMAgGA1UECQwBWjEK
MAgGA1UEEQwBMTEOMAwGA1UECgwFQTwmPkIxCzAJBgNVBAsMAnUxMQswCQYDVQQL
DAJ1MjEOMAwGA1UEAwwFw7xuw68xCjAIBgNVBAUTATcwKjAFBgMrZXADIQAAZOAx
9S8MPt0d+rqxl20h0Cs3JXzwkhNeUcJ/Se89fqOCAYowggGGMB0GA1UdDgQWBBTC
BVPXjOkRJaG/iIZVQlsAy8+J+DAfBgNVHSMEGDAWgBTCBVPXjOkRJaG/iIZVQlsA
y8+J+DAPBgNVHRMBAf8EBTADAQH/MDcGA1UdEQEB/wQtMCuGKWh0dHBzOi8vdTpw
QGguZXhhbXBsZTo4MDgwL2ElMjBiLyU3RWM/cT0xMCwGA1UdJQQlMCMGCCsGAQUF
BwMDBggrBgEFBQcDAQYDKgMEBggrBgEFBQcDCDAYBgNVHSAEETAPMAUGAyoDBDAG
BgRVHSAAMCMGA1UdHwQcMBowGKAWoBSGEmh0dHA6Ly9jLmV4YW1wbGUveDBKBggr
BgEFBQcBAQQ+MDwwHAYIKwYBBQUHMAGGEGh0dHA6Ly9vLmV4YW1wbGUwHAYIKwYB
BQUHMAKGEGh0dHA6Ly9pLmV4YW1wbGUwDAYDKgMJAQH/BAIFADAzBgNVHR4BAf8E
KTAnoBcwBYIDYS5iMAaBBC5jLmQwBoYELmUuZqEMMAqHCAoAAAD/AAAAMAUGAytl
cANBAGVC9Mmpm6fXvSA0unqPsQRGptISY1KAc20NMl3AqFkS+94hzl3kFEGqyUid
uenIbmYP3qzgvtalBBtLnmAb2A4=
-----END CERTIFICATE-----";

// What Go's `json.Marshal` makes of it, from the subject on.
const WRITTEN: &str = r##""RawSubject":"MIGQMQswCQYDVQQGEwJERTELMAkGA1UEBhMCRlIxCjAIBgNVBAgMAVgxCjAIBgNVBAcMAVkxCjAIBgNVBAkMAVoxCjAIBgNVBBEMATExDjAMBgNVBAoMBUE8Jj5CMQswCQYDVQQLDAJ1MTELMAkGA1UECwwCdTIxDjAMBgNVBAMMBcO8bsOvMQowCAYDVQQFEwE3","RawIssuer":"MIGQMQswCQYDVQQGEwJERTELMAkGA1UEBhMCRlIxCjAIBgNVBAgMAVgxCjAIBgNVBAcMAVkxCjAIBgNVBAkMAVoxCjAIBgNVBBEMATExDjAMBgNVBAoMBUE8Jj5CMQswCQYDVQQLDAJ1MTELMAkGA1UECwwCdTIxDjAMBgNVBAMMBcO8bsOvMQowCAYDVQQFEwE3","RawSignatureAlgorithm":"MAUGAytlcA==","Signature":"ZUL0yambp9e9IDS6eo+xBEam0hJjUoBzbQ0yXcCoWRL73iHOXeQUQarJSJ256chuZg/erOC+1qUEG0ueYBvYDg==","SignatureAlgorithm":16,"PublicKeyAlgorithm":4,"PublicKey":"AGTgMfUvDD7dHfq6sZdtIdArNyV88JITXlHCf0nvPX4=","Version":3,"SerialNumber":666926878027253904586479948146562164999887604549,"Issuer":{"Country":["DE","FR"],"Organization":["A\u003c\u0026\u003eB"],"OrganizationalUnit":["u1","u2"],"Locality":["Y"],"Province":["X"],"StreetAddress":["Z"],"PostalCode":["1"],"SerialNumber":"7","CommonName":"ünï","Names":[{"Type":[2,5,4,6],"Value":"DE"},{"Type":[2,5,4,6],"Value":"FR"},{"Type":[2,5,4,8],"Value":"X"},{"Type":[2,5,4,7],"Value":"Y"},{"Type":[2,5,4,9],"Value":"Z"},{"Type":[2,5,4,17],"Value":"1"},{"Type":[2,5,4,10],"Value":"A\u003c\u0026\u003eB"},{"Type":[2,5,4,11],"Value":"u1"},{"Type":[2,5,4,11],"Value":"u2"},{"Type":[2,5,4,3],"Value":"ünï"},{"Type":[2,5,4,5],"Value":"7"}],"ExtraNames":null},"Subject":{"Country":["DE","FR"],"Organization":["A\u003c\u0026\u003eB"],"OrganizationalUnit":["u1","u2"],"Locality":["Y"],"Province":["X"],"StreetAddress":["Z"],"PostalCode":["1"],"SerialNumber":"7","CommonName":"ünï","Names":[{"Type":[2,5,4,6],"Value":"DE"},{"Type":[2,5,4,6],"Value":"FR"},{"Type":[2,5,4,8],"Value":"X"},{"Type":[2,5,4,7],"Value":"Y"},{"Type":[2,5,4,9],"Value":"Z"},{"Type":[2,5,4,17],"Value":"1"},{"Type":[2,5,4,10],"Value":"A\u003c\u0026\u003eB"},{"Type":[2,5,4,11],"Value":"u1"},{"Type":[2,5,4,11],"Value":"u2"},{"Type":[2,5,4,3],"Value":"ünï"},{"Type":[2,5,4,5],"Value":"7"}],"ExtraNames":null},"NotBefore":"2026-11-21T15:46:15Z","NotAfter":"2026-12-01T15:46:15Z","KeyUsage":0,"Extensions":[{"Id":[2,5,29,14],"Critical":false,"Value":"BBTCBVPXjOkRJaG/iIZVQlsAy8+J+A=="},{"Id":[2,5,29,35],"Critical":false,"Value":"MBaAFMIFU9eM6RElob+IhlVCWwDLz4n4"},{"Id":[2,5,29,19],"Critical":true,"Value":"MAMBAf8="},{"Id":[2,5,29,17],"Critical":true,"Value":"MCuGKWh0dHBzOi8vdTpwQGguZXhhbXBsZTo4MDgwL2ElMjBiLyU3RWM/cT0x"},{"Id":[2,5,29,37],"Critical":false,"Value":"MCMGCCsGAQUFBwMDBggrBgEFBQcDAQYDKgMEBggrBgEFBQcDCA=="},{"Id":[2,5,29,32],"Critical":false,"Value":"MA8wBQYDKgMEMAYGBFUdIAA="},{"Id":[2,5,29,31],"Critical":false,"Value":"MBowGKAWoBSGEmh0dHA6Ly9jLmV4YW1wbGUveA=="},{"Id":[1,3,6,1,5,5,7,1,1],"Critical":false,"Value":"MDwwHAYIKwYBBQUHMAGGEGh0dHA6Ly9vLmV4YW1wbGUwHAYIKwYBBQUHMAKGEGh0dHA6Ly9pLmV4YW1wbGU="},{"Id":[1,2,3,9],"Critical":true,"Value":"BQA="},{"Id":[2,5,29,30],"Critical":true,"Value":"MCegFzAFggNhLmIwBoEELmMuZDAGhgQuZS5moQwwCocICgAAAP8AAAA="}],"ExtraExtensions":null,"UnhandledCriticalExtensions":[[1,2,3,9]],"ExtKeyUsage":[3,1,8],"UnknownExtKeyUsage":[[1,2,3,4]],"BasicConstraintsValid":true,"IsCA":true,"MaxPathLen":-1,"MaxPathLenZero":false,"SubjectKeyId":"wgVT14zpESWhv4iGVUJbAMvPifg=","AuthorityKeyId":"wgVT14zpESWhv4iGVUJbAMvPifg=","OCSPServer":["http://o.example"],"IssuingCertificateURL":["http://i.example"],"DNSNames":null,"EmailAddresses":null,"IPAddresses":null,"URIs":[{"Scheme":"https","Opaque":"","User":{},"Host":"h.example:8080","Path":"/a b/~c","Fragment":"","RawQuery":"q=1","RawPath":"/a%20b/%7Ec","RawFragment":"","ForceQuery":false,"OmitHost":false}],"PermittedDNSDomainsCritical":true,"PermittedDNSDomains":["a.b"],"ExcludedDNSDomains":null,"PermittedIPRanges":null,"ExcludedIPRanges":[{"IP":"10.0.0.0","Mask":"/wAAAA=="}],"PermittedEmailAddresses":[".c.d"],"ExcludedEmailAddresses":null,"PermittedURIDomains":[".e.f"],"ExcludedURIDomains":null,"CRLDistributionPoints":["http://c.example/x"],"PolicyIdentifiers":[[1,2,3,4],[2,5,29,32,0]],"Policies":["1.2.3.4","2.5.29.32.0"],"InhibitAnyPolicy":0,"InhibitAnyPolicyZero":false,"InhibitPolicyMapping":0,"InhibitPolicyMappingZero":false,"RequireExplicitPolicy":0,"RequireExplicitPolicyZero":false,"PolicyMappings":null}"##;
