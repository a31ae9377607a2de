#!/usr/bin/env python3
"""Makes the kit's world, and in it signers of other kinds: certificates of several names, with a timestamp of their log beside them,
keys of every kind, and older signatures that refer to their image. The lines that ask about them are in signer_cases.py; its images
are not in digests.json, so the matrix leaves them out.

usage: signers.py MKFIXTURES OUTDIR REGISTRY

Another maker that has run mkfixtures.py calls `make` with its names.
"""
import base64, hashlib, ipaddress, json, struct, sys, types
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization as S
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

URI, OTHER_URI = 'https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main', 'https://elsewhere.example/x'
ISSUER = 'https://issuer.example'
utf8 = lambda text: b'\x0c' + bytes([len(text.encode())]) + text.encode()
fulcio = lambda text: x509.OtherName(x509.ObjectIdentifier('1.3.6.1.4.1.57264.1.7'), utf8(text))
directory = x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, 'somebody')]))
login = x509.OtherName(x509.ObjectIdentifier('1.3.6.1.4.1.311.20.2.3'), utf8('dev@corp.example'))
dns, email, uri, ip = x509.DNSName, x509.RFC822Name, x509.UniformResourceIdentifier, lambda text: x509.IPAddress(ipaddress.ip_address(text))

NAMES = {
    'ip4': [ip('192.0.2.7')], 'ip6': [ip('2001:db8::1')], 'ip6-mapped': [ip('::ffff:192.0.2.7')], 'ip6-zeros': [ip('2001:db8:0:1:0:0:0:1')],
    'wildcard': [dns('*.example.com')], 'dns-two': [dns('a.example.com'), dns('b.example.com')], 'dns-uri': [uri(URI), dns('build.example.com')],
    'email-two': [email('dev@example.com'), email('ops@example.com')], 'uri-two': [uri(OTHER_URI), uri(URI)], 'uri-email': [email('dev@example.com'), uri(URI)],
    'email-dns': [email('dev@example.com'), dns('build.example.com')], 'user': [fulcio('jo!acme.example')], 'user-email': [fulcio('jo!acme.example'), email('dev@example.com')],
    'user-two': [fulcio('jo!acme.example'), fulcio('al!acme.example')], 'user-dns': [fulcio('jo!acme.example'), dns('build.example.com')],
    'directory': [directory], 'directory-email': [directory, email('dev@example.com')], 'login': [login], 'login-email': [login, email('dev@example.com')],
    'login-user': [login, fulcio('jo!acme.example')], 'number-email': [x509.RegisteredID(x509.ObjectIdentifier('1.2.3')), email('dev@example.com')],
    'all': [uri(URI), ip('192.0.2.7'), fulcio('jo!acme.example'), email('dev@example.com'), dns('build.example.com')],
    'two-at': [uri('https://github.com/acme/app/.github/workflows/release.yml@refs/tags/@acme/app@1.0.0')],
}
CURVES = {'p256': (ec.SECP256R1(), hashes.SHA256()), 'p384': (ec.SECP384R1(), hashes.SHA384()), 'p521': (ec.SECP521R1(), hashes.SHA512())}
KINDS = [*CURVES, 'p384-sha256', 'p521-sha256', 'ed25519', 'rsa2048', 'rsa3072', 'rsa4096', 'rsa2048-sha512', 'rsa2048-pss']


def make(K):
    names(K)
    timestamps(K)
    kinds(K)
    referred(K)
    K.w('registry/log.json', json.dumps(K.LOG))


def older(K, name, by, sign):
    """An image with an older signature."""
    i = K.image(name, 'v1', name)
    K.legacy(name, i['digest'], '.sig', [older_layer(K, name, i['digest'], by, sign)], K.SS)


def older_layer(K, name, digest, by, sign):
    payload = K.ssp(name, digest)
    signature = sign(payload)
    annotations = {'dev.cosignproject.cosign/signature': K.b64(signature),
                   'dev.sigstore.cosign/bundle': json.dumps(K.tlog(K.hashedrekord(signature, payload, by), K.TIN)[0], separators=(',', ':'))}
    if b'CERTIFICATE' in by:
        annotations |= {'dev.sigstore.cosign/certificate': by.decode(), 'dev.sigstore.cosign/chain': (K.pem(K.inter) + K.pem(K.root)).decode()}
    return payload, annotations


def newer(K, name, certificate, sign):
    """An image with a bundle."""
    i = K.image(name, 'v1', name)
    K.referrer(name, i, [(json.dumps(statement_bundle(K, certificate, sign, K.st(i['digest'][7:], f'{K.REG}/{name}', K.SG, {}))).encode(), K.SG)])


def statement_bundle(K, by, sign, statement):
    payload, kind = json.dumps(statement, separators=(',', ':')).encode(), b'application/vnd.in-toto+json'
    signature = sign(b'DSSEv1 %d %s %d %s' % (len(kind), kind, len(payload), payload))
    envelope = {'payloadType': kind.decode(), 'payload': K.b64(payload), 'signatures': [{'sig': K.b64(signature)}]}
    entry = K.tlog(K.dsse_entry(envelope, by if isinstance(by, bytes) else K.pem(by)), K.TIN)[1]
    return {'mediaType': K.BMT, 'verificationMaterial': K.vm(None, entry, 'x') if isinstance(by, bytes) else K.vm(by, entry), 'dsseEnvelope': envelope}


def names(K):
    for name, sans in NAMES.items():
        key = K.key()
        c = K.leaf(key, sans, {'1': ISSUER.encode()}, {'8': ISSUER})
        sign = lambda message: K.sign(key, message)
        older(K, f'nm-{name}', K.pem(c), sign)
        newer(K, f'nb-{name}', c, sign)
        signature = sign(K.blob)
        lg, nw = K.tlog(K.hashedrekord(signature, K.blob, K.pem(c)), K.TIN)
        K.w(f'leaf-nm-{name}.pem', K.pem(c))
        K.w(f'nm-{name}.sig', K.b64(signature))
        K.w(f'nm-{name}.sigstore.json', K.msgbundle(signature, K.vm(c, nw)))
        K.w(f'nm-{name}.legacy.bundle', json.dumps({'base64Signature': K.b64(signature), 'cert': K.b64(K.pem(c)), 'rekorBundle': lg}))


def answer(K, log, certificate, time=None, version=0, extensions=b'', precertificate=False, algorithm=b'\x04\x03', **more):
    """What a CT log answers to a certificate: RFC 6962 4.1."""
    time = int(K.T0.timestamp() * 1000) + 1000 if time is None else time
    der = certificate.public_bytes(S.Encoding.DER)
    entry = b'\x00\x00' + struct.pack('>I', len(der))[1:] + der
    if precertificate:
        tbs = certificate.tbs_certificate_bytes
        entry = b'\x00\x01' + hashlib.sha256(K.spki(K.ik)).digest() + struct.pack('>I', len(tbs))[1:] + tbs
    signature = K.sign(log, b'\x00\x00' + struct.pack('>Q', time) + entry + struct.pack('>H', len(extensions)) + extensions)
    return {'sct_version': version, 'id': K.b64(hashlib.sha256(K.spki(log)).digest()), 'timestamp': time, 'extensions': K.b64(extensions),
            'signature': K.b64(algorithm + struct.pack('>H', len(signature)) + signature)} | more


def timestamps(K):
    """A certificate without a timestamp of a CT log, long-lived, and what logs answered about it and others."""
    key, another = K.key(), K.key()
    c = K.leaf(key, *K.ids['gh'][:3], False, start=K.now - K.dt.timedelta(hours=1), mins=60 * 24 * 365)
    e = K.leaf(key, *K.ids['gh'][:3], True, start=K.now - K.dt.timedelta(hours=1), mins=60 * 24 * 365)
    stranger = K.leaf(another, *K.ids['gh'][:3], False, start=K.now - K.dt.timedelta(hours=1), mins=60 * 24 * 365)
    signature = K.sign(key, K.blob)
    for name, leaf in {'sct': c, 'sct-embedded': e}.items():
        lg, _ = K.tlog(K.hashedrekord(signature, K.blob, K.pem(leaf)), int(K.now.timestamp()))
        K.w(f'{name}.pem', K.pem(leaf))
        K.w(f'{name}.legacy.bundle', json.dumps({'base64Signature': K.b64(signature), 'cert': K.b64(K.pem(leaf)), 'rekorBundle': lg}))
        i = K.image(f'x-{name}', 'v1', name)
        payload = K.ssp(f'x-{name}', i['digest'])
        s = K.sign(key, payload)
        K.legacy(f'x-{name}', i['digest'], '.sig', [(payload, {
            'dev.cosignproject.cosign/signature': K.b64(s), 'dev.sigstore.cosign/certificate': K.pem(leaf).decode(), 'dev.sigstore.cosign/chain': (K.pem(K.inter) + K.pem(K.root)).decode(),
            'dev.sigstore.cosign/bundle': json.dumps(K.tlog(K.hashedrekord(s, payload, K.pem(leaf)), int(K.now.timestamp()))[0], separators=(',', ':'))})], K.SS)
    K.w('sct.sig', K.b64(signature))
    envelope = K.dsse(key, K.st(K.dg.hex(), 'blob.txt', 'https://slsa.dev/provenance/v1', {}))
    K.w('sct.env', json.dumps(envelope))
    good = answer(K, K.ctk, c)
    raw = base64.b64decode(good['signature'])
    cut = lambda field: {name: value for name, value in good.items() if name != field}
    for name, made in {
        'good': good, 'other-log': answer(K, another, c), 'of-another': answer(K, K.ctk, stranger), 'precertificate': answer(K, K.ctk, c, precertificate=True),
        'future': answer(K, K.ctk, c, time=int(K.now.timestamp() * 1000) + 10 ** 9), 'before': answer(K, K.ctk, c, time=1), 'zero': answer(K, K.ctk, c, time=0),
        'version': answer(K, K.ctk, c, version=1), 'extensions': answer(K, K.ctk, c, extensions=b'ext'), 'extensions-dropped': answer(K, K.ctk, c, extensions=b'ext') | {'extensions': ''},
        'log-renamed': answer(K, another, c) | {'id': good['id']}, 'rsa': answer(K, K.ctk, c, algorithm=b'\x04\x01'), 'sha512': answer(K, K.ctk, c, algorithm=b'\x06\x03'),
        'sha1': answer(K, K.ctk, c, algorithm=b'\x02\x03'), 'trailing': good | {'signature': K.b64(raw + b'\0')}, 'short': good | {'signature': K.b64(raw[:-1])},
        'changed': good | {'timestamp': good['timestamp'] + 1}, 'text-time': good | {'timestamp': str(good['timestamp'])}, 'float-time': good | {'timestamp': good['timestamp'] + 0.5},
        'negative': good | {'timestamp': -1}, 'huge-time': good | {'timestamp': 2 ** 64}, 'short-id': good | {'id': K.b64(b'x' * 31)}, 'long-id': good | {'id': K.b64(b'x' * 33)},
        'no-id': cut('id'), 'no-extensions': cut('extensions'), 'no-version': cut('sct_version'), 'no-signature': cut('signature'), 'no-time': cut('timestamp'),
        'more': good | {'more': 1}, 'capital': {name.upper(): value for name, value in good.items()}, 'null-extensions': good | {'extensions': None}, 'list': [good], 'empty': {}, 'null': None,
        'url-base64': good | {'signature': good['signature'].replace('+', '-').replace('/', '_').rstrip('=')},
        'spaced': good | {'signature': good['signature'][:20] + '\n' + good['signature'][20:]},
    }.items():
        K.w(f'sct-{name}.json', json.dumps(made))
    K.w('sct-twice.json', json.dumps(good)[:-1] + f', "timestamp": {good["timestamp"]}' + '}')
    K.w('sct-two.json', json.dumps(good) + json.dumps(good))
    K.w('sct-text.json', 'text')
    K.w('sct-nothing.json', '')
    K.w('sct-spaces.json', ' \n' + json.dumps(good) + '\n ')
    K.w('sct-mark.json', b'\xef\xbb\xbf' + json.dumps(good).encode())
    K.w('sct-of-embedded.json', json.dumps(answer(K, K.ctk, e)))
    tls = b'\0' + base64.b64decode(good['id']) + struct.pack('>Q', good['timestamp']) + b'\0\0' + raw
    K.w('sct-tls.json', tls)
    K.w('sct-tls-base64.json', K.b64(tls))


def signing(kind):
    """A key, and how it signs."""
    plain = kind.split('-')[0]
    if plain == 'ed25519':
        key = ed25519.Ed25519PrivateKey.generate()
        return key, key.sign
    if plain in CURVES:
        curve, digest = CURVES[plain]
        key = ec.generate_private_key(curve)
        return key, lambda message: key.sign(message, ec.ECDSA(hashes.SHA256() if kind.endswith('sha256') else digest))
    key = rsa.generate_private_key(65537, int(plain[3:]))
    if kind.endswith('pss'):
        return key, lambda message: key.sign(message, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    return key, lambda message: key.sign(message, padding.PKCS1v15(), hashes.SHA512() if kind.endswith('sha512') else hashes.SHA256())


def kinds(K):
    """Every kind of key x certificate or managed key x every form."""
    for kind in KINDS:
        key, sign = signing(kind)
        c = K.leaf(key, *K.ids['gh'])
        public = K.pubpem(key)
        K.w(f'kind-{kind}.pub', public)
        for by, who in (('c', c), ('k', public)):
            text = K.pem(c) if by == 'c' else public
            older(K, f'k{by}-old-{kind}', text, sign)
            newer(K, f'k{by}-new-{kind}', who, sign)
            signature = sign(K.blob)
            lg, nw = K.tlog(K.hashedrekord(signature, K.blob, text), K.TIN)
            material = K.vm(c, nw) if by == 'c' else K.vm(None, nw, 'x')
            K.w(f'k{by}-{kind}.sigstore.json', K.msgbundle(signature, material))
            longer = {'p384': ('SHA2_384', hashlib.sha384), 'p521': ('SHA2_512', hashlib.sha512)}.get(kind)
            if longer:
                stated = json.loads(K.msgbundle(signature, material))
                stated['messageSignature']['messageDigest'] = {'algorithm': longer[0], 'digest': K.b64(longer[1](K.blob).digest())}
                entry = K.hashedrekord(signature, K.blob, text)
                entry['spec']['data']['hash'] = {'algorithm': longer[0].replace('SHA2_', 'sha'), 'value': longer[1](K.blob).hexdigest()}
                nw = K.tlog(entry, K.TIN)[1]
                stated['verificationMaterial']['tlogEntries'] = [nw]
                K.w(f'k{by}-{kind}.own.sigstore.json', json.dumps(stated))
            K.w(f'k{by}-{kind}.legacy.bundle', json.dumps({'base64Signature': K.b64(signature), 'rekorBundle': lg} | ({'cert': K.b64(K.pem(c))} if by == 'c' else {})))
            K.w(f'k{by}-{kind}.att.sigstore.json', json.dumps(statement_bundle(K, who, sign, K.st(K.dg.hex(), 'blob.txt', 'https://slsa.dev/provenance/v1', {}))))


SIGNATURE = 'application/vnd.dev.cosign.artifact.sig.v1+json'


def referred(K):
    """Older signatures stored as referrers, as `sign --registry-referrers-mode oci-1-1` did."""
    def stored(name, groups, tag=None, kind=SIGNATURE, named=True):
        i = K.image(name, 'v1', name)
        found = []
        for identities in groups:
            layers = [K.lsig(name, i['digest'], who) if isinstance(who, str) else who(name, i['digest']) for who in identities]
            listed = [{'mediaType': K.SS, **K.putblob(name, payload), 'annotations': annotations} for payload, annotations in layers]
            config = K.putblob(name, json.dumps({'rootfs': {'type': 'layers', 'diff_ids': [layer['digest'] for layer in listed]}}).encode())
            m = K.putman(name, None, {'schemaVersion': 2, 'mediaType': K.OM, 'config': {'mediaType': kind, **config}, 'layers': listed, 'subject': i})
            found.append({**m, 'artifactType': kind} if named else m)
        K.putman(name, i['digest'].replace(':', '-'), {'schemaVersion': 2, 'mediaType': K.OI, 'manifests': found}, K.OI)
        if tag:
            K.legacy(name, i['digest'], '.sig', [K.lsig(name, i['digest'], who) for who in tag], K.SS)
        return i, found
    wrong = lambda name, digest: K.lsig(name, digest, 'gh', payload=K.ssp(name, 'sha256:' + '0' * 64))
    stored('r-sig', [['gh']])
    stored('r-two', [['email', 'gh']])
    stored('r-two-manifests', [['email'], ['gh']])
    stored('r-and-tag', [['email']], ['gh'])
    stored('r-bad-and-tag', [[wrong]], ['gh'])
    stored('r-good-and-bad', [['gh'], [wrong]])
    stored('r-bad-and-good', [[wrong], ['gh']])
    stored('r-wrong', [[wrong]])
    stored('r-unnamed', [['gh']], named=False)
    stored('r-other-kind', [['gh']], kind='application/vnd.example.other+json')
    stored('r-attestation', [['gh']], kind='application/vnd.dev.cosign.artifact.att.v1+json')
    stored('r-empty', [[]])
    i, found = stored('r-and-bundle', [['gh']])
    bundle = json.dumps(statement_bundle(K, *of('email', K), K.st(i['digest'][7:], 'x', K.SG, {}))).encode()
    l, c = K.putblob('r-and-bundle', bundle), K.putblob('r-and-bundle', b'{}')
    m = K.putman('r-and-bundle', None, {'schemaVersion': 2, 'mediaType': K.OM, 'artifactType': K.BMT, 'config': {'mediaType': 'application/vnd.oci.empty.v1+json', **c},
                                        'layers': [{'mediaType': K.BMT, **l}], 'subject': i})
    K.putman('r-and-bundle', i['digest'].replace(':', '-'), {'schemaVersion': 2, 'mediaType': K.OI, 'manifests': [*found, {**m, 'artifactType': K.BMT}]}, K.OI)


def of(identity, K):
    key = K.key()
    return K.leaf(key, *K.ids[identity]), lambda message: K.sign(key, message)


if __name__ == '__main__':
    mkfixtures = sys.argv.pop(1)
    names_of_kit = {'__name__': '__main__', '__file__': mkfixtures}
    exec(compile(open(mkfixtures).read(), mkfixtures, 'exec'), names_of_kit)
    make(types.SimpleNamespace(**names_of_kit))
