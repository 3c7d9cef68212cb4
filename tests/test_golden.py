#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The report of every capture in pcaps/, and what the database holds of some, word for word.

    tests/test_golden.py --update [CAPTURE...]     writes them anew: read the difference before it is committed

A report is for people, so a change of it is looked at by one; what must be true of it is tested elsewhere.
"""
import contextlib
import os
import sqlite3
import sys
import tempfile

from support import PCAPS, SOURCE, Tap, as_it_was, bgpwhy, captures, need_program, short

GOLDEN = os.path.join(SOURCE, "tests", "golden")
DUMPED = ("bad-peer-as.pcap", "bfd-detect-expired.pcap", "hold-timer-expired.pcap")
NOT_DUMPED = {"run"}                    # the machine, the clock
NOT_DUMPED_COLUMNS = {"raw", "time_ns"}  # the octets; the time once more


def report(path):
    """As somebody sees it who stands in pcaps/."""
    return bgpwhy("-r", os.path.basename(path), "--report", cwd=PCAPS,
                  env={**os.environ, "LC_ALL": "C.UTF-8"}).text


def dump(path):
    """Every table but those that differ from run to run, a line for each row."""
    out = []
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "golden.db")
        bgpwhy("-r", os.path.basename(path), "--json", "--db", file, cwd=PCAPS)
        with contextlib.closing(sqlite3.connect(file)) as db:
            tables = [row[0] for row in db.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table'"
                " AND name NOT LIKE 'sqlite%' ORDER BY name")]
            for table in tables:
                if table in NOT_DUMPED:
                    continue
                rows = db.execute(f'SELECT * FROM "{table}" ORDER BY 1, 2')
                names = [column[0] for column in rows.description]
                keep = [index for index, name in enumerate(names) if name not in NOT_DUMPED_COLUMNS]
                out.append(f"{table}: " + " ".join(names[index] for index in keep))
                out += ["  " + " | ".join(repr(row[index]) for index in keep) for row in rows]
    return "\n".join(out) + "\n"


def main():
    need_program()
    update = "--update" in sys.argv
    wanted = [word for word in sys.argv[1:] if word != "--update"]
    tap = Tap()
    for path in captures():
        name = short(path)
        if wanted and name not in wanted:
            continue
        makers = [("report", report)] + ([("db", dump)] if name in DUMPED else [])
        for kind, make in makers:
            file = os.path.join(GOLDEN, f"{name}.{kind}.txt")
            text = make(path)
            as_it_was(tap, file, text, update, f"{name}: {kind}")
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
