#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The includes run one way, from the wire to the screen, and each library stays in its room."""
import glob
import os
import re
import sys

from support import SOURCE, Tap

ROOMS = ("dissect", "capture", "track", "store", "ui", "expect", "record")

# What a room may see besides itself: rooms, or single headers.
MAY_SEE = {
    "dissect": (),
    "capture": ("dissect/cursor.h", "dissect/address.h", "dissect/siphash.h"),
    "track": ("dissect/", "capture/flow.h"),
    "store": ("track/", "dissect/"),
    "ui": ("track/", "dissect/"),
    "record": ("track/", "dissect/", "capture/flow.h", "capture/source.h"),
    "expect": ("track/expect.h", "track/memory.h", "dissect/"),
}

# Headers of libraries, and the one room whose .c files may have them.
LIBRARIES = (
    (re.compile(r"pcap(/.*)?\.h|pcap-.*\.h"), "capture"),
    (re.compile(r"nids\.h"), "capture"),
    (re.compile(r"zlib\.h|zstd.*\.h"), "capture"),
    (re.compile(r"sqlite3.*\.h"), "store"),
    (re.compile(r"yaml\.h"), "expect"),
    (re.compile(r"n?curses(w/.*)?\.h|term\.h|panel\.h"), "ui"),
)

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def includes(path):
    """(line, bracket, header) of each include."""
    with open(path, encoding="utf-8") as source:
        for number, line in enumerate(source, 1):
            match = INCLUDE.match(line)
            if match:
                yield number, match.group(1), match.group(2)


def library_problem(room, path, header):
    for pattern, owner in LIBRARIES:
        if pattern.fullmatch(header) and not (room == owner and path.endswith(".c")):
            return f"<{header}> belongs in {owner}/*.c"
    return None


def room_problem(room, header):
    """An include of the project's own, seen from a room (main.c and options.c see all)."""
    where = header if "/" in header else f"{room}/{header}"
    if not os.path.exists(os.path.join(SOURCE, where)) and not where.endswith(".inc"):
        return f'"{header}" is no file of the project'
    there = where.split("/")[0]
    if there == room or any(where.startswith(allowed) for allowed in MAY_SEE[room]):
        return None
    return f"{room} may not see {where}"


def problems(room, path):
    name = os.path.relpath(path, SOURCE)
    for number, bracket, header in includes(path):
        trouble = library_problem(room, path, header)
        if bracket == '"' and trouble is None:
            trouble = room_problem(room, header)
        if bracket == "<" and trouble is None and header.split("/")[0] in ROOMS:
            trouble = f"<{header}> should be in quotes"
        if trouble:
            yield f"{name}:{number}: {trouble}"


def main():
    tap = Tap()
    for room in ROOMS:
        files = [path for ending in ("c", "h", "def") for path in
                 glob.glob(os.path.join(SOURCE, room, "**", f"*.{ending}"), recursive=True)]
        tap.ok(files, f"{room}/ has files")
        tap.none([one for path in sorted(files) for one in problems(room, path)],
                 f"the includes of {room}/ run one way")
    for path in sorted(glob.glob(os.path.join(SOURCE, "*.[ch]"))):
        name = os.path.basename(path)
        tap.none([f"{name}:{number}: {trouble}" for number, _, header in includes(path)
                  if (trouble := library_problem("main", path, header))],
                 f"{name} sees no library but through its room")
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
