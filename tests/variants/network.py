# SPDX-License-Identifier: GPL-2.0-or-later
"""What happens to IP on its way: fragments, extension headers, offload, options. Each function takes packets
and gives packets; what is not IP passes unchanged."""
import struct

from .packet import IPV6, TCP, UDP, Ip, Segment

MORE = 0x2000
FRAGMENT_HEADER = 44


def each(packets, change):
    """`change` gives a packet, a list of packets, or None for no change, for each IP packet."""
    out = []
    for number, one in enumerate(packets):
        ip = Ip.of(one)
        made = None if ip is None else change(number, ip)
        out += [one] if made is None else made if isinstance(made, list) else [made]
    return out


def piece(ip, ident, offset, data, more):
    """One fragment, of `data` at `offset`."""
    part = ip.packet, offset, len(data), not more
    if ip.version == 4:
        return ip.make(data, ident=ident, fragment=(MORE if more else 0) | offset // 8).but(part=part)
    head = struct.pack(">BBHI", ip.protocol, 0, offset | more, 0x10000 + ident)
    return ip.make(head + data, protocol=FRAGMENT_HEADER).but(part=part)


def pieces(ip, ident, size):
    data = ip.payload
    return [piece(ip, ident, at, data[at:at + size], at + size < len(data))
            for at in range(0, len(data), size)]


def wanted(ip, size):
    return ip.protocol in (TCP, UDP) and len(ip.payload) > size


def fragmented(packets, size=24, order=lambda found: found, same_id=False):
    def change(number, ip):
        return order(pieces(ip, 7 if same_id else number & 0xFFFF, size)) if wanted(ip, size) else None
    return each(packets, change)


def reverse(found):
    return found[::-1]


def doubled(found):
    return [one for one in found for _ in (0, 1)]


def shuffled(found):
    return found[1::2] + found[0::2]


def overlapping(packets, size=32, lie=False):
    """Each fragment but the last repeats the first 8 octets of the next; `lie`: a false copy follows the true
    one. IPv4 receivers keep the first copy; RFC 5722 wants IPv6 to discard the datagram either way."""
    def change(number, ip):
        if not wanted(ip, size):
            return None
        data, out, ident = ip.payload, [], number & 0xFFFF
        for at in range(0, len(data), size):
            last = at + size >= len(data)
            more = data[at:at + size + (0 if last else 8)]
            if lie and at:
                more = bytes(octet ^ 0xFF for octet in more[:8]) + more[8:]
            if not last and len(more) % 8:
                more, last = data[at:], True
            out.append(piece(ip, ident, at, more, not last))
            if last:
                break
        return out
    return each(packets, change)


def interleaved(packets, size=40):
    """Two datagrams with the same identification, of opposite directions, piece by piece."""
    out, waiting = [], None
    for one in packets:
        ip = Ip.of(one)
        if ip is None or not wanted(ip, size):
            if waiting:
                out += waiting[1]
                waiting = None
            out.append(one)
            continue
        mine = pieces(ip, 99, size)
        if waiting and (waiting[0].src, waiting[0].protocol) != (ip.src, ip.protocol):
            theirs, merged = waiting[1], []
            for i in range(max(len(mine), len(theirs))):
                merged += theirs[i:i + 1] + [late.but(time=theirs[0].time) for late in mine[i:i + 1]]
            out += merged
            waiting = None
        else:
            if waiting:
                out += waiting[1]
            waiting = ip, mine
    return out + (waiting[1] if waiting else [])


def unfinished(packets, count=3):
    """First fragments of datagrams whose rest never comes, between all others."""
    def change(number, ip):
        if ip.protocol not in (TCP, UDP):
            return None
        other = Ip(ip.packet.but(time=ip.packet.time))  # of which nothing more comes
        junk = [piece(other, 30000 + number * count + i & 0xFFFF, 0, ip.payload[:8] + bytes(8), True)
                for i in range(count)]
        return junk + [ip.packet]
    return each(packets, change)


# IPv6 extension headers: (number, octets behind next header and length).
HOP_BY_HOP = (0, bytes([5, 2, 0, 0, 1, 0]))  # router alert
DESTINATION = (60, bytes([1, 4]) + bytes(4))
ROUTING = (43, bytes([0, 0]) + bytes(20))  # type 0, none left
LONG_OPTIONS = (60, bytes([1, 20]) + bytes(20))
AUTHENTICATION = (51, bytes(2) + struct.pack(">II", 7, 1) + bytes(12))
JUMBO = 0xC2


def extended(packets, *headers):
    """IPv6 with these headers before the payload."""
    def change(_, ip):
        if ip.version != 6 or ip.protocol not in (TCP, UDP):
            return None
        following, out = ip.protocol, b""
        for number, body in reversed(headers):
            size = len(body) + 2
            units = size // 4 - 2 if number == 51 else size // 8 - 1
            out = bytes([following, units]) + body + out
            following = number
        return ip.make(out + ip.payload, protocol=following).but(part=(ip.packet, 0, len(ip.payload), True))
    return each(packets, change)


def atomic(packets):
    """IPv6 fragments that are the whole, RFC 6946."""
    def change(number, ip):
        return piece(ip, number, 0, ip.payload, False) if ip.version == 6 and wanted(ip, 0) else None
    return each(packets, change)


def with_options(packets, options=bytes([7, 7, 4, 0, 0, 0, 0, 0, 1, 1, 1, 0])):
    """IPv4 with a record-route option and padding."""
    return each(packets, lambda _, ip: ip.make(ip.payload, options=options) if ip.version == 4 else None)


def without_length(packets):
    """The length that the card was left to fill in."""
    def change(_, ip):
        body = bytearray(ip.packet.body)
        if ip.protocol != TCP:
            return None
        struct.pack_into(">H", body, 2 if ip.version == 4 else 4, 0)
        return ip.packet.but(body=bytes(body))
    return each(packets, change)


def jumbo(packets):
    """The length in a hop-by-hop option, RFC 2675."""
    def change(_, ip):
        if ip.version != 6 or ip.protocol != TCP:
            return None
        head = bytes([ip.protocol, 0, JUMBO, 4]) + struct.pack(">I", 8 + len(ip.payload))
        made = ip.make(b"", protocol=0)
        return made.but(body=made.body[:4] + b"\0\0" + made.body[6:] + head + ip.payload,
                        part=(ip.packet, 0, len(ip.payload), True))
    return each(packets, change)


def bad_tcp_checksums(packets, src=None):
    """As the sending host shows them before its card has filled them in: the pseudo header's sum."""
    def change(_, ip):
        if ip.protocol != TCP or (src is not None and ip.src != src):
            return None
        payload = ip.payload[:16] + b"\x12\x34" + ip.payload[18:]
        return ip.packet.but(body=ip.head + payload)
    return each(packets, change)


def bad_ip_checksums(packets):
    def change(_, ip):
        return ip.packet.but(body=ip.packet.body[:10] + b"\0\0" + ip.packet.body[12:]) if ip.version == 4 else None
    return each(packets, change)


def received_offload(packets, most=1 << 20):
    """As GRO joins them: segments of one direction that follow each other without a hole, no other packet of
    the connection between them. Over 64 KiB the length in the IP header is 0 (BIG TCP)."""
    out, open_ = [], {}
    for one in packets:
        segment = Segment.of(one)
        if segment is None or not segment.data or segment.flags & 0x07:
            if segment is not None:
                open_.pop(segment.pair, None)
            out.append([one])
            continue
        at = open_.get(segment.pair)
        last = Segment.of(out[at][-1]) if at is not None else None
        if last is not None and last.line == segment.line and last.first + len(last.data) == segment.seq and \
                sum(len(Segment.of(p).data) for p in out[at]) + len(segment.data) <= most:
            out[at].append(one)
        else:
            open_[segment.pair] = len(out)
            out.append([one])
    made = []
    for group in out:
        if len(group) == 1:
            made.append(group[0])
            continue
        parts = [Segment.of(one) for one in group]
        whole = parts[0].make(data=b"".join(part.data for part in parts), flags=parts[-1].flags,
                              ack=parts[-1].ack, window=parts[-1].window, time=parts[-1].time)
        body = bytearray(whole.body)
        if len(body) > 65535:
            struct.pack_into(">H", body, 2 if body[0] >> 4 == 4 else 4, 0)
        made.append(whole.but(body=bytes(body)))
    return made


__all__ = [name for name in dir() if not name.startswith("_")] + ["IPV6"]
