#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the program costs beside a bare loop of libpcap that reads the same file.

    meson test --benchmark -C build --verbose   small sizes, some minutes
    BENCH=full meson test --benchmark …         the sizes that the aims speak of (2 GB in $TMPDIR)
    BENCH_SHAPES='small flood' …                only these
    BENCH_REPEAT=9 …                            runs of each, of which the median counts
    BENCH_OTHERS=1 …                            tcpdump and tshark, too, on the smaller files
    BENCH_TABLE=1 …                             nothing but the table of the README

Time is that of the processor (user and system) from wait4, since other programs may run beside; each
round runs every reader once, so that all see the same machine. A shape that has an aim fails where
the median of the capture room is beyond it; the report stands beside it and has no aim of its own.
Memory is that of the largest moment. Every shape is also read at a quarter of its size: there all
views and the database are measured, and memory must not grow with the file.
"""

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile

FULL = os.environ.get('BENCH', '') == 'full'
REPEAT = int(os.environ.get('BENCH_REPEAT', '5'))
ONLY = os.environ.get('BENCH_SHAPES', '').split()
GENERATE, LOOP, ROOM, INSERT, BGPWHY = (os.environ[name] for name in (
    'BENCH_GENERATE', 'BENCH_LOOP', 'BENCH_ROOM', 'BENCH_INSERT', 'BGPWHY'))
# Times of SQLite's own time for the same rows that --db may add. The aim is 1.5; one run differs from the next by
# a fifth, so this is what fails.
# `bfd-up` is not among them: half a million packets leave 20,000 rows, and the hash of the file is half of what --db
# adds.
STORE_TIMES = 1.8
STORE_SHAPES = ('table', 'many', 'small')

# name, size here, full size, times of the bare loop that the room may take
SHAPES = [
    ('one', 120, 500, 1.6),
    ('table', 120, 500, None),
    ('many', 120, 509, 3.0),
    ('small', 60, 250, 3.0),
    ('connections', 25000, 100000, 4.0),
    ('pairs', 25000, 100000, 4.0),
    ('bfd-up', 500000, 2000000, None),
    ('flood', 250000, 1000000, None),
    ('flood-ports', 250000, 1000000, None),
]
ROOM_BYTES = 64 << 20  # the most that the capture room may hold at once, where there is an aim
# What costs most for each packet; microseconds for each that the report may take.
HOSTILE = [
    ('holes', 100000), ('fragments', 100000), ('retries', 50000), ('bfd', 100000),
    ('arp', 100000), ('hosts', 100000), ('icmp', 100000), ('slow', 1200000),
]
PACKET_US = 10


def run(command):
    """Seconds of processor time and the largest resident size in octets."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE)
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode not in (0, 1):
        raise SystemExit(f'{command}: {process.returncode}\n{said.decode(errors="replace")}')
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def readers(path, folder, everyone):
    """The commands that read the file, by name."""
    yield 'loop', [LOOP, path]
    yield 'room', [ROOM, path]
    yield 'report', [BGPWHY, '-r', path, '--report']
    if not everyone:
        return
    yield 'json', [BGPWHY, '-r', path, '--json']
    yield 'db', [BGPWHY, '-r', path, '--report', '--db', os.path.join(folder, 'db')]
    if os.environ.get('BENCH_OTHERS'):
        for tool in (['tcpdump', '-nn', '-r', path], ['tshark', '-n', '-r', path]):
            if shutil.which(tool[0]):
                yield tool[0], tool


def bare(folder):
    """How many rows the database has, and the seconds that they take SQLite alone."""
    made = subprocess.run([INSERT, os.path.join(folder, 'db'), os.path.join(folder, 'db-bare')], check=True,
                          stdout=subprocess.PIPE)
    rows, microseconds = map(int, made.stdout.split())
    return rows, microseconds / 1e6


def forget(folder):
    for name in os.listdir(folder):
        if name.startswith('db'):
            os.unlink(os.path.join(folder, name))


STORED = []  # of the last databases: rows, and the seconds that they take SQLite alone


def show_store(shape, rows, failed):
    """What --db adds to the report, beside SQLite alone."""
    if 'db' not in rows:
        return
    count, alone = STORED[-1]
    adds = rows['db'][0] - rows['report'][0]
    print(f'    the database has {count:,} rows: SQLite alone takes {alone * 1e3:.0f} ms for them, '
          f'--db adds {adds * 1e3:.0f} ms, {adds / alone:.2f} ×', flush=True)
    if shape in STORE_SHAPES and adds > STORE_TIMES * alone:
        failed.append(f'{shape}: --db adds more than {STORE_TIMES} × what SQLite alone takes for the same rows')


def measure(path, folder, repeat, everyone):
    """Medians of time and memory of every reader."""
    rows = {}
    for _ in range(repeat):
        for name, command in readers(path, folder, everyone):
            rows.setdefault(name, []).append(run(command))
            if name == 'db':
                STORED.append(bare(folder))
            forget(folder)
    return {name: (statistics.median(t for t, _ in runs), max(m for _, m in runs))
            for name, runs in rows.items()}


def generate(folder, shape, size):
    """Where the file is, and how many packets it has."""
    path = os.path.join(folder, 'file.pcap')
    made = subprocess.run([GENERATE, shape, str(size), path], check=True, stdout=subprocess.PIPE)
    return path, int(made.stdout)


def show(shape, size, path, packets, rows):
    octets = os.path.getsize(path)
    loop = rows['loop'][0]
    print(f'{shape} {size}: {octets / 1e6:.0f} MB, {packets:,} packets; '
          f'the loop takes {loop * 1e3:.0f} ms ({octets / 1e6 / loop:,.0f} MB/s)')
    for name, (seconds, memory) in rows.items():
        if name != 'loop':
            print(f'    {name:8} {seconds / loop:7.2f} × {seconds * 1e3:8.0f} ms '
                  f'{packets / seconds / 1e6:7.2f} M packets/s {seconds / packets * 1e6:7.2f} us each '
                  f'{memory / 1e6:7.0f} MB', flush=True)


def peaceful(folder):
    failed = []
    for shape, small, full, aim in SHAPES:
        if ONLY and shape not in ONLY:
            continue
        size = full if FULL else small
        # What writes much is read once, and the smaller file: that says enough.
        for part, repeat in ((size // 4, 1), (size, REPEAT)):
            path, packets = generate(folder, shape, part)
            rows = measure(path, folder, repeat, part != size)
            show(shape, part, path, packets, rows)
            show_store(shape, rows, failed)
            os.unlink(path)
        if aim is not None and rows['room'][0] > aim * rows['loop'][0]:
            failed.append(f'{shape}: the capture room takes more than {aim} × the loop')
        if aim is not None and rows['room'][1] > ROOM_BYTES:
            failed.append(f'{shape}: the capture room holds more than {ROOM_BYTES >> 20} MiB')
    return failed


def hostile(folder):
    failed = []
    for shape, size in HOSTILE:
        if ONLY and shape not in ONLY:
            continue
        path, packets = generate(folder, shape, size)
        rows = {name: run(command) for name, command in readers(path, folder, False)}
        show(shape, size, path, packets, rows)
        os.unlink(path)
        if rows['report'][0] / packets * 1e6 > PACKET_US:
            failed.append(f'{shape}: more than {PACKET_US} us for each packet')
    return failed


# The table of the README: what is read, shape, size. 10 MB of `table` are some 140,000 prefixes.
TABLE = [('a table of 1,000,000 prefixes, one session, 70 MB', 'table', 70),
         ('one session, full segments', 'one', 120),
         ('10,000 sessions, UPDATEs', 'many', 120),
         ('2,000,000 packets of 1,000 BFD sessions that are up', 'bfd-up', 2000000)]
FIELDS = [word for name in ('frame.number', 'ip.src', 'bgp.type', 'bfd.sta') for word in ('-e', name)]


def table(folder):
    tools = {
        'report': [BGPWHY, '--report', '-r'], 'json': [BGPWHY, '--json', '-r'],
        'tcpdump': ['tcpdump', '-nn', '-w', '/dev/null', '-r'],
        'tcpdump -nn': ['tcpdump', '-nn', '-r'], 'tcpdump -nn -v': ['tcpdump', '-nn', '-v', '-r'],
        'tshark': ['tshark', '-n', '-T', 'fields', *FIELDS, '-r'],
    }
    print('| capture | packets | loop | `--report` | memory | `--db` adds | `--json` | `tcpdump -w` | `tcpdump -nn` '
          '| `-v` | tshark, four fields |')
    print('|---|---|---|---|---|---|---|---|---|---|---|')
    for what, shape, size in TABLE:
        path, packets = generate(folder, shape, size)
        loop = statistics.median(run([LOOP, path])[0] for _ in range(REPEAT))
        cells = [what, f'{packets:,}', f'{loop * 1e3:.0f} ms']
        for name, command in tools.items():
            if shutil.which(command[0]) is None:
                cells.append('not installed')
                continue
            slow = name in ('tshark', 'tcpdump -nn -v')
            runs = [run([*command, path]) for _ in range(1 if slow else REPEAT)]
            cells.append(f'{statistics.median(seconds for seconds, _ in runs) / loop:,.0f} ×')
            if name == 'report':
                cells.append(f'{max(memory for _, memory in runs) / 1e6:.0f} MB')
                cells.append(f'{adds(folder, path):.1f} × SQLite')
        print('| ' + ' | '.join(cells) + ' |', flush=True)
        os.unlink(path)
    return []


def adds(folder, path):
    """What --db adds to the report, in times of what the same rows take SQLite alone."""
    times = []
    for _ in range(min(REPEAT, 3)):
        report = run([BGPWHY, '-r', path, '--report'])[0]
        stored = run([BGPWHY, '-r', path, '--report', '--db', os.path.join(folder, 'db')])[0]
        times.append((stored - report) / bare(folder)[1])
        forget(folder)
    return statistics.median(times)


def main():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory(prefix='bgpwhy-bench-') as folder:
        failed = table(folder) if os.environ.get('BENCH_TABLE') else peaceful(folder) + hostile(folder)
    for line in failed:
        print('MISSED', line)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
