#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""BGP on other ports than 179.

Every capture of pcaps/ with its port rewritten, among connections that carry something else: --any-port
gives the messages, verdicts and causes of the original, and nothing of the others; --port N gives all of it.
What --any-port cannot see is a call that nobody ever answered with BGP, so captures without any message
show no connection at all.
"""
import hashlib
import os
import re
import struct
import sys
import tempfile

from packets import ACK, CLIENT, FIN, KEEPALIVE, MACS, PSH, SERVER, SYN, checksum, message, open_message
from support import Tap, bgpwhy, captures, need_program, short, use_released
import socket

ETHERNET, SLL, SLL2 = 1, 113, 276


def records(data):
    """(byte order, header, [[seconds, fraction, length, octets], …]) of a classic pcap."""
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    at, found = 24, []
    while at + 16 <= len(data):
        seconds, fraction, held, size = struct.unpack(order + "IIII", data[at:at + 16])
        found.append([seconds, fraction, size, bytearray(data[at + 16:at + 16 + held])])
        at += 16 + held
    return order, data[:24], found


def pcap(order, header, found):
    return header + b"".join(struct.pack(order + "IIII", one[0], one[1], len(one[3]), one[2]) + bytes(one[3])
                             for one in found)


def ip_at(link, packet):
    """The EtherType, and where the IP header begins; None where that is not known."""
    if link == ETHERNET:
        at = 12
        while packet[at:at + 2] in (b"\x81\x00", b"\x88\xa8"):
            at += 4
    elif link in (SLL, SLL2):
        at = 14 if link == SLL else 0
    else:
        return None, None
    return packet[at:at + 2], at + (20 if link == SLL2 else 2)


def quoted_at(link, packet):
    """Where the checksum of an ICMP error is, and the TCP header that it quotes; None where there is none."""
    kind, at = ip_at(link, packet)
    if kind == b"\x08\x00" and packet[at + 9] == 1:
        at += (packet[at] & 15) * 4
    elif kind == b"\x86\xdd" and packet[at + 6] == 58:
        at += 40
    else:
        return None, None
    if len(packet) < at + 36 or packet[at] not in (1, 2, 3, 11):
        return None, None
    return at + 2, tcp_in(kind, packet, at + 8)


def tcp_at(link, packet):
    """Where the TCP header begins; None where there is none, or the packet is a later fragment."""
    kind, at = ip_at(link, packet)
    return tcp_in(kind, packet, at) if at is not None else None


def tcp_in(kind, packet, at):
    """… of the IP packet that begins at this octet."""
    if kind == b"\x08\x00" and packet[at + 9] == 6 and not (packet[at + 6] & 0x1F or packet[at + 7]):
        return at + (packet[at] & 15) * 4
    if kind == b"\x86\xdd" and packet[at + 6] == 6:
        return at + 40
    return None


def corrected(old_sum, old, new):
    """RFC 1624: the checksum after a 16-bit field has changed."""
    total = (~old_sum & 0xFFFF) + (~old & 0xFFFF) + new
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def rewrite(data, port, both=False):
    """Port 179 becomes `port`; with `both`, the other one too."""
    order, header, found = records(data)
    link = struct.unpack(order + "I", header[20:24])[0] & 0xFFFF
    for one in found:
        packet = one[3]
        at = tcp_at(link, packet)
        check = at + 16 if at is not None else 0
        if at is None:
            check, at = quoted_at(link, packet)
        if at is None or len(packet) < at + 4 or len(packet) < check + 2:
            continue
        ports = struct.unpack(">HH", packet[at:at + 4])
        for i in range(2):
            if ports[i] == 179 or (both and 179 in ports):
                old_sum, = struct.unpack(">H", packet[check:check + 2])
                packet[at + 2 * i:at + 2 * i + 2] = struct.pack(">H", port)
                packet[check:check + 2] = struct.pack(">H", corrected(old_sum, ports[i], port))
    return order, header, found


def octets(name, size):
    """Octets that look like nothing, the same in each run."""
    out = b""
    while len(out) < size:
        out += hashlib.sha256(f"{name} {len(out)}".encode()).digest()
    return out[:size]


# What else talks TCP: (client's first octets or None, the server's, more of the server's).
IMAGE = b"\xff" * 700 + octets("image", 600)  # a file with a long run of ones
NOISE = (
    (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Type: image/x\r\n\r\n", IMAGE),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + octets("hello", 500), b"\x16\x03\x03\x00\x5d" + octets("tls", 93),
     octets("record", 1400)),
    (None, b"SSH-2.0-OpenSSH_9.2\r\n", octets("ssh", 900)),
    # As like BGP as can be, and not it: ones, and then no length or type that a message has.
    (b"\xff" * 16 + b"\x00\x05\x01" + octets("short", 40), b"\xff" * 16 + b"\x00\x40\x09" + octets("type", 45), IMAGE),
    (b"\xff" * 15 + b"\x00\x13\x04", b"\xff" * 10 + b"x", b"\xff" * 40),
)


def segment(src, dst, sport, dport, seq, ack, flags, payload=b""):
    head = struct.pack(">HHIIBBHHH", sport, dport, seq, ack if flags & ACK else 0, 5 << 4, flags, 64000, 0, 0)
    pseudo = socket.inet_aton(src) + socket.inet_aton(dst) + struct.pack(">BBH", 0, 6, len(head) + len(payload))
    head = head[:16] + struct.pack(">H", checksum(pseudo + head + payload)) + head[18:]
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(head) + len(payload), 1, 0x4000, 64, 6, 0,
                     socket.inet_aton(src), socket.inet_aton(dst))
    return MACS[SERVER] + MACS[CLIENT] + b"\x08\x00" + ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:] + head + payload


def conversation(number, kind, late=False):
    """The packets of one connection that is not BGP; `late`: without its handshake."""
    client, server = f"198.18.{number // 200}.{number % 200 + 1}", "198.19.0.1"
    sport, dport = 30000 + number % 30000, (80, 443, 22, 1790, 20179)[number % 5]
    first, answer, more = kind
    out, at = [], {client: 100, server: 900}

    def put(src, flags, payload=b""):
        dst = server if src == client else client
        ports = (sport, dport) if src == client else (dport, sport)
        out.append(segment(src, dst, *ports, at[src], at[dst], flags, payload))
        at[src] += len(payload) + bool(flags & (SYN | FIN))

    put(client, SYN)
    put(server, SYN | ACK)
    put(client, ACK)
    if late:
        out.clear()
    if first:
        put(client, PSH | ACK, first)
    put(server, PSH | ACK, answer)
    put(server, PSH | ACK, more)
    put(client, ACK)
    put(client, PSH | ACK, octets("more", 30))
    put(server, FIN | ACK)
    put(client, FIN | ACK)
    return out


def among_others(order, header, found):
    """The packets with those of other connections between them, and which frame each one was."""
    noise = [packet for number in range(20) for packet in
             conversation(number, NOISE[number % len(NOISE)], late=number >= 10)]
    mixed, frames, at = [], {}, 0
    for number, one in enumerate(found, 1):
        while at < len(noise) * number // len(found):
            mixed.append([one[0], one[1], len(noise[at]), noise[at]])
            at += 1
        mixed.append(one)
        frames[len(mixed)] = number
    return pcap(order, header, mixed), frames


def messages(run, port, frames=None):
    def number(value):
        return 179 if value == port else value

    return [(event["src"], number(event["src_port"]), event["dst"], number(event["dst_port"]), event["type"],
             event["length"], event["time"], frames.get(event["frame"]) if frames else event["frame"])
            for event in run.events("message")]


def verdicts(run, pairs=None):
    """{pair: (verdict, cause)}, of these pairs."""
    found = {frozenset((event["local"], event["remote"])): (event["verdict"], event["primary_cause"])
             for event in run.events("session")}
    return {pair: found.get(pair) for pair in (found if pairs is None else pairs)}


def causes(run):
    return {(event["cause"], event["severity"], event["confidence"], event["blame"]) for event in run.events("finding")}


# What says that they are down are calls in vain, and --any-port knows nothing of a call that nobody takes.
CALLS_IN_VAIN = ("late-dark-frr-bird-path.pcap", "late-drop-frr-bird-node.pcap")


def check_capture(tap, folder, path):
    name = short(path)
    with open(path, "rb") as file:
        data = file.read()
    base = bgpwhy("-r", path, "--json")
    out = os.path.join(folder, "rewritten.pcap")
    for port in (1790, 20179):
        whole = rewrite(data, port)
        with open(out, "wb") as file:
            file.write(pcap(*whole))
        if port == 1790:
            named = bgpwhy("-r", out, "--json", "--port", str(port))
            tap.equal(messages(named, port), messages(base, port), f"{name}: --port {port} gives the same messages")
            tap.equal((named.status, verdicts(named), causes(named)), (base.status, verdicts(base), causes(base)),
                      f"{name}: … verdicts and causes")
            told = [text for one in named.events("finding") if one["cause"] != "retry-storm" # which has the title of another
                    for text in [one["summary"], *one["fix"]]]
            tap.none([text for text in told if re.search(r"\b179\b(?! or 1790)", text)], f"{name}: … and no finding speaks of port 179")
            tap.equal(bgpwhy("-r", out, "--json").events("message"), [], f"{name}: … and without it nothing is found")
        elif struct.unpack(whole[0] + "I", whole[1][20:24])[0] == ETHERNET:
            data_out, frames = among_others(*whole)
            with open(out, "wb") as file:
                file.write(data_out)
        found = bgpwhy("-r", out, "--json", "--any-port")
        frames = frames if port == 20179 and "frames" in locals() else None
        tap.equal(messages(found, port, frames), messages(base, port), f"{name}: --any-port finds the same messages on {port}")
        pairs = {frozenset((event["src"], event["dst"])) for event in base.events("message")}
        if name not in CALLS_IN_VAIN:
            tap.equal(verdicts(found, pairs), verdicts(base, pairs), f"{name}: … with the same verdicts and causes")
        tap.equal(set(verdicts(found)) - set(verdicts(base)), set(), f"{name}: … and no other session")
        extra = {one for one in causes(found) if one[0] not in {other[0] for other in causes(base)}}
        tap.equal(extra, set(), f"{name}: … nor other causes")
        tap.equal([event["state"] for event in found.events("connection")] if not pairs else [], [],
                  f"{name}: … and no connection where no message is")
        artefacts = {key for event in found.events("capture") for key in event["artefacts"]}
        tap.ok("evicted-candidates" not in artefacts, f"{name}: … and nothing was evicted")


def check_late(tap, folder):
    """Joined in the middle of a stream, and of a message: as on port 179."""
    path = next(path for path in captures() if short(path) == "large-table.pcap")
    with open(path, "rb") as file:
        data = file.read()
    for skip in (47, 60, 100):
        order, header, found = records(data)
        old, out = os.path.join(folder, "late-179.pcap"), os.path.join(folder, "late.pcap")
        with open(old, "wb") as file:
            file.write(pcap(order, header, found[skip:]))
        with open(out, "wb") as file:
            order, header, found = rewrite(data, 20179)
            file.write(pcap(order, header, found[skip:]))
        base, late = bgpwhy("-r", old, "--json"), bgpwhy("-r", out, "--json", "--any-port")
        tap.ok(base.events("message"), f"from frame {skip + 1} on: there are messages")
        tap.equal(messages(late, 20179), messages(base, 20179), f"from frame {skip + 1} on: --any-port finds the same")
        tap.equal({event["server_port"] for event in late.events("connection") if event["state"] == "midstream"}, {20179},
                  f"from frame {skip + 1} on: the lower port is taken for the server's")


def check_both_179(tap, folder):
    """Some speakers call from port 179."""
    path = next(path for path in captures() if short(path) == "bad-peer-as.pcap")
    with open(path, "rb") as file:
        data = file.read()
    # A single connection: all of them on one pair of ports would be one after another in any case.
    out = os.path.join(folder, "both.pcap")
    with open(out, "wb") as file:
        file.write(pcap(*rewrite(data, 179, both=True)))
    base, both = bgpwhy("-r", path, "--json"), bgpwhy("-r", out, "--json")
    tap.equal([one[4:] for one in messages(both, 179)], [one[4:] for one in messages(base, 179)],
              "179 on both sides: the same messages")
    tap.equal((verdicts(both), causes(both)), (verdicts(base), causes(base)), "179 on both sides: the same verdict and causes")
    callers = [(one["client"], one["state"]) for one in base.events("connection")]
    tap.equal([(one["client"], one["state"]) for one in both.events("connection")], callers,
              "179 on both sides: who called is known by the SYN")


def check_split_head(tap, folder):
    """The first octets come one by one: all of it is there once the marker is."""
    out, seq = [], {CLIENT: 100, SERVER: 900}
    other = {CLIENT: SERVER, SERVER: CLIENT}
    port = {CLIENT: 40000, SERVER: 7000}

    def put(src, flags, payload=b""):
        dst = other[src]
        out.append(segment(src, dst, port[src], port[dst], seq[src], seq[dst], flags, payload))
        seq[src] += len(payload) + bool(flags & (SYN | FIN))

    put(CLIENT, SYN)
    put(SERVER, SYN | ACK)
    put(CLIENT, ACK)
    hello = open_message(65009, CLIENT)
    for i in range(0, 18, 2):
        put(CLIENT, PSH | ACK, hello[i:i + 2])
    put(CLIENT, PSH | ACK, hello[18:])
    put(SERVER, PSH | ACK, open_message(65001, SERVER) + KEEPALIVE)
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
    path = os.path.join(folder, "split.pcap")
    with open(path, "wb") as file:
        file.write(pcap("<", header, [[1, i, len(one), one] for i, one in enumerate(out)]))
    run = bgpwhy("-r", path, "--json", "--any-port")
    tap.equal([(event["type"], event["frame"]) for event in run.events("message")],
              [("OPEN", 13), ("OPEN", 14), ("KEEPALIVE", 14)], "a header in ten segments is found")
    tap.equal([event["state"] for event in run.events("connection")][:2], ["syn", "established"],
              "… with the handshake before it")
    kept = os.path.join(folder, "kept.pcap")
    bgpwhy("-r", path, "--any-port", "--json", "-w", kept)
    again = bgpwhy("-r", kept, "--json", "--port", "7000")
    tap.equal(len(again.events("message")), 3, "-w has all of it")


def check_limits(tap, folder):
    """More half-open calls than there is room for: told, and bounded."""
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
    path = os.path.join(folder, "flood.pcap")
    with open(path, "wb") as file:
        file.write(header)
        syn = bytearray(segment("198.18.0.1", "198.19.0.1", 1, 8080, 1, 0, SYN))
        for number in range(70000):
            syn[26:30] = struct.pack(">I", 0xC6120000 + number)
            file.write(struct.pack("<IIII", 1, number % 1000000, len(syn), len(syn)) + syn)
    run = bgpwhy("-r", path, "--json", "--any-port")
    tap.equal(run.events("session") + run.events("connection"), [], "70,000 SYNs to another port are no session")
    tap.ok("evicted-candidates" in run.events("capture")[-1]["artefacts"], "… and it is told that some were evicted")
    tap.ok("evicted" in bgpwhy("-r", path, "--any-port").text, "… in the report, too")


def main():
    need_program()
    use_released()
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        for path in captures():
            if path.endswith(".pcap") and (not sys.argv[1:] or short(path) in sys.argv[1:]):
                tap.attempt(short(path), check_capture, folder, path)
        for check in (check_late, check_both_179, check_split_head, check_limits):
            tap.attempt(check.__name__, check, folder)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
