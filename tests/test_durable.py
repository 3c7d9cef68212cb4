#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What can happen to a database while it is written: the program is killed, the disk is slow or full, somebody
holds a lock, looks at it for long, damages it, or it is none. The views go on, one line tells, the file is sound.

The runs are live ones: a capture that grows and is followed. So the writer has its own thread here.
"""
import contextlib
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

import packets
from support import BGPWHY, PCAPS, Tap, ask, bgpwhy, need_program, sound

HEAD = packets.Conversation().pcap()
INSIDE = "--inside"
SLOW = os.environ.get("DURABLE_SLOW", "")


def frames_of(content):
    at, found = 24, []
    while at < len(content):
        size = int.from_bytes(content[at + 8:at + 12], "little")
        found.append(content[at:at + 16 + size])
        at += 16 + size
    return found


class Live:
    """A run that follows a capture, which is fed by hand; its JSON lines as they come, with the time."""

    def __init__(self, folder, *arguments, **options):
        self.path = os.path.join(folder, "live.pcap")
        with open(self.path, "wb") as file:
            file.write(HEAD)
        self.talk = packets.Conversation()
        self.sent = 0
        self.lines = []  # (when, event)
        self.process = subprocess.Popen([BGPWHY, "-r", self.path, "--follow", "--json", *arguments],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, **options)
        self.errors = []
        self.threads = [threading.Thread(target=self.read, daemon=True),
                        threading.Thread(target=self.hear, daemon=True)]
        for thread in self.threads:
            thread.start()
        self.talk.establish()
        self.feed()

    def read(self):
        for line in self.process.stdout:
            self.lines.append((time.monotonic(), json.loads(line)))

    def hear(self):
        for line in self.process.stderr:
            self.errors.append(line.decode("utf-8", "replace").rstrip())

    def feed(self):
        """What the conversation has said since goes into the file."""
        fresh = frames_of(self.talk.pcap())[self.sent:]
        with open(self.path, "ab") as file:
            file.write(b"".join(fresh))
        self.sent += len(fresh)

    def keepalives(self, count):
        for _ in range(count):
            self.talk.say(packets.SERVER, packets.KEEPALIVE, after=0.01)
            self.talk.say(packets.CLIENT, packets.KEEPALIVE, after=0.01)
        self.feed()

    def messages(self):
        return [(when, event) for when, event in list(self.lines) if event["event"] == "message"]

    def wait(self, count, seconds=60):
        """Until so many messages were shown."""
        until = time.monotonic() + seconds
        while len(self.messages()) < count and time.monotonic() < until:
            time.sleep(0.02)
        return len(self.messages()) >= count

    def end(self, kill=False):
        if kill:
            self.process.kill()
        else:
            self.process.terminate()
        try:
            status = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = None
        for thread in self.threads:
            thread.join(10)
        return status


def check_killed(tap, folder):
    """kill -9 loses at most the last second."""
    db = os.path.join(folder, "killed.db")
    live = Live(folder, "--db", db)
    for number in range(30):
        live.keepalives(1)
        time.sleep(0.1)
    live.wait(4 + 60)
    killed = time.monotonic()
    live.end(kill=True)
    due = [event["seq"] for when, event in live.lines if when < killed - 1.5]
    stored = {seq for table in ("message", "connection_event", "transition", "capture")
              for seq, in ask(db, f"SELECT seq FROM {table}")}
    tap.ok(len(due) > 20, "killed: events were told more than a second before", len(due))
    tap.none([seq for seq in due if seq not in stored], "killed: all of them are stored")
    tap.equal(ask(db, "SELECT finished IS NULL, lost FROM run"), [(1, 0)], "killed: the run did not end")
    sound(tap, db, "killed")
    again = bgpwhy("--db", db, "--json")
    tap.ok(again.status == 0 and [event["local_state" if "local_state" in event else "state"]
                                  for event in again.events("session")], "killed: it is shown", *again.complaints)


def check_whole(tap, folder):
    """What the thread writes is what was told, to the last member."""
    db = os.path.join(folder, "whole.db")
    for number, name in enumerate(("malformed-update", "cease-admin-shutdown", "link-down", "treat-as-withdraw",
                                   "large-table", "graceful-restart")):
        source = os.path.join(PCAPS, name + ".pcap")
        live = Live(folder, "--db", f"{db}{number}", "-v")
        live.end()
        shutil.copyfile(source, live.path)
        run = subprocess.Popen([BGPWHY, "-r", live.path, "--follow", "--json", "-v", "--db", f"{db}.{number}"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(1)
        run.terminate()
        out, err = run.communicate(timeout=60)
        back = bgpwhy("--db", f"{db}.{number}", "--json", "-v")
        tap.ok(back.out == out and out and not err, f"{name}: the database gives back what was told",
               len(out), len(back.out), err.decode())
        sound(tap, f"{db}.{number}", name)


def slow_disk(write_ms, from_ms, until_ms):
    """The environment of a run whose disk is slow for a while. (A sanitizer wants to come first.)"""
    return dict(os.environ, LD_PRELOAD=SLOW, SLOW_WRITE_MS=str(write_ms), SLOW_SYNC_MS="2000", SLOW_FROM_MS=str(from_ms),
                SLOW_UNTIL_MS=str(until_ms),
                ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0")


def check_slow(tap, folder):
    """A commit that takes seconds does not keep a packet waiting."""
    if not SLOW:
        tap.skip("a slow disk", "DURABLE_SLOW names no library")
        return
    db = os.path.join(folder, "slow.db")
    environment = slow_disk(700, 2000, 8000)
    live = Live(folder, "--db", db, env=environment)
    slowest = 0.0
    live.wait(4)
    for _ in range(50):
        before, count = time.monotonic(), len(live.messages())
        live.keepalives(1)
        live.wait(count + 2, 10)
        slowest = max(slowest, time.monotonic() - before)
        time.sleep(0.1)
    tap.ok(slowest < 0.6, f"slow: no event waits for the disk (the longest took {slowest * 1000:.0f} ms)")
    told = len(live.messages())
    status = live.end()
    tap.equal((status, live.errors), (0, []), "slow: nothing was lost, and nothing is complained about")
    tap.equal(ask(db, "SELECT count(*) FROM message")[0][0], told, "slow: every message is stored")
    sound(tap, db, "slow")


def check_overflow(tap, folder):
    """Where the disk does not keep up events are let go: counted, told once, and the view has them all."""
    if not SLOW:
        tap.skip("a disk that does not keep up", "DURABLE_SLOW names no library")
        return
    db = os.path.join(folder, "overflow.db")
    environment = slow_disk(3000, 2000, 12000)
    live = Live(folder, "--db", db, env=environment)
    live.wait(4)
    time.sleep(3)
    live.keepalives(20000)
    tap.ok(live.wait(40004, 60), "overflow: the view has every message", len(live.messages()))
    status = live.end()
    stored = sum(ask(db, f"SELECT count(seq) FROM {table}")[0][0] for table in
                 ("message", "connection_event", "transition", "capture", "session", "lost"))
    told = len([event for _, event in live.lines])
    lost = ask(db, "SELECT lost FROM run")[0][0]
    tap.ok(lost > 0 and stored + lost == told, "overflow: what was let go is counted, to the last one",
           f"told {told}, stored {stored}, lost {lost}")
    said = [event for _, event in live.lines if event["event"] == "lost"]
    tap.equal(sum(event["events"] for event in said), lost, "overflow: events say how many, to the last one")
    rows = ask(db, "SELECT seq, time, frame, events, reason FROM lost ORDER BY seq")
    kept = [tuple(event[name] for name in ("seq", "time", "frame", "events", "reason")) for event in said]
    tap.ok(rows and set(rows) <= set(kept), "overflow: those that got through are stored", rows, kept)
    tap.ok("not in the database" in bgpwhy("--db", db, "--report").text, "overflow: the report says so")
    tap.ok(status == 2 and len(live.errors) == 1 and "slower than what comes" in live.errors[0],
           "overflow: one line tells", status, *live.errors)
    sound(tap, db, "overflow")


def check_full(tap, folder):
    """A file that may not grow: the view goes on."""
    db = os.path.join(folder, "full.db")
    bgpwhy("-r", os.path.join(PCAPS, "healthy.pcap"), "--db", db)
    limit = os.path.getsize(db) + 200_000

    def confine():
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    for name, arguments in (("a file", None), ("live", "--follow")):
        if arguments is None:
            run = subprocess.run([BGPWHY, "-r", os.path.join(PCAPS, "large-table.pcap"), "--json", "--db", db],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 preexec_fn=confine, timeout=60, check=False)
            status, errors, shown = run.returncode, run.stderr.decode().splitlines(), run.stdout.count(b'"message"')
            expected = bgpwhy("-r", os.path.join(PCAPS, "large-table.pcap"), "--json").out.count(b'"message"')
        else:
            live = Live(folder, "--db", db, preexec_fn=confine)
            live.keepalives(3000)
            live.wait(6004)
            time.sleep(1.5)
            status, errors, shown, expected = live.end(), live.errors, len(live.messages()), 6004
        tap.equal(shown, expected, f"full disk, {name}: the view has every message")
        tap.ok(status == 2 and len(errors) == 1 and db in errors[0] and
               ("full" in errors[0] or "large" in errors[0]), f"full disk, {name}: one line tells", status, *errors)
        sound(tap, db, f"full disk, {name}")
    back = bgpwhy("--db", db, "--json")
    tap.ok(back.out and not back.complaints, "full disk: what was stored before is there", *back.complaints)


def check_room_again(tap, folder):
    """A disk that is full for a while: told once, counted, and then it goes on. On a tmpfs of our own."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        tap.skip("full for a while", "only root may mount")
        return
    inside = subprocess.run(["unshare", "-m", sys.executable, os.path.abspath(__file__), INSIDE, folder],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=120, check=False)
    if inside.returncode == 77:
        tap.skip("full for a while", "a tmpfs cannot be mounted here")
        return
    for line in inside.stdout.decode().splitlines():
        if line.startswith(("ok ", "not ok ")):
            tap.ok(line.startswith("ok "), line.split(" - ", 1)[1])
        elif line.startswith("#"):
            print(line)


def fill_and_free(tap, folder):
    disk = os.path.join(folder, "disk")
    os.mkdir(disk)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3000k,mode=777", "tmpfs", disk], check=False).returncode:
        sys.exit(77)
    db, filler = os.path.join(disk, "small.db"), os.path.join(disk, "filler")
    live = Live(folder, "--db", db)
    live.wait(4)
    time.sleep(1.5)
    with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
        for _ in range(3000):
            file.write(b"x" * 1024)
    live.keepalives(3000)
    live.wait(6004)
    until = time.monotonic() + 20
    while not live.errors and time.monotonic() < until:
        time.sleep(0.1)
    os.unlink(filler)
    time.sleep(2.5)
    live.keepalives(10)
    live.wait(6024)
    time.sleep(2.5)
    newest = live.messages()[-1][1]["seq"]
    tap.equal(ask(db, "SELECT max(seq) FROM message"), [(newest,)], "full for a while: it resumes")
    sound(tap, db, "full for a while")
    status = live.end()
    tap.ok(status == 2 and len(live.errors) == 1 and "full" in live.errors[0], "full for a while: one line tells",
           status, *live.errors)
    stored = sum(ask(db, f"SELECT count(seq) FROM {table}")[0][0] for table in
                 ("message", "connection_event", "transition", "capture", "session"))
    lost = ask(db, "SELECT lost FROM run")[0][0]
    tap.ok(0 < lost and stored + lost == len(live.lines), "full for a while: what is lost is counted",
           f"told {len(live.lines)}, stored {stored}, lost {lost}")
    sound(tap, db, "full for a while, at the end")
    for left in os.listdir(disk):
        os.unlink(os.path.join(disk, left))
    with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
        for _ in range(3000):
            file.write(b"x" * 1024)
    live = Live(folder, "--db", db)
    tap.ok(live.wait(4, 15), "full at the start: the view goes on")
    os.unlink(filler)
    late_begin(tap, "full at the start", live, db, "full")
    subprocess.run(["umount", disk], check=False)


def check_resumes(tap, folder):
    """Locked, it waits; for too long, it tells and goes on; free again, it writes on."""
    db = os.path.join(folder, "locked.db")
    live = Live(folder, "--db", db)
    live.wait(4)
    time.sleep(1.5)
    with contextlib.closing(sqlite3.connect(db, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        before, count = time.monotonic(), len(live.messages())
        live.keepalives(1)
        live.wait(count + 2, 10)
        tap.ok(time.monotonic() - before < 1, "locked: no event waits for it")
        time.sleep(1.5)
        holder.execute("ROLLBACK")
    live.keepalives(1)
    time.sleep(3)
    tap.equal(ask(db, "SELECT count(*) FROM message")[0][0], 8, "locked for a moment: nothing is lost")
    tap.equal(live.errors, [], "locked for a moment: nothing to complain about")
    with contextlib.closing(sqlite3.connect(db, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        live.keepalives(1)
        time.sleep(6.5)
        live.keepalives(1)
        tap.ok(live.wait(12, 5), "locked for long: the view goes on")
        holder.execute("ROLLBACK")
    time.sleep(2)
    live.keepalives(2)
    live.wait(16)
    time.sleep(2.5)
    stored = ask(db, "SELECT count(*) FROM message")[0][0]
    tap.ok(12 <= stored < 16, "locked for long: it resumes", stored)
    status = live.end()
    tap.ok(status == 2 and len(live.errors) == 1 and "locked" in live.errors[0], "locked for long: one line tells",
           status, *live.errors)
    lost = ask(db, "SELECT lost FROM run")[0][0]
    tap.equal(stored + lost, 16, "locked for long: what is lost is counted")
    sound(tap, db, "locked")


def check_locked_at_start(tap, folder):
    """It is locked, or its disk full, when a live run begins: one line, and the run is stored from when that is over."""
    db = os.path.join(folder, "locked-first.db")
    bgpwhy("-r", os.path.join(PCAPS, "healthy.pcap"), "--db", db)
    with contextlib.closing(sqlite3.connect(db, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        live = Live(folder, "--db", db)
        tap.ok(live.wait(4, 15), "locked at the start: the view goes on")
        time.sleep(1.5)
        holder.execute("ROLLBACK")
    late_begin(tap, "locked at the start", live, db, "locked")
    tap.equal(ask(db, "SELECT count(*) FROM run WHERE finished IS NOT NULL"), [(2,)],
              "locked at the start: both runs are there")


def late_begin(tap, name, live, db, why):
    """The reason is over: what comes from now on is stored, and what came before is counted."""
    time.sleep(2.5)
    live.keepalives(5)
    live.wait(14)
    time.sleep(2.5)
    newest = live.messages()[-1][1]["seq"]
    tap.equal(ask(db, "SELECT max(m.seq) - max(r.seq_base) FROM message m, run r"), [(newest,)], f"{name}: then it is stored")
    sound(tap, db, name)
    status = live.end()
    tap.ok(status == 2 and len(live.errors) == 1 and why in live.errors[0], f"{name}: one line tells", status, *live.errors)
    lost = ask(db, "SELECT lost FROM run ORDER BY run DESC LIMIT 1")[0][0]
    tables = ("message", "connection_event", "transition", "capture", "session", "lost", "finding", "alert")
    stored = sum(ask(db, f"SELECT count(seq) FROM {table} WHERE seq > (SELECT max(seq_base) FROM run)")[0][0]
                 for table in tables)
    tap.ok(0 < lost and stored + lost == len(live.lines), f"{name}: what is lost is counted",
           f"told {len(live.lines)}, stored {stored}, lost {lost}")
    sound(tap, db, f"{name}, at the end")


def check_reader(tap, folder):
    """Who looks, for however long, blocks nobody."""
    db = os.path.join(folder, "reader.db")
    live = Live(folder, "--db", db)
    live.wait(4)
    time.sleep(1.5)
    with contextlib.closing(sqlite3.connect(db, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        seen = reader.execute("SELECT count(*) FROM message").fetchone()
        for _ in range(20):
            live.keepalives(200)
            time.sleep(0.1)
        live.wait(8004)
        time.sleep(2)
        tap.equal(reader.execute("SELECT count(*) FROM message").fetchone(), seen, "reader: its picture holds still")
        tap.equal(ask(db, "SELECT count(*) FROM message")[0][0], 8004, "reader: meanwhile all was stored")
        views = [name for name, in reader.execute("SELECT name FROM sqlite_master WHERE type = 'view'").fetchall()]
        for view in views:
            reader.execute(f"SELECT count(*) FROM {view}").fetchone()
        tap.ok(views, "reader: the views can be asked")
    shown = bgpwhy("--db", db, "--json")
    tap.equal(len(shown.events("message")), 8004, "reader: bgpwhy itself may be one")
    tap.equal((live.end(), live.errors), (0, []), "reader: the writer never noticed")
    sound(tap, db, "reader")


def check_damaged(tap, folder):
    """Octets that are wrong: one line at most, no crash, and the view."""
    good = os.path.join(folder, "good.db")
    bgpwhy("-r", os.path.join(PCAPS, "large-table.pcap"), "--db", good)
    with open(good, "rb") as file:
        octets = file.read()
    expected = bgpwhy("-r", os.path.join(PCAPS, "bad-peer-as.pcap"), "--report")
    for name, at, what in (("its header", 0, b"\0" * 100), ("its schema", 4096 - 600, b"\xff" * 500),
                           ("all pages behind the first", 4096, None), ("its end", len(octets) // 2, b""),
                           ("every page a little", -1, None)):
        bad = bytearray(octets)
        if at == -1:
            for page in range(4096, len(bad), 4096):
                bad[page + 3] ^= 0x5A
        elif what is None:
            bad[at:] = os.urandom(len(bad) - at)
        elif what == b"":
            del bad[at:]
        else:
            bad[at:at + len(what)] = what
        path = os.path.join(folder, "damaged.db")
        for ending in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path + ending)
        with open(path, "wb") as file:
            file.write(bad)
        os.chmod(path, 0o666)
        run = bgpwhy("-r", os.path.join(PCAPS, "bad-peer-as.pcap"), "--report", "--db", path)
        tap.ok(run.out == expected.out and run.status in (expected.status, 2) and len(run.complaints) <= 1,
               f"damaged in {name}: the view is shown", run.status, *run.complaints)
        tap.ok((run.status == 2) == (len(run.complaints) == 1), f"damaged in {name}: one line, where it was noticed",
               run.status, *run.complaints)
        run = bgpwhy("--db", path, "--report")
        tap.ok(run.status in (0, 1, 2) and len(run.complaints) <= 1, f"damaged in {name}: it can be looked at, or not",
               run.status, *run.complaints)


def check_foreign(tap, folder):
    """What is no database of ours is left as it is."""
    capture = os.path.join(PCAPS, "bad-peer-as.pcap")
    other, text = os.path.join(folder, "other.db"), os.path.join(folder, "text.db")
    with contextlib.closing(sqlite3.connect(other)) as db:
        db.execute("CREATE TABLE a (b)")
        db.commit()
    with open(text, "w", encoding="utf-8") as file:
        file.write("This is no database.\n" * 500)
    closed = os.path.join(folder, "closed")
    os.mkdir(closed, 0o555)
    for path in (other, text):
        with open(path, "rb") as file:
            before = file.read()
        run = bgpwhy("-r", capture, "--report", "--db", path)
        with open(path, "rb") as file:
            after = file.read()
        tap.ok(run.status == 2 and len(run.complaints) == 1 and path in run.complaints[0] and run.out,
               f"foreign {os.path.basename(path)}: one line, and the view", run.status, *run.complaints)
        tap.ok(before == after, f"foreign {os.path.basename(path)}: it is not touched")
    if os.geteuid() != 0:
        run = bgpwhy("-r", capture, "--report", "--db", os.path.join(closed, "x.db"))
        tap.ok(run.status == 2 and len(run.complaints) == 1 and run.out, "a read-only folder", *run.complaints)


def main():
    need_program()
    tap = Tap()
    if sys.argv[1:2] == [INSIDE]:
        fill_and_free(tap, sys.argv[2])
        return tap.done()
    groups = {"killed": check_killed, "whole": check_whole, "slow": check_slow, "overflow": check_overflow,
              "full": check_full, "room": check_room_again, "resumes": check_resumes, "late": check_locked_at_start,
              "reader": check_reader, "damaged": check_damaged,
              "foreign": check_foreign}
    for name, group in groups.items():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o777)  # who gave up root makes the log of the database there
            tap.attempt(name, group, folder)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
