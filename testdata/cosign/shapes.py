#!/usr/bin/env python3
"""Makes the kit's world, and in the same world images, keys and blobs of more shapes.

usage: shapes.py MKFIXTURES OUTDIR REGISTRY

The kit's mkfixtures.py runs first, whole; what is made here has its certificate authority, logs and registry. The names of the
images made here go to shapes.json: cases.py asks about them line by line, the matrix leaves them out.
"""
import base64, hashlib, json, sys, types
from cryptography.hazmat.primitives import hashes, serialization as S
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

import signers

MKFIXTURES = sys.argv.pop(1)
globals_of_kit = {'__name__': '__main__', '__file__': MKFIXTURES}
exec(compile(open(MKFIXTURES).read(), MKFIXTURES, 'exec'), globals_of_kit)
K = types.SimpleNamespace(**globals_of_kit)
KIT_IMAGES = set(K.res)
compact = lambda value: json.dumps(value, separators=(',', ':')).encode()
other_key = K.key()
K.w('other-key.pub', K.pubpem(other_key))


def signed(name, *layers, kind=None):
    """An image with older signatures: each is what `layers` answers for its repository and digest."""
    i = K.image(name, 'v1', name)
    K.res[name] = i['digest']
    if layers:
        K.legacy(name, i['digest'], '.sig', [layer(name, i['digest']) for layer in layers], kind or K.SS)
    return i


def by(identity, **how):
    return lambda repository, digest: K.lsig(repository, digest, identity, **how)


def by_key(key, log=True, optional=None):
    def layer(repository, digest):
        payload = K.ssp(repository, digest, optional)
        signature = K.sign(key, payload)
        annotations = {'dev.cosignproject.cosign/signature': K.b64(signature)}
        if log:
            annotations['dev.sigstore.cosign/bundle'] = compact(K.tlog(K.hashedrekord(signature, payload, K.pubpem(key)), K.TIN)[0]).decode()
        return payload, annotations
    return layer


def kept(name, layer):
    """A layer whose content and signature are files, too."""
    def made(repository, digest):
        content, annotations = layer(repository, digest)
        K.w(f'{name}.payload', content)
        K.w(f'{name}.sig', annotations['dev.cosignproject.cosign/signature'])
        return content, annotations
    return made


def changed(layer, payload=None, **annotations):
    """A layer with annotations changed afterwards, or dropped where they are None, or with other content."""
    names = {'signature': 'dev.cosignproject.cosign/signature', 'certificate': 'dev.sigstore.cosign/certificate', 'chain': 'dev.sigstore.cosign/chain',
             'bundle': 'dev.sigstore.cosign/bundle', 'stamp': 'dev.sigstore.cosign/rfc3161timestamp'}
    def made(repository, digest):
        content, all_of_them = layer(repository, digest)
        for name, value in annotations.items():
            all_of_them.pop(names[name], None)
            if value is not None:
                all_of_them[names[name]] = value
        return payload or content, all_of_them
    return made


def stamped(log=True):
    """A signature by a certificate of a year, with a signed timestamp of now."""
    def layer(repository, digest):
        payload = K.ssp(repository, digest)
        signature = K.sign(K.kc, payload)
        annotations = {'dev.cosignproject.cosign/signature': K.b64(signature), 'dev.sigstore.cosign/certificate': K.pem(K.cc).decode(),
                       'dev.sigstore.cosign/chain': (K.pem(K.inter) + K.pem(K.root)).decode(),
                       'dev.sigstore.cosign/rfc3161timestamp': compact({'SignedRFC3161Timestamp': K.b64(K.stamp(signature))}).decode()}
        if log:
            annotations['dev.sigstore.cosign/bundle'] = compact(K.tlog(K.hashedrekord(signature, payload, K.pem(K.cc)), int(K.now.timestamp()))[0]).decode()
        return payload, annotations
    return layer


def older_signatures():
    gh, empty = by('gh'), lambda repository, digest: (K.ssp(repository, digest), {})
    of_another = lambda repository, digest: K.lsig(repository, digest, 'gh', payload=K.ssp(repository, 'sha256:' + '0' * 64))
    signed('s-many', by('email'), gh, by('nosct'), by('v2only'), by('gh', t=K.TOUT), by('gh', badset=True), empty, of_another)
    signed('s-bad', by('gh', t=K.TOUT), by('gh', badset=True), by('nosct'), empty, of_another)
    signed('s-twice', gh, gh)
    signed('s-key', by_key(K.K))
    signed('s-key-no-log', kept('s-key-no-log', by_key(K.K, log=False)))
    signed('s-keys', by_key(other_key), by_key(K.K, optional={'who': 'second'}))
    signed('s-key-and-gh', by_key(K.K), gh)
    signed('s-annotated', by('gh', opt={'build': '7', 'env': 'prod'}), by('email', opt={'build': '8'}), by('gh', opt={'build': 7}))
    signed('s-values', by('gh', opt={'a': 1e21, 'b': 1.0, 'c': 0.1, 'd': -0.0, 'e': 1e-7, 'f': True, 'g': None, 'h': [1, 'x', {'z': 1, 'a': 2}], 'i': {'b': [], 'a': {}},
                                     'j': '<>&\u2028\u0001\x7f\u00e9\U0001f600', 'Issuer': 'mine', 'Subject': 'me', 'Bundle': 1, '': 'empty'}))
    more = lambda repository, digest: K.lsig(repository, digest, 'gh', payload=compact({**json.loads(K.ssp(repository, digest, {})), 'more': 1}))
    signed('s-more', more)
    signed('s-no-type', lambda r, d: K.lsig(r, d, 'gh', payload=compact({'critical': {'image': {'docker-manifest-digest': d}}})))
    signed('s-spaced', lambda r, d: K.lsig(r, d, 'gh', payload=json.dumps(json.loads(K.ssp(r, d)), indent=2).encode()))
    signed('s-text', lambda r, d: K.lsig(r, d, 'gh', payload=b'not json'))
    signed('s-list', lambda r, d: K.lsig(r, d, 'gh', payload=b'[]'))
    signed('s-other-name', lambda r, d: K.lsig(r, d, 'gh', payload=K.ssp('another/name', d)))
    signed('s-no-chain', changed(gh, chain=None))
    signed('s-other-chain', changed(gh, chain=K.pem(K.troot).decode()))
    signed('s-text-chain', changed(gh, chain='text'))
    signed('s-text-certificate', changed(gh, certificate='text'))
    signed('s-no-certificate', changed(gh, certificate=None))
    signed('s-text-bundle', changed(gh, bundle='text'))
    signed('s-empty-bundle', changed(gh, bundle='{}'))
    signed('s-text-signature', changed(gh, signature='!!!'))
    signed('s-no-signature', changed(gh, signature=None))
    signed('s-empty-signature', changed(gh, signature=''))
    signed('s-other-payload', changed(gh, payload=b'{}'))
    signed('s-text-stamp', changed(gh, stamp='text'))
    signed('s-stamp', stamped())
    signed('s-stamp-no-log', stamped(log=False))
    signed('s-kind', gh, kind='application/octet-stream')
    signed('s-none-of-it', kind=None)
    K.legacy('s-none-of-it', K.res['s-none-of-it'], '.sig', [], K.SS)


TYPES = {'custom': 'https://cosign.sigstore.dev/attestation/v1', 'slsa02': 'https://slsa.dev/provenance/v0.2', 'slsa1': 'https://slsa.dev/provenance/v1',
         'spdx': 'https://spdx.dev/Document', 'cyclonedx': 'https://cyclonedx.org/bom', 'vuln': 'https://cosign.sigstore.dev/attestation/vuln/v1',
         'openvex': 'https://openvex.dev/ns', 'link': 'https://in-toto.io/Link/v1', 'own': 'https://example.com/own', 'slsa1-again': 'https://slsa.dev/provenance/v1'}


def bundle(statement, identity='gh', time=None, key=None, log=True, stamp=False, media=None, kind=None, **other):
    """A bundle of a statement, by a certificate or a key."""
    signer = key or K.key()
    certificate = None if key else K.leaf(signer, *K.ids[identity])
    envelope = K.dsse(signer, statement)
    entry = K.tlog(K.dsse_entry(envelope, K.pem(certificate) if certificate else K.pubpem(signer)), time or K.TIN)[1] if log else None
    hint = None if certificate else K.b64(hashlib.sha256(K.spki(signer)).digest())
    stamps = K.stamp(base64.b64decode(envelope['signatures'][0]['sig'])) if stamp else None
    return {'mediaType': media or K.BMT, 'verificationMaterial': K.vm(certificate, entry, hint, stamps), 'dsseEnvelope': envelope, **other}


def attached(name, *bundles):
    """An image with bundles: each is made for a function that makes statements about it."""
    i = K.image(name, 'v1', name)
    K.res[name] = i['digest']
    about = lambda kind=K.SG, predicate={}, digest=None, **more: {**K.st((digest or i['digest']).split(':')[1], f'{K.REG}/{name}', kind, predicate), **more}
    K.referrer(name, i, [(compact(made(about)), K.SG) if callable(made) else made for made in bundles])
    return i


def newer_signatures():
    plain = lambda about: bundle(about())
    attached('n-many', lambda about: bundle(about(), 'email'), plain, lambda about: bundle(about(), 'v2only'), lambda about: bundle(about(), time=K.TOUT),
             lambda about: bundle(about(digest='sha256:' + '0' * 64)), lambda about: bundle(about(), log=False), lambda about: bundle(about(), 'nosct'))
    attached('n-bad', lambda about: bundle(about(), time=K.TOUT), lambda about: bundle(about(), log=False), lambda about: bundle(about(), 'nosct'))
    attached('n-key', lambda about: bundle(about(), key=K.K))
    attached('n-key-no-log', lambda about: bundle(about(), key=K.K, log=False))
    attached('n-keys', lambda about: bundle(about(), key=other_key), lambda about: bundle(about(), key=K.K))
    attached('n-key-and-gh', lambda about: bundle(about(), key=K.K), plain)
    attached('n-types', *(lambda about, kind=kind, n=n: bundle(about(kind, {'n': n})) for n, kind in TYPES.items()))
    attached('n-subjects', lambda about: bundle({**about(), 'subject': [{'name': 'a', 'digest': {'sha256': '0' * 64}, 'annotations': {'k': 'v'}}, *about()['subject']]}))
    attached('n-annotated', lambda about: bundle({**about(), 'subject': [{**about()['subject'][0], 'annotations': {'k': 'v', 'n': 7, 'u': 'a&b'}}]}),
             lambda about: bundle({**about(), 'subject': [{**about()['subject'][0], 'annotations': {'k': 'w'}}]}))
    attached('n-statement-v1', lambda about: bundle(about(_type='https://in-toto.io/Statement/v1')))
    attached('n-old-kinds', lambda about: bundle(about(), media='application/vnd.dev.sigstore.bundle+json;version=0.1'),
             lambda about: bundle(about(), media='application/vnd.dev.sigstore.bundle+json;version=0.2'), lambda about: bundle(about(), media='application/vnd.dev.sigstore.bundle+json;version=0.3'))
    attached('n-garbage-first', (b'{"mediaType":"nope"}', K.SG), plain)
    attached('n-garbage-last', plain, (b'{"mediaType":"nope"}', K.SG))
    attached('n-text', (b'text', K.SG))
    attached('n-unknown-field', lambda about: bundle(about(), surplus=1))
    i = attached('n-and-old', plain)
    K.legacy('n-and-old', i['digest'], '.sig', [K.lsig('n-and-old', i['digest'], 'email')], K.SS)


def older_attestations():
    def attestation(kind, predicate, digest=None, key=None, annotated=True, **more):
        def layer(repository, of_image):
            signer = key or K.key()
            certificate = None if key else K.leaf(signer, *K.ids['gh'])
            envelope = K.dsse(signer, {**K.st((digest or of_image).split(':')[1], f'{K.REG}/{repository}', kind, predicate), **more})
            by_whom = K.pem(certificate) if certificate else K.pubpem(signer)
            annotations = {'dev.cosignproject.cosign/signature': '', 'dev.sigstore.cosign/bundle': compact(K.tlog(K.dsse_entry(envelope, by_whom), K.TIN)[0]).decode()}
            if certificate:
                annotations |= {'dev.sigstore.cosign/certificate': by_whom.decode(), 'dev.sigstore.cosign/chain': (K.pem(K.inter) + K.pem(K.root)).decode()}
            if annotated:
                annotations['predicateType'] = kind
            return compact(envelope), annotations
        return layer

    def attested(name, *layers):
        i = signed(name)
        K.legacy(name, i['digest'], '.att', [layer(name, i['digest']) for layer in layers], 'application/vnd.dsse.envelope.v1+json')

    attested('a-types', *(attestation(kind, {'n': n}) for n, kind in TYPES.items()))
    attested('a-custom-text', attestation(TYPES['custom'], {'Data': 'text <&>', 'Timestamp': '2026-06-01T12:00:00Z'}))
    attested('a-custom-json', attestation(TYPES['custom'], {'Data': '{"a": [1, 2]}', 'Timestamp': ''}))
    attested('a-other-digest', attestation(TYPES['slsa1'], {}, digest='sha256:' + '0' * 64), attestation(TYPES['vuln'], {}))
    attested('a-no-annotation', attestation(TYPES['slsa1'], {}, annotated=False))
    attested('a-key', attestation(TYPES['slsa1'], {}, key=K.K))
    attested('a-text', lambda r, d: (b'text', {'predicateType': TYPES['slsa1']}))
    attested('a-subjects', lambda r, d: attestation(TYPES['slsa1'], {}, subject=[{'name': 'x', 'digest': {'sha256': '0' * 64}}, {'name': 'y', 'digest': {'sha256': d[7:]}}])(r, d))
    attested('a-v1', attestation(TYPES['slsa1'], {}, _type='https://in-toto.io/Statement/v1'))


def other_images():
    i = signed('o-sbom')
    K.legacy('o-sbom', i['digest'], '.sbom', [(b'SPDXVersion: SPDX-2.2\n', {})], 'text/spdx')
    i = signed('o-sboms')
    K.legacy('o-sboms', i['digest'], '.sbom', [(b'{"a":1}', {}), (b'{"b":2}\n', {})], 'application/vnd.cyclonedx+json')
    a, b = K.image('o-index', 'a', 'index-a'), K.image('o-index', 'b', 'index-b')
    m = K.putman('o-index', 'v1', {'schemaVersion': 2, 'mediaType': K.OI, 'manifests': [
        {**a, 'platform': {'os': 'linux', 'architecture': 'amd64'}}, {**b, 'platform': {'os': 'linux', 'architecture': 'arm64', 'variant': 'v8'}}]}, K.OI)
    K.res['o-index'] = m['digest']
    for part, digest in (('index', m['digest']), ('a', a['digest']), ('b', b['digest'])):
        K.legacy('o-index', digest, '.sig', [K.lsig('o-index', digest, 'gh')], K.SS)
        K.legacy('o-index', digest, '.sbom', [(f'sbom of {part}\n'.encode(), {})], 'text/spdx+json')
        K.legacy('o-index', digest, '.att', [K.latt('o-index', digest, TYPES['slsa1'], {'part': part})[0]], 'application/vnd.dsse.envelope.v1+json')
    docker = 'application/vnd.docker.distribution.manifest.v2+json'
    config = K.putblob('o-docker', b'{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}')
    i = K.putman('o-docker', 'v1', {'schemaVersion': 2, 'mediaType': docker, 'config': {'mediaType': 'application/vnd.docker.container.image.v1+json', **config}, 'layers': []}, docker)
    K.res['o-docker'] = i['digest']
    K.legacy('o-docker', i['digest'], '.sig', [K.lsig('o-docker', i['digest'], 'gh')], K.SS)


def keys():
    """Public and private keys in every wrapping, and signatures of the blob by each kind."""
    pem, der = S.Encoding.PEM, S.Encoding.DER
    spki, plain = S.PublicFormat.SubjectPublicKeyInfo, S.NoEncryption()
    kinds = {'p256': ec.generate_private_key(ec.SECP256R1()), 'p384': ec.generate_private_key(ec.SECP384R1()), 'p521': ec.generate_private_key(ec.SECP521R1()),
             'p224': ec.generate_private_key(ec.SECP224R1()), 'k1': ec.generate_private_key(ec.SECP256K1()), 'ed25519': ed25519.Ed25519PrivateKey.generate(),
             'rsa2048': rsa.generate_private_key(65537, 2048), 'rsa1024': rsa.generate_private_key(65537, 1024)}
    for name, k in kinds.items():
        K.w(f'k-{name}.pub', k.public_key().public_bytes(pem, spki))
        for digest in (hashes.SHA256(), hashes.SHA384(), hashes.SHA512()):
            one = (k.sign(K.blob) if name == 'ed25519' else k.sign(K.blob, padding.PKCS1v15(), digest) if name.startswith('rsa') else k.sign(K.blob, ec.ECDSA(digest)))
            K.w(f'k-{name}.{digest.name}.sig', K.b64(one))
    p256, r = kinds['p256'], kinds['rsa2048']
    text = p256.public_key().public_bytes(pem, spki)
    other = kinds['p384'].public_key().public_bytes(pem, spki)
    for name, content in {
        'pkcs1': r.public_key().public_bytes(pem, S.PublicFormat.PKCS1), 'der': p256.public_key().public_bytes(der, spki), 'ssh': p256.public_key().public_bytes(S.Encoding.OpenSSH, S.PublicFormat.OpenSSH),
        'crlf': text.replace(b'\n', b'\r\n'), 'bom': b'\xef\xbb\xbf' + text, 'leading': b'text before\n' + text, 'trailing': text + b'text after', 'two': text + other, 'two-other-first': other + text,
        'spaced': b'  \n\n' + text, 'no-end': text[:-10], 'empty': b'', 'broken': text.replace(b'M', b'N', 3), 'label': text.replace(b'PUBLIC', b'PUBLISHED'), 'headers': text.replace(b'KEY-----\n', b'KEY-----\nA: b\n\n', 1),
        'ec-private': p256.private_bytes(pem, S.PrivateFormat.TraditionalOpenSSL, plain), 'pkcs8': p256.private_bytes(pem, S.PrivateFormat.PKCS8, plain), 'one-line': text.replace(b'\n', b''),
        'encrypted': p256.private_bytes(pem, S.PrivateFormat.PKCS8, S.BestAvailableEncryption(b'x')), 'certificate-first': open(K.P('leaf-gh.pem'), 'rb').read() + text, 'certificate-last': text + open(K.P('leaf-gh.pem'), 'rb').read(),
    }.items():
        K.w(f'w-{name}.pub', content)
    K.w('w-certificate.der', base64.b64decode(b''.join(open(K.P('leaf-gh.pem'), 'rb').read().splitlines()[1:-1])))
    K.w('w-certificate.b64', base64.b64encode(open(K.P('leaf-gh.pem'), 'rb').read()))
    K.w('w-certificate.crlf', open(K.P('leaf-gh.pem'), 'rb').read().replace(b'\n', b'\r\n'))
    K.w('w-certificates.pem', open(K.P('leaf-gh.pem'), 'rb').read() + open(K.P('leaf-email.pem'), 'rb').read())
    root, chain = open(K.P('fulcio-root.pem'), 'rb').read(), open(K.P('fulcio-chain.pem'), 'rb').read()
    inter = chain[:-len(root)]
    K.w('c-reversed.pem', root + inter)
    K.w('c-inter.pem', inter)
    K.w('c-doubled.pem', chain + chain)
    K.w('c-leaf-too.pem', open(K.P('leaf-gh.pem'), 'rb').read() + chain)
    K.w('c-trailing.pem', chain + b'text')


if __name__ == '__main__':
    older_signatures()
    newer_signatures()
    older_attestations()
    other_images()
    keys()
    signers.make(K)
    K.w('digests.json', json.dumps(K.res, indent=1))
    K.w('registry/log.json', json.dumps(K.LOG))
    K.w('shapes.json', json.dumps(sorted(set(K.res) - KIT_IMAGES)))
