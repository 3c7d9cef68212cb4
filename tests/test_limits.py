#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every bound on memory and time, reached: what it costs, and the word that says so.

tests/test_memory.py has the floods of SYNs and the length of a file, tests/test_any_port.py the candidates of
--any-port. Here: datagrams in pieces that never end, segments far out of order, sessions and discriminators
without number, findings without number, messages and attributes of the greatest size, headers in headers, captures
that lie about their lengths, and compressed ones that swell. Sizes are those of the program as released.
"""
import contextlib
import gzip
import json
import os
import re
import shutil
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading
import zlib

import packets
from packets import CLIENT, SERVER
from support import BGPWHY, PCAPS, SOURCE, Tap, skip_all

RELEASED = os.path.join(SOURCE, "build", "bgpwhy")
GENERATE = os.environ.get("BENCH_GENERATE")
MB = 1000000
SECONDS = 120


def is_sanitized(program):
    with open(program, "rb") as file:
        return b"__asan_init" in file.read()


PROGRAM = RELEASED if is_sanitized(BGPWHY) else BGPWHY


class Output:
    """What a run said, in a file."""

    def __init__(self, path):
        self.path = path

    def pieces(self):
        before = b""
        with open(self.path, "rb") as file:
            while piece := file.read(1 << 20):
                yield before, piece
                before = piece[-200:]

    def has(self, pattern):
        return any(re.search(pattern, before + piece) for before, piece in self.pieces())

    def count(self, word):
        with open(self.path, "rb") as file:
            return sum(line.count(word) for line in file)

    def tail(self):
        with open(self.path, "rb") as file:
            file.seek(max(0, os.path.getsize(self.path) - 600))
            return file.read()


class Runner:
    """Runs the program from a process that was split off while this one was small: the largest size of a child
    begins with that of its parent."""

    def __init__(self):
        wishes, wish = os.pipe()
        answer, answers = os.pipe()
        if os.fork() == 0:
            os.close(wish)
            self.serve(os.fdopen(wishes), os.fdopen(answers, "w"))
        os.close(wishes)
        os.close(answers)
        self.wishes, self.answers = os.fdopen(wish, "w"), os.fdopen(answer)

    @staticmethod
    def serve(wishes, answers):
        for line in wishes:
            args, out, err = json.loads(line)
            with open(out, "wb") as to, open(err, "wb") as errors:
                process = subprocess.Popen([PROGRAM, *args], stdin=subprocess.DEVNULL, stdout=to, stderr=errors)
                clock = threading.Timer(SECONDS, process.kill)
                clock.start()
                _, status, usage = os.wait4(process.pid, 0)
                clock.cancel()
                process.returncode = os.waitstatus_to_exitcode(status)
            print(json.dumps([process.returncode, usage.ru_maxrss * 1024]), file=answers, flush=True)
        os._exit(0)

    def __call__(self, folder, args):
        """Exit status (-9: it took too long), resident octets at most, standard output and error."""
        out, err = os.path.join(folder, "out"), os.path.join(folder, "err")
        print(json.dumps([args, out, err]), file=self.wishes, flush=True)
        status, octets = json.loads(self.answers.readline())
        return status, octets, Output(out), Output(err)


run = Runner()


def check(tap, folder, name, args, word, megabytes, statuses=(0, 1), where="out"):
    status, octets, out, err = run(folder, args)
    tap.ok(status in statuses, f"{name}: ends by itself, with {statuses}", status, err.tail())
    if word:
        found = (err if where == "err" else out).has(word)
        tap.ok(found, f"{name}: a word for it: {word.decode()}", out.tail(), err.tail())
    tap.ok(octets < megabytes * MB, f"{name}: less than {megabytes} MB", f"{octets / MB:.0f} MB")
    print(f"# {name}: {octets / MB:.1f} MB")
    return out


def write(folder, name, data):
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.write(data)
    return path


def pcap(frames, link_type=1):
    talk = packets.Conversation()
    for frame in frames:
        talk.frame(frame, 0.0001)
    return talk.pcap(link_type)


def generated(folder, shape, size):
    path = os.path.join(folder, shape + ".pcap")
    subprocess.run([GENERATE, shape, str(size), path], check=True, stdout=subprocess.DEVNULL)
    return path


# What the generator makes: name, shape, size, arguments, word, megabytes, exit statuses.
FLOODS = [
    ("segments far out of order", "holes", 100000, ["--json"], b'"capture-loss"', 32),
    ("fragments that never end", "fragments", 50000, ["--json"], b'"evicted-fragments"', 32),
    ("fragments that never end: the report", "fragments", 50000, ["--report"], b"evicted", 32),
    ("connections of one pair", "retries", 50000, ["--json"], b'"evicted-connection"', 48),
    ("100,000 BFD discriminators", "bfd", 100000, ["--report"], b"evicted", 420),
    ("100,000 addresses in ARP", "arp", 100000, ["--json"], b'"evicted-contact"', 32),
    ("100,000 hosts", "hosts", 100000, ["--json"], b'"evicted-host"', 32),
    ("ICMP about sessions that are none", "icmp", 100000, ["--report"], b"evicted", 320),
]


def check_floods(tap, folder):
    if GENERATE is None:
        tap.skip("floods", "meson names the generator; by hand: BENCH_GENERATE=build/tests/bench_generate")
        return
    for name, shape, size, args, word, megabytes in FLOODS:
        path = generated(folder, shape, size)
        check(tap, folder, name, ["-r", path, *args], word, megabytes)
        os.unlink(path)
    path = generated(folder, "flood-ports", 60000)
    check(tap, folder, "libnids's table of connections", ["-r", path, "--json", "--engine", "nids"], b'"evicted', 128)
    check(tap, folder, "both engines", ["-r", path, "--report", "--check"], b"evicted", 400)
    os.unlink(path)


def bfd(my, your, src=CLIENT, dst=SERVER, port=3784):
    payload = struct.pack(">BBBBIIIII", 0x20, 0xC0, 3, 24, my, your, 300000, 300000, 0)
    return packets.ethernet(src, dst, 17, struct.pack(">HHHH", 49152, port, 8 + len(payload), 0) + payload)


def check_bfd_of_one_pair(tap, folder):
    path = write(folder, "lag.pcap", pcap(
        [frame for i in range(10000) for frame in (bfd(1 + i % 500, 1001 + i % 500, port=6784),
                                                   bfd(1001 + i % 500, 1 + i % 500, SERVER, CLIENT, 6784))]))
    check(tap, folder, "500 members of one LAG", ["-r", path, "--json"], b"evicted-bfd-session", 32)


def layers(count, last, kind):
    """`last`, an IPv4 packet, in that many headers."""
    for i in range(count):
        if kind == "IPIP":
            last = packets.ethernet(CLIENT, SERVER, 4, last)[14:]
        elif kind == "GRE":
            last = packets.ethernet(CLIENT, SERVER, 47, struct.pack(">HH", 0, 0x0800) + last)[14:]
        elif kind == "VXLAN":
            inner = packets.MACS[SERVER] + packets.MACS[CLIENT] + b"\x08\x00" + last
            udp = struct.pack(">HHHH", 50000 + i, 4789, 16 + len(inner), 0) + struct.pack(">II", 0x08000000, i << 8)
            last = packets.ethernet(CLIENT, SERVER, 17, udp + inner)[14:]
    return last


def established(*opens):
    talk = packets.Conversation()
    talk.handshake()
    talk.say(CLIENT, opens[0])
    talk.say(SERVER, opens[1])
    talk.say(CLIENT, packets.KEEPALIVE)
    talk.say(SERVER, packets.KEEPALIVE)
    return talk


def check_layers(tap, folder):
    talk = packets.Conversation()
    talk.establish()
    head = packets.MACS[SERVER] + packets.MACS[CLIENT]
    for kind, few, many in (("IPIP", 15, 60), ("GRE", 10, 60), ("VXLAN", 8, 60)):
        for count in (few, many):
            frames = [head + b"\x08\x00" + layers(count, frame[14:], kind) for _, frame in talk.frames]
            path = write(folder, "deep.pcap", pcap(frames))
            out = check(tap, folder, f"{count} × {kind}", ["-r", path, "--json"],
                        b'"too-deep"' if count == many else None, 32)
            tap.equal(out.count(b'"event":"message"'), 4 if count == few else 0, f"{count} × {kind}: what is inside")
    tags = head + b"\x81\x00\x00\x01" * 60 + b"\x08\x00" + talk.frames[0][1][14:]
    check(tap, folder, "60 VLAN tags", ["-r", write(folder, "tags.pcap", pcap([tags])), "--json"], b'"too-deep"', 32)
    labels = head + b"\x88\x47" + b"\0\0\x10\x40" * 60 + b"\0\0\x11\x40" + talk.frames[0][1][14:]
    check(tap, folder, "61 MPLS labels", ["-r", write(folder, "mpls.pcap", pcap([labels])), "--json"], b'"too-deep"', 32)
    tcp = talk.frames[0][1][34:]
    extensions = b"".join(b"\x3c\0\1\4\0\0\0\0" for _ in range(40)) + b"\x06\0\1\4\0\0\0\0" + tcp
    six = head + b"\x86\xdd" + struct.pack(">IHBB", 6 << 28, len(extensions), 60, 64) + bytes(15) + b"\1" + bytes(15) + b"\2"
    path = write(folder, "extensions.pcap", pcap([six + extensions]))
    check(tap, folder, "41 IPv6 extension headers", ["-r", path, "--json"], b'"too-deep"', 32)


def open_with(asn, bgp_id, capabilities):
    """RFC 9072's long form of the parameters."""
    parameters = b"".join(struct.pack(">BH", 2, len(capability)) + capability for capability in capabilities)
    return packets.message(1, struct.pack(">BHH4sBBH", 4, asn, 90, socket.inet_aton(bgp_id), 255, 255,
                                          len(parameters)) + parameters)


EXTENDED = [b"\x06\0", b"\x01\x04\0\x01\0\x01"]
MSS = 1400


def attribute(kind, value, flags=0xC0):
    return struct.pack(">BBH", flags | 0x10, kind, len(value)) + value


def update(attributes, nlri=b"", size=None):
    body = struct.pack(">HH", 0, len(attributes)) + attributes + nlri
    return packets.message(2, body) if size is None else packets.message(2, body)[:size]


ORDINARY = attribute(1, b"\0", 0x40) + attribute(2, struct.pack(">BBH", 2, 1, 65009), 0x40) + \
    attribute(3, socket.inet_aton(CLIENT), 0x40)


def check_messages(tap, folder):
    many = [bytes((200 + i % 40, 0)) for i in range(255)]
    talk = established(open_with(65009, CLIENT, many), open_with(65001, SERVER, many))
    path = write(folder, "open.pcap", talk.pcap())
    out = check(tap, folder, "255 capabilities", ["-r", path, "--json"], b'"capabilities"', 32)
    told = out.count(b'"code":2')
    tap.equal(told, 2 * 255, "255 capabilities: all are told, of both")
    for view, word in (("--report", b"more capabilities are left out"), ("--lines", None)):
        check(tap, folder, f"255 capabilities: {view}", ["-r", path, view, "-v"], word, 32)

    def long_message(name, data, word, args, megabytes=64):
        talk = established(open_with(65009, CLIENT, EXTENDED), open_with(65001, SERVER, EXTENDED))
        for at in range(0, len(data), MSS):
            talk.say(CLIENT, data[at:at + MSS])
            if at // MSS % 4 == 3:
                talk.segment(SERVER, packets.ACK)
        talk.say(SERVER, packets.KEEPALIVE)
        path = write(folder, "long.pcap", talk.pcap())
        return check(tap, folder, name, ["-r", path, *args], word, megabytes)

    room = 65535 - 23 - len(ORDINARY)
    long_message("an UPDATE of 65,535 octets, 65,000 default routes", update(ORDINARY, b"\0" * room),
                 b'"length":65535', ["--json"])
    long_message("65,000 default routes in words", update(ORDINARY, b"\0" * room), b"0.0.0.0/0", ["--json", "-v"])
    long_message("65,000 default routes as a tree", update(ORDINARY, b"\0" * room), b"0.0.0.0/0", ["--lines", "-vv", "-x"])
    for name, length in (("communities", 4), ("large communities", 12)):
        kind = {4: 8, 12: 32}[length]
        value = b"\x01\x02\x03\x04" * ((room - 4) // length * length // 4)
        long_message(f"16,000 octets and more of {name}", update(ORDINARY + attribute(kind, value)), b'"length":65', ["--json", "-v"])
    path_of = b"".join(struct.pack(">BB", 2, 1) + struct.pack(">H", 65009) for _ in range(room // 4 - 2))
    attributes = attribute(1, b"\0", 0x40) + attribute(2, path_of[:room - 40], 0x40) + attribute(3, socket.inet_aton(CLIENT), 0x40)
    long_message("an AS_PATH of 16,000 segments", update(attributes), b'"event":"message"', ["--json", "-v"])
    nest = b""
    while len(nest) + 8 + 23 + len(ORDINARY) + 4 < 65535:
        nest = attribute(128, struct.pack(">I", 65009) + nest)  # ATTR_SET holds attributes, RFC 6368
    for args in (["--json", "-v"], ["--lines", "-vv"], ["--report", "-v"]):
        long_message(f"8,000 attributes in one another: {args[0]}", update(ORDINARY + nest), None, args)
    tunnels = attribute(23, b"".join(struct.pack(">HH", 8, 4) + struct.pack(">BB", 4, 2) + b"\0\1" for _ in range(6000)))
    long_message("6,000 tunnels in an attribute", update(ORDINARY + tunnels), None, ["--lines", "-vv"])
    every = b"".join(attribute(kind % 256, b"\0" * (kind % 7)) for kind in range(9000))[:room]
    long_message("9,000 attributes", update(ORDINARY + every), b"fault", ["--json", "-v"])


def check_streams(tap, folder):
    """Out of order beyond what is kept: one hole with more than 4 MiB behind it; more pieces than are kept."""
    talk = packets.Conversation()
    talk.establish()
    talk.seq[CLIENT] += 100  # the hole
    for _ in range(3200):
        talk.segment(CLIENT, packets.ACK, packets.KEEPALIVE * 73, 0.00001)
    path = write(folder, "hole.pcap", talk.pcap())
    check(tap, folder, "4 MiB behind a hole", ["-r", path, "--json"], b'"event":"gap"', 48)
    talk = packets.Conversation()
    talk.establish()
    for _ in range(9000):
        talk.seq[CLIENT] += 1
        talk.segment(CLIENT, packets.ACK, b"\xff", 0.00001)
    path = write(folder, "pieces.pcap", talk.pcap())
    check(tap, folder, "9,000 pieces of an octet", ["-r", path, "--json"], b'"event":"gap"', 48)
    talk = packets.Conversation()
    for i in range(20000):
        talk.port[CLIENT] = 20000 + i
        talk.handshake()
        talk.close(CLIENT)
    path = write(folder, "closed.pcap", talk.pcap())
    check(tap, folder, "20,000 closed connections", ["-r", path, "--json"], b'"state":"closed"', 96)
    talk = packets.Conversation()
    talk.establish()
    for i in range(700):
        talk.say(CLIENT, packets.KEEPALIVE, after=7200 if i % 2 else -7200 + 1)
    path = write(folder, "clock.pcap", talk.pcap())
    check(tap, folder, "700 steps of the clock", ["-r", path, "--json"], b'"clock-step"', 32)
    talk = packets.Conversation()
    talk.establish()
    one_way = [(time, frame) for time, frame in talk.frames if frame[26:30] == socket.inet_aton(CLIENT)]
    talk.frames = one_way
    for i in range(3000):
        talk.say(CLIENT, *([packets.KEEPALIVE] * 20 + [packets.notification(6, 4)]), after=0.001)
    path = write(folder, "one-way.pcap", talk.pcap())
    check(tap, folder, "60,000 messages that nobody acknowledges", ["-r", path, "--json"], b'"one-direction"', 48)


def clones(frames, count, microseconds=20):
    """The same talk of so many other pairs of addresses, one after the other."""
    found, when, client = [], packets.BEGIN, socket.inet_aton(CLIENT)
    for number in range(count):
        host = struct.pack(">I", 2 * number)[1:]
        for _, frame in frames:
            ends = (b"\x0a" + host, b"\x0b" + host)
            src, dst = ends if frame[26:30] == client else ends[::-1]
            found.append((when, frame[:26] + src + dst + frame[34:]))
            when += microseconds
    return found


def pcap_of(frames):
    talk = packets.Conversation()
    talk.frames = frames
    return talk.pcap()


def events(output, kind):
    with open(output.path, "rb") as file:
        return [json.loads(line) for line in file if line.startswith(b'{"event":"' + kind + b'"')]


def check_many_streams(tap, folder):
    """What waits behind holes, of all connections together; what both engines keep of many."""
    talk = packets.Conversation()
    talk.establish()
    talk.seq[CLIENT] += 100  # the hole
    for _ in range(2600):
        talk.segment(CLIENT, packets.ACK, packets.KEEPALIVE * 73, 0.00001)
    path = write(folder, "holes.pcap", pcap_of(clones(talk.frames, 20)))
    out = check(tap, folder, "72 MB behind twenty holes", ["-r", path, "--json"], b'"event":"gap"', 56)
    tap.equal(out.count(b'"event":"message"'), 20 * (4 + 2600 * 73), "72 MB behind twenty holes: all is read")
    # libnids has 64 KiB behind a hole at most, so it takes many to fill what it may have of all of them.
    talk = packets.Conversation()
    talk.establish()
    talk.seq[CLIENT] += 100
    for _ in range(38):
        talk.segment(CLIENT, packets.ACK, packets.KEEPALIVE * 73, 0.00001)
    path = write(folder, "queues.pcap", pcap_of(clones(talk.frames, 700)))
    check(tap, folder, "libnids: 37 MB behind 700 holes", ["-r", path, "--json", "--check"], b'"reason":"limit"', 128)
    # It remembers which packet each octet came with: of 65,536 packets that wait; the octets of the others come with
    # the packet that fills their hole.
    talk = packets.Conversation()
    talk.establish()
    hole = talk.seq[CLIENT]
    talk.seq[CLIENT] += len(packets.KEEPALIVE)
    for _ in range(250):
        talk.segment(CLIENT, packets.ACK, packets.KEEPALIVE, 0.00001)
    talk.seq[CLIENT] = hole
    talk.segment(CLIENT, packets.ACK, packets.KEEPALIVE, 0.00001)
    size, count = len(talk.frames), 280
    frames = clones(talk.frames, count, 2)
    fillers = frames[size - 1::size]
    frames = [frame for i, frame in enumerate(frames) if i % size != size - 1]
    frames += [(frames[-1][0] + 1 + i, frame) for i, (_, frame) in enumerate(fillers)]
    path = write(folder, "origins.pcap", pcap_of(frames))
    out = check(tap, folder, "libnids: 70,000 packets wait", ["-r", path, "--json", "--engine", "nids"], None, 128)
    told = [event["frame"] for event in events(out, b"message")]
    late = sum(frame > len(frames) - count for frame in told)
    tap.equal((len(told), late), (count * 255, count + count * 250 - 65536),
              "libnids: 70,000 packets wait: all is told, and of 65,536 with which packet it came")


def check_closed(tap, folder):
    """Of more closed connections than LIMIT_LINGERING the first are forgotten: what comes late is a new one's."""
    talk = packets.Conversation()
    talk.establish()
    talk.close(CLIENT)
    late = len(talk.frames)
    talk.seq[CLIENT] -= 1
    talk.segment(CLIENT, packets.PSH | packets.ACK, packets.KEEPALIVE)
    count = 17000
    frames = clones(talk.frames, count, 50)
    closed = [frame for i, frame in enumerate(frames) if i % (late + 1) != late]
    ends = [(closed[-1][0] + 1 + i, frames[n * (late + 1) + late][1]) for i, n in enumerate((0, count - 1))]
    path = write(folder, "late.pcap", pcap_of(closed + ends))
    out = check(tap, folder, "17,000 closed connections", ["-r", path, "--json"], b'"state":"midstream"', 128)
    again = [event["client"] for event in events(out, b"connection") if event["state"] == "midstream"] + \
        [event["server"] for event in events(out, b"connection") if event["state"] == "midstream"]
    tap.equal([address for address in again if address.startswith("10.")], ["10.0.0.0"],
              "17,000 closed connections: only of the first is it forgotten that it was closed")


def check_findings(tap, folder):
    """65,536 sessions and as many findings, and more come."""
    talk = packets.Conversation()
    talk.handshake()
    talk.say(CLIENT, packets.open_message(65009, CLIENT))
    talk.say(SERVER, packets.notification(2, 2))
    talk.segment(SERVER, packets.RST | packets.ACK)
    path = write(folder, "sessions.pcap", pcap_of(clones(talk.frames, 70000, 2)))
    out = check(tap, folder, "70,000 sessions that fail", ["-r", path, "--json"], b'"evicted-session"', 512)
    tap.equal(out.count(b'"event":"session"'), 70000, "70,000 sessions that fail: all are told, those evicted as well")
    # The views that keep, and the database.
    check(tap, folder, "70,000 sessions that fail: the report", ["-r", path, "--report"], b"evicted", 512)
    database = os.path.join(folder, "sessions.db")
    check(tap, folder, "70,000 sessions that fail: a database", ["-r", path, "--json", "-Z", "root", "--db", database],
          b'"evicted-session"', 512)
    with contextlib.closing(sqlite3.connect(database)) as db:
        held = db.execute("SELECT count(*) FROM session WHERE seq IS NOT NULL").fetchone()[0], \
            db.execute("SELECT lost FROM run").fetchone()[0]
    tap.equal(held, (70000, 0), "70,000 sessions that fail: a database has all")
    check(tap, folder, "70,000 sessions that fail: out of a database", ["--db", database, "--report"], b"left out|evicted", 512)
    os.unlink(database)
    talk.port[CLIENT] += 1
    talk.establish()
    talk.say(SERVER, packets.notification(6, 2))
    talk.close(SERVER)
    path = write(folder, "findings.pcap", pcap_of(clones(talk.frames, 35000, 2)))
    out = check(tap, folder, "findings without number", ["-r", path, "--json"], b'"evicted-finding"', 320)
    tap.equal(out.count(b'"event":"finding"'), 65536, "findings without number: 65,536 of them are told")


def frames_of(path):
    """Microseconds and octets of a plain pcap of Ethernet; none of another file."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:4] not in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") or data[20:24] != b"\1\0\0\0":
        return []
    found, at, unit = [], 24, 1000 if data[:1] == b"\x4d" else 1
    while at + 16 <= len(data):
        seconds, part, size, _ = struct.unpack_from("<IIII", data, at)
        found.append((seconds * 1_000_000 + part // unit, data[at + 16:at + 16 + size]))
        at += 16 + size
    return found


NOTIFICATIONS = [(1, 1), (2, 0), (2, 1), (2, 2), (2, 3), (2, 4), (2, 6), (2, 7), (2, 8), (2, 11), (3, 1), (4, 0), (5, 1),
                 (7, 1), (8, 0), *((6, i) for i in range(11))]


def check_findings_of_one_session(tap, folder):
    """All misfortunes of the lab come to one pair, one after the other, and every NOTIFICATION that there is."""
    talk = packets.Conversation()
    for number, code in enumerate(NOTIFICATIONS):
        talk.port[CLIENT] = 41000 + number
        talk.establish()
        talk.say(CLIENT, packets.notification(*code))
        talk.close(CLIENT)
    last = talk.frames[-1][0]
    for name in sorted(os.listdir(PCAPS)):
        path = os.path.join(PCAPS, name)
        if name.endswith(".pcap") and os.path.getsize(path) < 300000:
            frames = frames_of(path)
            talk.frames += [(last + 30_000_000 + when - frames[0][0], frame) for when, frame in frames]
            last = talk.frames[-1][0]
    path = write(folder, "all.pcap", talk.pcap())
    out = check(tap, folder, "every misfortune of one session", ["-r", path, "--json"], b'"evicted-finding"', 32)
    told = [event["session"] for event in events(out, b"finding") if event["bfd_session"] is None]
    tap.equal(told.count(1), 48, "every misfortune of one session: 48 of them are told")


def check_memories(tap, folder):
    """What is remembered of a few, and forgotten of the rest."""
    def update(number):
        return packets.message(2, bytes((0, 0, 0, 0, 8, number)))

    for back in (4, 5):
        talk = packets.Conversation()
        talk.establish()
        for number in range(8):
            talk.say(CLIENT, update(number))
        talk.seq[CLIENT] -= back * len(update(0))
        talk.say(CLIENT, update(77))
        path = write(folder, "again.pcap", talk.pcap())
        out = check(tap, folder, f"another copy of the segment {back} before", ["-r", path, "--json"],
                    b'"tcp-overlap"' if back == 4 else None, 16)
        tap.equal(out.count(b'"tcp-overlap"'), int(back == 4), f"another copy of the segment {back} before: is told")
    talk = packets.Conversation()
    for number in range(300):
        talk.port = {CLIENT: 40000 + number, SERVER: 5000 + number}
        talk.establish()
        talk.close(CLIENT)
    for number in (0, 299):
        talk.port = {CLIENT: 50000, SERVER: 5000 + number}
        talk.segment(CLIENT, packets.SYN)
    path = write(folder, "learned.pcap", talk.pcap())
    out = check(tap, folder, "300 ports of BGP", ["-r", path, "--json", "--any-port"], None, 32)
    tap.equal([event["server_port"] for event in events(out, b"connection") if event["client_port"] == 50000], [5299],
              "300 ports of BGP: a call to the first is not known for BGP, one to the last is")
    # Both engines keep the last 16 KiB of each direction, to compare later copies with: 32 MiB in all.
    talk = packets.Conversation()
    talk.establish()
    for _ in range(13):
        talk.segment(CLIENT, packets.ACK, packets.KEEPALIVE * 73, 0.00001)
        talk.segment(SERVER, packets.ACK, after=0.00001)
    path = write(folder, "kept.pcap", pcap_of(clones(talk.frames, 2200)))
    out = check(tap, folder, "both engines: 2,200 connections of 18 KB", ["-r", path, "--json", "--check"],
                b'"reason":"limit"', 112)
    tap.equal(out.count(b'"event":"message"'), 2200 * (4 + 13 * 73), "both engines: 2,200 connections of 18 KB: all is told")


def check_views(tap, folder):
    """What the report keeps of one session, and of messages."""
    talk = packets.Conversation()
    for number in range(3000):
        talk.port[CLIENT] = 10000 + number
        talk.establish()
        talk.say(SERVER, packets.notification(6, 2 + number % 3))
        talk.close(SERVER)
    path = write(folder, "flaps.pcap", talk.pcap())
    check(tap, folder, "3,000 flaps: the report", ["-r", path, "--report"], b"left out", 24)
    check(tap, folder, "15,000 messages in full: the report", ["-r", path, "--report", "-vv", "-x"],
          b"messages of all sessions are left out", 40)


def check_records(tap, folder):
    """More recordings at a time than there may be, and more packets before than fit."""
    talk = packets.Conversation()
    talk.establish()
    talk.say(SERVER, packets.notification(6, 2))
    path = write(folder, "many.pcap", pcap_of(clones(talk.frames, 700)))
    made = os.path.join(folder, "made")
    check(tap, folder, "700 recordings at a time", ["-r", path, "--json", "-Z", "root", "--record", made], b"512 recordings go on",
          64, where="err")
    tap.equal(len(os.listdir(made)), 512, "700 recordings at a time: as many are begun")
    shutil.rmtree(made)
    talk = packets.Conversation()
    talk.establish()
    for _ in range(50000):
        talk.segment(CLIENT, packets.ACK, packets.KEEPALIVE * 73, 0.0001)
    talk.say(SERVER, packets.notification(6, 2))
    path = write(folder, "long.pcap", talk.pcap())
    check(tap, folder, "72 MB before the cause", ["-r", path, "--json", "-Z", "root", "--record", made], b"begin later", 160,
          where="err")
    tap.ok(all(os.path.getsize(os.path.join(made, name)) < 66 * MB for name in os.listdir(made)) and len(os.listdir(made)) == 1,
           "72 MB before the cause: one recording that is no longer than it may be", os.listdir(made))
    shutil.rmtree(made)
    talk = packets.Conversation()
    talk.establish()
    talk.say(SERVER, packets.notification(6, 2))
    for _ in range(50000):
        talk.segment(CLIENT, packets.ACK, packets.KEEPALIVE * 73, 0.0001)
    path = write(folder, "after.pcap", talk.pcap())
    check(tap, folder, "72 MB behind the cause", ["-r", path, "--json", "-Z", "root", "--record", made], b"limit of 64 MiB", 160,
          where="err")
    tap.ok(all(os.path.getsize(os.path.join(made, name)) < 72 * MB for name in os.listdir(made)),
           "72 MB behind the cause: it goes no further", [os.path.getsize(os.path.join(made, name)) for name in os.listdir(made)])


def check_record_folders(tap, folder):
    """A folder full of recordings, and one where a thousand have the name already that the next one would have."""
    talk = packets.Conversation()
    talk.establish()
    talk.say(SERVER, packets.notification(6, 2))
    path = write(folder, "one.pcap", talk.pcap())
    made = os.path.join(folder, "full")
    args = ["-r", path, "--json", "-Z", "root", "--record", made]
    check(tap, folder, "a recording", args, None, 32)
    names = os.listdir(made)
    if not tap.equal(len(names), 1, "there is one recording"):
        return
    stem, ending = os.path.splitext(names[0])
    for copy in range(2, 1000):
        open(os.path.join(made, f"{stem}+{copy}{ending}"), "w").close()
    check(tap, folder, "999 of one name", args, None, 32)
    tap.ok(os.path.getsize(os.path.join(made, f"{stem}+1000{ending}")) > 24, "999 of one name: the thousandth is written")
    out = check(tap, folder, "1,000 of one name", args, b"exists", 32, (2,), "err")
    tap.ok(out.has(b'"event":"session"'), "1,000 of one name: the sessions are told all the same", out.tail())
    tap.equal(len(os.listdir(made)), 1000, "1,000 of one name: there are no more")
    for second in range(65536):
        minutes, hours = second // 60, second // 3600
        open(os.path.join(made, f"20200101T{hours:02}{minutes % 60:02}{second % 60:02}.000Z_192.0.2.1_192.0.2.2_flap.pcap"),
             "w").close()
    out = check(tap, folder, "66,536 recordings", args, b"more than 65536 recordings", 64, (2,), "err")
    tap.ok(out.has(b'"event":"session"'), "66,536 recordings: the sessions are told all the same", out.tail())
    shutil.rmtree(made)


def block(kind, body, length=None, again=None):
    size = 12 + len(body)
    return struct.pack("<II", kind, size if length is None else length) + body + \
        struct.pack("<I", size if again is None else again)


SECTION = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
INTERFACE = block(1, struct.pack("<HHI", 1, 0, 0))


def check_liars(tap, folder):
    frame = packets.ethernet(CLIENT, SERVER, 6, bytes(20))
    frame += bytes(-len(frame) % 4)
    good = block(6, struct.pack("<IIIII", 0, 0, 1, len(frame), len(frame)) + frame)
    lies = {
        "a block of 0 octets": block(6, frame, length=0),
        "a block of 4 octets": block(6, frame, length=4),
        "a block of 4 GiB": block(6, frame, length=0xFFFFFFFC),
        "a block of 2 MiB that are not there": block(6, frame, length=2 << 20),
        "a block of 13 octets": block(6, frame, length=13),
        "a block whose ends differ": block(6, struct.pack("<IIIII", 0, 0, 1, len(frame), len(frame)) + frame, again=32),
        "a packet longer than its block": block(6, struct.pack("<IIIII", 0, 0, 1, 0x7FFFFFFF, 0x7FFFFFFF) + frame),
        "a packet of 4 GiB": block(6, struct.pack("<IIIII", 0, 0, 1, 0xFFFFFFFF, 0xFFFFFFFF) + frame),
        "a packet of no interface": block(6, struct.pack("<IIIII", 99, 0, 1, len(frame), len(frame)) + frame),
        "an option longer than its block": block(1, struct.pack("<HHI", 1, 0, 0) + struct.pack("<HH", 2, 0xFFFF)),
        "a section of 4 GiB": struct.pack("<III", 0x0A0D0D0A, 0xFFFFFFF0, 0x1A2B3C4D),
    }
    for name, lie in lies.items():
        path = write(folder, "lie.pcapng", SECTION + INTERFACE + good + lie)
        status, octets, _, err = run(folder, ["-r", path, "--json"])
        # An interface whose options are damaged may be good enough.
        statuses = (0, 2) if "option" in name else (2,)
        tap.ok(status in statuses and err.count(b"\n") == (status == 2) and octets < 16 * MB,
               f"{name}: one line, and little memory", status, err.tail(), f"{octets / MB:.0f} MB")
    path = write(folder, "interfaces.pcapng", SECTION + INTERFACE * 70000)
    check(tap, folder, "70,000 interfaces", ["-r", path, "--json"], b"more than 65536 interfaces", 32, (2,), "err")
    for size in (1 << 21, 0xFFFFFFFF):
        path = write(folder, "record.pcap", pcap([frame]) + struct.pack("<IIII", 1, 1, size, size) + bytes(100))
        check(tap, folder, f"a record of {size} octets", ["-r", path, "--json"], b"claims", 16, (2,), "err")


def check_bombs(tap, folder):
    """Compressed a thousandfold: the unpacked octets are never there at once."""
    path = os.path.join(folder, "bomb.pcap.gz")
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    with open(path, "wb") as file:
        file.write(packer.compress(pcap([])))
        for _ in range(100):
            file.write(packer.compress(bytes(1 << 20)))
        file.write(packer.flush())
    tap.ok(os.path.getsize(path) < 200000, "a bomb is small", os.path.getsize(path))
    check(tap, folder, "100 MiB of nothing in 100 KiB of gzip", ["-r", path, "--json"], None, 16, (0,))
    with gzip.open(path, "wb") as file:
        file.write(SECTION + INTERFACE + struct.pack("<II", 6, 0x40000000) + bytes(50 << 20))
    check(tap, folder, "a block of 1 GiB in gzip", ["-r", path, "--json"], b"bomb", 16, (2,), "err")
    if shutil.which("zstd") is None:
        tap.skip("zstd's window", "needs zstd")
        return
    plain = write(folder, "window.pcap", pcap([]) + bytes(1 << 20))
    packed = plain + ".zst"
    with open(plain, "rb") as file, open(packed, "wb") as out:
        subprocess.run(["zstd", "-q", "--ultra", "-20", "--long=31", "--no-check", "-c"], stdin=file, stdout=out, check=True)
    check(tap, folder, "zstd with a window of 2 GiB", ["-r", packed, "--json"], b"zstd data is damaged", 32, (2,), "err")


def main():
    if not os.path.exists(PROGRAM) or is_sanitized(PROGRAM):
        skip_all("only a sanitized program is there")
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="bgpwhy-limits-") as folder:
        os.chmod(folder, 0o755)
        tap.attempt("floods", check_floods, folder)
        tap.attempt("BFD of one pair", check_bfd_of_one_pair, folder)
        tap.attempt("layers", check_layers, folder)
        tap.attempt("messages", check_messages, folder)
        tap.attempt("streams", check_streams, folder)
        tap.attempt("many streams", check_many_streams, folder)
        tap.attempt("closed", check_closed, folder)
        tap.attempt("findings", check_findings, folder)
        tap.attempt("findings of one session", check_findings_of_one_session, folder)
        tap.attempt("memories", check_memories, folder)
        tap.attempt("views", check_views, folder)
        tap.attempt("records", check_records, folder)
        tap.attempt("folders of records", check_record_folders, folder)
        tap.attempt("liars", check_liars, folder)
        tap.attempt("bombs", check_bombs, folder)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
