#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""One capture, many ways in and out: they all say the same.

The JSON of a file is the yardstick. The database holds the same events and gives back the same views; a
pipe, in whatever pieces it comes, and compressed copies give what the file gives.
"""
import gzip
import json
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

from support import BGPWHY, SECONDS, SOURCE, Run, Tap, bgpwhy, captures, need_program, short, use_released

VIEWS = ("--json", "--report", "--lines")
# Of what a capture has some and other options tell: --check, --record.
MORE = ("hold-timer-expired.pcap", "bfd-down.pcap", "malformed-update.pcap")

# Event -> the table with a row for each; `connection` has one for each connection besides.
TABLES = {"capture": "capture", "connection": "connection_event", "message": "message", "fault": "fault",
          "gap": "gap", "check": "check_result", "bfd": "bfd_packet", "transition": "transition", "alert": "alert",
          "finding": "finding", "session": "session", "bfd_session": "bfd_session",
          "retransmission": "retransmission", "lost": "lost", "recording": "recording"}
PARTS = {"OPEN": ("open", "open"), "NOTIFICATION": ("notification", "notification"),
         "UPDATE": ("update", "update_message"), "ROUTE-REFRESH": ("route_refresh", "route_refresh")}


class Database:
    def __init__(self, path):
        self.db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        self.db.row_factory = sqlite3.Row

    def rows(self, query, *values):
        return [dict(row) for row in self.db.execute(query, values)]

    def table(self, name):
        return self.rows(f'SELECT * FROM "{name}"')

    def one(self, query):
        return self.db.execute(query).fetchone()[0]


def same(value, column):
    """A member of JSON against a column."""
    if isinstance(value, (dict, list)) and isinstance(column, str):
        return json.loads(column) == value
    if isinstance(value, bool):
        return column == int(value)
    return value == column


def different(what, members, row):
    """Members that have a column of their name and another value there."""
    return [f"{what}: {name}: JSON {value!r}, column {row[name]!r}"
            for name, value in members.items() if name in row and not same(value, row[name])]


def compare_messages(events, database):
    problems = []
    parts = {table: {row["message"]: row for row in database.table(table)} for _, table in PARTS.values()}
    capabilities = {}
    for row in database.rows("SELECT * FROM capability ORDER BY message, position"):
        capabilities.setdefault(row["message"], []).append(json.loads(row["decoded"]))
    for event in events:
        if event["event"] != "message" or event["type"] not in PARTS:
            continue
        member, table = PARTS[event["type"]]
        what = f"{table} of message {event['seq']}"
        row = parts[table].pop(event["seq"], None)
        if row is None:
            problems.append(f"{what}: no row")
            continue
        problems += different(what, event[member], row)
        if member == "open":
            offered = event["open"]["capabilities"] or []
            if capabilities.get(event["seq"], []) != offered:
                problems.append(f"{what}: its capabilities differ")
    return problems + [f"{table}: row {key} without a message"
                       for table, rows in parts.items() for key in rows]


SEEN = set()  # kinds of events that were compared


def compare_database(events, database):
    """Every event has its row, every row its event, and the values are the same."""
    problems = [f"no table is known for the event {kind}" for kind in {event["event"] for event in events} - set(TABLES)]
    SEEN.update(event["event"] for event in events)
    for kind, table in TABLES.items():
        rows = {row["seq"]: row for row in database.table(table)}
        mine = [event for event in events if event["event"] == kind]
        if len(mine) != database.one(f'SELECT count(*) FROM "{table}"'):
            problems.append(f"{len(mine)} events {kind}, {len(rows)} rows in {table}")
        for event in mine:
            what = f"{kind} {event['seq']}"
            row = rows.get(event["seq"])
            problems += [f"{what}: no row"] if row is None else different(what, event, row)
    last = {event["connection"]: event for event in events if event["event"] == "connection"}
    rows = {row["connection"]: row for row in database.table("connection")}
    if set(last) != set(rows):
        problems.append(f"connections {sorted(last)}, rows of them {sorted(rows)}")
    for key in set(last) & set(rows):
        problems += different(f"connection {key}", last[key], rows[key])
    evidence = [frame for event in events if event["event"] == "finding" for frame in event["evidence"]]
    stored = [row["frame"] for row in database.rows(
        "SELECT e.frame FROM finding_evidence e JOIN finding f USING (finding) ORDER BY f.seq, e.position")]
    if evidence != stored:
        problems.append(f"evidence {evidence}, rows {stored}")
    return problems + compare_messages(events, database)


def check_soundness(tap, name, database):
    tap.equal(database.one("PRAGMA integrity_check"), "ok", f"{name}: integrity_check")
    tap.equal([dict(row) for row in database.db.execute("PRAGMA foreign_key_check")], [],
              f"{name}: foreign keys are true")
    tap.ok(database.one("PRAGMA user_version") >= 1, f"{name}: user_version")
    tap.equal(database.one("PRAGMA journal_mode"), "wal", f"{name}: journal mode")
    for view, table in (("session_overview", "SELECT count(*) FROM session"),
                        ("last_notification", "SELECT count(DISTINCT session) FROM message"
                                              " WHERE type = 'NOTIFICATION'"),
                        ("flap_history", "SELECT count(*) FROM transition"
                                         " WHERE \"from\" IN ('Established', 'Up')")):
        tap.equal(len(database.table(view)), database.one(table), f"{name}: view {view}")


def first_difference(one, other):
    for number, (a, b) in enumerate(zip(one.splitlines(), other.splitlines()), 1):
        if a != b:
            return f"line {number}:\n- {a}\n+ {b}"
    return f"{len(one.splitlines())} lines, {len(other.splitlines())} lines"


def check_same(tap, name, expected, run, *names):
    """The same output and status, but for what names the input."""
    one, other = expected.text, run.text
    for path in sorted(names, key=len, reverse=True):
        one, other = one.replace(path, "INPUT"), other.replace(path, "INPUT")
    tap.ok(one == other and run.status == expected.status, name,
           f"exit status {expected.status} and {run.status}", first_difference(one, other), *run.complaints)


def nameless(run):
    """A run of --json whose input has no name."""
    out = re.sub(rb'"input":"(\\.|[^"\\])*"', b'"input":"INPUT"', run.out)
    return Run(run.status, out, run.err)


def feed(path, sizes, pause):
    """Run on standard input that comes in pieces of these sizes, round and round."""
    with open(path, "rb") as file:
        data = file.read()
    process = subprocess.Popen([BGPWHY, "-r", "-", "--json"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def write():
        at = piece = 0
        with process.stdin:
            while at < len(data):
                size = sizes[piece % len(sizes)]
                process.stdin.write(data[at:at + size])
                process.stdin.flush()
                at += size
                piece += 1
                if pause and piece % 50 == 0:
                    time.sleep(pause)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    errors = []
    reader = threading.Thread(target=lambda: errors.append(process.stderr.read()), daemon=True)
    reader.start()
    out = process.stdout.read()
    status = process.wait(SECONDS)
    writer.join(SECONDS)
    reader.join(SECONDS)
    return Run(status, out, b"".join(errors))


def check_pipe(tap, name, path, expected, sizes, pause, how):
    check_same(tap, f"{name}: a pipe {how} gives what the file gives", nameless(expected),
               nameless(feed(path, sizes, pause)))


def check_compressed(tap, folder, name, path, expected):
    if path.endswith((".gz", ".zst")):
        return
    packed = os.path.join(folder, name + ".gz")
    with open(path, "rb") as plain, gzip.open(packed, "wb") as out:
        shutil.copyfileobj(plain, out)
    expected = nameless(expected)
    check_same(tap, f"{name}: a gzip copy gives the same", expected, nameless(bgpwhy("-r", packed, "--json")))
    if shutil.which("zstd") is None:
        tap.skip(f"{name}: a zstd copy gives the same", "zstd is not installed")
        return
    packed = os.path.join(folder, name + ".zst")
    subprocess.run(["zstd", "-q", "-f", path, "-o", packed], check=True)
    check_same(tap, f"{name}: a zstd copy gives the same", expected, nameless(bgpwhy("-r", packed, "--json")))


def check_capture(tap, folder, path):
    name = short(path)
    shown = {view: bgpwhy("-r", path, view) for view in VIEWS}
    plain = shown["--json"]
    tap.equal({view: run.status for view, run in shown.items()}, dict.fromkeys(VIEWS, plain.status),
              f"{name}: every view exits with the same status")
    db = os.path.join(folder, name + ".db")
    check_same(tap, f"{name}: --json beside --db is --json", plain, bgpwhy("-r", path, "--json", "--db", db))
    database = Database(db)
    tap.none(compare_database(plain.events(), database), f"{name}: the rows are the events")
    check_soundness(tap, name, database)
    for view in VIEWS:
        check_same(tap, f"{name}: --db {view} gives what the capture gave", shown[view],
                   bgpwhy("--db", db, view), *([] if view == "--json" else [path, name, db, short(db)]))
    verbose = bgpwhy("-r", path, "--json", "-v", "--db", db + ".v")
    check_same(tap, f"{name}: so with -v", verbose, bgpwhy("--db", db + ".v", "--json", "-v"))
    rest = Database(db + ".v")
    tap.none(compare_database(verbose.events(), rest), f"{name}: the rows are the events with -v")
    pieces = random.Random(name)
    check_pipe(tap, name, path, plain, [1 << 16], 0, "at once")
    check_pipe(tap, name, path, plain, [pieces.randint(1, 3000) for _ in range(97)], 0.001,
               "in uneven pieces")
    if os.path.getsize(path) < 30000:
        check_pipe(tap, name, path, plain, [1, 7, 3], 0.0005, "in single octets")
    check_compressed(tap, folder, name, path, plain)


def check_more(tap, folder, path):
    """What is told only where it is asked for is stored, too."""
    name = short(path)
    db, records = os.path.join(folder, name + ".more.db"), os.path.join(folder, name + ".records")
    run = bgpwhy("-r", path, "--json", "--check", "--record", records, "--db", db)
    tap.none(compare_database(run.events(), Database(db)), f"{name}: the rows are the events with --check and --record")
    check_same(tap, f"{name}: and are given back", run, bgpwhy("--db", db, "--json"))
    for view in ("--report", "--lines"):
        seen = f"{db}{view}"
        run = bgpwhy("-r", path, view, "--check", "--record", records + view, "--db", seen)
        check_same(tap, f"{name}: --db {view} gives what these gave", run, bgpwhy("--db", seen, view), path, name, seen,
                   short(seen))
        files = [event["file"] for event in bgpwhy("--db", seen, "--json").events("recording")]
        tap.ok(files and all(file in run.text for file in files), f"{name}: {view} names the recordings", *files)


def check_kinds(tap):
    """No kind of event is forgotten here: the program's own list of them names those that were compared."""
    with open(os.path.join(SOURCE, "track", "names.c"), encoding="utf-8") as file:
        kinds = set(re.findall(r'^\t\[EVENT_\w+\] = "(\w+)",$', file.read(), re.MULTILINE))
    tap.equal(set(TABLES), kinds, "every kind of event has its table")
    # A disk that is too slow is needed for this one: test_durable.py.
    tap.equal(kinds - SEEN, {"lost"}, "every kind of event occurred, and was compared")


def check_two_runs(tap, folder, paths):
    """Several runs may add to one database: it holds both, and is still sound."""
    db = os.path.join(folder, "two-runs.db")
    counts = [len(bgpwhy("-r", path, "--json", "--db", db).events()) for path in paths]
    database = Database(db)
    tap.equal(database.one("PRAGMA integrity_check"), "ok", "two runs: integrity_check")
    tap.equal(list(database.db.execute("PRAGMA foreign_key_check")), [], "two runs: foreign keys are true")
    events = bgpwhy("--db", db, "--json").events()
    tap.equal(len(events), sum(counts), "two runs: all events of both")
    tap.equal([event["seq"] for event in events], list(range(1, len(events) + 1)), "two runs: seq goes on")


def check_two_inputs(tap, paths):
    """Several -r are one time line, and events name their input."""
    run = bgpwhy("-r", paths[0], "-r", paths[1], "--json")
    timed = [event["time"] for event in run.events()
             if event["event"] in ("message", "connection", "bfd")]
    tap.equal(timed, sorted(timed), "two inputs: one time line")
    tap.equal({event.get("input") for event in run.events() if event["frame"]}, set(paths[:2]),
              "two inputs: events name them")
    alone = [len(bgpwhy("-r", path, "--json").events("message")) for path in paths[:2]]
    tap.equal(len(run.events("message")), sum(alone), "two inputs: the messages of both")
    turned = bgpwhy("-r", paths[1], "-r", paths[0], "--json")
    tap.equal(turned.status, run.status, "two inputs: the order of -r does not matter to the status")


def main():
    need_program()
    use_released()
    tap = Tap()
    paths = [path for path in captures() if not sys.argv[1:] or short(path) in sys.argv[1:]]
    tap.ok(paths, "pcaps/ holds captures")
    with tempfile.TemporaryDirectory() as folder:
        for path in paths:
            tap.attempt(short(path), check_capture, folder, path)
        if len(paths) > 1:
            tap.attempt("two runs", check_two_runs, folder, paths[:2])
            tap.attempt("two inputs", check_two_inputs, paths)
        for path in paths:
            if short(path) in MORE:
                tap.attempt(f"{short(path)}, more", check_more, folder, path)
        if not sys.argv[1:]:
            check_kinds(tap)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
