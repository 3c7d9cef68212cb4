#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Text from the wire, in every field that can carry one, in every output: terminal, JSON, SQL, Markdown, names of files.

Each hostile text goes into the shutdown communication of a NOTIFICATION and into the host name, domain name and
software version of the OPENs. What comes out is parsed by somebody else: Python's json, SQLite's own shell of
Python, and a search for what a terminal would obey.
"""
import contextlib
import fcntl
import json
import os
import pty
import re
import select
import socket
import sqlite3
import struct
import sys
import tempfile
import termios
import time

import packets
from packets import CLIENT, SERVER
from support import BGPWHY, Tap, bgpwhy, need_program

CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\u0080-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
TEXTS = {
    "terminal": "\x1b]0;owned\x07\x1b[2J\x1b[31m\u009b31m\x1bP+q\x1b\\",
    "separators": "a\u2028b\u2029c\x85d\x0b\x0ce\r\nf",
    "directions": "\u202egnp.\u2066exe\u200f\u061c",
    "SQL": "'); DROP TABLE message; --\x00\" OR 1=1",
    "CSV": "=HYPERLINK(\"http://x\"),+1,-1,@SUM(1)\t\"\"",
    "Markdown": "# h\n- [x](javascript:alert(1)) ![i](http://x) `c` <script>|~~_*",
    "paths": "../../etc/passwd/\x00/..",
    "JSON": "\"},{\"event\":\"x\\\\",
    "wide": "\U0001f468\u200d\U0001f469 e\u0301\u0301\u0301 \uff21",
}
BAD_UTF8 = [b"\xc0\xaf", b"\xed\xa0\x80", b"\xff\xfe\xfd", b"ok \xe2\x82", b"\xf5\x80\x80\x80", b"\x80\x9b31m"]


def open_with(asn, bgp_id, text):
    short = text[:40]
    capabilities = struct.pack(">BBHBB", 1, 4, 1, 0, 1) + struct.pack(">BBI", 65, 4, asn)
    host = bytes([len(short)]) + short + bytes([len(short)]) + short
    capabilities += bytes([73, len(host)]) + host + bytes([75, len(short) + 1, len(short)]) + short
    capabilities += bytes([239, len(short)]) + short
    parameters = bytes([2, len(capabilities)]) + capabilities
    return packets.message(1, struct.pack(">BHH4sB", 4, asn, 90, socket.inet_aton(bgp_id), len(parameters)) + parameters)


def capture(text):
    talk = packets.Conversation()
    talk.handshake()
    talk.say(CLIENT, open_with(65009, CLIENT, text))
    talk.say(SERVER, open_with(65001, SERVER, text))
    talk.say(CLIENT, packets.KEEPALIVE)
    talk.say(SERVER, packets.KEEPALIVE)
    text = text[:250]
    talk.say(SERVER, packets.notification(6, 2, bytes([len(text)]) + text))
    talk.close(SERVER)
    return talk.pcap()


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)


def check_views(tap, folder, name, octets):
    path = os.path.join(folder, "text.pcap")
    with open(path, "wb") as file:
        file.write(capture(octets))
    database = os.path.join(folder, name + ".db")
    problems = []
    for args in (["--report", "-v"], ["--lines", "-vv", "-x"], ["--lines", "-q"], ["--json", "-v"]):
        more = ["--db", database] if args[0] == "--report" else []
        run = bgpwhy("-r", path, *args, *more)
        try:
            text = run.out.decode()
        except UnicodeDecodeError as error:
            problems.append(f"{args}: {error}")
            continue
        problems += [f"{args}: {found!r}" for found in set(CONTROL.findall(text))]
        if "\u2028" in text or "\u2029" in text:
            problems.append(f"{args}: a separator of lines")
        if run.err:
            problems.append(f"{args}: {run.err[:200]!r}")
    tap.none(problems, f"{name}: views")
    lines = bgpwhy("-r", path, "--json", "-v").out.split(b"\n")
    events = [json.loads(line) for line in lines if line]
    said = [event["notification"] for event in events if event["event"] == "message" and "notification" in event]
    try:
        expected = octets[:250].decode()
    except UnicodeDecodeError:
        expected = None
    tap.equal([one["text"] for one in said], [expected], f"{name}: JSON has the text, or null")
    # A value of JSON is what Python reads; that it is one line each was seen above.
    with contextlib.closing(sqlite3.connect(database)) as db:
        tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        stored = db.execute("SELECT text FROM notification").fetchall()
        sound = db.execute("PRAGMA integrity_check").fetchone()[0]
    tap.ok("message" in tables and sound == "ok", f"{name}: the database stands", tables, sound)
    tap.equal(stored, [(expected,)], f"{name}: SQL has the text as it is, or NULL")
    again = bgpwhy("--db", database, "--json")
    told = [event["notification"]["text"] for event in again.events("message") if "notification" in event]
    tap.equal(told, [expected], f"{name}: it comes back from the database")


def on_terminal(folder, path, keys):
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
        os.execv(BGPWHY, [BGPWHY, "-r", path, "--ui", "-Z", "root"])
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    written, keys, end = b"", list(keys), time.monotonic() + 30
    with contextlib.suppress(OSError):
        while time.monotonic() < end:
            if select.select([fd], [], [], 0.7)[0]:
                piece = os.read(fd, 65536)
                if not piece:
                    break
                written += piece
            elif keys:
                os.write(fd, keys.pop(0).encode())
            else:
                break
    os.close(fd)
    os.waitpid(pid, 0)
    return written


def check_saved(tap, folder):
    """What the dashboard saves: names made of addresses only, and no Markdown but its own."""
    inner = os.path.join(folder, "saved")
    os.mkdir(inner)
    path = os.path.join(folder, "all.pcap")
    with open(path, "wb") as file:
        file.write(capture((TEXTS["Markdown"] + TEXTS["terminal"] + TEXTS["directions"] + TEXTS["paths"]).encode()))
    try:
        on_terminal(inner, path, ["\r", "\x1bOQ", "Q"])
    except OSError as error:
        tap.skip("what is saved", f"no pseudo terminal here: {error}")
        return
    names = sorted(os.listdir(inner))
    if not names:
        tap.skip("what is saved", "the key saved nothing")
        return
    tap.none([name for name in names if not re.fullmatch(r"bgpwhy-[0-9a-f._-]+-[a-z.]+", name)],
             "what is saved: names are of addresses and words of ours")
    for name in names:
        if name.endswith(".pcap"):
            continue
        with open(os.path.join(inner, name), "rb") as file:
            text = file.read().decode()
        tap.equal(CONTROL.findall(text), [], f"what is saved: {name.rsplit('-', 1)[-1]}: no control character")
        if name.endswith(".md"):
            bare = re.findall(r"(?<!\\)[`<|]|(?<!\\)\]\(", text)
            tap.equal(bare, [], "what is saved: no Markdown of somebody else's", text[:800])


def main():
    need_program()
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        for name, text in TEXTS.items():
            tap.attempt(name, check_views, folder, name, text.encode())
        for number, octets in enumerate(BAD_UTF8):
            tap.attempt(f"no UTF-8, {number}", check_views, folder, f"no UTF-8, {number}", octets)
        tap.attempt("what is saved", check_saved, folder)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
