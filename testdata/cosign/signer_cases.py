"""Command lines for compare.py about what signers.py makes."""
import signers

BLOB = '$FX/blob.txt'
# What the names of a certificate are called, as people type them, and what is none of them.
TYPED = {
    'ip4': ['192.0.2.7', '::ffff:192.0.2.7'], 'ip6': ['2001:db8::1', '2001:0db8:0:0:0:0:0:1'], 'ip6-mapped': ['192.0.2.7', '::ffff:192.0.2.7'], 'ip6-zeros': ['2001:db8:0:1::1'],
    'wildcard': ['*.example.com', 'x.example.com'], 'dns-two': ['a.example.com', 'b.example.com', 'A.example.com'], 'dns-uri': [signers.URI, 'build.example.com'],
    'email-two': ['dev@example.com', 'ops@example.com', 'dev@example.com, ops@example.com'], 'uri-two': [signers.OTHER_URI, signers.URI], 'uri-email': [signers.URI, 'dev@example.com'],
    'email-dns': ['dev@example.com', 'build.example.com'], 'user': ['jo!acme.example'], 'user-email': ['jo!acme.example', 'dev@example.com'], 'user-two': ['jo!acme.example', 'al!acme.example'],
    'user-dns': ['jo!acme.example', 'build.example.com'], 'directory': ['somebody', 'CN=somebody'], 'directory-email': ['dev@example.com'], 'login': ['dev@corp.example'],
    'login-email': ['dev@corp.example', 'dev@example.com'], 'login-user': ['dev@corp.example', 'jo!acme.example'], 'number-email': [],
    'all': [signers.URI, '192.0.2.7', 'jo!acme.example', 'dev@example.com', 'build.example.com'],
    'two-at': ['https://github.com/acme/app/.github/workflows/release.yml@refs/tags/@acme/app@1.0.0'],
}
PATTERNS = {'acme': '^https://github.com/acme/', 'mail': '^[a-z]+@example[.]com$', 'last': '[nm7]$', 'none': '^$'}
ISSUER = '--certificate-oidc-issuer https://issuer.example'


def every():
    for part in (names, timestamps, kinds, referred):
        yield from part()


def names():
    logs, who = 'SIGSTORE_REKOR_PUBLIC_KEY=$FX/rekor.pub', '@ANY --insecure-ignore-sct'
    for name, typed in TYPED.items():
        old, new = f'$R/nm-{name}:v1', f'$R/nb-{name}:v1'
        by = f'verify-blob --bundle $FX/nm-{name}'
        lines = {
            'old/any': f'verify @ROOT @ANY {old}', 'old/text': f'verify @ROOT @ANY -o text {old}', 'new/any': f'verify @ROOT @ANY {new}',
            'blob': f'{by}.sigstore.json @ROOT @ANY {BLOB}', 'blob-old': f'@PIECES {by}.legacy.bundle @ANY {BLOB}',
            'blob-chain': f'{logs} {by}.legacy.bundle --certificate-chain $FX/fulcio-chain.pem {who} {BLOB}',
            'roots': f'{logs} verify --ca-roots $FX/fulcio-root.pem --ca-intermediates $FX/fulcio-chain.pem {who} {old}',
            'certificate': f'@PIECES verify --certificate $FX/leaf-nm-{name}.pem @ANY {old}',
        }
        if typed:
            lines |= {'old/nobody': f'verify @ROOT @NOBODY {old}', 'new/nobody': f'verify @ROOT @NOBODY {new}'}
        for form, image in (('old', old), ('new', new)):
            for number, words in enumerate(typed):
                lines[f'{form}/typed-{number}'] = f"verify @ROOT --certificate-identity '{words}' {ISSUER} {image}"
            for what, pattern in PATTERNS.items():
                if len(signers.NAMES[name]) > 1 and typed:
                    lines[f'{form}/pattern-{what}'] = f"verify @ROOT --certificate-identity-regexp '{pattern}' {ISSUER} {image}"
        for what, line in lines.items():
            yield f'name/{name}/{what}', line


def timestamps():
    files = ['good', 'other-log', 'of-another', 'precertificate', 'future', 'before', 'zero', 'version', 'extensions', 'extensions-dropped', 'log-renamed', 'rsa', 'sha512', 'sha1', 'trailing',
             'short', 'changed', 'text-time', 'float-time', 'negative', 'huge-time', 'short-id', 'long-id', 'no-id', 'no-extensions', 'no-version', 'no-signature', 'no-time', 'more', 'capital',
             'null-extensions', 'list', 'empty', 'null', 'url-base64', 'spaced', 'twice', 'two', 'text', 'nothing', 'spaces', 'mark', 'of-embedded', 'tls', 'tls-base64', 'missing']
    old = '--bundle $FX/sct.legacy.bundle @ANY'
    for name in files:
        file = f'--sct $FX/sct-{name}.json'
        yield f'sct/{name}/blob', f'@PIECES verify-blob {file} {old} {BLOB}'
        if name in ('good', 'of-another', 'text', 'empty', 'missing'):
            yield f'sct/{name}/image', f'@PIECES verify --certificate $FX/sct.pem {file} @ANY $R/x-sct:v1'
    file = '--sct $FX/sct-good.json'
    yield 'sct/none/blob', f'@PIECES verify-blob {old} {BLOB}'
    yield 'sct/ignored/blob', f'@PIECES verify-blob --sct $FX/sct-text.json --insecure-ignore-sct {old} {BLOB}'
    yield 'sct/ignored-missing/blob', f'@PIECES verify-blob --sct nosuch --insecure-ignore-sct {old} {BLOB}'
    yield 'sct/ignored/image', f'@PIECES verify --certificate $FX/sct.pem --sct $FX/sct-text.json --insecure-ignore-sct @ANY $R/x-sct:v1'
    yield 'sct/no-log-key/blob', f'SIGSTORE_REKOR_PUBLIC_KEY=$FX/rekor.pub SIGSTORE_ROOT_FILE=$FX/fulcio-chain.pem SIGSTORE_CT_LOG_PUBLIC_KEY_FILE=$FX/rekor.pub verify-blob {file} {old} {BLOB}'
    yield 'sct/certificate/blob', f'@PIECES verify-blob {file} --certificate $FX/sct.pem --signature $FX/sct.sig --insecure-ignore-tlog @ANY {BLOB}'
    yield 'sct/certificate-and-bundle/blob', f'@PIECES verify-blob {file} --certificate $FX/sct.pem {old} {BLOB}'
    yield 'sct/chain/blob', f'SIGSTORE_REKOR_PUBLIC_KEY=$FX/rekor.pub SIGSTORE_CT_LOG_PUBLIC_KEY_FILE=$FX/ctfe.pub verify-blob --certificate-chain $FX/fulcio-chain.pem {file} {old} {BLOB}'
    yield 'sct/root/blob', f'verify-blob {file} @ROOT {old} {BLOB}'
    yield 'sct/root/image', f'verify {file} @ROOT @ANY $R/x-sct:v1'
    yield 'sct/root-certificate/image', f'verify {file} --certificate $FX/sct.pem @ROOT @ANY $R/x-sct:v1'
    yield 'sct/pieces/image', f'@PIECES verify {file} @ANY $R/x-sct:v1'
    yield 'sct/nobody/blob', f'@PIECES verify-blob {file} --bundle $FX/sct.legacy.bundle @NOBODY {BLOB}'
    yield 'sct/other-blob/blob', f'@PIECES verify-blob {file} {old} $FX/other.txt'
    for name in ('good', 'text', 'of-embedded', 'other-log', 'missing'):
        yield f'sct/embedded/{name}/blob', f'@PIECES verify-blob --sct $FX/sct-{name}.json --bundle $FX/sct-embedded.legacy.bundle @ANY {BLOB}'
        yield f'sct/embedded/{name}/image', f'@PIECES verify --certificate $FX/sct-embedded.pem --sct $FX/sct-{name}.json @ANY $R/x-sct-embedded:v1'
    yield 'sct/bundle', f'verify-blob {file} --bundle $FX/blob-nosct.sigstore.json @ROOT @ANY {BLOB}'
    yield 'sct/key', f'@PIECES verify-blob {file} --key $FX/key.pub --bundle $FX/blob-key.legacy.bundle {BLOB}'
    yield 'sct/key-missing', f'@PIECES verify-blob --sct nosuch --key $FX/key.pub --bundle $FX/blob-key.legacy.bundle {BLOB}'
    yield 'sct/attestation', f'@PIECES verify-blob-attestation {file} --type slsaprovenance1 --certificate $FX/sct.pem --signature $FX/sct.env --insecure-ignore-tlog @ANY {BLOB}'


def kinds():
    for kind in signers.KINDS:
        key = f'--key $FX/kind-{kind}.pub'
        yield f'kind/{kind}/certificate/old', f'verify @ROOT @ANY $R/kc-old-{kind}:v1'
        yield f'kind/{kind}/certificate/new', f'verify @ROOT @ANY $R/kc-new-{kind}:v1'
        yield f'kind/{kind}/key/old', f'verify @ROOT {key} $R/kk-old-{kind}:v1'
        yield f'kind/{kind}/key/new', f'verify @ROOT {key} $R/kk-new-{kind}:v1'
        for by, who in (('certificate', '@ANY'), ('key', key)):
            stem = f'$FX/k{by[0]}-{kind}'
            yield f'kind/{kind}/{by}/blob', f'verify-blob @ROOT {who} --bundle {stem}.sigstore.json {BLOB}'
            yield f'kind/{kind}/{by}/blob-old', f'@PIECES verify-blob {who} --bundle {stem}.legacy.bundle {BLOB}'
            yield f'kind/{kind}/{by}/attestation', f'verify-blob-attestation @ROOT {who} --type slsaprovenance1 --bundle {stem}.att.sigstore.json {BLOB}'
            if kind in ('p384', 'p521'):
                yield f'kind/{kind}/{by}/blob-own-digest', f'verify-blob @ROOT {who} --bundle {stem}.own.sigstore.json {BLOB}'


def referred():
    for name in ('r-sig', 'r-two', 'r-two-manifests', 'r-and-tag', 'r-bad-and-tag', 'r-good-and-bad', 'r-bad-and-good', 'r-wrong', 'r-unnamed', 'r-other-kind', 'r-attestation', 'r-empty', 'r-and-bundle'):
        image = f'$R/{name}:v1'
        yield f'referred/{name}/asked', f'verify --experimental-oci11 @ROOT @ANY {image}'
        yield f'referred/{name}/text', f'verify --experimental-oci11 -o text @ROOT @ANY {image}'
        yield f'referred/{name}/nobody', f'verify --experimental-oci11 @ROOT @NOBODY {image}'
        yield f'referred/{name}/email', f'verify --experimental-oci11 @ROOT --certificate-identity dev@example.com --certificate-oidc-issuer-regexp .* {image}'
        yield f'referred/{name}/older', f'verify --experimental-oci11 --new-bundle-format=false @ROOT @ANY {image}'
        yield f'referred/{name}/plain', f'verify @ROOT @ANY {image}'
    for name in ('r-sig', 'r-and-tag', 'r-and-bundle'):
        for what, verb in {'tree': 'tree', 'download': 'download signature', 'attestation': 'verify-attestation --type custom @ROOT @ANY'}.items():
            yield f'referred/{name}/{what}', f'{verb} $R/{name}:v1'
