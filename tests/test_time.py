#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What hostile packets cost in time: each shape at one size and at four times that size, beside KEEPALIVEs of as
many octets.

Who can make the program slow makes it lose packets. So no packet may cost more because of how many came before: four times the
size may take little more than four times the time. It is processor time of the program as released, so that others on the
machine matter little.
"""
import os
import resource
import socket
import struct
import subprocess
import sys
import tempfile

import packets
from packets import ACK, CLIENT, KEEPALIVE, PSH, RST, SERVER, SYN
from support import BGPWHY, SOURCE, Tap, skip_all

RELEASED = os.path.join(SOURCE, "build", "bgpwhy")
SECONDS = 120
ALL = os.environ.get("TIMES") == "all"


def is_sanitized(program):
    with open(program, "rb") as file:
        return b"__asan_init" in file.read()


PROGRAM = RELEASED if is_sanitized(BGPWHY) else BGPWHY


def write(path, frames):
    """(microseconds, octets) or (microseconds, octets, length on the wire)"""
    with open(path, "wb") as out:
        if isinstance(frames, bytes):
            out.write(frames)
            return
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for time, data, *wire in frames:
            out.write(struct.pack("<IIII", time // 1_000_000, time % 1_000_000, len(data), wire[0] if wire else len(data)) + data)


def cost(args, folder):
    """Seconds of processor time, exit status."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        done = subprocess.run([PROGRAM, *args], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              cwd=folder, timeout=SECONDS, check=False)
        status = done.returncode
    except subprocess.TimeoutExpired:
        status = None
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, status


def pair(frame, src, dst):
    """The same frame between others."""
    return frame[:26] + src + dst + frame[34:]


def address(number, net=10):
    return bytes((net,)) + struct.pack(">I", number + 1)[1:]


def of_hub(frames, count, step):
    """The same talk of so many clients with one server."""
    found, when, client = [], packets.BEGIN, socket.inet_aton(CLIENT)
    for number in range(count):
        for frame in frames:
            ends = (address(number), b"\x0b\0\0\1")
            src, dst = ends if frame[26:30] == client else ends[::-1]
            found.append((when, pair(frame, src, dst)))
            when += step
    return found


def plain(talk):
    return [frame for _, frame in talk.frames]


def hub_of_refused(n):
    """One address turns the calls of many down: did it know one of them by another address?"""
    talk = packets.Conversation()
    talk.handshake()
    talk.segment(SERVER, RST | ACK)
    return of_hub(plain(talk), n, 20)


def hub_of_cards(n):
    """The same, and each has told its card by ARP."""
    frames, found = hub_of_refused(n), []
    for i, (when, frame) in enumerate(frames):
        if i % 4 == 0:
            mac = b"\x02\x01" + struct.pack(">I", i)
            arp = struct.pack(">HHBBH", 1, 0x0800, 6, 4, 2) + mac + frame[26:30] + bytes(6) + frame[30:34]
            found.append((when, b"\xff" * 6 + mac + b"\x08\x06" + arp))
        found.append((when, frame))
    return found


def hub_of_rejected(n):
    talk = packets.Conversation()
    talk.handshake()
    talk.say(CLIENT, packets.open_message(65009, CLIENT))
    talk.say(SERVER, packets.notification(6, 5))
    talk.segment(SERVER, RST | ACK)
    return of_hub(plain(talk), n, 20)


def hub_of_established(n):
    talk = packets.Conversation()
    talk.establish()
    talk.segment(SERVER, RST | ACK)
    return of_hub(plain(talk), n, 20)


def syns(n):
    talk = packets.Conversation()
    talk.segment(CLIENT, SYN)
    return of_hub(plain(talk), n, 20)


def cut_icmp(n):
    """ICMP that is cut off before it says whom it is about: all calls of its receiver."""
    frames = syns(min(n, 16000))
    when = frames[-1][0]
    inner = packets.ethernet(CLIENT, SERVER, 6, bytes(20))[14:30]
    data = packets.ethernet(CLIENT, SERVER, 1, struct.pack(">BBHI", 3, 1, 0, 0) + inner)
    data = pair(data, address(70000), b"\x0b\0\0\1")
    return frames + [(when + i, data[:44], len(data) + 40) for i in range(n)]


def claims(n):
    """Two cards claim the address of one who has many peers, in turn."""
    frames = syns(min(n, 16000))
    when = frames[-1][0]
    for i in range(n):
        mac = b"\x02\0\0\0\0" + bytes((i % 2,))
        arp = struct.pack(">HHBBH", 1, 0x0800, 6, 4, 2) + mac + b"\x0b\0\0\1" + bytes(6) + address(1)
        frames.append((when + (i + 1) * 1_100_000, b"\xff" * 6 + mac + b"\x08\x06" + arp))
    return frames


def time_goes_on(n):
    """Many sessions, and each packet a second after the other."""
    frames = hub_of_established(min(n, 60000))
    when = frames[-1][0]
    return frames + [(when + i * 1_000_000, frames[0][1]) for i in range(n)]


def days_go_by(n):
    frames = syns(min(n, 16000))
    when = frames[-1][0]
    return frames + [(when + i * 30_000_000, frames[i % 100][1]) for i in range(n)]


def calls_of_a_pair(n):
    talk = packets.Conversation()
    for i in range(n):
        talk.port[CLIENT] = 1024 + i % 60000
        talk.segment(CLIENT, SYN, after=0.00001)
    return talk.frames


def sessions_of_a_pair(n):
    """No FIN, no RST: 256 of them stay."""
    talk = packets.Conversation()
    for i in range(n):
        talk.port[CLIENT] = 1024 + i % 60000
        talk.establish()
    return talk.frames


def flaps(n):
    talk = packets.Conversation()
    for i in range(n):
        talk.port[CLIENT] = 1024 + i % 60000
        talk.establish()
        talk.say(SERVER, packets.notification(6, 2 + i % 7))
        talk.close(SERVER)
    return talk.frames


def many_capabilities(n):
    """OPENs of 4,096 octets, one after the other."""
    talk = packets.Conversation()
    talk.handshake()
    many = b"".join(bytes((i % 256, 0)) for i in range(2028))
    body = struct.pack(">BHH4sBBH", 4, 65009, 90, socket.inet_aton(CLIENT), 255, 255, len(many) + 3)
    one = packets.message(1, body + struct.pack(">BH", 2, len(many)) + many)
    for i in range(n):
        for side in (CLIENT, SERVER):
            for at in range(0, len(one), 1400):
                talk.say(side, one[at:at + 1400], after=0.0001)
    return talk.frames


def many_families(n):
    """Multiprotocol capabilities of all kinds from both sides."""
    talk = packets.Conversation()
    talk.handshake()
    many = b"".join(struct.pack(">BBHBB", 1, 4, i // 200 + 1, 0, i % 200) for i in range(670))
    body = struct.pack(">BHH4sBBH", 4, 65009, 90, socket.inet_aton(CLIENT), 255, 255, len(many) + 3)
    one = packets.message(1, body + struct.pack(">BH", 2, len(many)) + many)
    for i in range(n):
        for side in (CLIENT, SERVER):
            for at in range(0, len(one), 1400):
                talk.say(side, one[at:at + 1400], after=0.0001)
    return talk.frames


def stream(n, data):
    talk = packets.Conversation()
    talk.establish()
    for i in range(n):
        talk.say(CLIENT, data, after=0.0001)
    return talk.frames


def attributes_everywhere(n):
    def attribute(kind):
        return struct.pack(">BBB", 0xC0, kind, 0)
    body = b"".join(attribute(i % 256) for i in range(1350))
    one = packets.message(2, struct.pack(">HH", 0, len(body)) + body)
    talk = packets.Conversation()
    talk.establish()
    for i in range(n):
        for at in range(0, len(one), 1400):
            talk.say(CLIENT, one[at:at + 1400], after=0.0001)
    return talk.frames


def communities_everywhere(n):
    value = b"".join(struct.pack(">I", i * 2654435761 % 2**32) for i in range(1000))
    body = struct.pack(">BBBBBBBI", 0x40, 1, 1, 0, 0x40, 2, 6, 0x0201FDF1)[:-4] + struct.pack(">BBI", 2, 1, 65009) + \
        struct.pack(">BBB4s", 0x40, 3, 4, socket.inet_aton(CLIENT)) + struct.pack(">BBH", 0xD0, 8, len(value)) + value
    one = packets.message(2, struct.pack(">HH", 0, len(body)) + body + b"\x08\x0a")
    talk = packets.Conversation()
    talk.establish()
    for i in range(n):
        for at in range(0, len(one), 1400):
            talk.say(CLIENT, one[at:at + 1400], after=0.0001)
    return talk.frames


def unmarked(n):
    return stream(n, b"\xff" * 1400)


def false_heads(n):
    """Headers that claim 4,096 octets and are none."""
    return stream(n, (b"\xff" * 16 + b"\x10\x00\x02") * 70)


def midstream_heads(n):
    return stream(n, (b"\xff" * 16 + b"\x10\x00\x02") * 70)[7:]


def reordered(n):
    """Segments of an octet, the last first."""
    talk = packets.Conversation()
    talk.establish()
    base = talk.seq[CLIENT]
    for round_ in range(max(1, n // 4000)):
        for i in range(4000, 0, -1):
            talk.seq[CLIENT] = base + i * 2
            talk.segment(CLIENT, ACK, b"\xff", 0.00001)
        base += 40000
    return talk.frames


def fragments(n):
    frames, when = [], packets.BEGIN
    for datagram in range(max(1, n // 4000)):
        for i in range(4000, 0, -1):
            head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 28, datagram % 65536, 0x2000 | i, 64, 6, 0, address(1), address(2))
            frames.append((when, packets.MACS[SERVER] + packets.MACS[CLIENT] + b"\x08\0" + head + bytes(8)))
            when += 10
    return frames


def bfd(my, your, port=6784, src=CLIENT, dst=SERVER):
    payload = struct.pack(">BBBBIIIII", 0x20, 0xC0, 3, 24, my, your, 300000, 300000, 0)
    return packets.ethernet(src, dst, 17, struct.pack(">HHHH", 49152, port, 8 + len(payload), 0) + payload)


def members(n):
    frames = [bfd(1 + i, 0) for i in range(200)]
    return [(packets.BEGIN + i * 10, frames[i % 200]) for i in range(n)]


def echoes(n):
    frames, when = [], packets.BEGIN
    for i in range(n):
        frames.append((when + i * 10, pair(bfd(i, i, 3785), address(i % 60000), address(i % 60000))))
    return frames


def clock_steps(n):
    talk = packets.Conversation()
    talk.establish()
    for i in range(300):
        talk.say(CLIENT, KEEPALIVE, after=7200 if i % 2 else -7200 + 1)
    for i in range(n):
        talk.say(CLIENT, KEEPALIVE, after=0.001)
    return talk.frames


def steps_only(n):
    talk = packets.Conversation()
    talk.establish()
    for i in range(n):
        talk.say(CLIENT, KEEPALIVE, after=7200 if i % 2 else -7200 + 1)
    return talk.frames


def mirrored(n):
    """Each frame again and again within the time of a mirror."""
    talk = packets.Conversation()
    talk.establish()
    talk.say(CLIENT, KEEPALIVE)
    frame = talk.frames[-1]
    return talk.frames + [(frame[0] + i // 1000, frame[1]) for i in range(n)]


def strangers(n):
    """--any-port: streams that may yet become BGP."""
    talk = packets.Conversation()
    talk.port[SERVER] = 8080
    talk.handshake()
    frames = []
    data = (b"\xff" * 16 + b"\x00\x13\x04")[:18] * 70
    for i in range(n):
        talk.say(CLIENT, data, after=0.00001)
    return talk.frames


def kept(n):
    """KEEPALIVEs: the measure for all others."""
    talk = packets.Conversation()
    talk.establish()
    for i in range(n):
        talk.say(CLIENT if i % 2 else SERVER, KEEPALIVE, after=0.01)
    return talk.frames


def block(kind, body):
    size = 12 + len(body)
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)


def interfaces(n):
    """pcapng: each packet from an interface of its own."""
    talk = packets.Conversation()
    talk.establish()
    for _ in range(n):
        talk.say(CLIENT, KEEPALIVE)
    out = [block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))]
    for i, (when, data) in enumerate(talk.frames):
        out.append(block(1, struct.pack("<HHI", 1, 0, 0)))
        out.append(block(6, struct.pack("<IIIII", i, when >> 32, when & 0xFFFFFFFF, len(data), len(data)) +
                         data + bytes(-len(data) % 4)))
    return b"".join(out)


def sections(n):
    """pcapng: each packet in a section of its own, with a comment as long as it may be."""
    talk = packets.Conversation()
    talk.establish()
    for _ in range(n):
        talk.say(CLIENT, KEEPALIVE)
    out = []
    for when, data in talk.frames:
        out.append(block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))
        out.append(block(1, struct.pack("<HHI", 1, 0, 0) + struct.pack("<HH", 1, 400) + b"x" * 400 + bytes(4)))
        out.append(block(6, struct.pack("<IIIII", 0, when >> 32, when & 0xFFFFFFFF, len(data), len(data)) +
                         data + bytes(-len(data) % 4)))
    return b"".join(out)


def six(n):
    """The same over IPv6, with as many extension headers as are read, and a flow of each kind of TCP option."""
    talk = packets.Conversation()
    talk.segment(CLIENT, SYN)
    tcp = talk.frames[0][1][34:]
    frames = []
    for i in range(n):
        extensions = b"".join(b"\x3c\0\1\4\0\0\0\0" for _ in range(10)) + b"\x06\0\1\4\0\0\0\0"
        options = struct.pack(">BB16s", 19, 18, b"") + struct.pack(">BBII", 8, 10, i, 0) + b"\1\1\1\0"
        head = tcp[:12] + bytes((13 << 4,)) + tcp[13:20] + options
        packet = head[:4] + struct.pack(">I", i) + head[8:]
        frames.append((packets.BEGIN + i * 20, packets.MACS[SERVER] + packets.MACS[CLIENT] + b"\x86\xdd" + struct.pack(
            ">IHBB", 6 << 28, len(extensions + packet), 60, 64) + bytes(12) + struct.pack(">I", i + 1) + bytes(15) + b"\2" +
            extensions + packet))
    return frames


def many_words(n):
    """NOTIFICATIONs with words, each another: what a time line keeps."""
    talk = packets.Conversation()
    for i in range(n):
        talk.port[CLIENT] = 1024 + i % 60000
        talk.handshake()
        talk.say(CLIENT, packets.open_message(65009, CLIENT))
        talk.say(SERVER, packets.notification(6, 2, bytes((100,)) + b"%0100d" % i))
        talk.segment(SERVER, RST | ACK)
    return of_pairs(talk.frames, 5)


def of_pairs(frames, size):
    return [(when, pair(frame, *((address(i // 50), b"\x0b\0\0\1") if frame[26:30] == socket.inet_aton(CLIENT) else
                                 (b"\x0b\0\0\1", address(i // 50))))) for i, (when, frame) in enumerate(frames)]


SHAPES = {
    "one address refuses many": (hub_of_refused, 8000, ["--report"]),
    "one address refuses many cards": (hub_of_cards, 8000, ["--report"]),
    "one address rejects many": (hub_of_rejected, 2000, ["--report"]),
    "one address resets many sessions": (hub_of_established, 2000, ["--report"]),
    "SYNs to one address": (syns, 10000, ["--report"]),
    "cut ICMP to one who has many peers": (cut_icmp, 2000, ["--report"]),
    "claims of the address of one who has many peers": (claims, 4000, ["--report"]),
    "a second with each packet": (time_goes_on, 2000, ["--report"]),
    "half a minute with each packet": (days_go_by, 2000, ["--report"]),
    "calls of one pair": (calls_of_a_pair, 10000, ["--report"]),
    "sessions of one pair": (sessions_of_a_pair, 2000, ["--report"]),
    "flaps of one pair": (flaps, 2000, ["--report"]),
    "OPENs of 2,000 capabilities": (many_capabilities, 200, ["--report"]),
    "OPENs of 2,000 capabilities: JSON": (many_capabilities, 200, ["--json"]),
    "OPENs of 670 families": (many_families, 200, ["--report"]),
    "UPDATEs of 1,350 attributes": (attributes_everywhere, 500, ["--report"]),
    "UPDATEs of 1,350 attributes: JSON": (attributes_everywhere, 500, ["--json", "-v"]),
    "UPDATEs of 1,000 communities": (communities_everywhere, 500, ["--report"]),
    "octets of 255": (unmarked, 2000, ["--report"]),
    "false headers": (false_heads, 2000, ["--report"]),
    "false headers, joined in the middle": (midstream_heads, 2000, ["--report"]),
    "octets in reverse": (reordered, 4000, ["--report"]),
    "octets in reverse: both engines": (reordered, 4000, ["--report", "--check"]),
    "fragments in reverse": (fragments, 4000, ["--report"]),
    "200 members of a LAG": (members, 5000, ["--report"]),
    "BFD echoes": (echoes, 10000, ["--report"]),
    "KEEPALIVEs after 300 steps of the clock": (clock_steps, 5000, ["--report"]),
    "steps of the clock": (steps_only, 2500, ["--report"]),
    "a mirror of many": (mirrored, 10000, ["--report"]),
    "an interface of pcapng for each packet": (interfaces, 5000, ["--report", "-w", "made.pcapng"]),
    "a section of pcapng for each packet": (sections, 5000, ["--report"]),
    "IPv6 with extension headers, and MD5": (six, 5000, ["--report"]),
    "NOTIFICATIONs with words": (many_words, 4000, ["--report"]),
    "any port": (strangers, 1000, ["--report", "--any-port"]),
    "4,096 expectations": (hub_of_established, 500, ["--report", "--expect", "many.conf"]),
    "--record of many that fail": (hub_of_established, 1000, ["--report", "--record", "made"]),
    "a database of many that fail": (hub_of_established, 1000, ["--report", "--db", "x.db"]),
}


def main():
    if not os.path.exists(PROGRAM) or is_sanitized(PROGRAM):
        skip_all("only a sanitized program is there")
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="bgpwhy-time-") as folder:
        os.chmod(folder, 0o777)
        path = os.path.join(folder, "x.pcap")
        with open(os.path.join(folder, "many.conf"), "w", encoding="ascii") as file:
            file.write("router bgp 65001\n" + "".join(f" neighbor 10.{i >> 8}.{i & 255}.0/24 remote-as 65002\n".replace(".0/24", ".7")
                                                     for i in range(4096)))
        write(path, kept(50000))
        rate = cost(["-r", path, "--report"], folder)[0] / os.path.getsize(path)
        for name, (make, size, args) in SHAPES.items():
            if len(sys.argv) > 1 and not any(word in name for word in sys.argv[1:]):
                continue
            times, statuses, sizes = [], [], []
            for n in (size, 4 * size):
                write(path, make(n))
                for left in ("x.db",):
                    if os.path.exists(os.path.join(folder, left)):
                        os.unlink(os.path.join(folder, left))
                taken, status = cost(["-r", path, "-Z", "root", *args], folder)
                if taken > 6 * sum(times) > 0:  # somebody was in the way, perhaps
                    taken = min(taken, cost(["-r", path, "-Z", "root", *args], folder)[0])
                times.append(taken)
                statuses.append(status)
                sizes.append(os.path.getsize(path))
            growth = times[1] / max(times[0], 0.02)
            print(f"# {name}: {times[0]:.2f} s, {times[1]:.2f} s; {growth:.1f} times; "
                  f"{times[1] / sizes[1] / rate:.1f} times KEEPALIVEs; {sizes[1] / 1e6:.1f} MB", flush=True)
            tap.ok(None not in statuses and all(status in (0, 1, 2) for status in statuses), f"{name}: ends", statuses)
            tap.ok(growth < 8, f"{name}: four times the size, little more than four times the time", times)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
