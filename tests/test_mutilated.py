#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures that lack something: they may make the program less sure, never wrong.

Every capture of pcaps/ is read cut in half (each half), in one direction only, with 5 % of its packets
removed, and cut at 96 octets: no error is named that the truth does not allow, unless as a mere
possibility, and a healthy session has none. Read twice over (each packet doubled, as by a mirror), with
neighbours swapped, and as two files in a row it must tell the same story as the whole.
"""
import os
import random
import struct
import sys
import tempfile

from support import RELEASED, Tap, bgpwhy, need_program, truths

PCAP_MAGIC = b"\xd4\xc3\xb2\xa1"
SEED = 20261122

# What half a story truly shows though the whole one explains it: the first call was refused and the
# capture ends before the next one.
CUT_SHORT = {"connection-refused"}
# A hole in the right place cannot be told from silence: then `likely` is the most that may be said.
SILENCE = {"open-unanswered", "stuck-openconfirm", "hold-timer-expired"}


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    if data[:4] != PCAP_MAGIC:
        return None, []
    records, at = [], 24
    while at + 16 <= len(data):
        size = struct.unpack("<I", data[at + 8:at + 12])[0]
        records.append(data[at:at + 16 + size])
        at += 16 + size
    return data[:24], records


def cut(record, size):
    captured, wire = struct.unpack("<II", record[8:16])
    size = min(size, captured)
    return record[:8] + struct.pack("<II", size, wire) + record[16:16 + size]


def swapped(records):
    """Every seventh packet changes its place with the next; the times stay in order."""
    records = list(records)
    for i in range(0, len(records) - 1, 7):
        a, b = records[i], records[i + 1]
        records[i], records[i + 1] = a[:8] + b[8:], b[:8] + a[8:]
    return records


def story(events):
    return (sum(one["event"] == "message" for one in events),
            sorted((sorted((one["local"], one["remote"])), one["primary_cause"] or "")
                   for one in events if one["event"] == "session"))


class Folder:
    def __init__(self, path, head):
        self.path, self.head = path, head

    def run(self, *parts, program=None):
        args = []
        for i, records in enumerate(parts):
            path = os.path.join(self.path, f"{i}.pcap")
            with open(path, "wb") as file:
                file.write(self.head + b"".join(records))
            args += ["-r", path]
        return bgpwhy(*args, "--json", program=program)


def losses(records, chance):
    half = len(records) // 2
    yield "its first half", records[:half], CUT_SHORT
    yield "its second half", records[half:], set()
    for i in range(2):
        yield f"5 % lost ({i + 1})", [one for one in records if chance.random() > 0.05], set()
    yield "cut at 96 octets", [cut(one, 96) for one in records], set()
    senders = sorted({one[22:28] for one in records})
    if len(senders) == 2:
        for sender in senders:
            yield f"from {sender.hex(':')} only", [one for one in records if one[22:28] == sender], set()


def check(tap, name, truth, path, folder):
    head, records = read(path)
    if head is None:
        return
    chance = random.Random(f"{SEED} {name}")
    with tempfile.TemporaryDirectory(dir=folder) as place:
        here = Folder(place, head)
        allowed = {key for one in truth["sessions"]
                   for key in [one["cause"], *one.get("also_primary", []), *one["also_allowed"]]}
        healthy = all(one["verdict"] == "healthy" for one in truth["sessions"])
        for what, some, more in losses(records, chance):
            run = here.run(some)
            wrong = [f"{one['confidence']} {one['cause']}: {one['summary']}" for one in run.events()
                     if one["event"] == "finding" and one["severity"] == "error" and
                     one["cause"] not in allowed | more and
                     (healthy or one["confidence"] == "certain" or
                      (one["confidence"] == "likely" and one["cause"] not in SILENCE))]
            tap.none(wrong, f"{name}, {what}: nobody is accused wrongly")
            tap.ok(run.status in (0, 1), f"{name}, {what}: exit status", run.status, *run.complaints)
        whole = story(here.run(records, program=RELEASED).events())
        half = len(records) // 2
        for what, parts in (("each packet twice", [[one for one in records for _ in (0, 1)]]),
                            ("neighbours swapped", [swapped(records)]),
                            ("as two files", [records[:half], records[half:]])):
            tap.equal(story(here.run(*parts, program=RELEASED).events()), whole, f"{name}, {what}: the same story")


def main():
    need_program()
    tap = Tap()
    wanted = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        for name, truth, path in truths():
            if path is not None and (not wanted or name in wanted):
                tap.attempt(name, check, name, truth, path, folder)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
