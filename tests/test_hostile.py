#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Inputs that are no packets, made by somebody who means harm: databases, files of expectations, terminals.

Each run ends by itself, soon, with an exit status and a line where it could not go on.
"""
import contextlib
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import termios
import time

from support import BGPWHY, PCAPS, Tap, bgpwhy, need_program

CAPTURE = os.path.join(PCAPS, "bad-peer-as.pcap")
SECONDS = 60


def run(*args):
    """Exit status (None: it hangs), standard output and error."""
    try:
        done = subprocess.run([BGPWHY, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=SECONDS, check=False)
        return done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired:
        return None, b"", b""


class Databases:
    """Good ones that are then changed."""

    def __init__(self, folder):
        self.good, self.bad = os.path.join(folder, "good.db"), os.path.join(folder, "bad.db")
        bgpwhy("-r", CAPTURE, "--json", "-Z", "root", "--db", self.good)
        with contextlib.closing(sqlite3.connect(self.good)) as db:
            names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            self.columns = {name: [row[1] for row in db.execute(f'PRAGMA table_info("{name}")')] for name, in db.execute(names)}
        self.answer = run("--db", self.good, "--report")

    def changed(self, *statements):
        shutil.copy(self.good, self.bad)
        with contextlib.closing(sqlite3.connect(self.bad, isolation_level=None)) as db:
            for one in ("PRAGMA foreign_keys = OFF", "PRAGMA legacy_alter_table = ON", "PRAGMA synchronous = OFF", *statements):
                db.execute(one)
        return self.bad


def refused(tap, name, path, words):
    for args in (["--report"], ["--json", "-v"]):
        status, _, err = run("--db", path, *args)
        tap.ok(status == 2 and err.count(b"\n") == 1 and words in err, f"{name}: {args[0]}: a line says so", status, err)


def check_databases(tap, folder):
    made = Databases(folder)
    tap.ok(made.answer[0] in (0, 1), "a good database is read", made.answer)
    endless = "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT "
    for table, columns in made.columns.items():
        view = endless + ", ".join(f'x AS "{column}"' for column in columns) + " FROM r"
        path = made.changed(f'ALTER TABLE "{table}" RENAME TO other', f'CREATE VIEW "{table.upper()}" AS {view}')
        status, _, err = run("--db", path, "--report")
        tap.ok(status == 2 and err.count(b"\n") == 1, f"a view without an end in the place of {table}: a line says so", status, err)
    path = made.changed("ALTER TABLE gap ADD COLUMN more GENERATED ALWAYS AS (printf('%.*c', 1000000000, 'x'))")
    refused(tap, "a column that is computed", path, b"not all of its tables")
    path = made.changed("ALTER TABLE gap RENAME TO other", "CREATE VIRTUAL TABLE gap USING fts5(seq)")
    refused(tap, "a virtual table", path, b"not all of its tables")
    path = made.changed("UPDATE session SET timing = zeroblob(40000000)")
    refused(tap, "a value of 40 MB", path, b"too big")
    rows = "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r LIMIT %d) "
    runs = rows % 1000 + ("INSERT INTO run(version, host, started, seq_base, session_base, connection_base, bfd_session_base,"
                          " finding_base, options, live) SELECT 'x', 'x', '2026-01-01T00:00:00Z', x, 0, 0, 0, 0, '', 0 FROM r")
    for table in ("session", "finding"):
        path = made.changed(f"CREATE TABLE other AS SELECT * FROM {table}", f"DROP TABLE {table}",
                            f"ALTER TABLE other RENAME TO {table}", runs,
                            rows % 200000 + f"INSERT INTO {table}(run, seq, {table}) SELECT x % 1000 + 5, x + 1000, x + 1000 FROM r")
        refused(tap, f"{table}: no key, a thousand runs, and many rows", path, b"longer than its size explains")
    path = made.changed("CREATE VIEW mine AS " + endless + "x FROM r",
                        "CREATE TRIGGER own AFTER INSERT ON finding BEGIN SELECT 1; END")
    tap.equal(run("--db", path, "--report")[:2], made.answer[:2], "a view and a trigger of one's own change nothing")
    path = made.changed("UPDATE session SET timing = '" + "[" * 100000 + "', state = '" + '{"a":' * 5000 + "'",
                        "UPDATE update_message SET attributes = '" + "[" * 1000000 + "'",
                        "UPDATE finding SET evidence = '[" + "1," * 500000 + "1]', fix = '" + "[" * 100000 + "'")
    status, _, err = run("--db", path, "--json", "-v")
    tap.ok(status in (0, 1, 2) and err.count(b"\n") == (status == 2), "JSON in JSON in JSON: ends", status, err)


HEAD = "apiVersion: metallb.io/v1beta2\nkind: BGPPeer\nmetadata:\n  name: p\nspec:\n  myASN: 65001\n  peerASN: 65002\n" \
       "  peerAddress: 192.0.2.1\n"


def check_expectations(tap, folder):
    bomb = "a: &a [" + ",".join("x" * 9) + "]\n"
    for before, name in zip("abcdefghijklmnopq", "bcdefghijklmnopqr"):
        bomb += f"{name}: &{name} [" + ",".join([f"*{before}"] * 9) + "]\n"
    files = {
        "a YAML bomb": HEAD + bomb,
        "500,000 brackets": HEAD + "x: " + "[" * 500000,
        "1,400 levels": HEAD + "".join(" " * i + "a:\n" for i in range(1400)),
        "60,000 anchors": HEAD + "x:\n" + "".join(f"- &a{i} x\n" for i in range(60000)),
        "100,000 keys": HEAD + "".join(f"k{i}: 1\n" for i in range(90000)),
        "8,000 peers": (HEAD + "---\n") * 6000,
        "26,000 neighbors": "router bgp 65001\n" + "".join(
            f" neighbor 10.0.{i >> 8 & 255}.{i & 255} remote-as 65002\n" for i in range(24000)),
        "12,000 groups": "router bgp 65001\n" + "".join(
            f" neighbor g{i} peer-group\n neighbor g{i} remote-as 1\n neighbor 10.0.{i >> 8}.{i & 255} peer-group g{i}\n"
            for i in range(12000)),
        "a line of a million octets": "router bgp 1\n neighbor " + "x" * 1000000,
        "a million zeros": "\0" * 1000000,
        "escapes": "router bgp 65001\n neighbor \x1b[2J\x1b]0;x\x07 remote-as \u202e1\n",
    }
    for name, text in files.items():
        path = os.path.join(folder, "expect.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text[:1 << 20])
        begun = time.monotonic()
        status, out, err = run("-r", CAPTURE, "--report", "--expect", path)
        tap.ok(status in (0, 1, 2) and (status < 2 or err.count(b"\n") == 1), f"expectations: {name}: ends", status, err[-300:])
        tap.ok(not re.search(rb"[\x00-\x08\x0e-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]", out + err),
               f"expectations: {name}: nothing that a terminal obeys")
        print(f"# {name}: {time.monotonic() - begun:.1f} s")


def dashboard(rows, columns, keys, name="xterm", seconds=20):
    """Exit status (None: it hangs) of the dashboard on a terminal of that size that says and does that."""
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = name
        os.environ["LC_ALL"] = "C.UTF-8"
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.execv(BGPWHY, [BGPWHY, "-r", CAPTURE, "--ui"])
    seen, end, status = b"", time.monotonic() + seconds, None
    os.set_blocking(fd, False)
    pending = list(keys)
    at = 0.0
    while time.monotonic() < end and status is None:
        if select.select([fd], [], [], 0.05)[0]:
            with contextlib.suppress(OSError):
                seen += os.read(fd, 65536)
        if pending and (seen or name != "xterm") and time.monotonic() >= at:
            one = pending.pop(0)
            at = time.monotonic() + 0.1
            if isinstance(one, tuple):
                fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", *one, 0, 0))
            else:
                with contextlib.suppress(OSError):
                    written = os.write(fd, one)
                    if one[written:]:
                        pending.insert(0, one[written:])
        done, code = os.waitpid(pid, os.WNOHANG)
        status = os.waitstatus_to_exitcode(code) if done else None
    if status is None:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    os.close(fd)
    return status, seen


def check_terminals(tap, _folder):
    quit_ = [b"q", b"q", b"q", b"q"]
    junk = bytes(i * 7 % 256 for i in range(4000)).replace(b"q", b"").replace(b"\x03", b"").replace(b"\x1a", b"") \
        .replace(b"\x1c", b"").replace(b"\x11", b"").replace(b"\x13", b"").replace(b"\x04", b"")
    cases = {
        "of no size": (0, 0, quit_),
        "of one cell": (1, 1, quit_),
        "of one row": (1, 300, quit_),
        "of one column": (300, 1, quit_),
        "of 1,000 by 1,000": (1000, 1000, quit_),
        "that changes its size": (24, 80, [(1, 1), (200, 500), (0, 0), (3, 2), (24, 80), *quit_]),
        "that changes its size in every view": (24, 80, [b"\r", (2, 2), (50, 200), b"\t", (1, 300), b"\r", (5, 5), b"?", (60, 9), b"\x1b",
                                                         (24, 80), b"\x1b", b"\x1b", *quit_]),
        "whose user types anything": (24, 80, [junk, b"\x1b", b"\x1b", b"\x1b", b"\x1b", *quit_]),
        "that answers what nobody asked": (24, 80, [b"\x1b[?1;2c\x1b[24;80R\x1bP1$r0m\x1b\\\x1b]11;rgb:0/0/0\x07\x1b[<0;9999;9999M\x1b[M\xff\xff\xff",
                                                    b"\x1b", b"\x1b", *quit_]),
    }
    for name, (rows, columns, keys) in cases.items():
        status, seen = dashboard(rows, columns, keys)
        tap.ok(status is not None and 0 <= status <= 2, f"a terminal {name}: the dashboard ends", status, seen[-300:])
    for name in ("dumb", "no-such-terminal", "", "../../../../etc/passwd", "x" * 5000):
        status, seen = dashboard(24, 80, quit_, name)
        tap.ok(status is not None and 0 <= status <= 2, f"TERM={name[:30]!r}: it ends", status, seen[-300:])


def main():
    need_program()
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="bgpwhy-hostile-") as folder:
        os.chmod(folder, 0o755)
        tap.attempt("databases", check_databases, folder)
        tap.attempt("expectations", check_expectations, folder)
        tap.attempt("terminals", check_terminals, folder)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
