#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The flight recorder: what it writes, read again, gives the finding that it was written for; it holds the
packets of the pair and of the time that were asked for, and no others."""
import contextlib
import json
import os
import re
import resource
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time

import packets
from support import BGPWHY, PCAPS, Tap, bgpwhy, captures, epoch, need_program, short

NAME = re.compile(r"\d{8}T\d{6}\.\d{3}Z_[0-9a-f.-]+_[0-9a-f.-]+_[a-z0-9-]+(\+\d+)?\.pcap(ng)?")


def read_pcap(path):
    """(microseconds, octets) of each packet."""
    with open(path, "rb") as file:
        data = file.read()
    found, at = [], 24
    while at < len(data):
        sec, usec, size, _ = struct.unpack("<IIII", data[at:at + 16])
        found.append((sec * 1_000_000 + usec, data[at + 16:at + 16 + size]))
        at += 16 + size
    return found


def check_capture(tap, folder, path):
    name = short(path)
    records, db = os.path.join(folder, name + ".d"), os.path.join(folder, name + ".db")
    plain = bgpwhy("-r", path, "--json")
    run = bgpwhy("-r", path, "--json", "--record", records, "--db", db)
    events, said = run.events(), run.events("recording")
    rest = [{key: value for key, value in event.items() if key != "seq"} for event in events
            if event["event"] != "recording"]
    tap.ok(rest == [{key: value for key, value in event.items() if key != "seq"} for event in plain.events()]
           and run.status == plain.status, f"{name}: nothing else changes", run.status, *run.complaints)
    tap.equal([event["seq"] for event in events], list(range(1, len(events) + 1)), f"{name}: seq goes on")
    errors = {(event["cause"], event["session"], event["bfd_session"]) for event in plain.events("alert")
              if event["severity"] == "error"}
    tap.equal(errors, {(event["cause"], event["session"], event["bfd_session"]) for event in said
                       if event["cause"] != "left-established"}, f"{name}: each error is recorded, nothing else is")
    left = {event["session"] for event in plain.events("transition")
            if event["protocol"] == "bgp" and event["from"] == "Established"}
    tap.ok(left <= {event["session"] for event in said}, f"{name}: each session that left Established is recorded")
    files = sorted(os.listdir(records))
    tap.none([file for file in files if not NAME.fullmatch(file)], f"{name}: the names are safe")
    tap.equal({os.path.join(records, file) for file in files}, {event["file"] for event in said},
              f"{name}: each file is told")
    problems = []
    for event in said:
        again = bgpwhy("-r", event["file"], "--json")
        causes = {one["cause"] for one in again.events("finding")}
        if event["cause"] not in {*causes, "left-established"}:
            problems.append(f"{event}: read again: {causes} {again.complaints}")
        if event["begins"] != again.events()[0]["time"]:
            problems.append(f"{event}: it begins at {again.events()[0]['time']}")
    tap.none(problems, f"{name}: read again, each gives its finding")
    with contextlib.closing(sqlite3.connect(db)) as stored:
        rows = stored.execute("SELECT seq, session, cause, file FROM recording ORDER BY seq").fetchall()
        causes = stored.execute("SELECT count(*) FROM recording r LEFT JOIN finding f USING (finding)"
                                " WHERE r.cause <> coalesce(f.cause, 'left-established')").fetchall()
        broken = stored.execute("PRAGMA foreign_key_check").fetchall()
    tap.ok(rows == [(event["seq"], event["session"], event["cause"], event["file"]) for event in said]
           and not broken and causes == [(0,)], f"{name}: the database has the links", rows, broken)
    tap.ok(bgpwhy("--db", db, "--json").out == run.out, f"{name}: and gives them back")


def two_pairs(flaps, every_s):
    """A session that flaps every so often, beside one of another pair that is always up; a frame of ARP."""
    talk, other = packets.Conversation(), packets.Conversation()
    other.establish()
    for _ in range(flaps * every_s // 10):
        other.say(packets.CLIENT, packets.KEEPALIVE, after=5)
        other.say(packets.SERVER, packets.KEEPALIVE, after=5)
    for number in range(flaps):
        talk.port[packets.CLIENT] = 20000 + number
        talk.seq = {packets.CLIENT: 1000 + number, packets.SERVER: 5000 + number}
        talk.frames.append((packets.BEGIN + number * every_s * 1_000_000, arp()))
        talk.establish()
        for _ in range(every_s // 20):
            talk.say(packets.CLIENT, packets.KEEPALIVE, after=8)
            talk.say(packets.SERVER, packets.KEEPALIVE, after=2)
        talk.say(packets.CLIENT, packets.notification(6, 2))
        talk.close(packets.CLIENT)
    moved = [(when, move(data)) for when, data in other.frames]
    mixed = packets.Conversation()
    mixed.frames = sorted(talk.frames + moved, key=lambda one: one[0])
    return mixed.pcap(), talk.frames


def arp():
    src, dst = packets.MACS[packets.CLIENT], packets.MACS[packets.SERVER]
    return dst + src + b"\x08\x06" + struct.pack(">HHBBH", 1, 0x800, 6, 4, 1) + src + \
        bytes((192, 0, 2, 10)) + bytes(6) + bytes((192, 0, 2, 1))


def move(frame):
    """The same frame between two other addresses; checksums are not looked at."""
    return frame[:26] + bytes((198, 51, 100)) + frame[29:30] + bytes((198, 51, 100)) + frame[33:]


def check_window(tap, folder):
    flaps, every = 6, 600
    path, records = os.path.join(folder, "two.pcap"), os.path.join(folder, "two.d")
    content, own = two_pairs(flaps, every)
    with open(path, "wb") as file:
        file.write(content)
    run = bgpwhy("-r", path, "--json", "--record", records, "--before", "60s", "--after", "30s")
    files = sorted({event["file"] for event in run.events("recording")})
    tap.equal(len(files), flaps, "a file for each flap", *run.complaints)
    problems = []
    for file in files:
        moment = min(epoch(event["time"]) for event in run.events("recording") if event["file"] == file)
        got = read_pcap(file)
        until = max([moment] + [epoch(event["time"]) for event in run.events("alert")
                                if moment <= epoch(event["time"]) <= moment + 30])
        # What lies on an edge may be in or out.
        sure = [one for one in own if moment - 59.9 <= one[0] / 1e6 <= until + 29.9]
        perhaps = [one for one in own if moment - 60.1 <= one[0] / 1e6 <= until + 30.1]
        missing, strange = [one for one in sure if one not in got], [one for one in got if one not in perhaps]
        if missing or strange:
            problems.append(f"{short(file)}: {len(got)} packets; {len(missing)} missing, {len(strange)} strange")
        if not got or [one[0] for one in got] != sorted(one[0] for one in got):
            problems.append(f"{short(file)}: not in the order of time")
    tap.none(problems, "each has the packets of its pair and its time, and no others")


def check_any_port(tap, folder):
    """With --any-port a connection is known late; its first packets are there all the same, others' are not."""
    path, records = os.path.join(folder, "any.pcap"), os.path.join(folder, "any.d")
    talk, other = packets.Conversation(), packets.Conversation()
    talk.port[packets.SERVER] = 1790
    other.port = {packets.CLIENT: 50000, packets.SERVER: 8080}
    talk.establish()
    talk.say(packets.CLIENT, packets.notification(6, 2))
    talk.close(packets.CLIENT)
    other.handshake()
    for _ in range(5):
        other.say(packets.CLIENT, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    moved = [(when, move(data)) for when, data in other.frames]
    mixed = packets.Conversation()
    mixed.frames = sorted(talk.frames + moved, key=lambda one: one[0])
    with open(path, "wb") as file:
        file.write(mixed.pcap())
    run = bgpwhy("-r", path, "--json", "--any-port", "--record", records)
    files = {event["file"] for event in run.events("recording")}
    tap.equal(len(files), 1, "--any-port: one recording", *run.complaints)
    tap.equal([data for _, data in read_pcap(files.pop())], [data for _, data in talk.frames],
              "--any-port: it has the connection from its handshake, and nothing else")


def check_rotation(tap, folder):
    path, records = os.path.join(folder, "rotate.pcap"), os.path.join(folder, "rotate.d")
    with open(path, "wb") as file:
        file.write(two_pairs(8, 300)[0])
    arguments = ("-r", path, "--record", records, "--before", "60s", "--after", "30s")
    bgpwhy(*arguments)
    every = sorted(os.listdir(records))
    tap.equal(len(every), 8, "eight flaps, eight files")
    notes = os.path.join(records, "notes.pcap")
    with open(notes, "w", encoding="utf-8") as file:
        file.write("mine")
    bgpwhy(*arguments, "--record-keep", "3")
    now = sorted(name for name in os.listdir(records) if name != "notes.pcap")
    tap.equal(len(now), 3, "--record-keep 3 leaves three of old and new", now)
    tap.ok(all(name.split("_")[0] >= every[-3].split("_")[0] for name in now), "the newest ones", now, every)
    tap.ok(os.path.exists(notes), "a file that is none of ours is not touched")
    size = max(os.path.getsize(os.path.join(records, name)) for name in now)
    for name in now:
        os.unlink(os.path.join(records, name))
    bgpwhy(*arguments, "--record-keep", f"{3 * size // 1000}kB")
    now = [name for name in os.listdir(records) if name != "notes.pcap"]
    total = sum(os.path.getsize(os.path.join(records, name)) for name in now)
    tap.ok(0 < len(now) < 8 and total <= 3 * size, "so by size", len(now), total, size)
    bgpwhy(*arguments, "--record-keep", "1kB")
    left = [name for name in os.listdir(records) if name != "notes.pcap"]
    tap.equal(left, sorted(left)[-1:], "a recording that is larger than all that may be kept stays until the next")


def check_no_room(tap, folder):
    """A disk that is full: one line, and no empty file lies there."""
    records = os.path.join(folder, "no-room.d")

    def confine():
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    run = subprocess.run([BGPWHY, "-r", os.path.join(PCAPS, "hold-timer-expired.pcap"), "--report", "--record", records],
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=confine,
                         timeout=60, check=False)
    told = run.stderr.decode().splitlines()
    tap.ok(run.returncode == 2 and len(told) == 1 and records in told[0] and run.stdout, "no room: one line, and the view",
           run.returncode, *told)
    tap.equal(os.listdir(records), [], "no room: no empty file is left")


def check_folder(tap, folder):
    """A folder that cannot be had: one line; the view goes on where it can."""
    bad = os.path.join(PCAPS, "bad-peer-as.pcap")
    plain = os.path.join(folder, "file")
    with open(plain, "w", encoding="utf-8") as file:
        file.write("x")
    run = bgpwhy("-r", bad, "--record", plain)
    tap.ok(run.status == 2 and len(run.complaints) == 1 and plain in run.complaints[0], "a file is no folder",
           run.status, *run.complaints)
    closed = os.path.join(folder, "closed")
    os.mkdir(closed, 0o555)
    run = bgpwhy("-r", bad, "--record", closed)
    tap.ok(run.status == 2 and len(run.complaints) == 1 and closed in run.complaints[0] and run.out,
           "a folder that is not writable: the view is shown", run.status, *run.complaints)
    run = bgpwhy("--db", os.path.join(folder, "none.db"), "--record", folder)
    tap.ok(run.status == 2 and len(run.complaints) == 1, "--record needs packets", *run.complaints)
    for arguments in (["--before", "5"], ["--after", "x"], ["--before", "0s"], ["--record-keep", "0"],
                      ["--record-keep", "many"]):
        run = bgpwhy("-r", bad, "--record", closed, *arguments)
        tap.ok(run.status == 2 and len(run.complaints) == 1 and not run.out, " ".join(arguments), *run.complaints)


def check_killed(tap, folder):
    """A recording is there as soon as its cause is, and stays when the program is killed."""
    growing, records = os.path.join(folder, "growing.pcap"), os.path.join(folder, "growing.d")
    with open(os.path.join(PCAPS, "hold-timer-sigstop.pcap"), "rb") as file:
        data = file.read()
    with open(growing, "wb") as file:
        file.write(data[:24])
    with subprocess.Popen([BGPWHY, "-r", growing, "--follow", "--json", "--record", records],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        with open(growing, "ab") as file:
            file.write(data[24:])
        for line in process.stdout:
            if json.loads(line)["event"] == "recording":
                break
        for _ in range(50):
            if os.listdir(records):
                break
            time.sleep(0.1)
        process.kill()
    files = [os.path.join(records, name) for name in os.listdir(records)]
    tap.equal(len(files), 1, "a recording is there while the capture goes on")
    again = bgpwhy("-r", files[0], "--json")
    tap.ok("hold-timer-expired" in {one["cause"] for one in again.events("finding")},
           "killed a moment later, it still gives its finding", *again.complaints)


def main():
    need_program()
    tap = Tap()
    paths = [path for path in captures() if not short(path).startswith("healthy")
             and (not sys.argv[1:] or short(path) in sys.argv[1:])]
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # who gave up root must get to it
        for path in paths:
            tap.attempt(short(path), check_capture, folder, path)
        for name, group in (("window", check_window), ("any port", check_any_port),
                            ("rotation", check_rotation), ("folder", check_folder),
                            ("no room", check_no_room), ("killed", check_killed)):
            tap.attempt(name, group, folder)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
