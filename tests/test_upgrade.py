#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Databases of older schemas: they are read as they are, and a new run brings them up to date.

tests/schemas/ keeps each schema as it was when it was replaced. The rows of a database of today that an
older schema has room for are put into it; then it is looked at, added to, and looked at again.
"""
import glob
import os
import sqlite3
import sys
import tempfile

from support import PCAPS, SOURCE, Tap, bgpwhy, need_program

RENAMED = {("capability", "data"): "value"}  # the name now -> what it was once
CAPTURE = os.path.join(PCAPS, "bad-peer-as.pcap")
FLAPS = os.path.join(PCAPS, "hold-timer-expired.pcap")
OTHER = os.path.join(PCAPS, "healthy.pcap")


def tables(db):
    return [name for name, in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]


def columns(db, table):
    return [row[1] for row in db.execute(f'PRAGMA table_info("{table}")')]


def age(new, old, schema):
    """The rows of `new` in a database of an older schema."""
    with open(schema, encoding="utf-8") as file:
        old.executescript(file.read())
    for table in tables(old):
        there = columns(old, table)
        shared = {name: name if name in there else RENAMED.get((table, name), name) for name in columns(new, table)}
        shared = {now: then for now, then in shared.items() if then in there}
        now, then = (", ".join(f'"{name}"' for name in names) for names in (shared, shared.values()))
        rows = new.execute(f'SELECT {now} FROM "{table}"').fetchall()
        marks = ", ".join("?" for _ in shared)
        old.executemany(f'INSERT INTO "{table}" ({then}) VALUES ({marks})', rows)
    old.commit()


def story(events):
    """What both schemas tell."""
    return [(one["event"], one["seq"], one["time"], one.get("type"), one.get("cause"), one.get("to"),
             one.get("verdict"), one.get("state")) for one in events]


def check(tap, schema, folder):
    name = os.path.basename(schema)
    new, old = (os.path.join(folder, name + ending) for ending in (".new.db", ".db"))
    bgpwhy("-r", CAPTURE, "--db", new, "--json")
    with sqlite3.connect(new) as source, sqlite3.connect(old) as target:
        age(source, target, schema)
    whole = bgpwhy("--db", new, "--json")
    read = bgpwhy("--db", old, "--json")
    tap.equal(story(read.events()), story(whole.events()), f"{name}: it is read as it is", *read.complaints)
    tap.ok(read.status == whole.status, f"{name}: the same exit status", read.status)
    with sqlite3.connect(old) as db:
        tap.equal(db.execute("PRAGMA user_version").fetchone()[0], int(name.split("-")[1].split(".")[0]),
                  f"{name}: looking at it changes nothing")
    added = bgpwhy("-r", OTHER, "--db", old, "--json")
    tap.ok(added.status == 0 and not added.complaints, f"{name}: another run is added", added.status,
           *added.complaints)
    with sqlite3.connect(old) as db, sqlite3.connect(new) as model:
        for table in tables(model):
            tap.equal(sorted(columns(db, table)), sorted(columns(model, table)),
                      f"{name}: {table} has the columns of today")
        tap.equal(db.execute("PRAGMA integrity_check").fetchall(), [("ok",)], f"{name}: integrity_check")
        tap.equal(db.execute("PRAGMA foreign_key_check").fetchall(), [], f"{name}: foreign_key_check")
        tap.equal(db.execute("PRAGMA user_version").fetchone(), model.execute("PRAGMA user_version").fetchone(),
                  f"{name}: it has the version of today")
        views = [one for one, in model.execute("SELECT name FROM sqlite_master WHERE type = 'view'")]
        for view in views:
            tap.ok(db.execute(f'SELECT count(*) FROM "{view}"').fetchone() is not None, f"{name}: view {view}")
        got = db.execute("SELECT code, data FROM capability ORDER BY message, position LIMIT 20").fetchall()
        tap.equal(got, model.execute("SELECT code, data FROM capability ORDER BY message, position LIMIT 20").fetchall()[:20],
                  f"{name}: no capability is lost")
    both = [one["primary_cause"] for one in bgpwhy("--db", old, "--json").events() if one["event"] == "session"]
    tap.equal(both, ["bad-peer-as", None], f"{name}: both runs are told")


def check_flaps(tap, schema, folder):
    """How long each speaker was up was asked once, and is a column now: old rows have it, too."""
    name = os.path.basename(schema)
    new, old = (os.path.join(folder, name + ending) for ending in (".new-flaps.db", ".flaps.db"))
    bgpwhy("-r", FLAPS, "--db", new, "--json")
    with sqlite3.connect(new) as source, sqlite3.connect(old) as target:
        age(source, target, schema)
    bgpwhy("-r", OTHER, "--db", old, "--json")
    asked = "SELECT seq, speaker, \"to\", up_s FROM flap_history ORDER BY seq"
    with sqlite3.connect(old) as db, sqlite3.connect(new) as model:
        expected = model.execute(asked).fetchall()
        tap.ok(expected and all(up > 0 for *_, up in expected), f"{name}: speakers were up", *expected)
        tap.equal(db.execute(asked).fetchall()[:len(expected)], expected, f"{name}: flap_history says the same")


def main():
    need_program()
    tap = Tap()
    schemas = sorted(glob.glob(os.path.join(SOURCE, "tests", "schemas", "schema-*.sql")))
    tap.ok(bool(schemas), "there are older schemas")
    with tempfile.TemporaryDirectory() as folder:
        for schema in schemas:
            tap.attempt(os.path.basename(schema), check, schema, folder)
            tap.attempt(os.path.basename(schema) + ", flaps", check_flaps, schema, folder)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
