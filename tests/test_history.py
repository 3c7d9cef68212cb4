#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a database keeps over many runs: which octets, which captures, and who ran."""
import contextlib
import gzip
import hashlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile

import packets
from support import BGPWHY, PCAPS, SOURCE, Tap, ask, bgpwhy, need_program, sound

TABLE = os.path.join(PCAPS, "large-table.pcap")
BAD = os.path.join(PCAPS, "malformed-update.pcap")
TREATED = os.path.join(PCAPS, "treat-as-withdraw.pcap")
HEALTHY = os.path.join(PCAPS, "healthy.pcap")


def check_octets(tap, folder):
    """The octets of UPDATEs are kept where they were asked for, or where something is wrong with them."""
    for capture in (TABLE, BAD, TREATED):
        name = os.path.basename(capture)
        lean, whole = (os.path.join(folder, name + ending) for ending in (".lean.db", ".whole.db"))
        plain = bgpwhy("-r", capture, "--json", "--db", lean)
        bgpwhy("-r", capture, "--report", "--db", whole, "--store-updates")
        kept = dict(ask(lean, "SELECT type, count(*) = count(raw) FROM message GROUP BY type"))
        tap.ok(all(good for kind, good in kept.items() if kind != "UPDATE"), f"{name}: all others are kept", kept)
        faulty = {event["frame"] for event in plain.events("fault") if event.get("connection")}
        strange = ask(lean, "SELECT frame FROM message WHERE type = 'UPDATE' AND raw IS NOT NULL AND NOT truncated")
        lost = ask(lean, "SELECT frame FROM message m WHERE type = 'UPDATE' AND raw IS NULL AND EXISTS"
                         " (SELECT 1 FROM fault f WHERE f.seq = m.seq + 1 AND f.rfc IS NOT NULL)")
        tap.none([one for one, in strange if one not in faulty], f"{name}: no UPDATE is kept without reason")
        tap.equal(lost, [], f"{name}: every faulty UPDATE is kept")
        if capture != TABLE:
            tap.ok(strange, f"{name}: it has faulty UPDATEs")
        tap.equal(ask(whole, "SELECT count(*) FROM message WHERE raw IS NULL"), [(0,)],
                  f"{name}: --store-updates keeps them all")
        for view in ("--json", "--lines", "--report"):
            shown, back = bgpwhy("-r", capture, view), bgpwhy("--db", lean, view)
            tap.ok(shown.text.replace(capture, "X") == back.text.replace(lean, "X").replace(capture, "X"),
                   f"{name}: {view} needs no octets of UPDATEs")
            verbose = bgpwhy("-r", capture, view, "-v", "-x")
            back = bgpwhy("--db", whole, view, "-v", "-x")
            tap.ok(verbose.text.replace(capture, "X") == back.text.replace(whole, "X").replace(capture, "X"),
                   f"{name}: {view} -v -x has them all with --store-updates")
        summary = [event["update"] for event in bgpwhy("--db", lean, "--json", "-v").events("message")
                   if event["type"] == "UPDATE"]
        tap.ok(any(one["nlri"] is None and one["as_path"] is None and one["attributes"] is not None
                   for one in summary), f"{name}: what was not kept is null, not empty")
        told = bgpwhy("--db", lean, "--lines", "-v").text
        tap.ok("were not stored" in told, f"{name}: the lines say so")
        sound(tap, lean, name)
    small, large = (os.path.getsize(os.path.join(folder, f"large-table.pcap.{kind}.db")) for kind in ("lean", "whole"))
    tap.ok(small < large, "it is smaller so", small, large)


def runs(path):
    return ask(path, "SELECT count(*) FROM run")[0][0]


def check_again(tap, folder):
    """A capture that is there already is known by its octets."""
    path = os.path.join(folder, "again.db")
    first = bgpwhy("-r", TABLE, "--report", "--db", path)
    copy = os.path.join(folder, "copy.pcap")
    shutil.copyfile(TABLE, copy)
    for name, arguments, added in (("the same", ["-r", TABLE], 0), ("a copy", ["-r", copy], 0),
                                   ("in another view", ["-r", TABLE, "--json"], 0),
                                   ("with another filter", ["-r", TABLE, "tcp"], 1),
                                   ("with that filter again", ["-r", TABLE, "tcp"], 0),
                                   ("with --store-updates", ["-r", TABLE, "--store-updates"], 1),
                                   ("with a limit", ["-r", TABLE, "-c", "50"], 1),
                                   ("with --again", ["-r", TABLE, "--again"], 1),
                                   ("another capture", ["-r", HEALTHY], 1)):
        before = runs(path)
        run = bgpwhy("--report", *arguments, "--db", path)
        tap.equal(runs(path) - before, added, f"{name}: {added} runs are added")
        tap.ok(run.status == first.status and run.out, f"{name}: it is shown, and the status is that of the capture",
               run.status, *run.complaints)
        said = [line for line in run.complaints if "nothing is added" in line]
        tap.equal(len(said), 1 - added, f"{name}: one line tells that nothing is added", *run.complaints)
    expect = os.path.join(folder, "healthy.expect")
    with open(os.path.join(SOURCE, "tests", "expect", "healthy.expect"), encoding="utf-8") as file:
        words = file.read()
    for more, added in (("", 1), ("", 0), ("# more\n", 1)):
        with open(expect, "w", encoding="utf-8") as file:
            file.write(words + more)
        before = runs(path)
        run = bgpwhy("-r", TABLE, "--expect", expect, "--db", path)
        tap.equal(runs(path) - before, added, f"what is expected counts: {added} runs are added", *run.complaints)
    before = runs(path)
    both = bgpwhy("-r", TABLE, "-r", BAD, "--db", path)
    tap.ok(both.status == 2 and runs(path) == before and any("--again" in line for line in both.complaints),
           "some of several are there: the user is asked", both.status, *both.complaints)
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE run SET finished = NULL")
        db.commit()
    bgpwhy("-r", TABLE, "--db", path)
    tap.equal(runs(path), before + 1, "a run that was killed does not count")
    with open(TABLE, "rb") as file:
        piped = bgpwhy("-r", "-", "--db", path, input=file.read())
    tap.ok(piped.status == 0 and runs(path) == before + 2, "a pipe cannot be known", piped.status, *piped.complaints)
    tap.equal(ask(path, "SELECT kind, hash FROM run_input ORDER BY run DESC LIMIT 1"), [("pipe", None)],
              "a pipe has no hash")
    sound(tap, path, "many runs")


def check_hash(tap, folder):
    """It is that of the file's own octets, packed or not, and however far its packets were wanted; a run that was
    interrupted has not read the capture."""
    packed, longer = os.path.join(folder, "packed.pcap.gz"), os.path.join(folder, "longer.pcap")
    with open(TABLE, "rb") as file:
        octets = file.read()
    with open(packed, "wb") as file:
        file.write(gzip.compress(octets))
    with open(longer, "wb") as file:
        file.write(octets + b"\xff" * 100000)
    for name, arguments in (("as it is", ["-r", TABLE]), ("packed", ["-r", packed]), ("damaged at its end", ["-r", longer]),
                            ("two packets of it", ["-r", TABLE, "-c", "2"]), ("two of them", ["-r", packed, "-r", TABLE])):
        path = os.path.join(folder, name.replace(" ", "-") + ".db")
        bgpwhy(*arguments, "--report", "--db", path)
        wanted = []
        for file_name in arguments[1::2]:
            if os.path.exists(file_name):
                with open(file_name, "rb") as file:
                    whole = file.read()
                wanted.append((len(whole), hashlib.sha256(whole).hexdigest()))
        tap.equal(ask(path, "SELECT octets, hash FROM run_input ORDER BY position"), wanted, f"{name}: the hash of the file")
        before = runs(path)
        bgpwhy(*arguments, "--report", "--db", path)
        tap.equal(runs(path), before, f"{name}: it is known")
    path = os.path.join(folder, "interrupted.db")
    with subprocess.Popen([BGPWHY, "-r", TABLE, "--json", "--db", path], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE) as run:
        run.stdout.readline()  # more comes than a pipe holds, so that it waits
        run.send_signal(signal.SIGINT)
        shown = run.stdout.read().count(b"\n") + 1
    whole = bgpwhy("-r", TABLE, "--json")
    tap.ok(shown < len(whole.text.splitlines()), "it was interrupted", shown)
    tap.equal(ask(path, "SELECT count(finished), count(hash) FROM run JOIN run_input USING (run)"), [(1, 0)],
              "who was interrupted has an end, and no hash")
    again = bgpwhy("-r", TABLE, "--report", "--db", path)
    tap.ok(runs(path) == 2 and not again.complaints, "an interrupted run does not count", *again.complaints)
    bgpwhy("-r", TABLE, "--report", "--db", path)
    tap.equal(runs(path), 2, "the one after it does")


def flapping(days, every_s):
    """A session that comes up and is ended every so often, for days."""
    talk = packets.Conversation()
    for number in range(days * 86400 // every_s):
        talk.port[packets.CLIENT] = 1024 + number
        talk.seq = {packets.CLIENT: 1000 + number, packets.SERVER: 5000 + number}
        talk.frames.append((packets.BEGIN + number * every_s * 1_000_000, b"\0" * 60))
        talk.establish()
        talk.say(packets.CLIENT, packets.notification(6, 4))
        talk.close(packets.CLIENT)
    return talk.pcap()


def shift(pcap, days, net=None):
    """The same some days later, and with the addresses in another net."""
    out, at = bytearray(pcap), 24
    while at < len(out):
        size = int.from_bytes(out[at + 8:at + 12], "little")
        out[at:at + 4] = (int.from_bytes(out[at:at + 4], "little") + days * 86400).to_bytes(4, "little")
        if net is not None:
            for place in (at + 16 + 26, at + 16 + 30):
                out[place:place + 3] = net
        at += 16 + size
    return bytes(out)


def check_keep_before(tap, folder):
    """--keep cuts in the middle of a run before: what nothing young names goes, too, and not only with its run."""
    names = {name: os.path.join(folder, name + ".pcap") for name in ("three", "one", "later")}
    for name, pcap in (("three", flapping(3, 600)), ("one", shift(flapping(1, 600), 0, bytes((10, 9, 9)))),
                       ("later", shift(flapping(1, 600), 3))):
        with open(names[name], "wb") as file:
            file.write(pcap)
    kept, all_of_it = os.path.join(folder, "before.db"), os.path.join(folder, "all.db")
    for path, keep in ((kept, ("--keep", "2d")), (all_of_it, ())):
        bgpwhy("-r", names["three"], "-r", names["one"], "--db", path)
        tap.equal(ask(path, "SELECT count(*) FROM session"), [(2,)], "two sessions in the first run")
        run = bgpwhy("-r", names["later"], "--db", path, *keep)
        tap.ok(not run.complaints, "no complaint", *run.complaints)
    newest = ask(all_of_it, "SELECT max(time_ns) FROM message")[0][0]
    limit = newest - 2 * 86400 * 10**9
    tap.equal(ask(kept, "SELECT count(*), count(DISTINCT remote) FROM session"), [(2, 1)],
              "the session that ended on the first day is gone, the other one is there of both runs")
    for table in ("message", "transition", "connection_event"):
        young = f"SELECT seq, time, session, connection FROM {table} WHERE time_ns >= {limit + 10**9} ORDER BY seq"
        tap.ok(ask(kept, young) == ask(all_of_it, young), f"{table}: what is young is there")
    left = ask(kept, "SELECT count(*), min(time_ns) FROM connection")[0]
    tap.ok(288 <= left[0] <= 291 and left[1] >= limit - 2 * 10**9, "the connections of two days are there", left, limit)
    tap.equal(ask(kept, "SELECT count(*) FROM finding WHERE last_time_ns < %d" % (limit - 10**9)), [(0,)],
              "no finding is older")
    sound(tap, kept, "a run before is cut")
    back = bgpwhy("--db", kept, "--report")
    tap.ok(back.status == 1 and not back.complaints, "it is shown", back.status, *back.complaints)


def check_keep(tap, folder):
    """--keep: what is too old goes, what is young stays to the last row, and the rest is sound."""
    capture = os.path.join(folder, "days.pcap")
    with open(capture, "wb") as file:
        file.write(flapping(3, 600))
    whole = os.path.join(folder, "whole.db")
    bgpwhy("-r", capture, "--db", whole)
    newest, count = ask(whole, "SELECT max(time_ns), count(*) FROM message")[0]
    tap.equal(count, 3 * 144 * 5, "three days of a flap each ten minutes: five messages each")
    for name, seconds in (("1d", 86400), ("36h", 36 * 3600), ("90m", 5400), ("2w", 14 * 86400)):
        kept = os.path.join(folder, f"keep-{name}.db")
        run = bgpwhy("-r", capture, "--db", kept, "--keep", name)
        tap.ok(not run.complaints, f"--keep {name}: no complaint", *run.complaints)
        limit = newest - seconds * 10**9
        for table in ("message", "transition", "connection_event"):
            young = f"SELECT seq, time, session FROM {table} WHERE time_ns >= {limit + 10**9} ORDER BY seq"
            tap.ok(ask(kept, young) == ask(whole, young), f"--keep {name}: {table}: what is young is there")
            old = ask(kept, f"SELECT count(*) FROM {table} WHERE time_ns < {limit - 10**9}")[0][0]
            tap.equal(old, 0, f"--keep {name}: {table}: what is old is not")
        left = ask(kept, "SELECT count(*) FROM connection")[0][0]
        tap.ok(left <= seconds // 600 + 2, f"--keep {name}: connections go with their events", left)
        trimmed = ask(kept, "SELECT trimmed_ns FROM run")[0][0]
        tap.equal(trimmed, None if seconds > 3 * 86400 else
                  ask(kept, "SELECT min(time_ns) FROM (SELECT time_ns FROM message UNION ALL SELECT time_ns FROM"
                            " connection_event UNION ALL SELECT time_ns FROM transition)")[0][0],
                  f"--keep {name}: the run says from when on it is whole")
        sound(tap, kept, f"--keep {name}")
        back = bgpwhy("--db", kept, "--json")
        tap.ok(back.status == 1 and not back.complaints, f"--keep {name}: it is shown", back.status, *back.complaints)
        tap.equal(len(back.events("message")), ask(kept, "SELECT count(*) FROM message")[0][0],
                  f"--keep {name}: with every message")
    whole_days = os.path.join(folder, "size.db")
    for number in range(3):
        bgpwhy("-r", capture, "--db", whole_days, "--keep", "1MB", "--again")
        tap.ok(os.path.getsize(whole_days) < 1_500_000, f"--keep 1MB, run {number + 1}: the file is no larger",
               os.path.getsize(whole_days))
        last = ask(whole_days, "SELECT max(time_ns) FROM message")[0][0]
        tap.equal(last, newest, "the newest message is there")
        sound(tap, whole_days, f"--keep 1MB, run {number + 1}")
    tap.ok(os.path.getsize(whole) > 1_500_000, "it would be larger")
    tap.ok(runs(whole_days) < 3, "runs that have nothing left go", runs(whole_days))


def check_usage(tap, folder):
    path = os.path.join(folder, "usage.db")
    bgpwhy("-r", HEALTHY, "--db", path)
    for arguments in (["-r", HEALTHY, "--again"], ["--db", path, "--again"], ["-r", HEALTHY, "--store-updates"],
                      ["--db", path, "--store-updates"], ["-r", HEALTHY, "--keep", "30d"],
                      ["-r", HEALTHY, "--db", path, "--keep", "30"], ["-r", HEALTHY, "--db", path, "--keep", "-3d"],
                      ["-r", HEALTHY, "--db", path, "--keep", "0d"], ["-r", HEALTHY, "--db", path, "--keep", "10kB"],
                      ["-r", HEALTHY, "--db", path, "--keep", "99999999999TB"]):
        run = bgpwhy(*arguments)
        tap.ok(run.status == 2 and len(run.complaints) == 1 and not run.out, " ".join(map(os.path.basename, arguments)),
               run.status, *run.complaints)


def main():
    need_program()
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        for name, group in (("octets", check_octets), ("again", check_again), ("hash", check_hash), ("keep", check_keep),
                            ("keep before", check_keep_before), ("usage", check_usage)):
            tap.attempt(name, group, folder)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
