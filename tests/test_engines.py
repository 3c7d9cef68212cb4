#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Two receivers of TCP, ours and libnids, over the same packets.

Every capture of pcaps/: where --check says that both agree, libnids alone gives the same messages; and it
says so wherever libnids can read. Then made cases, each with what RFC 9293 has a receiver do (the numbers
in brackets are its sections): what ours reads, and what --check must say about each direction.
"""
import os
import socket
import struct
import sys
import tempfile

from packets import ACK, BEGIN, CLIENT, FIN, KEEPALIVE, MACS, PSH, RST, SERVER, SYN, checksum, message, open_message
from support import Tap, bgpwhy, captures, need_program, short, use_released

URG = 0x20
OTHER = {CLIENT: SERVER, SERVER: CLIENT}
PORT = {CLIENT: 40000, SERVER: 179}

# Directions of the captures that libnids cannot read, and why. Everything else must agree.
OUTSIDE = {
    "bad-peer-as-duplicates.pcap": {"loss"},    # tshark: before frame 23 a segment, the FIN, was not captured
    "capture-one-way.pcap": {"one-direction"},  # recorded with a filter for one direction
    "capture-snaplen.pcap": {"cut"},            # tcpdump -s 96
    "mid-stream.pcap": {"midstream"},           # tcpdump began late
    "late-expiry-frr-frr-4-node.pcap": {"midstream"},
    "late-expiry-openbgpd-frr-4-router.pcap": {"midstream"},
    "late-kill-openbgpd-gobgp-6-router.pcap": {"midstream"},
    "late-dark-frr-bird-path.pcap": {"midstream"},
    "late-drop-frr-bird-node.pcap": {"one-direction"},  # begun when the answers were dropped already
    "bfd-acl-multihop-frr-frr-path.pcap": {"handshake"},  # tshark: the last ACK of the handshake was not captured
    "wall-forgets-icmp-path.pcap": {"handshake", "loss"},  # … and on the second connection an OPEN, too
    "mtu-silent-frr-bird-router.pcap": {"end"},  # what comes behind the large segment is never acknowledged
    "large-table.pcap": {"loss"},               # tshark: 1,472 octets before frame 49 were not captured
    "source-nat.pcap": {"handshake"},           # the server's FIN comes before the client's first ACK: no ACK is ISN + 1
}


def withdraw(first, count=1):
    """An UPDATE that withdraws host routes: 23 + 5 * count octets, and no two alike."""
    routes = b"".join(struct.pack(">BI", 32, 0x0A000000 + first + i) for i in range(count))
    return message(2, struct.pack(">H", len(routes)) + routes + b"\0\0")


class Flow:
    """Segments by sequence numbers that count from the first octet of payload: an ISN is -1."""

    def __init__(self, isn=None, window=64000, options=b"", version=4):
        self.isn = isn or {CLIENT: 1000, SERVER: 5000}
        self.window = {CLIENT: window, SERVER: window}
        self.options = options
        self.at = {CLIENT: 0, SERVER: 0}   # the next octet of each side
        self.got = {CLIENT: 0, SERVER: 0}  # what each side acknowledges
        self.frames = []
        self.time = BEGIN

    @property
    def count(self):
        return len(self.frames)

    def put(self, src, flags, payload=b"", seq=None, ack=None, after=0.001, window=None, options=None,
            urgent=0, cut=None, total=None):
        """One segment as told; nothing is remembered of it. Returns its frame number."""
        dst = OTHER[src]
        options = self.options if options is None else options
        seq = self.at[src] if seq is None else seq
        ack = self.got[src] if ack is None else ack
        head = struct.pack(">HHIIBBHHH", PORT[src], PORT[dst], (self.isn[src] + 1 + seq) & 0xFFFFFFFF,
                           (self.isn[dst] + 1 + ack) & 0xFFFFFFFF if flags & ACK else 0,
                           (20 + len(options)) // 4 << 4, flags,
                           self.window[src] if window is None else window, 0, urgent) + options
        size = len(head) + len(payload)
        if size <= 65515:
            pseudo = socket.inet_aton(src) + socket.inet_aton(dst) + struct.pack(">BBH", 0, 6, size)
            head = head[:16] + struct.pack(">H", checksum(pseudo + head + payload)) + head[18:]
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0xC0, 20 + size if total is None else total, 1 + len(self.frames),
                         0x4000, 255, 6, 0, socket.inet_aton(src), socket.inet_aton(dst))
        ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
        data = MACS[dst] + MACS[src] + b"\x08\x00" + ip + head + payload
        self.time += round(after * 1_000_000)
        self.frames.append((self.time, data[:cut], len(data)))
        return self.count

    def handshake(self, syn=b"", synack=b""):
        self.put(CLIENT, SYN, seq=-1, options=syn or self.options)
        self.put(SERVER, SYN | ACK, seq=-1, options=synack or self.options)
        self.put(CLIENT, ACK)

    def say(self, src, payload, after=0.001, lost=False, **more):
        """The next octets of a side; `lost`: on the wire, but neither captured nor received."""
        frame = None if lost else self.put(src, PSH | ACK, payload, after=after, **more)
        self.at[src] += len(payload)
        return frame

    def heard(self, src, after=0.001, **more):
        """This side acknowledges all that the other one said."""
        self.got[src] = self.at[OTHER[src]]
        return self.put(src, ACK, after=after, **more)

    def opens(self):
        """Both OPENs and first KEEPALIVEs: 43 + 19 octets of each."""
        self.say(CLIENT, open_message(65009, CLIENT))
        self.heard(SERVER)
        self.say(SERVER, open_message(65001, SERVER))
        self.heard(CLIENT)
        self.say(CLIENT, KEEPALIVE)
        self.heard(SERVER)
        self.say(SERVER, KEEPALIVE)
        self.heard(CLIENT)

    def begin(self, **more):
        self.handshake(**more)
        self.opens()

    def fin(self):
        """Both close in order."""
        for side in (CLIENT, SERVER):
            self.put(side, FIN | ACK)
            self.at[side] += 1
            self.got[OTHER[side]] = self.at[side]
            self.put(OTHER[side], ACK)

    def pcap(self):
        out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)]
        for time, data, size in self.frames:
            out.append(struct.pack("<IIII", time // 1_000_000, time % 1_000_000, len(data), size) + data)
        return b"".join(out)


HEAD = 43 + 19  # octets of the OPEN (29, and 14 of capabilities) and the KEEPALIVE that opens() says on each side
SAID = [("OPEN", 43), ("KEEPALIVE", 19)]


class Case:
    """What a flow gives: messages of the client by ours, and the check of each side."""

    def __init__(self, folder, flow):
        self.path = os.path.join(folder, "case.pcap")
        with open(self.path, "wb") as file:
            file.write(flow.pcap())
        self.run = bgpwhy("-r", self.path, "--json", "--check")
        self.all = self.run.events()
        self.plain = bgpwhy("-r", self.path, "--json").events()

    def said(self, src=CLIENT):
        return [(event["type"], event["length"]) for event in self.all
                if event["event"] == "message" and event["src"] == src]

    def frames(self, src=CLIENT):
        return [event["frame"] for event in self.all if event["event"] == "message" and event["src"] == src]

    def check(self, src=CLIENT):
        return [(event["result"], event["reason"], event["bytes"]) for event in self.all
                if event["event"] == "check" and event["src"] == src]

    def check_frame(self, src=CLIENT):
        return [event["frame"] for event in self.all if event["event"] == "check" and event["src"] == src]

    def faults(self):
        return [event["code"] for event in self.all if event["event"] == "fault"]


class Cases:
    def __init__(self, tap, folder):
        self.tap, self.folder = tap, folder

    def expect(self, name, flow, said=None, check=None, frame=None, server=None, faults=None):
        """`check` is of the client; the server's direction agrees unless `server` says otherwise."""
        case = Case(self.folder, flow)
        if said is not None:
            self.tap.equal(case.said(), said, f"{name}: what ours reads")
        self.tap.equal(case.check(), [check], f"{name}: what --check says")
        if server != ():
            expected = server or ("agree", None, HEAD)
            self.tap.equal(case.check(SERVER), [expected], f"{name}: … of the other direction")
        if frame is not None:
            self.tap.equal(case.check_frame(), [frame], f"{name}: at which frame")
        if faults is not None:
            self.tap.equal(sorted(set(case.faults())), sorted(faults), f"{name}: faults")
        self.tap.equal(strip(case.all), strip(case.plain), f"{name}: --check changes nothing else")
        return case


def strip(events):
    """What --check must leave as it is."""
    return [{key: value for key, value in event.items() if key != "seq"}
            for event in events if event["event"] not in ("check", "fault")]


ONE, TWO, THREE, FOUR = (withdraw(100 * i) for i in range(1, 5))  # 28 octets each
W = ("UPDATE", 28)
OTHER_ONE = withdraw(900)


def in_order(c):
    flow = Flow()
    flow.begin()
    for one in (ONE, TWO, THREE):
        flow.say(CLIENT, one)
    flow.heard(SERVER)
    flow.fin()
    c.expect("in order", flow, SAID + [W] * 3, ("agree", None, HEAD + 84), faults=[])

    flow = Flow()
    flow.begin()
    flow.say(CLIENT, ONE, after=0.1)
    flow.put(CLIENT, FIN | PSH | ACK, TWO)
    flow.at[CLIENT] += 29
    flow.heard(SERVER)
    c.expect("a FIN with data is read with it [3.10.7.4]", flow, SAID + [W] * 2, ("agree", None, HEAD + 56), faults=[])

    flow = Flow({CLIENT: 0xFFFFFFFF - 70, SERVER: 0xFFFFFFFE})
    flow.begin()
    flow.say(CLIENT, ONE + TWO)
    flow.heard(SERVER)
    c.expect("sequence numbers wrap [3.4]", flow, SAID + [W] * 2, ("agree", None, HEAD + 56), faults=[])

    flow = Flow({CLIENT: 0xFFFFFFFF, SERVER: 0xFFFFFFFF})
    flow.begin()
    flow.say(CLIENT, ONE)
    flow.heard(SERVER)
    c.expect("an ISN of 2^32 - 1", flow, SAID + [W], ("agree", None, HEAD + 28), faults=[])

    flow = Flow()
    flow.begin()
    flow.say(CLIENT, ONE)
    flow.put(CLIENT, PSH | ACK | URG, TWO, urgent=5)
    flow.at[CLIENT] += 28
    flow.heard(SERVER)
    c.expect("urgent octets stay in the stream [3.8.5]", flow, SAID + [W] * 2, ("agree", None, HEAD + 56), faults=[])


def large_segment(c):
    scale = b"\x03\x03\x07\x01"
    flow = Flow()
    flow.handshake(syn=scale, synack=scale)
    flow.opens()
    many = b"".join(withdraw(1000 * i, 790) for i in range(18))  # 18 × 3,973 octets = 71,514
    flow.say(CLIENT, many, total=0)  # as Linux captures what the card will cut: no length in the IP header
    flow.heard(SERVER)
    flow.say(CLIENT, ONE)
    flow.heard(SERVER)
    c.expect("a segment above 64 KiB, not cut yet", flow, SAID + [("UPDATE", 3973)] * 18 + [W],
             ("agree", None, HEAD + len(many) + 28), faults=[])


def overlaps(c):
    flow = Flow()
    flow.begin()
    flow.say(CLIENT, ONE)
    flow.heard(SERVER)
    copy = flow.put(CLIENT, PSH | ACK, OTHER_ONE, seq=HEAD)
    flow.heard(SERVER)
    flow.say(CLIENT, TWO)
    flow.heard(SERVER)
    c.expect("a later copy that differs is old, and dropped [3.10.7.4]", flow, SAID + [W] * 2,
             ("agree", "overlap", HEAD + 56), copy, faults=["tcp-overlap"])

    flow = Flow()
    flow.begin()
    flow.say(CLIENT, ONE + TWO)
    flow.heard(SERVER)
    copy = flow.put(CLIENT, PSH | ACK, OTHER_ONE[10:] + TWO[:5], seq=HEAD + 10)  # in other pieces
    flow.heard(SERVER)
    flow.say(CLIENT, THREE)
    flow.heard(SERVER)
    c.expect("… also where it comes in other pieces", flow, SAID + [W] * 3, ("agree", "overlap", HEAD + 84), copy,
             faults=["tcp-overlap"])

    flow = Flow()
    flow.begin()
    flow.put(CLIENT, PSH | ACK, withdraw(500, 3))  # 38 octets, in the window and first
    true = flow.say(CLIENT, ONE + TWO, after=0.00005)
    flow.heard(SERVER)
    flow.say(CLIENT, THREE)
    flow.heard(SERVER)
    # A receiver has the forged one: its 38 octets, then what the true segment adds behind them.
    case = c.expect("a segment forged before the true one is what receivers read", flow, None,
                    ("agree", "overlap", HEAD + 84), true)
    c.tap.equal(case.said()[:3], SAID + [("UPDATE", 38)], "… so ours reads it, too")

    flow = Flow()
    flow.begin()
    # The hole is 10 octets; a forged piece waits behind it, and then the true segment covers both.
    flow.put(CLIENT, PSH | ACK, OTHER_ONE[18:] + TWO, seq=HEAD + 18)
    true = flow.say(CLIENT, ONE + TWO)
    flow.heard(SERVER)
    # ONE and OTHER_ONE differ in the route's last two octets only: at octets 24 and 25 of 28, or one of them.
    first = next(i for i in range(28) if ONE[i] != OTHER_ONE[i])
    c.expect("where pieces overlap behind a hole receivers differ: the RFC does not say which copy stays", flow,
             None, ("stopped", "overlap", HEAD + first), true)


def holes(c):
    flow = Flow()
    flow.begin()
    flow.say(CLIENT, ONE, lost=True)
    later = flow.say(CLIENT, TWO)
    flow.put(SERVER, ACK)
    for _ in range(5):
        flow.put(SERVER, ACK, after=1)
        flow.put(CLIENT, ACK)
    c.expect("a hole that nobody fills and nobody acknowledges", flow, SAID + [W], ("stopped", "hole", HEAD), later)

    flow = Flow()
    flow.begin()
    flow.say(CLIENT, ONE, lost=True)
    later = flow.say(CLIENT, TWO)
    flow.heard(SERVER)
    flow.say(CLIENT, THREE, after=0.2)
    flow.heard(SERVER, after=4)
    c.expect("a hole that was acknowledged is the capture's", flow, SAID + [W] * 2, ("outside", "loss", HEAD), later)

    flow = Flow()
    flow.begin()
    flow.say(CLIENT, ONE, lost=True)
    later = flow.say(CLIENT, TWO)
    flow.put(SERVER, ACK)
    c.expect("the capture ends before a hole can be filled", flow, SAID + [W], ("outside", "end", HEAD), later)

    flow = Flow()
    flow.begin()
    flow.say(CLIENT, ONE, lost=True)
    flow.say(CLIENT, TWO)
    flow.put(SERVER, ACK)
    filled = flow.put(CLIENT, PSH | ACK, ONE, seq=HEAD, after=1.2)
    flow.heard(SERVER)
    case = c.expect("a hole filled by a retransmission", flow, SAID + [W] * 2, ("agree", None, HEAD + 56), faults=[])
    c.tap.equal(case.frames()[2:], [filled, filled - 2], "… each message by the packet that brought it")

    flow = Flow()
    flow.begin()
    flow.say(CLIENT, ONE, lost=True)
    flow.say(CLIENT, TWO)
    for _ in range(70):
        flow.put(SERVER, ACK, after=1)
    flow.put(CLIENT, PSH | ACK, ONE, seq=HEAD)
    flow.heard(SERVER)
    c.expect("a retransmission after we gave up (60 s): a strict receiver waits for ever", flow, None,
             ("outside", "late", HEAD))

    flow = Flow()
    flow.begin()
    flow.say(CLIENT, ONE, lost=True)
    pieces = [withdraw(1000 * i, 280) for i in range(60)]  # 60 × 1,423 octets
    for one in pieces:
        flow.say(CLIENT, one, window=64000)
        flow.window[SERVER] = 65535
    flow.put(SERVER, ACK)
    flow.put(CLIENT, PSH | ACK, ONE, seq=HEAD, after=0.3)
    flow.heard(SERVER)
    flow.say(CLIENT, TWO)
    flow.heard(SERVER, after=4)
    case = Case(c.folder, flow)
    c.tap.equal([one[:2] for one in case.check()], [("outside", "queue")],
                "libnids drops what waits behind a hole beyond 64 KiB, which no RFC asks for")


def windows(c):
    flow = Flow()
    flow.begin()
    forged = flow.put(CLIENT, PSH | ACK, THREE, seq=HEAD + 64000 + 1000)
    for one in (ONE, TWO):
        flow.say(CLIENT, one)
        flow.heard(SERVER)
    for _ in range(75):  # longer than ours waits for a hole
        flow.say(CLIENT, KEEPALIVE, after=1)
        flow.heard(SERVER)
    flow.say(CLIENT, FOUR)
    flow.heard(SERVER)
    c.expect("a segment beyond the window is dropped [3.10.7.4]", flow, SAID + [W] * 2 + [("KEEPALIVE", 19)] * 75 + [W],
             ("agree", "window", HEAD + 84 + 75 * 19), forged)

    flow = Flow()
    flow.begin()
    flow.put(CLIENT, PSH | ACK, THREE, seq=HEAD + 5000)  # in the window, and never reached
    for _ in range(75):
        flow.say(CLIENT, KEEPALIVE, after=1)
        flow.heard(SERVER)
    flow.say(CLIENT, FOUR)
    flow.heard(SERVER)
    case = Case(c.folder, flow)
    c.tap.equal(case.said()[:len(SAID) + 76], SAID + [("KEEPALIVE", 19)] * 75 + [W],
                "a piece forged ahead, in the window: the stream goes on before it")

    flow = Flow()
    flow.begin()
    old = flow.put(CLIENT, PSH | ACK, OTHER_ONE, seq=-5000)
    flow.say(CLIENT, ONE)
    flow.heard(SERVER)
    c.expect("octets from before the window are dropped", flow, SAID + [W], ("agree", None, HEAD + 28))
    assert old

    flow = Flow()
    flow.begin()
    flow.put(SERVER, ACK, window=0)
    flow.put(CLIENT, PSH | ACK, ONE[:1], after=1)
    flow.put(SERVER, ACK, window=0)
    flow.put(SERVER, ACK, after=1)
    flow.say(CLIENT, ONE)
    flow.heard(SERVER)
    c.expect("a probe of a closed window is not read [3.8.6.1]", flow, SAID + [W], ("agree", None, HEAD + 28))

    flow = Flow()
    flow.begin()
    flow.put(SERVER, ACK, window=0)
    probe = flow.say(CLIENT, ONE[:1], after=1)
    flow.heard(SERVER, window=0)
    flow.put(SERVER, ACK, after=1)
    flow.say(CLIENT, ONE[1:])
    flow.heard(SERVER)
    c.expect("… unless its receiver acknowledges it", flow, SAID + [W], ("outside", "window", HEAD), probe)

    flow = Flow()
    flow.begin()
    flow.put(SERVER, ACK, window=10)
    lost = flow.say(CLIENT, ONE[:10])
    flow.heard(SERVER, window=0)
    lost = flow.say(CLIENT, ONE[10:])
    for _ in range(5):
        flow.put(SERVER, ACK, window=0, after=1)
        flow.put(CLIENT, ACK)
    c.expect("octets that a closed window keeps out, and that nobody acknowledges", flow, None,
             ("stopped", "window", HEAD + 10), lost)

    flow = Flow()
    flow.begin()
    for octets in (b"", b"\0"):
        flow.put(CLIENT, ACK, octets, seq=HEAD - 1, after=5)
        flow.put(SERVER, ACK)
    flow.say(CLIENT, ONE)
    flow.heard(SERVER)
    c.expect("keep-alive probes carry nothing [3.8.4]", flow, SAID + [W], ("agree", None, HEAD + 28), faults=[])


def resets(c):
    flow = Flow()
    flow.begin()
    reset = flow.put(CLIENT, RST | ACK)
    flow.say(CLIENT, ONE)
    flow.heard(SERVER)
    c.expect("a RST at RCV.NXT ends it [3.10.7.4]; data that comes all the same shows that it was forged", flow, None,
             ("stopped", "reset", HEAD), reset)

    flow = Flow()
    flow.begin()
    flow.put(CLIENT, RST, seq=HEAD + 64000 + 5000)
    flow.say(CLIENT, ONE)
    flow.heard(SERVER)
    c.expect("a RST outside the window is dropped [3.5.3]", flow, SAID + [W], ("agree", None, HEAD + 28),
             faults=["tcp-reset-ignored"])

    flow = Flow()
    flow.begin()
    flow.put(SERVER, RST | ACK)
    c.expect("a RST that is meant", flow, SAID, ("agree", None, HEAD), faults=[])


def timestamp(value, echo=0):
    return struct.pack(">BBBBII", 1, 1, 8, 10, value, echo)


def timestamps(c):
    flow = Flow(options=timestamp(1000))
    flow.begin()
    flow.options = timestamp(2000)
    flow.say(CLIENT, ONE)
    flow.heard(SERVER)
    flow.put(CLIENT, PSH | ACK, TWO, options=timestamp(1500))
    flow.say(CLIENT, TWO, after=0.3)
    flow.heard(SERVER)
    c.expect("an old timestamp is refused, and the octets come again (RFC 7323, 5.3)", flow, SAID + [W] * 2,
             ("agree", None, HEAD + 56))

    flow = Flow(options=timestamp(1000))
    flow.begin()
    flow.options = timestamp(2000)
    flow.say(CLIENT, ONE)
    flow.heard(SERVER)
    old = flow.say(CLIENT, TWO, options=timestamp(1500))
    for _ in range(5):
        flow.put(SERVER, ACK, after=1)
        flow.put(CLIENT, ACK)
    c.expect("… and where they do not, it stops there", flow, None, ("stopped", "timestamp", HEAD + 28), old)


def handshakes(c):
    flow = Flow()
    flow.put(CLIENT, SYN, seq=-1)
    flow.put(SERVER, SYN, seq=-1)
    flow.put(CLIENT, SYN | ACK, seq=-1)
    flow.put(SERVER, SYN | ACK, seq=-1)
    flow.opens()
    case = Case(c.folder, flow)
    c.tap.equal((case.said(), case.said(SERVER)), (SAID, SAID), "simultaneous open [3.5]: ours reads both")
    c.tap.ok(all(one[0] != "stopped" for one in case.check() + case.check(SERVER)),
             "… and nobody is said to have stopped", case.check(), case.check(SERVER))

    first, second = Flow(), Flow({CLIENT: 900000, SERVER: 80000})
    first.begin()
    first.say(CLIENT, ONE)
    first.heard(SERVER)
    first.fin()
    second.time = first.time + 2_000_000
    second.begin()
    second.say(CLIENT, ONE + TWO)
    second.heard(SERVER)
    first.frames += second.frames
    case = Case(c.folder, first)
    c.tap.equal(case.check(), [("agree", None, HEAD + 28), ("agree", None, HEAD + 56)],
                "the same ports again: two connections, each with its own octets")

    flow = Flow()
    flow.handshake()
    flow.frames.pop()  # the client's ACK; its first data completes the handshake as well
    flow.begin = None
    flow.opens()
    c.expect("data completes the handshake, too", flow, SAID, ("agree", None, HEAD))

    flow = Flow()
    flow.put(CLIENT, SYN, seq=-1)
    flow.put(SERVER, SYN | ACK, seq=-1)
    flow.say(SERVER, open_message(65001, SERVER))
    flow.put(CLIENT, ACK, ack=0)
    flow.heard(CLIENT)
    flow.say(CLIENT, open_message(65009, CLIENT))
    flow.heard(SERVER)
    c.expect("the capture has the server's data before the ACK that lets it send", flow, [("OPEN", 43)],
             ("agree", None, 43), server=("outside", "handshake", 0))

    flow = Flow()
    data = open_message(65009, CLIENT)
    flow.put(CLIENT, SYN, data, seq=-1)
    flow.at[CLIENT] = 43
    flow.got[SERVER] = 43
    flow.put(SERVER, SYN | ACK, seq=-1)
    flow.put(CLIENT, ACK)
    flow.say(SERVER, open_message(65001, SERVER))
    flow.heard(CLIENT)
    flow.say(CLIENT, KEEPALIVE)
    flow.heard(SERVER)
    case = Case(c.folder, flow)
    c.tap.equal(case.said(), SAID, "data in the SYN (RFC 7413): ours reads it")
    c.tap.ok(all(one[0] == "outside" for one in case.check()), "… and it is outside the strict domain", case.check())


def captures_fault(c):
    flow = Flow()
    flow.begin()
    flow.frames = flow.frames[4:]
    c.expect("joined in the middle", flow, None, ("outside", "midstream", 0), server=("outside", "midstream", 0))

    flow = Flow()
    flow.begin()
    flow.say(CLIENT, ONE)
    flow.frames = [one for one in flow.frames if one[1][6:12] == MACS[CLIENT]]
    c.expect("one direction", flow, None, ("outside", "one-direction", 0), server=())

    flow = Flow()
    flow.begin()
    cut = flow.say(CLIENT, ONE, cut=60)
    flow.heard(SERVER)
    flow.say(CLIENT, TWO)
    flow.heard(SERVER)
    c.expect("a packet that was cut", flow, None, ("outside", "cut", HEAD), cut)

    flow = Flow()
    flow.begin()
    late = flow.say(CLIENT, ONE)
    flow.say(CLIENT, TWO)
    flow.heard(SERVER)
    flow.frames[late - 1], flow.frames[late + 1] = flow.frames[late + 1], flow.frames[late - 1]
    times = sorted(one[0] for one in flow.frames)
    flow.frames = [(time, *one[1:]) for time, one in zip(times, flow.frames)]
    flow.say(CLIENT, THREE)
    flow.heard(SERVER, after=4)
    case = Case(c.folder, flow)
    c.tap.equal(case.said(), SAID + [W] * 3, "the capture has an ACK before its octets: ours reads them")
    c.tap.ok(case.check()[0][:2] in (("outside", "order"), ("outside", "loss")),
             "… and libnids is outside its domain", case.check())


def database(c):
    """What was found is kept: the database gives back the same views."""
    flow = Flow()
    flow.begin()
    flow.put(CLIENT, RST | ACK)
    flow.say(CLIENT, ONE)
    flow.heard(SERVER)
    case = Case(c.folder, flow)
    db = os.path.join(c.folder, "case.db")
    bgpwhy("-r", case.path, "--check", "--json", "--db", db)
    for view in ("--json", "--lines", "--report"):
        shown = bgpwhy("-r", case.path, "--check", view).text
        c.tap.ok("stopped" in shown, f"a database: {view} tells where it stopped")
        c.tap.equal(bgpwhy("--db", db, view).text, shown, f"a database: {view} is the same from it")


def fields(event):
    return (event["connection"], event["src"], event["src_port"], event["dst"], event["type"], event["length"],
            event.get("truncated", False), event["time"], event["frame"])


def check_capture(tap, path, totals):
    name = short(path)
    plain, strict, both = (bgpwhy("-r", path, "--json", *more)
                           for more in ((), ("--engine", "nids"), ("--check",)))
    tap.equal(both.status, plain.status, f"{name}: --check has the same exit status")
    tap.equal(strip(both.events()), strip(plain.events()), f"{name}: --check changes nothing else")
    messages = [event for event in plain.events("message")]
    theirs = [event for event in strict.events("message")]
    reasons = set()
    for check in both.events("check"):
        direction = (check["connection"], check["src"])
        mine = [fields(one) for one in messages if (one["connection"], one["src"]) == direction]
        other = [fields(one) for one in theirs if (one["connection"], one["src"]) == direction]
        totals["directions"] += 1
        if check["result"] == "agree":
            totals["agree"] += 1
            totals["messages"] += len(mine)
            tap.equal(other, mine, f"{name}: connection {direction[0]} from {direction[1]}: libnids gives the same messages")
            tap.ok(check["bytes"] >= sum(one[5] for one in mine if not one[6]), f"{name}: … and octets for all of them")
        else:
            reasons.add(check["reason"] if check["result"] == "outside" else "stopped: " + str(check["reason"]))
    tap.equal(reasons, OUTSIDE.get(name, set()), f"{name}: what libnids does not read, and why")
    said = {(one["connection"], one["src"]) for one in messages}
    told = {(one["connection"], one["src"]) for one in both.events("check")}
    tap.equal(said - told, set(), f"{name}: every direction with messages is told")
    # What it does not read must not be held against anybody: the same causes, or fewer.
    causes = {(one["cause"], one["session"]) for one in plain.events("finding")}
    tap.equal({(one["cause"], one["session"]) for one in strict.events("finding")} - causes, set(),
              f"{name}: libnids alone accuses nobody else")
    blind = {one["session"] for one in strict.events("check")}
    healthy = {one["session"] for one in strict.events("session") if one["verdict"] == "healthy"}
    tap.equal(healthy & blind, set(), f"{name}: … and calls nothing healthy that it has not read")


def main():
    need_program()
    use_released()
    tap = Tap()
    totals = dict.fromkeys(("directions", "agree", "messages"), 0)
    for path in captures():
        if not sys.argv[1:] or short(path) in sys.argv[1:]:
            tap.attempt(short(path), check_capture, path, totals)
    tap.ok(totals["messages"] > 1000 or sys.argv[1:], f"{totals['messages']} messages of {totals['agree']} directions, of "
           f"{totals['directions']}, are the same from both engines")
    with tempfile.TemporaryDirectory() as folder:
        cases = Cases(tap, folder)
        for group in (in_order, large_segment, overlaps, holes, windows, resets, timestamps, handshakes, captures_fault,
                      database):
            tap.attempt(group.__name__, lambda _, one: one(cases), group)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
