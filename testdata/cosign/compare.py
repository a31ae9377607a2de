#!/usr/bin/env python3
"""Runs real cosign and sealgate over the same command lines in a world made for this run, and compares.

usage: compare.py COSIGN SEALGATE [--kit DIR] [--world DIR] [--only WORD] [--no-matrix]
                  [--show] [--stderr]

The world (keys, logs, signed images and blobs) is made anew by the kit's mkfixtures.py, shapes.py and signers.py, cosign's
answers are recorded live, and then sealgate has to give the same: exit code and standard output, with standard error counted apart.
Three lists are run: the kit's cases.tsv, cases.py and signer_cases.py beside this file, and every image with every line of
matrix.tsv.
What is meant to differ is named in differences.tsv, by the row of docs/cosign-differences.md that says why; a case that
is listed and does not differ is a failure too.

Where it is allowed, everything runs in a network namespace with loopback alone, so that nothing can leave the machine.
Needs python3-cryptography and openssl. Exit status: 0 when nothing differs that is not listed.
"""
import argparse, fcntl, fnmatch, importlib.util, json, os, re, shutil, socket, struct, subprocess, sys, tempfile, threading

import cases

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURE_TIME = '2024-01-01T00:00:00Z'


def alone(arguments, script=__file__):
    """Goes on in a network namespace of our own, with loopback up."""
    if os.environ.get('COMPARE_ALONE') or subprocess.run(['unshare', '-rn', 'true'], stderr=subprocess.DEVNULL).returncode:
        return
    os.environ['COMPARE_ALONE'] = '1'
    os.execvp('unshare', ['unshare', '-rn', sys.executable, os.path.abspath(script), *arguments])


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        flags = struct.unpack('16sh', fcntl.ioctl(s, 0x8913, struct.pack('16sh', b'lo', 0)))[1]
        fcntl.ioctl(s, 0x8914, struct.pack('16sh', b'lo', flags | 1))


def world(kit_folder, folder, cosign, port):
    """A copy of the kit with fixtures made now; returns its kit module."""
    shutil.copytree(kit_folder, folder, ignore=shutil.ignore_patterns('fx', '__pycache__'))
    spec = importlib.util.spec_from_file_location('kit', f'{folder}/kit.py')
    kit = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(kit)
    fixtures = f'{folder}/fx'
    server = kit.Server(('127.0.0.1', port), kit.Registry)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    subprocess.run([sys.executable, f'{HERE}/shapes.py', f'{folder}/mkfixtures.py', fixtures, f'127.0.0.1:{port}'], check=True)
    server.shutdown()
    server.server_close()
    for name in os.listdir(f'{folder}/dk'):
        text = open(f'{folder}/dk/{name}').read()
        os.chmod(f'{folder}/dk', 0o755)
        os.remove(f'{folder}/dk/{name}')
        open(f'{folder}/dk/{name}', 'w').write(text.replace('127.0.0.1:5055', f'127.0.0.1:{port}'))
    # Policies and the like are not made: they are the same in every world.
    for name in os.listdir(f'{kit_folder}/fx'):
        if name.endswith(('.rego', '.cue')):
            shutil.copy(f'{kit_folder}/fx/{name}', fixtures)
    chain = lambda name, file: f'url=https://{name}.fixture.dev,certificate-chain={fixtures}/{file},start-time={FIXTURE_TIME}'
    key = lambda name, file: f'url=https://{name}.fixture.dev,public-key={fixtures}/{file},start-time={FIXTURE_TIME}'
    subprocess.run(
        [cosign, 'trusted-root', 'create', '--out', f'{fixtures}/trusted_root.json', '--fulcio', chain('fulcio', 'fulcio-chain.pem'),
         '--tsa', chain('tsa', 'tsa-chain.pem'), '--rekor', key('rekor', 'rekor.pub'), '--ctfe', key('ctfe', 'ctfe.pub')],
        check=True, env={'PATH': os.environ['PATH'], 'HOME': folder})
    return kit


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def rows(name):
    return [line.rstrip('\n').split('\t') for line in open(name) if line.strip() and not line.startswith('#')]


def matrix(images):
    """Every image with every set of flags, with names that say which."""
    sets = {line[0]: line[1] for line in rows(f'{HERE}/matrix.tsv')}
    for image in images:
        for name, words in sets.items():
            for word, means in cases.WORDS.items():
                words = words.replace(word, means)
            yield f'{name}/{image}', words.replace('@IMAGE', f'$R/{image}:v1').replace('@DIGEST', f'$D{{{image}}}')


def thinned(lines):
    """Every third line of the families that try each name, key and referrer in many ways."""
    many = [line for line in lines if line[0].split('/')[0] in ('kind', 'name', 'referred')]
    left_out = {name for at, (name, _) in enumerate(many) if at % 3}
    return [line for line in lines if line[0] not in left_out]


def tidied(answer):
    """An answer without what chance or the build decides: cosign's trees and downloads have no order, and newer
    Go names one field more."""
    out = re.sub(r'"RawSignatureAlgorithm":"[^"]*",', '', answer['stdout'])
    lines = out.splitlines(True)
    if out.startswith('\N{PACKAGE} ') or all(line.startswith('{') for line in lines):
        out = ''.join(sorted(lines))
    return {**answer, 'stdout': out}


def recorded(binary, folder, cases, into, port):
    """What a binary answers to all cases."""
    subprocess.run([sys.executable, f'{folder}/kit.py', binary, '--cases', cases, '--record', into, '--port', str(port)], check=True)
    return answers_in(into)


def answers_in(name):
    return {answer['id']: tidied(answer) for answer in map(json.loads, open(name))}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('cosign')
    p.add_argument('sealgate')
    p.add_argument('--kit', default=os.path.join(HERE, '../../../shared/cosign-kit'))
    p.add_argument('--world', help='a folder that keeps the world and what cosign answered, for further runs')
    p.add_argument('--only', help='run the cases whose name has this word')
    p.add_argument('--no-matrix', action='store_true', help='leave out matrix.tsv, and two thirds of what is tried in many ways: for CI')
    p.add_argument('--show', action='store_true', help='print both answers of what differs')
    p.add_argument('--stderr', action='store_true', help='print both errors of what differs in standard error alone')
    a = p.parse_args()
    if not os.path.isdir(a.kit):
        print(f'no kit at {a.kit}: nothing was compared', file=sys.stderr)
        return 69
    alone(sys.argv[1:])
    if os.environ.get('COMPARE_ALONE'):
        loopback_up()
    else:
        print('warning: no network namespace can be made here; cosign may ask for addresses outside', file=sys.stderr)
    cosign, sealgate = (os.path.abspath(shutil.which(name) or name) for name in (a.cosign, a.sealgate))
    with tempfile.TemporaryDirectory() as work:
        work = os.path.abspath(a.world or work)
        folder, answers = f'{work}/kit', f'{work}/cosign.jsonl'
        if not os.path.exists(f'{work}/port'):
            os.makedirs(work, exist_ok=True)
            port = free_port()
            world(a.kit, folder, cosign, port)
            open(f'{work}/port', 'w').write(str(port))
        port = int(open(f'{work}/port').read())
        shapes = json.load(open(f'{folder}/fx/shapes.json'))
        images = [name for name in json.load(open(f'{folder}/fx/digests.json')) if not name.startswith('multi-a') and name not in shapes]
        lines = [tuple(row[:2]) for row in rows(f'{folder}/cases.tsv')] + cases.every() + ([] if a.no_matrix else list(matrix(images)))
        names = [name for name, _ in lines]
        twice = {name for name in names if names.count(name) > 1}
        assert not twice, f'two cases of one name: {twice}'
        lines = thinned(lines) if a.no_matrix else lines
        file_of = lambda name, some: open(f'{work}/{name}', 'w').writelines(f'{name}\t{line}\n' for name, line in some)
        if not os.path.exists(answers):
            file_of('all.tsv', lines)
            recorded(cosign, folder, f'{work}/all.tsv', answers, port)
        want = answers_in(answers)
        lines = [case for case in lines if (not a.only or a.only in case[0]) and case[0] in want]
        file_of('some.tsv', lines)
        got = recorded(sealgate, folder, f'{work}/some.tsv', f'{work}/sealgate.jsonl', port)
    listed = rows(f'{HERE}/differences.tsv')
    used, wrong, meant, said = set(), 0, 0, 0
    for name, line in lines:
        said += got[name]['stderr'] == want[name]['stderr']
        differs = [part for part in ('rc', 'stdout') if got[name][part] != want[name][part]]
        rule = next((row for row in listed if fnmatch.fnmatchcase(name, row[0])), None)
        if rule and differs:
            used.add(rule[0])
            meant += 1
        elif differs:
            wrong += 1
            print(f'{name}: {", ".join(differs)} differ (exit code {got[name]["rc"]}, cosign {want[name]["rc"]})  {line[:160]}')
        if differs and not rule and a.show or a.stderr and not differs and got[name]['stderr'] != want[name]['stderr']:
            for part in ('stdout', 'stderr'):
                if got[name][part] != want[name][part]:
                    print(f'  {name} cosign   {part}: {want[name][part][:900]!r}\n  {name} sealgate {part}: {got[name][part][:900]!r}')
    idle = [] if a.only or a.no_matrix else [row[0] for row in listed if row[0] not in used]
    for name in idle:
        print(f'{name}: listed as a difference, and there is none')
    print(f'{len(lines)} command lines: {len(lines) - wrong - meant} the same, {meant} differ as published, {wrong} differ otherwise')
    print(f'standard error the same in {said}')
    return 1 if wrong or idle else 0


if __name__ == '__main__':
    sys.exit(main())
