#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A day of flapping sessions, compressed: memory is flat, no event is lost, and the numbers are those of
arithmetic.

    SOAK_SESSIONS=1000 tests/test_soak.py    the size that issue 8 speaks of; some minutes, and 3 GB in $TMPDIR

Each session comes up every ten minutes, exchanges KEEPALIVEs and is ended with a NOTIFICATION.
"""
import contextlib
import os
import sqlite3
import subprocess
import sys
import tempfile

import packets
from support import BGPWHY, Tap, need_program

SESSIONS = int(os.environ.get("SOAK_SESSIONS", "40"))
DAY_S, EVERY_S = 86400, 600
MESSAGES = 7  # of each flap: two OPENs, four KEEPALIVEs, a NOTIFICATION


def flap():
    """The frames of one flap, with their times in microseconds since its beginning."""
    talk = packets.Conversation()
    talk.establish()
    talk.say(packets.CLIENT, packets.KEEPALIVE, after=20)
    talk.say(packets.SERVER, packets.KEEPALIVE, after=1)
    talk.say(packets.CLIENT, packets.notification(6, 4), after=5)
    talk.close(packets.CLIENT)
    first = talk.frames[0][0]
    return [(when - first, data) for when, data in talk.frames]


def write_day(path, seconds):
    """The sessions are spread over the ten minutes, so that their packets mix."""
    frames = flap()
    with open(path, "wb") as file:
        file.write(packets.Conversation().pcap())
        for begin in range(0, seconds, EVERY_S):
            mixed = []
            for session in range(SESSIONS):
                host = session + 2
                start = packets.BEGIN + begin * 1_000_000 + session * (EVERY_S - 60) * 1_000_000 // SESSIONS
                net = bytes((10, host >> 8 & 255, host & 255))
                for when, data in frames:
                    mixed.append((start + when, data[:26] + net + data[29:30] + net + data[33:]))
            mixed.sort(key=lambda one: one[0])
            for when, data in mixed:
                file.write((when // 1_000_000).to_bytes(4, "little") +
                           (when % 1_000_000).to_bytes(4, "little") + 2 * len(data).to_bytes(4, "little") + data)


def resident(process):
    """Of a process that runs, in MB."""
    with open(f"/proc/{process.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def run(messages, *arguments):
    """Status, the lines of JSON as an iterator would be too slow for: how many of each kind; the memory at each
    eighth of the messages, and the largest."""
    points = []
    process = subprocess.Popen([BGPWHY, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    kinds = {}
    for line in process.stdout:
        kind = line[10:line.index(b'"', 10)].decode()
        kinds[kind] = kinds.get(kind, 0) + 1
        if kind == "message" and kinds[kind] * 8 >= messages * (len(points) + 1):
            points.append(resident(process))
    errors = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    process.stderr.close()
    return process.returncode, kinds, errors, points + [usage.ru_maxrss * 1024 / 1e6]


def is_sanitized():
    with open(BGPWHY, "rb") as file:
        return b"__asan_init" in file.read()


def check(tap, folder):
    flaps = DAY_S // EVERY_S
    memory, path = {}, os.path.join(folder, "day.pcap")
    for name, seconds in (("six hours", DAY_S // 4), ("a day", DAY_S)):
        db = os.path.join(folder, f"{seconds}.db")
        write_day(path, seconds)
        messages = SESSIONS * seconds // EVERY_S * MESSAGES
        status, kinds, errors, points = run(messages, "-r", path, "--json", "--db", db)
        memory[name] = points[-1]
        print(f"# {name}: {sum(kinds.values())} events, {kinds['message']} messages of {messages}; resident at each "
              f"eighth, and at most: {', '.join(f'{mb:.1f}' for mb in points)} MB")
        tap.ok(status == 1 and not errors, f"{name}: it is read to the end", status, errors)
        with contextlib.closing(sqlite3.connect(db)) as stored:
            tables = {"message": "message", "connection_event": "connection", "transition": "transition",
                      "alert": "alert", "fault": "fault", "gap": "gap", "retransmission": "retransmission"}
            rows = {kind: stored.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                    for table, kind in tables.items()}
            tap.equal(rows, {kind: kinds.get(kind, 0) for kind in rows}, f"{name}: every event is stored")
            tap.equal(rows["message"], messages, f"{name}: as many messages as were sent")
            tap.equal(stored.execute("SELECT count(*), min(n), max(n) FROM (SELECT count(*) AS n FROM flap_history"
                                     " GROUP BY session, speaker)").fetchall(),
                      [(2 * SESSIONS, seconds // EVERY_S, seconds // EVERY_S)],
                      f"{name}: each speaker of each session left Established as often as it did")
            tap.equal(stored.execute("SELECT DISTINCT flaps FROM worst_peers").fetchall(), [(seconds // EVERY_S,)],
                      f"{name}: worst_peers says so")
            tap.equal(stored.execute("SELECT lost FROM run").fetchall(), [(0,)], f"{name}: nothing is lost")
            tap.equal(stored.execute("PRAGMA integrity_check").fetchall(), [("ok",)], f"{name}: integrity_check")
            tap.equal(stored.execute("PRAGMA foreign_key_check").fetchall(), [], f"{name}: foreign_key_check")
    print(f"# {SESSIONS} sessions, {flaps} flaps each: "
          + ", ".join(f"{name} {mb:.1f} MB" for name, mb in memory.items()))
    sanitized = is_sanitized()  # then what was freed is kept for a while, and counts
    tap.ok(sanitized or memory["a day"] < memory["six hours"] * 1.1 + 4, "memory is flat", memory)
    tap.ok(sanitized or len(points) == 9 and points[7] < points[1] * 1.1 + 4, "memory is flat within a day", points)
    db, records = os.path.join(folder, "kept.db"), os.path.join(folder, "records")
    status, _, errors, points = run(messages, "-r", path, "--json", "--db", db, "--keep", "2h", "--record", records,
                                  "--record-keep", "50", "--before", "30s", "--after", "10s")
    tap.ok(status == 1 and not errors, "a recorder: it is read to the end", status, errors)
    print(f"# a recorder: resident {', '.join(f'{mb:.1f}' for mb in points)} MB")
    tap.ok(sanitized or points[-1] < memory["a day"] + 32, "a recorder: its memory is bounded", points, memory)
    tap.equal(len(os.listdir(records)), 50, "a recorder: the newest fifty recordings are left")
    with contextlib.closing(sqlite3.connect(db)) as stored:
        oldest, newest = stored.execute("SELECT min(time_ns), max(time_ns) FROM message").fetchone()
        tap.ok(newest - oldest <= 2.05 * 3600e9, "a recorder: two hours are left", (newest - oldest) / 3600e9)
        per_flap = stored.execute("SELECT count(*) FROM connection").fetchone()[0]
        tap.ok(per_flap <= SESSIONS * (2 * 3600 // EVERY_S + 2), "a recorder: connections went with them", per_flap)
        tap.equal(stored.execute("PRAGMA integrity_check").fetchall(), [("ok",)], "a recorder: integrity_check")
        tap.equal(stored.execute("PRAGMA foreign_key_check").fetchall(), [], "a recorder: foreign_key_check")


def main():
    need_program()
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        tap.attempt("soak", check, folder)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
