# SPDX-License-Identifier: GPL-2.0-or-later
"""The same packets on other links and through tunnels. A row of LINKS makes the octets of a packet from its
EtherType and body; ARP stands only on those that can carry it (an EtherType in the header)."""
import socket
import struct
import zlib

from .packet import ARP, IPV4, IPV6, Ip, Record, checksum

OUTER = (socket.inet_aton("203.0.113.1"), socket.inet_aton("203.0.113.2"))
OUTER6 = (socket.inet_pton(socket.AF_INET6, "2001:db8:f::1"), socket.inet_pton(socket.AF_INET6, "2001:db8:f::2"))
MACS = bytes.fromhex("0200000000f2") + bytes.fromhex("0200000000f1")


def u16(*values):
    return struct.pack(f">{len(values)}H", *values)


def u32(*values):
    return struct.pack(f">{len(values)}I", *values)


def typed(packet):
    return u16(packet.kind) + packet.body


def ethernet(packet, *tags):
    """Tags are (EtherType, VLAN)."""
    return packet.dst + packet.src + b"".join(u16(*tag) for tag in tags) + typed(packet)


def sll(packet, kind=3, *tags):
    """Kind 3: for another host, as a mirror shows it."""
    head = u16(kind, 1, 6) + packet.src + bytes(2)
    return head + (u16(tags[0][0]) + b"".join(
        u16(tag[1]) + (u16(tags[i + 1][0]) if i + 1 < len(tags) else b"")
        for i, tag in enumerate(tags)) if tags else b"") + typed(packet)


def sll2(packet, kind=3, *tags):
    protocol = tags[0][0] if tags else packet.kind
    head = u16(protocol, 0) + u32(2) + u16(1) + bytes([kind, 6]) + packet.src + bytes(2)
    if not tags:
        return head + packet.body
    return head + b"".join(u16(tag[1]) + (u16(tags[i + 1][0]) if i + 1 < len(tags) else b"")
                           for i, tag in enumerate(tags)) + typed(packet)


def family(packet, bsd=False):
    return 2 if packet.kind == IPV4 else 30 if bsd else 10


def ppp_protocol(packet):
    return u16(0x21 if packet.kind == IPV4 else 0x57)


def snap(packet):
    body = b"\xaa\xaa\x03\0\0\0" + typed(packet)
    return packet.dst + packet.src + u16(len(body) & 0x5FF or 46) + body


def mpls(packet, labels):
    return b"".join(u32((100 + i) << 12 | (i + 1 == labels) << 8 | 64) for i in range(labels)) + packet.body


def outer4(protocol, payload):
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, (20 + len(payload)) & 0xFFFF, 7, 0, 60, protocol, 0, *OUTER)
    return head[:10] + u16(checksum(head)) + head[12:] + payload


def outer6(protocol, payload):
    return struct.pack(">IHBB16s16s", 6 << 28, len(payload) & 0xFFFF, protocol, 60, *OUTER6) + payload


def carried(kind, body):
    return MACS + u16(kind) + body


def udp(port, payload):
    return u16(49999, port, (8 + len(payload)) & 0xFFFF, 0) + payload


def gre(packet, flags=0, version=0, protocol=None, fields=b"", body=None):
    kind = packet.kind if protocol is None else protocol
    return u16(flags | version, kind) + fields + (packet.body if body is None else body)


def gre_checked(packet):
    """RFC 2784, 2.4: the checksum of header and payload."""
    whole = gre(packet, 0x8000, fields=bytes(4))
    return whole[:4] + u16(checksum(whole), 0) + whole[8:]


def erspan(packet, version):
    frame = ethernet(packet)
    if version == 1:
        return gre(packet, 0, protocol=0x88BE, body=frame)
    if version == 2:
        return gre(packet, 0x1000, protocol=0x88BE, fields=u32(9), body=u32(0x10000000 | 5 << 16 | 3, 1) + frame)
    head = u32(0x20000000 | 5 << 16 | 3, 12345) + u16(0, 0x8000 * 0)
    if version == 3:
        return gre(packet, 0x1000, protocol=0x22EB, fields=u32(9), body=head + frame)
    head = head[:-2] + u16(1)  # with the platform's part
    return gre(packet, 0x1000, protocol=0x22EB, fields=u32(9), body=head + bytes(8) + frame)


def vxlan(packet):
    return u32(0x08000000, 42 << 8) + ethernet(packet)


def vxlan_gpe(packet, inner_ethernet=False):
    protocol = 3 if inner_ethernet else 1 if packet.kind == IPV4 else 2
    return u32(0x0C000000 | protocol, 42 << 8) + (ethernet(packet) if inner_ethernet else packet.body)


def geneve(packet, options=b""):
    return bytes([len(options) // 4, 0]) + u16(0x6558) + u32(42 << 8) + options + ethernet(packet)


def protocol_of(packet):
    return 4 if packet.kind == IPV4 else 41


def juniper_ethernet(packet):
    """The magic number, flags (extensions follow, incoming), and two extensions."""
    extensions = bytes([1, 1, 0, 6, 1, 14])
    return b"MGC" + bytes([0x80]) + u16(len(extensions)) + extensions + ethernet(packet)


def nflog(packet):
    """Attributes: type and length in host order, the payload is number 9."""
    def attribute(kind, value):
        size = 4 + len(value)
        return struct.pack("<HH", size, kind) + value + bytes(-size % 4)

    kind = 2 if packet.kind == IPV4 else 10
    return bytes([kind, 0]) + u16(5) + attribute(1, u16(packet.kind) + b"\1\0") + attribute(10, b"bgp\0") + \
        attribute(9, packet.body)


def pktap(packet):
    """Apple's: the length of the header and the link type behind it, in the order of the host."""
    head = bytearray(108)
    struct.pack_into("<III", head, 0, 108, 1, 1)
    head[12:15] = b"en0"
    return bytes(head) + ethernet(packet)


def pflog(packet):
    """OpenBSD's: its length (without padding), the address family, what pf did."""
    head = bytes([61, 2 if packet.kind == IPV4 else 24, 0, 0]) + b"em0".ljust(16, b"\0") + bytes(41)
    return head + bytes(-len(head) % 4) + packet.body


def ppi(packet):
    return struct.pack("<BBHI", 0, 0, 8, 1) + ethernet(packet)


def fcs(data):
    return data + struct.pack("<I", zlib.crc32(data))


def on_ip(protocol, make, v6=False):
    outer = outer6 if v6 else outer4
    return lambda p: carried(IPV6 if v6 else IPV4, outer(protocol, make(p)))


# Name -> (link type, octets of a packet, whether ARP can be carried).
LINKS = {
    "Ethernet": (1, ethernet, True),
    "Ethernet, padded with a trailer": (1, lambda p: ethernet(p).ljust(60, b"\0") + b"\xff" * 7, True),
    "Ethernet, an FCS behind": (1, lambda p: fcs(ethernet(p).ljust(60, b"\0")), True),
    "802.1Q": (1, lambda p: ethernet(p, (0x8100, 100)), True),
    "802.1Q, priority tag": (1, lambda p: ethernet(p, (0x8100, 7 << 13)), True),
    "QinQ 88a8": (1, lambda p: ethernet(p, (0x88A8, 200), (0x8100, 100)), True),
    "QinQ 9100": (1, lambda p: ethernet(p, (0x9100, 200), (0x8100, 100)), True),
    "QinQ 9200": (1, lambda p: ethernet(p, (0x9200, 200), (0x8100, 100)), True),
    "QinQ 8100 twice": (1, lambda p: ethernet(p, (0x8100, 200), (0x8100, 100)), True),
    "three tags": (1, lambda p: ethernet(p, (0x88A8, 3), (0x8100, 2), (0x8100, 1)), True),
    "LLC/SNAP": (1, snap, True),
    "SLL": (113, sll, True),
    "SLL with VLAN": (113, lambda p: sll(p, 3, (0x8100, 100)), True),
    "SLL with QinQ": (113, lambda p: sll(p, 3, (0x88A8, 9), (0x8100, 100)), True),
    "SLL2": (276, sll2, True),
    "SLL2 with VLAN": (276, lambda p: sll2(p, 3, (0x8100, 100)), True),
    "SLL2 with QinQ": (276, lambda p: sll2(p, 3, (0x88A8, 9), (0x8100, 100)), True),
    "RAW": (101, lambda p: p.body, False),
    "RAW 12": (12, lambda p: p.body, False),
    "RAW 14": (14, lambda p: p.body, False),
    "NULL": (0, lambda p: struct.pack("<I", family(p, True)) + p.body, False),
    "NULL, the other order": (0, lambda p: struct.pack(">I", family(p, True)) + p.body, False),
    "LOOP": (108, lambda p: u32(family(p, True)) + p.body, False),
    "PPP": (9, lambda p: ppp_protocol(p) + p.body, False),
    "PPP with ff03": (9, lambda p: b"\xff\x03" + ppp_protocol(p) + p.body, False),
    "PPP, short protocol": (9, lambda p: ppp_protocol(p)[1:] + p.body, False),
    "PPP_SERIAL": (50, lambda p: b"\xff\x03" + ppp_protocol(p) + p.body, False),
    "PPP_SERIAL, Cisco": (50, lambda p: b"\x0f\0" + typed(p), False),
    "PPP_WITH_DIR": (204, lambda p: b"\1\xff\x03" + ppp_protocol(p) + p.body, False),
    "HDLC": (104, lambda p: b"\x0f\0" + typed(p), False),
    "PPPoE": (1, lambda p: carried(0x8864, b"\x11\0" + u16(7, len(p.body) + 2) + ppp_protocol(p) + p.body), False),
    "PPPoE link": (51, lambda p: b"\x11\0" + u16(7, len(p.body) + 2) + ppp_protocol(p) + p.body, False),
    "MPLS link": (219, lambda p: mpls(p, 1), False),
    "MPLS, 1 label": (1, lambda p: carried(0x8847, mpls(p, 1)), False),
    "MPLS, 3 labels": (1, lambda p: carried(0x8847, mpls(p, 3)), False),
    "MPLS in PPP": (9, lambda p: u16(0x281) + mpls(p, 2), False),
    "MPLS, Ethernet behind a control word": (1, lambda p: carried(0x8847, u32(99 << 12 | 0x140, 0) + ethernet(p)), True),
    "MPLS, Ethernet": (1, lambda p: carried(0x8847, u32(99 << 12 | 0x140) + ethernet(p)), True),
    "MPLS in IP": (1, on_ip(137, lambda p: mpls(p, 1)), False),
    "MPLS in UDP": (1, on_ip(17, lambda p: udp(6635, mpls(p, 1))), False),
    "GRE": (1, on_ip(47, gre), False),
    "GRE over IPv6": (1, on_ip(47, gre, True), False),
    "GRE, key and sequence": (1, on_ip(47, lambda p: gre(p, 0x3000, fields=u32(77, 5))), False),
    "GRE, checksum": (1, on_ip(47, gre_checked), False),
    "GRE, Ethernet": (1, on_ip(47, lambda p: gre(p, protocol=0x6558, body=ethernet(p))), True),
    "GRE in UDP": (1, on_ip(17, lambda p: udp(4754, gre(p))), False),
    "NVGRE": (1, on_ip(47, lambda p: gre(p, 0x2000, protocol=0x6558, fields=u32(42 << 8), body=ethernet(p))), True),
    "PPTP's GRE": (1, on_ip(47, lambda p: gre(p, 0x3000, 1, 0x880B, u16(len(p.body) + 4, 9) + u32(5),
                                            b"\xff\x03" + ppp_protocol(p) + p.body)), False),
    "ERSPAN I": (1, on_ip(47, lambda p: erspan(p, 1)), True),
    "ERSPAN II": (1, on_ip(47, lambda p: erspan(p, 2)), True),
    "ERSPAN III": (1, on_ip(47, lambda p: erspan(p, 3)), True),
    "ERSPAN III, platform part": (1, on_ip(47, lambda p: erspan(p, 4)), True),
    "IP in IPv4": (1, lambda p: carried(IPV4, outer4(protocol_of(p), p.body)), False),
    "IP in IPv6": (1, lambda p: carried(IPV6, outer6(protocol_of(p), p.body)), False),
    "VXLAN": (1, on_ip(17, lambda p: udp(4789, vxlan(p))), True),
    "VXLAN, port 8472": (1, on_ip(17, lambda p: udp(8472, vxlan(p))), True),
    "VXLAN over IPv6": (1, on_ip(17, lambda p: udp(4789, vxlan(p)), True), True),
    "VXLAN-GPE, IP": (1, on_ip(17, lambda p: udp(4790, vxlan_gpe(p))), False),
    "VXLAN-GPE, Ethernet": (1, on_ip(17, lambda p: udp(4790, vxlan_gpe(p, True))), True),
    "Geneve": (1, on_ip(17, lambda p: udp(6081, geneve(p))), True),
    "Geneve with options": (1, on_ip(17, lambda p: udp(6081, geneve(p, u16(0x102, 1) + u32(5)))), True),
    "Geneve, IP": (1, on_ip(17, lambda p: udp(6081, b"\0\0" + u16(p.kind) + u32(7 << 8) + p.body)), False),
    "QinQ in VXLAN": (1, on_ip(17, lambda p: udp(4789, u32(0x08000000, 42 << 8) +
                                               ethernet(p, (0x88A8, 2), (0x8100, 1)))), True),
    "VXLAN in GRE in MPLS": (1, lambda p: carried(0x8847, u32(99 << 12 | 0x140) + outer4(
        47, gre(p, protocol=IPV4, body=outer4(17, udp(4789, vxlan(p)))))), True),
    "VXLAN in ERSPAN II": (1, on_ip(47, lambda p: gre(p, 0x1000, protocol=0x88BE, fields=u32(9), body=u32(
        0x10050003, 1) + carried(IPV4, outer4(17, udp(4789, vxlan(p)))))), True),
    "Juniper Ethernet": (178, juniper_ethernet, True),
    "NFLOG": (239, nflog, False),
    "PKTAP": (258, pktap, True),
    "PFLOG": (117, pflog, False),
    "PPI": (192, ppi, True),
    "IPNET": (226, lambda p: bytes([1, family(p)]) + bytes(22) + p.body, False),
    "NETANALYZER": (240, lambda p: bytes(4) + fcs(ethernet(p)), True),
    "ENC": (109, lambda p: struct.pack("<III", family(p, True), 0x1000, 0) + p.body, False),
}


def to_link(packets, name):
    link, make, arp = LINKS[name]
    return [Record(one.time, link, data, len(data)) for one in packets if one.is_ip or arp
            for data in [make(one)]]


def of_family(packets, version):
    """IPV4 and IPV6 as link types carry one of them."""
    link, kind = (228, IPV4) if version == 4 else (229, IPV6)
    return [Record(one.time, link, one.body, len(one.body)) for one in packets if one.kind == kind]


def outgoing(packets, mac):
    """SLL, with the direction as the host of that MAC sees it."""
    return [Record(one.time, 113, data, len(data)) for one in packets
            for data in [sll(one, 4 if one.src == mac else 0)]]


def without_arp(packets):
    return [one for one in packets if one.is_ip]


__all__ = ["LINKS", "to_link", "of_family", "outgoing", "without_arp", "Ip", "ARP"]
