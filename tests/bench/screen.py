#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the dashboard costs, and how soon it answers a key.

    meson test --benchmark -C build screen --verbose    a capture of 200 MB and its database
    BENCH=full meson test --benchmark …                 1 GB (in $TMPDIR, as is the database of it)

Keys: while a capture and then a database load, ^L is pressed some ten times a second, and the time until the screen is
cleared and drawn anew is taken: it is the one key whose answer cannot be mistaken in what a terminal is sent.
Drawing: 1,000 sessions live (a file that grows, followed), KEEPALIVEs each way every ten seconds; what the dashboard
takes of a core over half a minute, in the list, the ladder and the time line, and beside it what --lines takes.
"""
import contextlib
import fcntl
import os
import pty
import resource
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time

GENERATE, BGPWHY = os.environ["BENCH_GENERATE"], os.environ["BGPWHY"]
FULL = os.environ.get("BENCH", "") == "full"
MEGABYTES = 1000 if FULL else 200
DATABASE_MEGABYTES = 300 if FULL else 60  # of the capture that the database is made from
KEY_MS, DRAWING_PERCENT = 50, 2
SESSIONS, EVERY_S, WATCH_S = 1000, 10, 30
NICE = os.getpriority(os.PRIO_PROCESS, 0)
CLEARED = b"\x1b[H\x1b[2J"


class Screen:
    """The program in a terminal of its own, 160x50, that forgets what it is sent."""

    def __init__(self, *args):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.setpriority(os.PRIO_PROCESS, 0, NICE)
            os.environ["TERM"] = "xterm-256color"
            os.execv(BGPWHY, [BGPWHY, "--ui", *args])
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 160, 0, 0))
        self.seen = b""

    def read(self, seconds):
        """What came within that time, or the first of it."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return b""
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:
            data = b""
        self.seen = (self.seen + data)[-(1 << 16):]
        return data

    def drain(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read(max(0, end - time.monotonic()))

    def answer(self):
        """Milliseconds from ^L until the screen is cleared, and how many of them the program had a core: on a machine
        that does much else it is that which counts. None where the answer does not come."""
        self.seen = b""
        begin, ran = time.monotonic(), self.ran()
        os.write(self.fd, b"\x0c")
        while time.monotonic() - begin < 5:
            self.read(0.5)
            if CLEARED in self.seen:
                return (time.monotonic() - begin) * 1000, self.ran() - ran
        return None

    def ran(self):
        with open(f"/proc/{self.pid}/schedstat", encoding="ascii") as file:
            return int(file.read().split()[0]) / 1e6

    def shows(self, word):
        """Whether it stands on the whole screen."""
        self.answer()
        whole = b""
        while True:
            data = self.read(0.05)
            if not data:
                break
            whole += data
        return word in whole or word in self.seen

    def processor(self):
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self):
        os.write(self.fd, b"Q")
        self.drain(0.2)
        for _ in range(100):
            if os.waitpid(self.pid, os.WNOHANG)[0]:
                break
            self.drain(0.1)
        else:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


def keys(what, failed, *args):
    """Keys while it loads, until it is done."""
    screen = Screen(*args)
    begin = time.monotonic()
    first = None
    times, own, percents = [], [], set()
    while time.monotonic() - begin < 300:
        took = screen.answer()
        if took is None:
            failed.append(f"{what}: a key was not answered")
            break
        first = first or (time.monotonic() - begin) * 1000
        screen.drain(0.08)
        if b" %" in screen.seen:
            percents.add(screen.seen.split(b" %")[0].rsplit(b"loading ", 1)[-1])
        if b"done" in screen.seen:
            break
        times.append(took[0])
        own.append(took[1])
    seconds = time.monotonic() - begin
    screen.end()
    if len(times) < 5:
        failed.append(f"{what}: it was loaded before five keys")
        return
    times.sort()
    own.sort()
    late = own[len(own) * 99 // 100 - 1]
    print(f"{what}: loaded in {seconds:.1f} s; {len(times)} keys: median {statistics.median(times):.1f} ms, "
          f"99 of 100 within {times[len(times) * 99 // 100 - 1]:.1f} ms, the slowest {times[-1]:.1f} ms; "
          f"of that at work: {statistics.median(own):.1f}, {late:.1f}, {own[-1]:.1f} ms; "
          f"{len(percents)} percentages seen; the first picture after {first:.0f} ms")
    if late > KEY_MS:
        failed.append(f"{what}: a key took more than {KEY_MS} ms")
    if len(percents) < 3:
        failed.append(f"{what}: no percentages")


def segment(src, dst, sport, dport, seq, ack, flags, data=b""):
    tcp = struct.pack(">HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 5 << 4, flags, 64000, 0, 0) + data
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, src, dst)
    return b"\x02" * 12 + b"\x08\x00" + ip + tcp


def record(frame):
    now = time.time_ns() // 1000
    return struct.pack("<IIII", now // 1000000, now % 1000000, len(frame), len(frame)) + frame


class Talk:
    """One session, as far as packets tell."""

    def __init__(self, number):
        self.ends = [(bytes((10, 1, number >> 8, number & 255)), 40000), (bytes((10, 0, 0, 1)), 179)]
        self.seq = [1000, 5000]
        self.number = number

    def send(self, side, flags, data=b""):
        (src, sport), (dst, dport) = self.ends[side], self.ends[1 - side]
        frame = segment(src, dst, sport, dport, self.seq[side], self.seq[1 - side] if flags & 16 else 0, flags, data)
        self.seq[side] += len(data) + (flags & 2) // 2
        return record(frame)

    def begin(self):
        opens = [b"\xff" * 16 + struct.pack(">HBBHH4sB", 29, 1, 4, 65000 + side, 30, self.ends[side][0], 0)
                 for side in (0, 1)]
        return b"".join((self.send(0, 2), self.send(1, 18), self.send(0, 16), self.send(0, 24, opens[0]),
                         self.send(1, 24, opens[1]), self.keepalive(0), self.keepalive(1)))

    def keepalive(self, side):
        return self.send(side, 24, b"\xff" * 16 + b"\x00\x13\x04") + self.send(1 - side, 16)


def feed(path, stop):
    """KEEPALIVEs of all sessions, evenly, until it is told to stop."""
    talks = [Talk(number) for number in range(SESSIONS)]
    with open(path, "ab", buffering=0) as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for talk in talks:
            file.write(talk.begin())
        at, begin, sent = 0, time.monotonic(), 0
        while not stop.is_set():
            due = int((time.monotonic() - begin) * SESSIONS / EVERY_S)
            while sent < due:
                talk = talks[at % SESSIONS]
                file.write(talk.keepalive(0) + talk.keepalive(1))
                at += 1
                sent += 1
            time.sleep(0.01)


def drawing(folder, failed):
    path = os.path.join(folder, "live.pcap")
    stop = threading.Event()
    thread = threading.Thread(target=feed, args=(path, stop))
    thread.start()
    time.sleep(1)
    with open(os.devnull, "wb") as nothing:
        lines = subprocess.Popen([BGPWHY, "-r", path, "--follow", "--lines"], stdin=subprocess.DEVNULL, stdout=nothing)
    screen = Screen("-r", path, "--follow")
    screen.drain(5)
    begun = lines_seconds(lines.pid)
    since = time.monotonic()
    for what, key in (("the list", b""), ("a ladder", b"\r"), ("the time line", b"qt")):
        os.write(screen.fd, key)
        screen.drain(2)
        before, begin = screen.processor(), time.monotonic()
        screen.drain(WATCH_S)
        share = (screen.processor() - before) / (time.monotonic() - begin) * 100
        print(f"{SESSIONS} sessions live, {what}: {share:.2f} % of a core, all in all")
        if share > DRAWING_PERCENT:
            failed.append(f"{what}: more than {DRAWING_PERCENT} % of a core")
    plain = (lines_seconds(lines.pid) - begun) / (time.monotonic() - since) * 100
    print(f"beside it --lines: {plain:.2f} %")
    screen.end()
    lines.send_signal(signal.SIGTERM)
    lines.wait()
    stop.set()
    thread.join()


def lines_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    failed = []
    with contextlib.suppress(OSError):  # who takes the time must not wait for a core itself
        os.setpriority(os.PRIO_PROCESS, 0, -10)
    only = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # who captures as root gives that up
        if not only or "keys" in only:
            for shape in ("many", "table"):
                path = os.path.join(folder, "large.pcap")
                subprocess.run([GENERATE, shape, str(MEGABYTES), path], check=True, stdout=subprocess.DEVNULL)
                keys(f"{os.path.getsize(path) / 1e6:.0f} MB, {shape}", failed, "-r", path)
                subprocess.run([GENERATE, shape, str(DATABASE_MEGABYTES), path], check=True, stdout=subprocess.DEVNULL)
                db = os.path.join(folder, "large.db")
                with open(os.devnull, "wb") as nothing:
                    subprocess.run([BGPWHY, "-r", path, "--db", db, "--report", "--store-updates"], check=False,
                                   stdin=subprocess.DEVNULL, stdout=nothing)
                os.unlink(path)
                keys(f"a database of {os.path.getsize(db) / 1e6:.0f} MB, {shape}", failed, "--db", db)
                os.unlink(db)
        if not only or "drawing" in only:
            drawing(folder, failed)
    for reason in failed:
        print(f"FAILED: {reason}")
    return 1 if failed else 0


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit(main())
