#!/usr/bin/env python3
"""The whole process of sealgate beside real cosign, in one run: CPU, peak memory, wall time, and the size of both binaries.

usage: measure.py COSIGN SEALGATE [--kit DIR] [--runs N]

The two take turns over a legacy image, a bundle image and a blob of a world made for this run; medians are printed, and their
ratios. Both must accept, or there is nothing to measure. Needs GNU time. Machines are noisy: compare ratios, not times.
"""
import argparse, json, os, re, shlex, shutil, statistics, subprocess, sys, tempfile, time

import compare

LINES = {
    'legacy image': 'verify @ROOT @ANY $D{kl-gh}',
    'bundle image': 'verify @ROOT @ANY $D{sig-new}',
    'blob': 'verify-blob --bundle $FX/blob-gh.sigstore.json @ROOT @ANY $FX/blob.txt',
}


def run(words, folder):
    """CPU and wall time in milliseconds of one run."""
    begin = time.monotonic()
    process = subprocess.Popen(words, env={'PATH': os.environ['PATH'], 'HOME': folder}, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=folder)
    said = process.stderr.read().decode(errors='replace')
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f'{shlex.join(words)} ends with {process.returncode}: {said}')
    return 1000 * (used.ru_utime + used.ru_stime), 1000 * (time.monotonic() - begin)


def once(words, folder):
    """CPU and wall time in milliseconds, peak memory in MiB of a run each."""
    # GNU time starts the program from a small process: the kernel counts what started it as the program's own peak.
    run(['/usr/bin/time', '-q', '-o', f'{folder}/peak', '-f', '%M', *words], folder)
    return *run(words, folder), int(open(f'{folder}/peak').read()) / 1024


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('cosign')
    p.add_argument('sealgate')
    p.add_argument('--kit', default=os.path.join(compare.HERE, '../../../shared/cosign-kit'))
    p.add_argument('--runs', type=int, default=21)
    a = p.parse_args()
    compare.alone(sys.argv[1:], __file__)
    if os.environ.get('COMPARE_ALONE'):
        compare.loopback_up()
    both = {name: os.path.abspath(shutil.which(path) or path) for name, path in (('cosign', a.cosign), ('sealgate', a.sealgate))}
    port = compare.free_port()
    with tempfile.TemporaryDirectory() as work:
        folder = f'{work}/kit'
        kit = compare.world(a.kit, folder, both['cosign'], port)
        # The registry runs in a process of its own, so that its work is nobody's.
        child = os.fork()
        if child == 0:
            kit.Registry.load(f'{folder}/fx/registry')
            # An answer goes out in one piece: waiting for the acknowledgement of its head would be most of what is measured.
            kit.Registry.wbufsize = 65536
            kit.Registry.disable_nagle_algorithm = True
            kit.Server(('127.0.0.1', port), kit.Registry).serve_forever()
        try:
            time.sleep(0.5)
            print(f'{"":14}{"":10}{"CPU ms":>9}{"wall ms":>9}{"peak MiB":>10}')
            for name, line in LINES.items():
                words = shlex.split(kit_line(folder, line, port))
                measured = {program: [] for program in both}
                for _ in range(a.runs):
                    for program, binary in both.items():
                        measured[program].append(once([binary, *words], work))
                medians = {program: [statistics.median(column) for column in zip(*runs)] for program, runs in measured.items()}
                for program, (cpu, wall, peak) in medians.items():
                    print(f'{name:14}{program:10}{cpu:9.1f}{wall:9.1f}{peak:10.1f}')
                ratios = [theirs / max(ours, 0.01) for theirs, ours in zip(medians['cosign'], medians['sealgate'])]
                print(f'{name:14}{"ratio":10}' + ''.join(f'{"1/" + format(ratio, ".1f"):>{width}}' for ratio, width in zip(ratios, (9, 9, 10))))
        finally:
            os.kill(child, 9)
            os.waitpid(child, 0)
    sizes = {program: os.path.getsize(binary) / 1e6 for program, binary in both.items()}
    print(f'binary: cosign {sizes["cosign"]:.1f} MB, sealgate {sizes["sealgate"]:.1f} MB, 1/{sizes["cosign"] / sizes["sealgate"]:.1f}')
    return 0


def kit_line(folder, line, port):
    """The line with everything in it that the world gives."""
    for word, means in compare.cases.WORDS.items():
        line = line.replace(word, means)
    digests, host = json.load(open(f'{folder}/fx/digests.json')), f'127.0.0.1:{port}'
    line = re.sub(r'\$D\{([^}]+)\}', lambda m: f'{host}/{m.group(1)}@{digests[m.group(1)]}', line)
    return line.replace('$FX', f'{folder}/fx').replace('$R', host)


if __name__ == '__main__':
    sys.exit(main())
