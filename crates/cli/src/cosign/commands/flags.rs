//! Flags that verbs share, as data.

use crate::go::flags::{Flag, Kind};

/// Flags that every verb has.
pub(crate) const ROOT: &[Flag] = &[
    Flag::text("output-file", "write the answer to this file instead of standard output"),
    Flag::text("timeout", "how long the whole command may take")
        .of(Kind::Duration)
        .default("3m0s")
        .short('t'),
    Flag::switch("verbose", "accepted for compatibility").short('d'),
    Flag::switch(
        "strict-compat",
        "choose between signature formats as cosign does, by the first image alone",
    ),
];

/// How registries are spoken to.
pub(crate) const REGISTRY: &[Flag] = &[
    Flag::switch("allow-http-registry", "speak plain http to the registries of the images named"),
    Flag::switch("allow-insecure-registry", "accept any TLS certificate, and plain http"),
    Flag::text("attachment-tag-prefix", "what the names of the tags that hold signatures begin with")
        .deprecated("please use OCI referrers"),
    Flag::switch("k8s-keychain", "credentials of the clouds' own helpers, too"),
    Flag::text("registry-cacert", "more certificate authorities for registries, PEM"),
    Flag::text("registry-client-cert", "client certificate for registries, PEM"),
    Flag::text("registry-client-key", "its key, PEM"),
    Flag::text("registry-password", "password for the registry"),
    Flag::text("registry-server-name", "name to expect in the registry's certificate"),
    Flag::text("registry-token", "bearer token for the registry"),
    Flag::text("registry-username", "user name for the registry"),
];

/// Who must have signed, by certificate.
pub(crate) const CERTIFICATE: &[Flag] = &[
    Flag::text("ca-intermediates", "certificates between root and signer, PEM").deprecated(CA_NOTICE),
    Flag::text("ca-roots", "root certificates of the certificate authority, PEM").deprecated(CA_NOTICE),
    Flag::text("certificate", "the signer's certificate, PEM")
        .deprecated("please use --bundle with --trusted-root to provide the public certificate"),
    Flag::text("certificate-chain", "chain of the certificate authority, PEM")
        .deprecated("please use --trusted-root to provide the certificate chain"),
    Flag::text("certificate-github-workflow-name", "name of the GitHub workflow that signed"),
    Flag::text("certificate-github-workflow-ref", "git ref that the GitHub workflow ran on"),
    Flag::text("certificate-github-workflow-repository", "repository that the GitHub workflow ran in"),
    Flag::text("certificate-github-workflow-sha", "commit that the GitHub workflow ran on"),
    Flag::text("certificate-github-workflow-trigger", "event that started the GitHub workflow"),
    Flag::text("certificate-identity", "who must have signed: the subject of the certificate, exactly"),
    Flag::text(
        "certificate-identity-regexp",
        "the same as a pattern; it matches anywhere unless it has ^ and $",
    ),
    Flag::text("certificate-oidc-issuer", "who must have vouched for the signer: the OIDC issuer, exactly"),
    Flag::text(
        "certificate-oidc-issuer-regexp",
        "the same as a pattern; it matches anywhere unless it has ^ and $",
    ),
    Flag::switch("insecure-ignore-sct", "do not ask for a signed certificate timestamp"),
    Flag::text("sct", "detached signed certificate timestamp of a certificate that holds none")
        .deprecated("a Signed Certificate Timestamp is now provided via a Sigstore bundle"),
];

const CA_NOTICE: &str = "please use --trusted-root to provide CA certificates";

/// What proves it.
pub(crate) const COMMON: &[Flag] = &[
    Flag::switch("experimental-oci11", "try older signatures that refer to the image before those of the tag")
        .deprecated("OCI referrers will be the default behavior in future versions"),
    Flag::switch("insecure-ignore-tlog", "do not ask for a transparency log entry"),
    Flag::text("max-workers", "how many signatures are looked at together").of(Kind::Int).default("10"),
    Flag::switch("new-bundle-format", "look for bundles as well as for the older format")
        .default("true")
        .deprecated("this will be the only supported format in future versions"),
    Flag::switch("offline", "use no network for trust: no mirror of trusted roots is asked").deprecated(
        "To verify in an airgapped environment, provide a --bundle with the signature and verification material, \
         and a --trusted-root file with the service keys and certificates",
    ),
    Flag::switch("private-infrastructure", "as --insecure-ignore-tlog, without its warning")
        .deprecated("please use --insecure-ignore-tlog instead"),
    Flag::text("timestamp-certificate-chain", "chain of the timestamp authority, PEM")
        .deprecated("please use --trusted-root to provide the timestamp authority certificate chain"),
    Flag::text("trusted-root", "file with the certificates and keys to trust, instead of the public-good ones"),
    Flag::switch("use-signed-timestamps", "ask for a timestamp of a timestamp authority"),
];

/// Who must have signed, by key.
pub(crate) const KEY: &[Flag] = &[
    Flag::text("key", "public key that must have signed: a file, env://NAME, a URL, k8s://NAMESPACE/NAME"),
    Flag::text("rekor-url", "accepted for compatibility; logs are never asked")
        .default("https://rekor.sigstore.dev")
        .deprecated("please use --bundle, which includes the Rekor inclusion proof"),
    Flag::text("signature-digest-algorithm", "accepted for compatibility; the key decides")
        .default("sha256")
        .deprecated("please use --bundle, which already includes the digest algorithm"),
    Flag::switch("sk", "hardware token; not supported yet"),
    Flag::text("slot", "slot of the hardware token; not supported yet"),
];

/// What it must be about.
pub(crate) const CLAIMS: &[Flag] =
    &[Flag::switch("check-claims", "whether what is signed must be about what was asked").default("true")];

/// Which predicates count.
pub(crate) const TYPE: &[Flag] =
    &[Flag::text("type", "predicate type: a URI, or slsaprovenance1, spdxjson, cyclonedx, vuln, ...")
        .default("custom")];

/// What `verify` adds.
pub(crate) const IMAGE: &[Flag] = &[
    Flag::text("annotations", "KEY=VALUE that the signature must carry").of(Kind::List).short('a'),
    Flag::text("attachment", "accepted for compatibility")
        .deprecated("please use OCI referrers for attachments and verify with `--experimental-oci11`"),
    Flag::switch("local-image", "the image is a folder that `save` wrote"),
    Flag::text("output", "json, text or verdict-json").default("json").short('o'),
    Flag::text("payload", "accepted for compatibility"),
    Flag::text("signature", "accepted for compatibility")
        .deprecated("signatures are automatically fetched from the OCI registry during image verification"),
];

/// What `dockerfile verify` adds.
pub(crate) const BASE_IMAGE: &[Flag] =
    &[Flag::switch("base-image-only", "verify only the last image that the Dockerfile names")];

/// What `verify-attestation` adds.
pub(crate) const IMAGE_ATTESTATION: &[Flag] = &[
    Flag::switch("local-image", "the image is a folder that `save` wrote"),
    Flag::text("output", "json or verdict-json").default("json").short('o'),
    Flag::text("policy", "Rego file that must allow each attestation of the type").of(Kind::List),
];

/// What `verify-blob` adds.
pub(crate) const BLOB: &[Flag] = &[
    Flag::text("bundle", "file with the signature and what proves it"),
    Flag::text("output", "verdict-json: what was found out, on standard output; not with --strict-compat")
        .short('o'),
    Flag::text("rfc3161-timestamp", "file with a signed timestamp").deprecated(
        "please use --bundle to provide the output bundle location, which will include the signed timestamp",
    ),
    Flag::text("signature", "file with the signature, or the signature itself")
        .deprecated("please use --bundle to provide a signature"),
];

/// What `verify-blob-attestation` adds.
pub(crate) const BLOB_ATTESTATION: &[Flag] = &[
    Flag::text("digest", "digest of the file, in hexadecimal, instead of the file"),
    Flag::text("digestAlg", "algorithm of --digest: sha256, sha384 or sha512"),
];

/// What `version` adds.
pub(crate) const VERSION: &[Flag] = &[Flag::switch("json", "print JSON")];

/// What `trusted-root create` takes.
pub(crate) const TRUSTED_ROOT: &[Flag] = &[
    Flag::text("certificate-chain", "chain of a certificate authority, PEM")
        .of(Kind::Array)
        .deprecated("use --fulcio instead"),
    Flag::text(
        "ctfe",
        "CT log: url=URL,public-key=FILE,start-time=TIME[,end-time=TIME][,origin=NAME]; repeatable",
    )
    .of(Kind::Array),
    Flag::text("ctfe-end-time", "end of the CT log's time").of(Kind::Array).deprecated("use --ctfe instead"),
    Flag::text("ctfe-key", "key of a CT log, PEM").of(Kind::Array).deprecated("use --ctfe instead"),
    Flag::text("ctfe-start-time", "start of the CT log's time")
        .of(Kind::Array)
        .deprecated("use --ctfe instead"),
    Flag::text("ctfe-url", "address of the CT log").of(Kind::Array).deprecated("use --ctfe instead"),
    Flag::text(
        "fulcio",
        "certificate authority: url=URL,certificate-chain=FILE[,start-time=TIME][,end-time=TIME]; repeatable",
    )
    .of(Kind::Array),
    Flag::text("fulcio-uri", "address of the certificate authority")
        .of(Kind::Array)
        .deprecated("use --fulcio instead"),
    Flag::switch("no-default-ctfe", "leave out the CT logs of the public-good instance"),
    Flag::switch("no-default-fulcio", "leave out the certificate authorities of the public-good instance"),
    Flag::switch("no-default-rekor", "leave out the transparency logs of the public-good instance"),
    Flag::switch("no-default-tsa", "leave out the timestamp authorities of the public-good instance"),
    Flag::text("out", "write the trusted root to this file instead of standard output"),
    Flag::text(
        "rekor",
        "transparency log: url=URL,public-key=FILE,start-time=TIME[,end-time=TIME][,origin=NAME]; repeatable",
    )
    .of(Kind::Array),
    Flag::text("rekor-end-time", "end of the log's time").of(Kind::Array).deprecated("use --rekor instead"),
    Flag::text("rekor-key", "key of a transparency log, PEM; FILE,NAME for Rekor v2")
        .of(Kind::Array)
        .deprecated("use --rekor instead"),
    Flag::text("rekor-start-time", "start of the log's time")
        .of(Kind::Array)
        .deprecated("use --rekor instead"),
    Flag::text("rekor-url", "address of the log").of(Kind::Array).deprecated("use --rekor instead"),
    Flag::text("timestamp-certificate-chain", "chain of a timestamp authority, PEM")
        .of(Kind::Array)
        .deprecated("use --tsa instead"),
    Flag::text("timestamp-uri", "address of the timestamp authority")
        .of(Kind::Array)
        .deprecated("use --tsa instead"),
    Flag::text(
        "tsa",
        "timestamp authority: url=URL,certificate-chain=FILE[,start-time=TIME][,end-time=TIME]; repeatable",
    )
    .of(Kind::Array),
    Flag::switch("with-default-services", "begin with the public-good instance, as this program knows it"),
];

/// What `bundle create` takes.
pub(crate) const BUNDLE_CREATE: &[Flag] = &[
    Flag::text("artifact", "the file that was signed"),
    Flag::text("attestation", "file with the DSSE envelope that was signed"),
    Flag::text("bundle", "bundle file in cosign's older format"),
    Flag::text("certificate", "file with the signer's certificate, PEM in base64"),
    Flag::switch("ignore-tlog", "the signature is in no transparency log"),
    Flag::text("key", "public key of the signer: a file, env://NAME"),
    OUT_BUNDLE,
    Flag::text("rekor-url", "accepted for compatibility; logs are never asked")
        .default("https://rekor.sigstore.dev")
        .deprecated("please use a signing config to specify a rekor url; see `cosign signing-config --help`"),
    Flag::text("rfc3161-timestamp", "file with a signed timestamp, in cosign's JSON"),
    Flag::text("signature", "file with the signature, base64"),
    Flag::switch("sk", "hardware token; not supported yet"),
    Flag::text("slot", "slot of the hardware token; not supported yet").default("signature"),
];

/// What `bundle upgrade` takes.
pub(crate) const BUNDLE_UPGRADE: &[Flag] = &[
    OUT_BUNDLE,
    Flag::text("rekor-url", "accepted for compatibility; logs are never asked")
        .default("https://rekor.sigstore.dev"),
];

const OUT_BUNDLE: Flag = Flag::text("out", "write the bundle to this file instead of standard output");

/// What `initialize` adds.
pub(crate) const INITIALIZE: &[Flag] = &[
    Flag::text("mirror", "where the TUF repository is: a URL, or a folder")
        .default("https://tuf-repo-cdn.sigstore.dev"),
    Flag::text("root", "the root metadata that trust begins with: a file, URL, env://NAME"),
    Flag::text("root-checksum", "what --root must have: [sha256:|sha512:]HEX"),
    Flag::switch("staging", "the staging instance instead of the public-good one"),
];

/// What `env` takes.
pub(crate) const ENV: &[Flag] = &[
    Flag::switch("show-descriptions", "say what each variable does").default("true"),
    Flag::switch("show-sensitive-values", "show tokens and passwords, too"),
];

/// What cosign's `login` takes.
pub(crate) const LOGIN: &[Flag] = &[
    Flag::text("password", "not read").short('p'),
    Flag::switch("password-stdin", "not read"),
    Flag::text("username", "not read").short('u'),
];

/// What cosign's `public-key` takes.
pub(crate) const PUBLIC_KEY: &[Flag] = &[
    Flag::text("key", "not read"),
    Flag::text("outfile", "not written"),
    Flag::switch("sk", "not read"),
    Flag::text("slot", "not read"),
];
