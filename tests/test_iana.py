#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The code tables of dissect/ against the IANA registries, whose rows are kept in tests/iana/.

A row has the number, the name that the registry has, the name that we give where it is another one, and
what confirms it: an RFC, a draft, a daemon's source, a public copy of the registry. "memory" is a row that nothing at
hand confirmed: it says what was believed when it was typed. The head of a file counts them. Each number of a registry has its row with us, with that name; and no row of ours is without one.
"""
import csv
import os
import re
import sys

from support import SOURCE, Tap

DISSECT = os.path.join(SOURCE, "dissect")

# File of rows -> table, macro, columns of the number (or its parts) and of the name.
TABLES = {
    "capability-codes": ("capabilities.def", "CAPABILITY", (0,), 2),
    "path-attributes": ("attributes.def", "ATTRIBUTE", (0,), 2),
    "message-types": ("messages.def", "MESSAGE", (0,), 2),
    "notification-codes": ("notifications.def", "CODE", (0,), 1),
    "notification-subcodes": ("notifications.def", "SUBCODE", (0, 1), 2),
    "afi": ("families.def", "AFI", (0,), 1),
    "safi": ("families.def", "SAFI", (0,), 1),
    "bfd-diagnostics": ("bfd_codes.def", "DIAGNOSTIC", (0,), 1),
    "bfd-authentication": ("bfd_codes.def", "AUTHENTICATION", (0,), 1),
    "evpn-route-types": ("evpn_routes.def", "EVPN_ROUTE", (0,), 2),
    "mvpn-route-types": ("mvpn_routes.def", "MVPN_ROUTE", (0,), 2),
    "flow-components": ("flow_components.def", "FLOW_COMPONENT", (0,), 2),
    "well-known-communities": ("communities.def", "WELL_KNOWN", (0,), 1),
}

# Registries of which BGP uses a few rows only: those that we lack are no problem.
PARTLY = ("afi",)


def arguments(line):
    """The arguments of a macro call; commas inside quotes do not count."""
    inside = line[line.index("(") + 1:line.rindex(")")]
    return [one.strip().strip('"') for one in re.findall(r'"[^"]*"|[^,]+', inside)]


def number(text):
    return "/".join(str(int(part, 0)) for part in text.split("/"))


def ours(table, macro, numbers, name):
    found = {}
    with open(os.path.join(DISSECT, table), encoding="utf-8") as file:
        for line in file:
            if line.startswith(macro + "("):
                row = arguments(line)
                found.setdefault("/".join(number(row[column]) for column in numbers), row[name])
    return found


def registry(path):
    with open(path, encoding="utf-8", newline="") as file:
        assert file.readline().startswith("# IANA registry"), path
        return {number(row["number"]): row for row in csv.DictReader(file)}


def compare(tap, name, table, macro, numbers, column):
    theirs = registry(os.path.join(SOURCE, "tests", "iana", name + ".csv"))
    if not os.path.exists(os.path.join(DISSECT, table)):
        tap.skip(f"{name}: {len(theirs)} rows", f"there is no {table}")
        return
    mine = ours(table, macro, numbers, column)
    problems = [f"{key}: the registry has {theirs[key]['name']!r}, we have no row" for key in theirs
                if key not in mine and name not in PARTLY]
    problems += [f"{key}: we have {mine[key]!r}, the registry has no such number" for key in mine if key not in theirs]
    problems += [f"{key}: we say {mine[key]!r}, the registry {row['name']!r}" for key, row in theirs.items()
                 if key in mine and mine[key] != (row["ours"] or row["name"])]
    problems += [f"{key}: nothing says where it is from" for key, row in theirs.items() if not row["confirmed"]]
    unsure = [key for key, row in theirs.items() if row["confirmed"] == "memory"]
    with open(os.path.join(SOURCE, "tests", "iana", name + ".csv"), encoding="utf-8") as file:
        said = file.readline().rsplit("; from memory: ", 1)[1].strip()
    problems += [] if said == (f"{len(unsure)} ({' '.join(unsure)})" if unsure else "none") else [f"the head says {said}"]
    tap.none(problems, f"{name}: {len(theirs)} rows, {len(unsure)} of them from memory")


def main():
    tap = Tap()
    for name, row in TABLES.items():
        tap.attempt(name, compare, name, *row)
    kept = {file[:-4] for file in os.listdir(os.path.join(SOURCE, "tests", "iana")) if file.endswith(".csv")}
    tap.equal(kept, set(TABLES), "every file of rows is compared")
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
