# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets made by hand, for what no daemon sends: a pcap of one TCP conversation on Ethernet."""
import socket
import struct

CLIENT, SERVER = "192.0.2.10", "192.0.2.1"
MACS = {CLIENT: bytes.fromhex("020000000010"), SERVER: bytes.fromhex("020000000001")}
FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
BEGIN = 1700000000_000000  # microseconds


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ethernet(src, dst, protocol, payload, ttl=255):
    """An IPv4 packet in an Ethernet frame."""
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0xC0, 20 + len(payload), 1, 0x4000, ttl, protocol, 0,
                       socket.inet_aton(src), socket.inet_aton(dst))
    head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
    return MACS[dst] + MACS[src] + b"\x08\x00" + head + payload


def message(kind, body=b""):
    return b"\xff" * 16 + struct.pack(">HB", 19 + len(body), kind) + body


def open_message(asn, bgp_id, hold_time=90, four_octets=True):
    capability = struct.pack(">BBHBB", 1, 4, 1, 0, 1)
    if four_octets:
        capability += struct.pack(">BBI", 65, 4, asn)
    parameters = struct.pack(">BB", 2, len(capability)) + capability
    return message(1, struct.pack(">BHH4sB", 4, min(asn, 23456) if asn > 65535 else asn, hold_time,
                                  socket.inet_aton(bgp_id), len(parameters)) + parameters)


KEEPALIVE = message(4)


def notification(code, subcode, data=b""):
    return message(3, bytes((code, subcode)) + data)


class Conversation:
    """Frames in order of time, a millisecond apart unless `after`, in seconds, says otherwise."""

    def __init__(self):
        self.frames = []
        self.port = {CLIENT: 40000, SERVER: 179}
        self.seq = {CLIENT: 1000, SERVER: 5000}

    def frame(self, data, after=0.001):
        last = self.frames[-1][0] if self.frames else BEGIN
        self.frames.append((last + round(after * 1_000_000), data))

    def segment(self, src, flags, payload=b"", after=0.001):
        dst = SERVER if src == CLIENT else CLIENT
        head = struct.pack(">HHIIBBHHH", self.port[src], self.port[dst], self.seq[src],
                           self.seq[dst] if flags & ACK else 0, 5 << 4, flags, 64000, 0, 0)
        pseudo = socket.inet_aton(src) + socket.inet_aton(dst) + struct.pack(">BBH", 0, 6, 20 + len(payload))
        head = head[:16] + struct.pack(">H", checksum(pseudo + head + payload)) + head[18:]
        self.frame(ethernet(src, dst, 6, head + payload), after)
        self.seq[src] += len(payload) + bool(flags & (SYN | FIN))

    def handshake(self):
        self.segment(CLIENT, SYN)
        self.segment(SERVER, SYN | ACK)
        self.segment(CLIENT, ACK)

    def say(self, src, *messages, after=0.001):
        self.segment(src, PSH | ACK, b"".join(messages), after)

    def close(self, src):
        other = SERVER if src == CLIENT else CLIENT
        self.segment(src, FIN | ACK)
        self.segment(other, FIN | ACK)
        self.segment(src, ACK)

    def establish(self, client_as=65009, server_as=65001, four_octets=True):
        self.handshake()
        self.say(CLIENT, open_message(client_as, CLIENT, four_octets=four_octets))
        self.say(SERVER, open_message(server_as, SERVER, four_octets=four_octets))
        self.say(CLIENT, KEEPALIVE)
        self.say(SERVER, KEEPALIVE)

    def pcap(self, link_type=1):
        out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, link_type)]
        for time, data in self.frames:
            out.append(struct.pack("<IIII", time // 1_000_000, time % 1_000_000, len(data), len(data)) + data)
        return b"".join(out)
