#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Each finding has a capture that raises it, and one that looks alike and does not.

The rows of track/findings.def against the truth files of pcaps/: `cause` (and `shows`) of a capture says what it
is there to raise, `look_alike_of` what a reader may take it for. A new row of findings.def fails here until
the lab has both (tests/lab/bgplab/scenarios.py, LOOK_ALIKES). What a user expects is no story of packets
alone: tests/test_expect.py has both ways of each. With --table the table is printed.
"""
import os
import re
import sys

from support import SOURCE, Tap, bgpwhy, need_program, truths

TELLING = ("warning", "error")


def rows():
    with open(os.path.join(SOURCE, "track", "findings.def"), encoding="utf-8") as file:
        return [(key, severity) for key, severity in re.findall(r'^FINDING\(\w+, "([a-z0-9-]+)", (\w+),', file.read(), re.M)]


def main():
    need_program()
    tap = Tap()
    raises, alike = {}, {}
    for name, truth, path in truths():
        if path is None:
            continue
        wanted = {one["cause"] for one in truth["sessions"] if one["cause"]} | set(truth.get("shows", []))
        others = truth.get("look_alike_of", [])
        if not wanted and not others:
            continue
        found = [one for one in bgpwhy("-r", path, "--json").events() if one["event"] == "finding"]
        for key in wanted & {one["cause"] for one in found}:
            raises.setdefault(key, []).append(name)
        for key in others:
            alike.setdefault(key, []).append(name)
            tap.none([f"{one['severity']} {one['confidence']}: {one['summary']}" for one in found
                      if one["cause"] == key and one["severity"] in TELLING], f"{name}: looks like {key}, and is not")
    every = rows()
    for key, _ in every:
        if key.startswith("expect-"):
            continue
        tap.ok(raises.get(key), f"{key}: a capture raises it")
        tap.ok(alike.get(key), f"{key}: a capture looks alike")
    known = {key for key, _ in every}
    tap.equal(sorted((set(raises) | set(alike)) - known), [], "the truth files name findings that there are")
    if "--table" in sys.argv:
        for key, _ in every:
            print(f"# {key:28} {' '.join(raises.get(key, ['-'])[:3]):60} not: {' '.join(alike.get(key, ['-']))}")
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
