"""Command lines for compare.py: what people type, and mistype, over the images and blobs of the kit's world.

@ROOT is the world's root, @ANY whoever signed, @PIECES the root as single files, @OLD an image signed in the older format and @NEW one
with a bundle; $FX, $R and $D{name} are the kit's.
"""
import signer_cases

WORDS = {
    '@ROOT': '--trusted-root $FX/trusted_root.json',
    '@ANY': '--certificate-identity-regexp .* --certificate-oidc-issuer-regexp .*',
    '@NOBODY': '--certificate-identity nobody --certificate-oidc-issuer x',
    '@PIECES': 'SIGSTORE_REKOR_PUBLIC_KEY=$FX/rekor.pub SIGSTORE_ROOT_FILE=$FX/fulcio-chain.pem SIGSTORE_CT_LOG_PUBLIC_KEY_FILE=$FX/ctfe.pub',
    '@OLD': '$R/kl-gh:v1',
    '@NEW': '$R/sig-new:v1',
}
BLOB, OTHER = '$FX/blob.txt', '$FX/other.txt'


def every():
    """All of them, as pairs of name and line."""
    lines = {}
    for part in (bundles, old_bundles, detached, keys, attestations, references, patterns, workflows, flags, verbs, variables,
                 annotations, reading, layouts, roots, making, manifests, policies, others, older_shapes, newer_shapes, attested_shapes, wrappings,
                 pieces, typed_signatures, odd_variables, artifacts):
        for name, line in part():
            assert name not in lines, f'two cases of the name {name}'
            for word, means in WORDS.items():
                line = line.replace(word, means)
            lines[name] = line
    for name, line in signer_cases.every():
        for word, means in WORDS.items():
            line = line.replace(word, means)
        lines[name] = line
    return list(lines.items())


def bundles():
    for name in ('gh', 'email', 'nosct', 'v2only', 'dns', 'gh-late', 'gh-notlog', 'gh-badset', 'gh-tsa', 'gh-tsa-tlog', 'gh-long-notlog', 'key',
                 'key-notlog', 'att-gh', 'att-key'):
        b = f'--bundle $FX/blob-{name}.sigstore.json'
        for what, line in {
            'any': f'verify-blob {b} @ROOT @ANY {BLOB}',
            'other': f'verify-blob {b} @ROOT @ANY {OTHER}',
            'nobody': f'verify-blob {b} @ROOT @NOBODY {BLOB}',
            'key': f'verify-blob {b} @ROOT --key $FX/key.pub {BLOB}',
            'wrong-key': f'verify-blob {b} @ROOT --key $FX/rekor.pub {BLOB}',
            'no-log': f'verify-blob {b} @ROOT @ANY --insecure-ignore-tlog {BLOB}',
            'stamps': f'verify-blob {b} @ROOT @ANY --use-signed-timestamps {BLOB}',
            'stamps-no-log': f'verify-blob {b} @ROOT @ANY --use-signed-timestamps --insecure-ignore-tlog {BLOB}',
            'no-sct': f'verify-blob {b} @ROOT @ANY --insecure-ignore-sct {BLOB}',
            'as-older': f'verify-blob {b} @ROOT @ANY --new-bundle-format=false {BLOB}',
            'pieces': f'@PIECES verify-blob {b} @ANY {BLOB}',
            'key-no-log': f'verify-blob {b} --key $FX/key.pub --insecure-ignore-tlog {BLOB}',
            'attestation': f'verify-blob-attestation {b} --type slsaprovenance1 @ROOT @ANY {BLOB}',
            'attestation-key': f'verify-blob-attestation {b} @ROOT --key $FX/key.pub {BLOB}',
            'attestation-no-claims': f'verify-blob-attestation {b} --type slsaprovenance1 --check-claims=false @ROOT @ANY {OTHER}',
        }.items():
            yield f'bundle/{name}/{what}', line
    b = 'verify-blob --bundle $FX/blob-gh.sigstore.json'
    yield 'bundle/stdin', f'{b} @ROOT @ANY - < {BLOB}'
    yield 'bundle/no-such-blob', f'{b} @ROOT @ANY nosuchfile'
    yield 'bundle/by-digest', f'{b} @ROOT @ANY sha256:' + '0' * 64
    yield 'bundle/by-short-digest', f'{b} @ROOT @ANY sha256:00'
    yield 'bundle/by-odd-digest', f'{b} @ROOT @ANY md5:' + '0' * 32
    yield 'bundle/and-signature', f'{b} --signature $FX/blob-gh.sig @ROOT @ANY {BLOB}'
    yield 'bundle/and-certificate', f'{b} --certificate $FX/leaf-gh.pem @ROOT @ANY {BLOB}'
    yield 'bundle/and-chain', f'{b} --certificate-chain $FX/fulcio-chain.pem @ANY {BLOB}'
    for name, file in {'missing': 'nosuch.json', 'text': BLOB, 'root': '$FX/trusted_root.json'}.items():
        yield f'bundle/is-{name}', f'verify-blob --bundle {file} @ROOT @ANY {BLOB}'
        yield f'bundle/is-{name}-pieces', f'@PIECES verify-blob --bundle {file} @ANY {BLOB}'


def old_bundles():
    for name in ('gh', 'email', 'nosct', 'v2only', 'dns', 'gh-late', 'gh-badset', 'gh-nobundle', 'key'):
        b = f'--bundle $FX/blob-{name}.legacy.bundle'
        for what, line in {
            'any': f'@PIECES verify-blob {b} @ANY {BLOB}',
            'root': f'verify-blob {b} @ROOT @ANY {BLOB}',
            'other': f'@PIECES verify-blob {b} @ANY {OTHER}',
            'nobody': f'@PIECES verify-blob {b} @NOBODY {BLOB}',
            'key': f'@PIECES verify-blob {b} --key $FX/key.pub {BLOB}',
            'wrong-key': f'@PIECES verify-blob {b} --key $FX/rekor.pub {BLOB}',
            'no-log': f'@PIECES verify-blob {b} @ANY --insecure-ignore-tlog {BLOB}',
            'no-sct': f'@PIECES verify-blob {b} @ANY --insecure-ignore-sct {BLOB}',
            'workflow': f'@PIECES verify-blob {b} @ANY --certificate-github-workflow-name release {BLOB}',
        }.items():
            yield f'old/{name}/{what}', line


def detached():
    logs = 'SIGSTORE_REKOR_PUBLIC_KEY=$FX/rekor.pub SIGSTORE_CT_LOG_PUBLIC_KEY_FILE=$FX/ctfe.pub verify-blob'
    for name in ('gh', 'email', 'nosct', 'v2only', 'dns'):
        by = f'--certificate $FX/leaf-{name}.pem --signature $FX/blob-{name}.sig'
        tail = f'@ANY --insecure-ignore-tlog {BLOB}'
        yield f'detached/{name}/any', f'@PIECES verify-blob {by} {tail}'
        yield f'detached/{name}/base64', f'@PIECES verify-blob --certificate $FX/blob-{name}.pem.b64 --signature $FX/blob-{name}.sig {tail}'
        yield f'detached/{name}/chain', f'{logs} {by} --certificate-chain $FX/fulcio-chain.pem {tail}'
        yield f'detached/{name}/roots', f'{logs} {by} --ca-roots $FX/fulcio-root.pem --ca-intermediates $FX/fulcio-chain.pem {tail}'
        yield f'detached/{name}/nobody', f'@PIECES verify-blob {by} @NOBODY --insecure-ignore-tlog {BLOB}'
    by, stamp = '--certificate $FX/leaf-long.pem --signature $FX/blob-gh-long.sig', '--rfc3161-timestamp $FX/blob-gh-long.rfc3161'
    for what, line in {
        'file': f'{by} {stamp} --timestamp-certificate-chain $FX/tsa-chain.pem',
        'file-only': f'{by} {stamp}',
        'chain-only': f'{by} --timestamp-certificate-chain $FX/tsa-chain.pem',
        'of-another': f'--certificate $FX/leaf-gh.pem --signature $FX/blob-gh.sig {stamp} --timestamp-certificate-chain $FX/tsa-chain.pem',
        'another-chain': f'{by} {stamp} --timestamp-certificate-chain $FX/fulcio-chain.pem',
    }.items():
        yield f'stamp/{what}', f'@PIECES verify-blob {line} @ANY --insecure-ignore-tlog {BLOB}'


def keys():
    signature = f'--signature $FX/blob-key.sig --insecure-ignore-tlog {BLOB}'
    for name, key in {'right': '$FX/key.pub', 'wrong': '$FX/rekor.pub', 'missing': '/nonexistent.pub', 'certificate': '$FX/leaf-gh.pem', 'private': '$FX/key.pem',
                      'text': BLOB, 'unset': 'env://NOSUCH', 'scheme': 'foo://bar', 'closed': 'http://127.0.0.1:1/k', 'absent': 'http://$R/v2/nosuch',
                      'folder': '$FX', 'variable': 'env://K'}.items():
        yield f'key/{name}', f'verify-blob --key {key} {signature}'
        yield f'key/{name}/image', f'verify --key {key} --insecure-ignore-tlog @OLD'
    by = 'verify-blob --key $FX/key.pub'
    yield 'key/other', f'{by} --signature $FX/blob-key.sig --insecure-ignore-tlog {OTHER}'
    yield 'key/private-infrastructure', f'{by} --signature $FX/blob-key.sig --private-infrastructure {BLOB}'
    yield 'key/no-signature', f'{by} --insecure-ignore-tlog {BLOB}'
    yield 'key/junk-signature', f'{by} --signature !!! --insecure-ignore-tlog {BLOB}'
    yield 'key/no-such-signature', f'{by} --signature /nonexistent.sig --insecure-ignore-tlog {BLOB}'
    yield 'key/and-identity', f'{by} --certificate-identity x --signature $FX/blob-key.sig {BLOB}'
    yield 'key/and-certificate', f'{by} --certificate $FX/leaf-gh.pem --signature $FX/blob-key.sig {BLOB}'
    yield 'key/and-token', f'{by} --sk --signature $FX/blob-key.sig {BLOB}'
    for digest in ('sha224', 'sha256', 'SHA512', 'sha384', 'md5'):
        yield f'key/digest-{digest}', f'{by} --signature-digest-algorithm {digest} {signature}'
    yield 'blob/nothing', f'verify-blob {BLOB}'
    yield 'blob/only-identity', f'verify-blob --bundle $FX/blob-gh.sigstore.json --certificate-identity x {BLOB}'
    yield 'blob/only-issuer', f'verify-blob --bundle $FX/blob-gh.sigstore.json --certificate-oidc-issuer x {BLOB}'
    yield 'blob/two', 'verify-blob --bundle $FX/blob-gh.sigstore.json a b'
    yield 'blob/none', 'verify-blob --bundle $FX/blob-gh.sigstore.json'


def attestations():
    b = 'verify-blob-attestation --bundle $FX/blob-att-gh.sigstore.json @ROOT @ANY'
    for kind in ('slsaprovenance', 'slsaprovenance02', 'slsaprovenance1', 'custom', 'vuln', 'spdx', 'spdxjson', 'cyclonedx', 'link', 'openvex',
                 'https://slsa.dev/provenance/v1', 'nosuch'):
        yield f'blob-type/{kind}', f'{b} --type {kind} {BLOB}'
    b += ' --type slsaprovenance1'
    yield 'blob-digest/short', f'{b} --digest 00 --digestAlg sha256'
    yield 'blob-digest/odd', f'{b} --digest zz --digestAlg sha256'
    yield 'blob-digest/md5', f'{b} --digest 00 --digestAlg md5'
    yield 'blob-digest/no-algorithm', f'{b} --digest 00'
    yield 'blob-digest/and-blob', f'{b} --digest 00 --digestAlg sha256 {BLOB}'
    yield 'blob-digest/none', b
    e = 'verify-blob-attestation --signature $FX/blob-att-key.env --insecure-ignore-tlog --key $FX/key.pub'
    yield 'blob-envelope/right', f'{e} {BLOB}'
    yield 'blob-envelope/type', f'{e} --type vuln {BLOB}'
    yield 'blob-envelope/stdin', f'{e} - < {BLOB}'
    yield 'blob-envelope/other', f'{e} {OTHER}'


def references():
    yield 'images/two-old', 'verify @ROOT @ANY @OLD $R/kl-two:v1'
    yield 'images/two-new', 'verify @ROOT @ANY @NEW $R/att-new:v1'
    yield 'images/mixed', 'verify @ROOT @ANY @NEW @OLD'
    yield 'images/mixed-back', 'verify @ROOT @ANY @OLD @NEW'
    yield 'images/second-fails', 'verify @ROOT @ANY @OLD $R/kl-late:v1'
    yield 'images/first-fails', 'verify @ROOT @ANY $R/kl-late:v1 @OLD'
    for name, word in {'upper': '$R/KL-GH:v1', 'empty-tag': '$R/kl-gh:', 'short-digest': '$R/kl-gh@sha256:00', 'space': 'kl gh', 'closed': '127.0.0.1:1/x:v1',
                       'absent-digest': '$R/kl-gh:v1@sha256:' + '0' * 64, 'no-tag': '$R/kl-gh:nope', 'no-repository': '$R/nosuch:v1', 'empty': ''}.items():
        for verb in ('verify @ROOT @ANY', 'verify-attestation @ROOT @ANY', 'tree', 'triangulate', 'download signature', 'download attestation', 'download sbom'):
            yield f'reference/{name}/{verb.replace(" @ROOT @ANY", "").replace(" ", "-")}', f"{verb} '{word}'"


def patterns():
    for name, pattern in {'paren': '(', 'range': '[z-a]', 'repeat': 'a{2000}', 'star': '*', 'brace': 'a{', 'angle': '\\<a', 'script': '\\p{Greek}', 'lazy': 'a+?',
                          'fold': '(?i)ACME', 'spaced': '(?x)a', 'ahead': '(?=a)', 'back': '(a)\\1', 'quoted': '\\Qacme\\E', 'posix': '[[:alpha:]]', 'end': '\\z',
                          'escape': '\\y', 'plus': '+', 'doubled': 'a**', 'either': 'nobody|acme', 'anchored': '^https://github.com/acme/.*$', 'prefix': '^acme',
                          'class': '[a&&b]', 'open-class': '[a', 'open-name': '(?P<n>a', 'name': '(?P<n>acme)', 'bad-name': '(?P<1>a)', 'trailing': 'a\\',
                          'property': '\\pX', 'word': '\\bacme\\b', 'huge': 'a{1000}{1000}'}.items():
        yield f'pattern/{name}/old', f"verify @ROOT --certificate-identity-regexp '{pattern}' --certificate-oidc-issuer-regexp .* @OLD"
        yield f'pattern/{name}/new', f"verify @ROOT --certificate-identity-regexp '{pattern}' --certificate-oidc-issuer-regexp .* @NEW"
        yield f'pattern/{name}/issuer', f"verify-blob --bundle $FX/blob-gh.sigstore.json @ROOT --certificate-identity-regexp .* --certificate-oidc-issuer-regexp '{pattern}' {BLOB}"


def workflows():
    for field, right in {'trigger': 'push', 'sha': '0123456789abcdef0123456789abcdef01234567', 'name': 'release', 'repository': 'acme/app', 'ref': 'refs/heads/main'}.items():
        for what, value in {'right': right, 'wrong': 'x'}.items():
            for image in ('kl-gh', 'sig-new', 'kl-email', 'kl-v2only'):
                yield f'workflow/{field}/{what}/{image}', f'verify @ROOT @ANY --certificate-github-workflow-{field} {value} $R/{image}:v1'


def flags():
    for name, words in {'bool': '--check-claims=maybe', 'bool-space': '--check-claims false', 'duration': '-t 3', 'duration-space': "--timeout='1h x'", 'int': '--max-workers=x',
                        'int-float': '--max-workers=1.5', 'int-huge': '--max-workers=99999999999999999999', 'int-hex': '--max-workers=0x2', 'zero-workers': '--max-workers=0',
                        'unknown': '--bogus', 'unknown-value': '--bogus=x', 'dash': '-', 'double': '-- -x', 'triple': '---x', 'equals': '--=x',
                        'short-unknown': '-z', 'short-glued': '-otext', 'short-equals': '-o=text', 'bool-one': '--offline=1', 'bool-empty': '--offline=',
                        'twice': '--output json --output text', 'empty-value': '--output=', 'one-letter': '--o text', 'one-dash': '-output text', 'capital': '--Output text',
                        'underscore': '--trusted_root x', 'abbreviated': '--out text', 'zero-timeout': '--timeout 0', 'negative-timeout': '--timeout=-1s'}.items():
        yield f'flag/{name}', f'verify @ROOT @ANY {words} @OLD'
    yield 'flag/no-value', 'verify @ROOT @ANY @OLD --key'
    yield 'flag/no-short-value', 'verify @ROOT @ANY @OLD -o'
    yield 'flag/first', '--timeout 1m verify @ROOT @ANY @OLD'
    yield 'flag/first-bad', '--timeout x verify'
    yield 'flag/first-unknown', '--bogus verify'
    yield 'flag/exclusive-roots', 'verify --ca-roots a --certificate-chain b @ANY @OLD'
    yield 'flag/exclusive-intermediates', 'verify --ca-intermediates a --certificate-chain b @ANY @OLD'
    yield 'flag/deprecated', 'verify @ROOT @ANY --offline --private-infrastructure=false --experimental-oci11=false @OLD'


def verbs():
    for verb in ('verify', 'verify-attestation', 'verify-blob', 'verify-blob-attestation', 'tree', 'triangulate', 'save', 'load', 'download signature',
                 'download attestation', 'download sbom', 'manifest verify', 'dockerfile verify', 'trusted-root create', 'bundle create', 'bundle upgrade', 'env', 'completion'):
        name = verb.replace(' ', '-')
        if verb != 'env':
            yield f'verb/{name}/alone', verb
        yield f'verb/{name}/four-words', f'{verb} a b c d'
        yield f'verb/{name}/unknown-flag', f'{verb} --bogus x'
        yield f'verb/{name}/bad-timeout', f'{verb} --timeout=x x'
    for word in ('verfy', 'Verify', 'verify-blobs', 'treee', 'x', 'downloads', 'initialise', 'verify-'):
        yield f'verb/{word}', word
    yield 'verb/group-flag', 'download --bogus'


def variables():
    yield 'variable/all', 'COSIGN_OUTPUT=text COSIGN_TRUSTED_ROOT=$FX/trusted_root.json COSIGN_CERTIFICATE_IDENTITY_REGEXP=.* COSIGN_CERTIFICATE_OIDC_ISSUER_REGEXP=.* verify @OLD'
    yield 'variable/bad-bool', 'COSIGN_CHECK_CLAIMS=maybe verify @ROOT @ANY @OLD'
    yield 'variable/list', 'COSIGN_ANNOTATIONS=build=7,x=y verify @ROOT @ANY $R/kl-annot:v1'
    yield 'variable/key', 'COSIGN_KEY=$FX/key.pub verify @ROOT @ANY @OLD'
    yield 'variable/exclusive', 'COSIGN_CA_ROOTS=a verify --certificate-chain b @ANY @OLD'
    yield 'variable/required', 'COSIGN_DIR=$FX/../required save @OLD'
    yield 'variable/empty', 'COSIGN_OUTPUT= verify @ROOT @ANY @OLD'
    yield 'variable/timeout', 'COSIGN_TIMEOUT=x verify @ROOT @ANY @OLD'
    yield 'variable/root-file', 'SIGSTORE_REKOR_PUBLIC_KEY=$FX/rekor.pub SIGSTORE_ROOT_FILE=$FX/tsa-chain.pem SIGSTORE_CT_LOG_PUBLIC_KEY_FILE=$FX/ctfe.pub verify @ANY @OLD'
    for name, repository in {'elsewhere': '$R/elsewhere', 'new': '$R/att-new', 'same': '$R/kl-gh', 'two': '$R/kl-two', 'bad': 'Bad/x:y', 'digest': '$D{kl-gh}'}.items():
        for verb in ('verify @ROOT @ANY', 'triangulate', 'tree', 'download signature', 'download attestation'):
            yield f'repository/{name}/{verb.replace(" @ROOT @ANY", "").replace(" ", "-")}', f'COSIGN_REPOSITORY={repository} {verb} @OLD'
    for verb in ('verify @ROOT @ANY', 'triangulate', 'tree', 'download signature'):
        yield f'prefix/{verb.replace(" @ROOT @ANY", "").replace(" ", "-")}', f'{verb} --attachment-tag-prefix pre- @OLD'


def annotations():
    for name, words in {'number': '-a n=12345678901234567890', 'rounded': '-a n=12345678901234567000', 'html': "-a 'u=a&b<c>'", 'two': "-a build=7 -a 'u=a&b<c>'",
                        'quoted': "-a '\"u=a&b<c>\",build=7'", 'bad-quote': "-a '\"u=a'", 'empty': "-a ''", 'no-value': '-a build', 'equals': '-a build=7=8', 'comma': '-a k=a,b'}.items():
        yield f'annotation/{name}', f'verify @ROOT @ANY {words} $R/kl-annot:v1'
        yield f'annotation/{name}/new', f'verify @ROOT @ANY {words} @NEW'


def reading():
    for kind in ('signature', 'attestation', 'sbom', 'digest', 'foo', ''):
        yield f'triangulate/{kind}', f"triangulate --type '{kind}' $R/multi:v1"
    for platform in ('linux/amd64', 'linux/arm64', 'linux/arm64/v8', 'windows/amd64', 'linux', '', 'a/b/c/d'):
        yield f'platform/{platform}/attestation', f"download attestation --platform '{platform}' $R/multi:v1"
        yield f'platform/{platform}/sbom', f"download sbom --platform '{platform}' $R/multi:v1"
        yield f'platform/{platform}/single', f"download attestation --platform '{platform}' $R/att-legacy:v1"
    for kind in ('vuln', 'slsaprovenance1', 'https://slsa.dev/provenance/v1', 'custom', 'nosuch', '/x', ''):
        yield f'predicate/{kind}/old', f"download attestation --predicate-type '{kind}' $R/att-legacy:v1"
        yield f'predicate/{kind}/new', f"download attestation --predicate-type '{kind}' $R/att-new:v1"


def layouts():
    for name in ('kl-gh', 'sig-new', 'att-legacy', 'att-new', 'sig-both', 'multi', 'multi-new', 'none', 'kl-two'):
        folder, there = f'$FX/../store-{name}', f'$R/loaded/{name}:v1'
        yield f'layout/{name}/1-save', f'save --dir {folder} $R/{name}:v1'
        yield f'layout/{name}/2-verify', f'verify --local-image @ROOT @ANY {folder}'
        yield f'layout/{name}/3-text', f'verify --local-image -o text @ROOT @ANY {folder}'
        yield f'layout/{name}/4-nobody', f'verify --local-image @ROOT @NOBODY {folder}'
        yield f'layout/{name}/5-attestation', f'verify-attestation --local-image --type slsaprovenance1 @ROOT @ANY {folder}'
        yield f'layout/{name}/6-load', f'load --dir {folder} {there}'
        yield f'layout/{name}/7-verify', f'verify @ROOT @ANY {there}'
        yield f'layout/{name}/8-tree', f'tree {there}'
    yield 'layout/nowhere', 'save --dir /proc/nosuch @OLD'
    yield 'layout/load-nowhere', 'load --dir /nonexistent $R/l:v1'
    yield 'layout/load-other', 'load --dir $FX $R/l:v1'
    yield 'layout/verify-other', 'verify --local-image @ROOT @ANY $FX'
    yield 'layout/verify-file', f'verify --local-image @ROOT @ANY {BLOB}'
    yield 'layout/save-missing', 'save --dir $FX/../store-x $R/nosuch:v1'


def roots():
    start, fulcio = 'start-time=2024-01-01T00:00:00Z', 'url=https://f,certificate-chain=$FX/fulcio-chain.pem'
    for name, words in {
        'bad-pair': '--fulcio foo', 'no-chain': '--fulcio url=x', 'no-file': '--fulcio url=x,certificate-chain=/nonexistent', 'text': f'--fulcio url=x,certificate-chain={BLOB}',
        'rekor-no-start': '--rekor url=x,public-key=$FX/rekor.pub', 'rekor-bad-start': '--rekor url=x,public-key=$FX/rekor.pub,start-time=x',
        'rekor-no-url': f'--rekor public-key=$FX/rekor.pub,{start}', 'rekor-origin': f'--rekor url=https://r,public-key=$FX/rekor.pub,{start},origin=o',
        'rekor-end': f'--rekor url=https://r,public-key=$FX/rekor.pub,{start},end-time=2025-01-01T00:00:00Z', 'ctfe': f'--ctfe url=https://c,public-key=$FX/ctfe.pub,{start}',
        'ctfe-certificate': f'--ctfe url=https://c,public-key=$FX/leaf-gh.pem,{start}', 'tsa': '--tsa url=https://t,certificate-chain=$FX/tsa-chain.pem',
        'tsa-no-leaf': '--tsa url=https://t,certificate-chain=$FX/fulcio-chain.pem', 'fulcio': f'--fulcio {fulcio}',
        'fulcio-dates': f'--fulcio {fulcio},start-time=2024-02-03T04:05:06Z,end-time=2030-01-01T00:00:00Z', 'fulcio-twice': f'--fulcio {fulcio} --fulcio {fulcio}',
        'unknown-part': f'--fulcio {fulcio},what=x', 'old-rekor': '--rekor-key $FX/rekor.pub --rekor-url https://r', 'old-rekor-both': f'--rekor url=https://r,public-key=$FX/rekor.pub,{start} --rekor-key $FX/rekor.pub',
        'old-ctfe': '--ctfe-key $FX/ctfe.pub --ctfe-url https://c --ctfe-start-time 2024-01-01T00:00:00Z', 'old-tsa': '--timestamp-certificate-chain $FX/tsa-chain.pem --timestamp-uri https://t',
        'old-tsa-both': '--timestamp-certificate-chain $FX/tsa-chain.pem --tsa url=https://t,certificate-chain=$FX/tsa-chain.pem',
    }.items():
        yield f'root/{name}', f'trusted-root create {words}'
    for name, file in {'text': BLOB, 'bundle': '$FX/blob-gh.sigstore.json', 'empty': '/dev/null', 'missing': '/nonexistent', 'folder': '$FX'}.items():
        yield f'root/is-{name}', f'verify --trusted-root {file} @ANY @OLD'
        yield f'root/is-{name}/blob', f'verify-blob --bundle $FX/blob-gh.sigstore.json --trusted-root {file} @ANY {BLOB}'


def making():
    k, key = f'bundle create --artifact {BLOB}', '--key $FX/key.pub --ignore-tlog'
    for name, line in {
        'old': f'{k} --bundle $FX/blob-gh.legacy.bundle', 'old-key': f'{k} --key $FX/key.pub --bundle $FX/blob-key.legacy.bundle', 'exclusive': f'{k} --bundle a --signature b',
        'exclusive-certificate': f'{k} --bundle a --certificate b', 'key': f'{k} --signature $FX/blob-key.sig {key}',
        'certificate': f'{k} --certificate $FX/blob-gh.pem.b64 --signature $FX/blob-gh.sig --ignore-tlog', 'certificate-pem': f'{k} --certificate $FX/leaf-gh.pem --signature $FX/blob-gh.sig --ignore-tlog',
        'stamp': f'{k} --certificate $FX/blob-gh.pem.b64 --signature $FX/blob-gh-long.sig --rfc3161-timestamp $FX/blob-gh-long.rfc3161 --ignore-tlog', 'no-artifact': 'bundle create --signature x',
        'attestation': f'{k} --attestation $FX/blob-att-key.env {key}', 'attestation-signature': f'{k} --attestation $FX/blob-att-key.env --signature $FX/blob-key.sig {key}',
        'no-such-artifact': f'bundle create --artifact nosuch --signature $FX/blob-key.sig {key}', 'no-such-signature': f'{k} --signature /nonexistent {key}',
        'no-key': f'{k} --signature $FX/blob-key.sig --ignore-tlog', 'upgrade': 'bundle upgrade $FX/blob-gh.sigstore.json', 'upgrade-text': f'bundle upgrade {BLOB}',
        'upgrade-old': 'bundle upgrade $FX/blob-gh.legacy.bundle', 'upgrade-missing': 'bundle upgrade nosuch', 'upgrade-out': 'bundle upgrade --out /nonexistent/x $FX/blob-gh.sigstore.json',
    }.items():
        yield f'make/{name}', line


def manifests():
    for file in ('cm.yaml', 'dep.yaml', 'dep.json'):
        yield f'manifest/{file}', f'@PIECES manifest verify @ANY $FX/../dk/{file}'
        yield f'manifest/{file}/text', f'@PIECES manifest verify -o text @ANY $FX/../dk/{file}'
        yield f'manifest/{file}/nobody', f'@PIECES manifest verify @NOBODY $FX/../dk/{file}'
    for file in ('Dockerfile', 'D2', 'D3', 'D4', 'D5'):
        yield f'dockerfile/{file}', f'@PIECES dockerfile verify @ANY $FX/../dk/{file}'
        yield f'dockerfile/{file}/base', f'@PIECES dockerfile verify --base-image-only -o text @ANY $FX/../dk/{file}'
        yield f'dockerfile/{file}/variable', f'IMG=x TAG=v1 BASE=$R/kl-gh:v1 @PIECES dockerfile verify @ANY $FX/../dk/{file}'


def policies():
    for policy in ('ok.rego', 'bad.rego', 'undef.rego', 'bad.cue', 'ok.cue', 'blob.txt', 'nosuch.rego'):
        for image in ('att-new', 'att-legacy'):
            yield f'policy/{policy}/{image}', f'verify-attestation @ROOT @ANY --type slsaprovenance1 --policy $FX/{policy} $R/{image}:v1'
    yield 'policy/two', 'verify-attestation @ROOT @ANY --type slsaprovenance1 --policy $FX/ok.rego,$FX/undef.rego $R/att-new:v1'
    yield 'policy/nobody', 'verify-attestation @ROOT @NOBODY --type slsaprovenance1 --policy $FX/ok.rego $R/att-new:v1'


def others():
    yield 'output-file/nowhere', '--output-file /nonexistent/x verify @ROOT @ANY @OLD'
    for number, words in enumerate(('--root /nonexistent', f'--root {BLOB}', f'--root {BLOB} --root-checksum md5:00', f'--root {BLOB} --root-checksum a:b:c',
                                    f'--root {BLOB} --root-checksum sha512:00', '--mirror http://127.0.0.1:1', f'--mirror http://$R --root {BLOB}', '--staging --mirror http://127.0.0.1:1')):
        yield f'initialize/{number}', f'initialize {words}'
    yield 'env/plain', 'env --show-descriptions=false'
    yield 'env/set', 'COSIGN_REPOSITORY=x/y TUF_ROOT=/t env --show-descriptions=false'
    yield 'env/secret', 'COSIGN_PASSWORD=s GITLAB_TOKEN=t env --show-descriptions=false'
    yield 'env/shown', 'GITLAB_TOKEN=t env --show-descriptions=false --show-sensitive-values'
    yield 'version/json', 'version --json'


# What shapes.py makes.

def older_shapes():
    for name in ('many', 'bad', 'twice', 'key', 'keys', 'key-and-gh', 'annotated', 'values', 'more', 'spaced', 'text', 'other-name', 'no-chain', 'other-chain', 'text-bundle',
                 'no-certificate', 'no-signature', 'other-payload', 'stamp', 'kind', 'none-of-it'):
        image = f'$R/s-{name}:v1'
        yield f'older-shape/{name}/any', f'verify @ROOT @ANY {image}'
        yield f'older-shape/{name}/email', f'verify -o text @ROOT --certificate-identity dev@example.com --certificate-oidc-issuer-regexp .* {image}'
        yield f'older-shape/{name}/key', f'verify @ROOT --key $FX/key.pub {image}'
    for name in ('bad', 'no-chain', 'other-chain', 'stamp', 'text-bundle'):
        yield f'older-shape/{name}/pieces', f'@PIECES verify @ANY $R/s-{name}:v1'
    for name in ('many', 'annotated', 'values'):
        yield f'older-shape/{name}/annotation', f'verify @ROOT @ANY -a build=7 $R/s-{name}:v1'
    for name in ('stamp', 'stamp-no-log'):
        yield f'older-shape/{name}/stamps', f'verify @ROOT @ANY --use-signed-timestamps --insecure-ignore-tlog $R/s-{name}:v1'


def newer_shapes():
    for name in ('many', 'bad', 'key', 'key-no-log', 'keys', 'key-and-gh', 'types', 'subjects', 'annotated', 'statement-v1', 'garbage-first', 'garbage-last', 'text', 'unknown-field'):
        image = f'$R/n-{name}:v1'
        yield f'newer-shape/{name}/any', f'verify @ROOT @ANY {image}'
        yield f'newer-shape/{name}/email', f'verify -o text @ROOT --certificate-identity dev@example.com --certificate-oidc-issuer-regexp .* {image}'
        yield f'newer-shape/{name}/key', f'verify @ROOT --key $FX/key.pub {image}'
    for name in ('many', 'key', 'keys', 'key-and-gh', 'annotated'):
        image = f'$R/n-{name}:v1'
        yield f'newer-shape/{name}/other-key', f'verify --insecure-ignore-tlog --key $FX/other-key.pub {image}'
        yield f'newer-shape/{name}/stamps', f'verify @ROOT @ANY --use-signed-timestamps --insecure-ignore-tlog {image}'
        yield f'newer-shape/{name}/annotation', f'verify @ROOT @ANY -a k=v {image}'


def attested_shapes():
    for name in ('custom-text', 'custom-json', 'other-digest', 'no-annotation', 'key', 'text', 'subjects', 'v1'):
        image = f'$R/a-{name}:v1'
        yield f'attested/{name}', f'verify-attestation @ROOT @ANY --type slsaprovenance1 {image}'
        yield f'attested/{name}/custom', f'verify-attestation @ROOT --key $FX/key.pub {image}'
        yield f'attested/{name}/download', f'download attestation {image}'
    for kind in ('slsaprovenance02', 'slsaprovenance1', 'custom', 'vuln', 'spdxjson', 'cyclonedx', 'link', 'openvex', 'https://example.com/own', 'nosuch'):
        for name in ('a-types', 'n-types'):
            yield f'attested/{name}/{kind}', f'verify-attestation @ROOT @ANY --type {kind} $R/{name}:v1'
            yield f'attested/{name}/{kind}/download', f'download attestation --predicate-type {kind} $R/{name}:v1'
    for platform in ('', '--platform linux/amd64', '--platform linux/arm64/v8', '--platform windows/amd64'):
        for kind in ('sbom', 'attestation'):
            yield f'index/{kind}/{platform}', f'download {kind} {platform} $R/o-index:v1'
    for name in ('o-sbom', 'o-sboms', 'o-docker', 'o-index'):
        yield f'index/{name}', f'verify @ROOT @ANY $R/{name}:v1'
        yield f'index/{name}/tree', f'tree $R/{name}:v1'
        yield f'index/{name}/sbom', f'download sbom $R/{name}:v1'


def wrappings():
    for name in ('crlf', 'bom', 'leading', 'trailing', 'two', 'two-other-first', 'spaced', 'no-end', 'empty', 'label', 'headers', 'one-line', 'der', 'ssh', 'ec-private', 'pkcs8', 'encrypted',
                 'certificate-first', 'certificate-last', 'pkcs1'):
        yield f'wrapping/{name}', f'verify-blob --key $FX/w-{name}.pub --signature $FX/k-p256.sha256.sig --insecure-ignore-tlog {BLOB}'
        yield f'wrapping/{name}/root', f'trusted-root create --ctfe url=https://c,public-key=$FX/w-{name}.pub,start-time=2024-01-01T00:00:00Z'
    for name in ('p256', 'ed25519', 'rsa2048'):
        yield f'wrapping/{name}', f'verify-blob --key $FX/k-{name}.pub --signature $FX/k-{name}.sha256.sig --insecure-ignore-tlog {BLOB}'
        yield f'wrapping/{name}/other', f'verify-blob --key $FX/k-{name}.pub --signature $FX/k-p256.sha512.sig --insecure-ignore-tlog {BLOB}'
        yield f'wrapping/{name}/log', f'SIGSTORE_REKOR_PUBLIC_KEY=$FX/rekor.pub verify-blob --key $FX/k-{name}.pub --bundle $FX/blob-key.legacy.bundle {BLOB}'
    for name in ('der', 'b64', 'crlf'):
        yield f'wrapping/certificate-{name}', f'@PIECES verify-blob --certificate $FX/w-certificate.{name} --signature $FX/blob-gh.sig --insecure-ignore-tlog @ANY {BLOB}'


def pieces():
    logs = 'SIGSTORE_REKOR_PUBLIC_KEY=$FX/rekor.pub SIGSTORE_CT_LOG_PUBLIC_KEY_FILE=$FX/ctfe.pub'
    for name in ('c-reversed.pem', 'c-inter.pem', 'c-doubled.pem', 'c-leaf-too.pem', 'c-trailing.pem', 'fulcio-root.pem', 'leaf-gh.pem', 'key.pub', 'nosuch.pem'):
        file = f'$FX/{name}'
        yield f'pieces/{name}/chain', f'{logs} verify --certificate-chain {file} @ANY @OLD'
        yield f'pieces/{name}/roots', f'{logs} verify --ca-roots {file} @ANY @OLD'
        yield f'pieces/{name}/between', f'{logs} verify --ca-roots $FX/fulcio-root.pem --ca-intermediates {file} @ANY @OLD'
        yield f'pieces/{name}/variable', f'SIGSTORE_ROOT_FILE={file} {logs} verify @ANY @OLD'
        yield f'pieces/{name}/blob', f'{logs} verify-blob --certificate $FX/leaf-gh.pem --signature $FX/blob-gh.sig --insecure-ignore-tlog --certificate-chain {file} @ANY {BLOB}'
        yield f'pieces/{name}/stamps', f'@PIECES verify --timestamp-certificate-chain {file} @ANY @OLD'
    for name in ('between', 'roots', 'chain'):
        flag = {'between': '--ca-roots $FX/fulcio-root.pem --ca-intermediates', 'roots': '--ca-roots', 'chain': '--certificate-chain'}[name]
        yield f'pieces/closed/{name}', f'{logs} verify {flag} http://127.0.0.1:1/x @ANY @OLD'
        yield f'pieces/unset/{name}', f'{logs} verify {flag} env://NOSUCH @ANY @OLD'


def typed_signatures():
    for name, word in {'file': '$FX/blob-key.sig', 'folder': '$FX', 'text': 'x', 'four': 'AAAA', 'closed': 'http://127.0.0.1:1/x', 'absent': 'http://$R/nosuch', 'unset': 'env://NOSUCH'}.items():
        yield f'typed/{name}/image', f'verify --key $FX/key.pub --insecure-ignore-tlog --signature {word} @OLD'
        yield f'typed/{name}/identity', f'verify @ROOT @ANY --signature {word} @OLD'
        yield f'typed/{name}/payload', f'verify @ROOT @ANY --signature $FX/blob-gh.sig --payload {word} @OLD'
        yield f'typed/{name}/blob', f'verify-blob --key $FX/key.pub --signature {word} --insecure-ignore-tlog {BLOB}'
        yield f'typed/{name}/certificate', f'@PIECES verify-blob --certificate {word} --signature $FX/blob-gh.sig --insecure-ignore-tlog @ANY {BLOB}'
        yield f'typed/{name}/certificate-image', f'verify @ROOT @ANY --certificate {word} @NEW'
        yield f'typed/{name}/attestation', f'verify-blob-attestation --key $FX/key.pub --signature {word} --insecure-ignore-tlog {BLOB}'
    for name, more in {'implied': '', 'payload': '--payload $FX/s-key-no-log.payload', 'other': '--payload $FX/blob.txt'}.items():
        yield f'typed/right/{name}', f'verify --key $FX/key.pub --insecure-ignore-tlog --signature $FX/s-key-no-log.sig {more} $R/s-key-no-log:v1'
        yield f'typed/wrong-key/{name}', f'verify --key $FX/other-key.pub --insecure-ignore-tlog --signature $FX/s-key-no-log.sig {more} $R/s-key-no-log:v1'


def odd_variables():
    for number, line in enumerate((
            'COSIGN_INSECURE_IGNORE_TLOG=maybe verify @ROOT @ANY @OLD', 'COSIGN_MAX_WORKERS=x verify @ROOT @ANY @OLD', 'COSIGN_REGISTRY_REFERRERS_MODE=foo tree @NEW',
            'COSIGN_MAX_ATTACHMENT_SIZE=1.5 verify @ROOT @ANY @OLD', 'COSIGN_MAX_ATTACHMENT_SIZE=0.1k verify @ROOT @ANY @OLD', 'COSIGN_MAX_ATTACHMENT_SIZE=1g verify @ROOT @ANY @OLD',
            'COSIGN_MAX_ATTACHMENT_SIZE=x verify @ROOT @ANY @OLD', 'COSIGN_TYPE=digest triangulate @OLD', 'COSIGN_PLATFORM=linux/amd64 download attestation $R/multi:v1',
            f'COSIGN_MAX_WORKERS=0 verify-blob --bundle $FX/blob-gh.sigstore.json @ROOT @ANY {BLOB}', 'verify @ROOT @ANY --help=false @OLD', 'verify @ROOT @ANY --help=x @OLD',
            f'@PIECES verify-blob --bundle $FX/blob-gh.legacy.bundle @ANY --ca-intermediates x {BLOB}')):
        yield f'odd/{number}', line


def artifacts():
    for number, word in enumerate(('$FX', '/dev/null', f'{BLOB}/x', 'env://NOSUCH', 'foo://x', 'http://127.0.0.1:1/x', 'sha256', ':', '$FX/../fx/blob.txt', f'sha256:{"0" * 63}')):
        yield f'artifact/{number}/bundle', f'verify-blob --bundle $FX/blob-gh.sigstore.json @ROOT @ANY {word}'
        yield f'artifact/{number}/old', f'@PIECES verify-blob --bundle $FX/blob-gh.legacy.bundle @ANY {word}'
        yield f'artifact/{number}/attestation', f'verify-blob-attestation --bundle $FX/blob-att-gh.sigstore.json --type slsaprovenance1 @ROOT @ANY {word}'
    for algorithm in ('sha384', 'sha512', 'md5'):
        yield f'artifact/{algorithm}', f'verify-blob-attestation --signature $FX/blob-att-key.env --key $FX/key.pub --insecure-ignore-tlog --digestAlg {algorithm} {BLOB}'
        yield f'artifact/{algorithm}/bundle', f'verify-blob-attestation --bundle $FX/blob-att-gh.sigstore.json --type slsaprovenance1 @ROOT @ANY --digestAlg {algorithm} {BLOB}'
