# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets of a capture on Ethernet, taken apart and put together again, with right checksums."""
import collections
import copy
import socket
import struct

FIN, SYN, RST, PSH, ACK, URG = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
IPV4, ARP, IPV6 = 0x0800, 0x0806, 0x86DD
TCP, UDP = 6, 17
MASK = 0xFFFFFFFF

# What stands in a file: nanoseconds, link type, octets, their number on the wire.
Record = collections.namedtuple("Record", "time link data wire")


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Packet:
    """An Ethernet frame: `time` in ns, MAC addresses, EtherType `kind`, `body`, without padding. Of a fragment
    (or behind extension headers) `part` is (the whole packet, offset, octets, whether it is the last one)."""

    __slots__ = ("time", "dst", "src", "kind", "body", "part")

    def __init__(self, time, dst, src, kind, body):
        self.time, self.dst, self.src, self.kind, self.body = time, dst, src, kind, body
        self.part = None

    def but(self, **changes):
        other = copy.copy(self)
        for name, value in changes.items():
            setattr(other, name, value)
        return other

    @property
    def frame(self):
        return self.dst + self.src + struct.pack(">H", self.kind) + self.body

    @property
    def is_ip(self):
        return self.kind in (IPV4, IPV6)


class Ip:
    """The IP header of a packet. `head` is all before the transport header."""

    def __init__(self, packet):
        body = packet.body
        self.packet = packet
        self.version = body[0] >> 4
        if self.version == 4:
            size = (body[0] & 15) * 4
            self.protocol, self.ttl = body[9], body[8]
            self.src, self.dst = body[12:16], body[16:20]
        else:
            size = 40
            self.protocol, self.ttl = body[6], body[7]
            self.src, self.dst = body[8:24], body[24:40]
        self.head, self.payload = body[:size], body[size:]

    @staticmethod
    def of(packet):
        return Ip(packet) if packet.is_ip else None

    def text(self, octets):
        return socket.inet_ntop(socket.AF_INET if self.version == 4 else socket.AF_INET6, octets)

    def pseudo(self, size, protocol):
        if self.version == 4:
            return self.src + self.dst + struct.pack(">BBH", 0, protocol, size)
        return self.src + self.dst + struct.pack(">II", size, protocol)

    def make(self, payload, protocol=None, ttl=None, ident=None, fragment=None, options=None):
        """The packet with another payload, and whatever of the header changes."""
        head = bytearray(self.head)
        protocol = self.protocol if protocol is None else protocol
        ttl = self.ttl if ttl is None else ttl
        if self.version == 6:
            struct.pack_into(">HBB", head, 4, len(payload), protocol, ttl)
            return self.packet.but(body=bytes(head) + payload)
        if options is not None:
            head = head[:20] + options
            head[0] = 0x40 | len(head) // 4
        struct.pack_into(">H", head, 2, (len(head) + len(payload)) & 0xFFFF)
        if ident is not None:
            struct.pack_into(">H", head, 4, ident)
        if fragment is not None:
            struct.pack_into(">H", head, 6, fragment)
        head[8:10] = bytes((ttl, protocol))
        head[10:12] = bytes(2)
        struct.pack_into(">H", head, 10, checksum(bytes(head)))
        return self.packet.but(body=bytes(head) + payload)


class Segment:
    """A TCP segment of a packet."""

    def __init__(self, ip):
        p = ip.payload
        self.ip, self.time = ip, ip.packet.time
        self.sport, self.dport, self.seq, self.ack = struct.unpack(">HHII", p[:12])
        size = (p[12] >> 4) * 4
        self.flags, self.window, self.urgent = p[13], *struct.unpack(">H2xH", p[14:20])
        self.options, self.data = p[20:size], p[size:]

    @staticmethod
    def of(packet):
        ip = Ip.of(packet)
        return Segment(ip) if ip is not None and ip.protocol == TCP and len(ip.payload) >= 20 else None

    @property
    def line(self):
        """Who to whom: (src, sport, dst, dport)."""
        return self.ip.src, self.sport, self.ip.dst, self.dport

    @property
    def pair(self):
        return tuple(sorted(((self.ip.src, self.sport), (self.ip.dst, self.dport))))

    @property
    def first(self):
        """The sequence number of the first octet."""
        return (self.seq + bool(self.flags & SYN)) & MASK

    def make(self, ttl=None, ident=None, **changes):
        """The packet with these fields changed: seq, ack, flags, window, options, data, sport, dport."""
        value = {name: changes.get(name, getattr(self, name)) for name in
                 ("sport", "dport", "seq", "ack", "flags", "window", "urgent", "options", "data")}
        head = struct.pack(">HHIIBBHHH", value["sport"], value["dport"], value["seq"] & MASK,
                           value["ack"] & MASK, (20 + len(value["options"])) // 4 << 4, value["flags"],
                           value["window"], 0, value["urgent"]) + value["options"]
        payload = head + value["data"]
        total = checksum(self.ip.pseudo(len(payload), TCP) + payload)
        payload = payload[:16] + struct.pack(">H", total) + payload[18:]
        return self.ip.make(payload, ttl=ttl, ident=ident).but(time=changes.get("time", self.time))


def trim(kind, body):
    """Without the padding of short frames. A length of 0 is that of an offloaded segment."""
    if kind == IPV4 and len(body) >= 20:
        total = struct.unpack(">H", body[2:4])[0]
        return body[:total] if total else body
    if kind == IPV6 and len(body) >= 40:
        size = struct.unpack(">H", body[4:6])[0]
        return body[:40 + size] if size else body
    return body


def read(path):
    """The packets of a capture of pcaps/: microseconds, little-endian, Ethernet, nothing cut."""
    with open(path, "rb") as file:
        data = file.read()
    magic, link = struct.unpack("<I16xI", data[:24])
    assert magic == 0xA1B2C3D4 and link == 1, path
    packets, at = [], 24
    while at < len(data):
        seconds, micros, size, wire = struct.unpack("<IIII", data[at:at + 16])
        assert size == wire, path
        frame = data[at + 16:at + 16 + size]
        kind = struct.unpack(">H", frame[12:14])[0]
        packets.append(Packet(seconds * 10**9 + micros * 1000, frame[:6], frame[6:12], kind,
                              trim(kind, frame[14:])))
        at += 16 + size
    return packets


def records(packets):
    return [Record(one.time, 1, one.frame, len(one.frame)) for one in packets]


def cut(found, size):
    """Records as a snaplen leaves them."""
    return [one._replace(data=one.data[:size]) for one in found]
