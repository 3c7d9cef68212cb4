# SPDX-License-Identifier: GPL-2.0-or-later
"""Which messages a capture holds, told from its segments alone: a stream of octets is put together from the
whole capture, BGP's length fields cut it into messages, and a message is there where every octet of it is.
It belongs to the packet that holds the first copy of its last octet."""
import bisect
import collections
import struct

from .packet import MASK, RST, SYN, Ip, Segment

TYPES = {1: "OPEN", 2: "UPDATE", 3: "NOTIFICATION", 4: "KEEPALIVE", 5: "ROUTE-REFRESH",
         6: "CAPABILITY", 128: "ROUTE-REFRESH-CISCO"}

MARKER = b"\xff" * 16

# A message is the octets [at, end) of the stream `line`, whose first octet has the sequence number `start`.
# `line`: (src, sport, dst, dport) as text and numbers.
Message = collections.namedtuple("Message", "line start at end type length")


def line_of(segment):
    src, sport, dst, dport = segment.line
    return segment.ip.text(src), sport, segment.ip.text(dst), dport


class Octets:
    """Octets by their place; the first copy of each counts."""

    def __init__(self):
        self.data, self.there = bytearray(), bytearray()

    def add(self, at, data):
        end = at + len(data)
        if end > len(self.data):
            more = bytes(end - len(self.data))
            self.data += more
            self.there += more
        if not any(self.there[at:end]):
            self.data[at:end] = data
        else:
            for i, octet in enumerate(data, at):
                if not self.there[i]:
                    self.data[i] = octet
        self.there[at:end] = b"\1" * len(data)

    def whole(self, at, end):
        return end <= len(self.there) and 0 not in self.there[at:end]


def delivered(packets):
    """(frame, packet): fragments become the packet that they are parts of, with the last of them. IPv6 gives
    up a datagram whose fragments overlap unless they are copies (RFC 5722)."""
    parts, over = {}, set()
    for number, one in enumerate(packets, 1):
        if one.part is None:
            yield number, one
            continue
        packet, offset, size, last = one.part
        key = id(packet)
        if key in over:
            continue
        octets, spans, ends = parts.setdefault(key, (Octets(), set(), set()))
        if Ip.of(packet).version == 6 and (offset, size) not in spans and any(
                offset < at + more and at < offset + size for at, more in spans):
            over.add(key)
            continue
        spans.add((offset, size))
        octets.add(offset, bytes(size))
        ends.update([offset + size] if last else [])
        if ends and octets.whole(0, max(ends)):
            over.add(key)
            yield number, packet if packet.part is None else packet.part[0]


def segments(packets):
    for number, one in delivered(packets):
        segment = Segment.of(one)
        if segment is not None and not segment.flags & RST:
            yield number, segment


def messages(packets):
    """Of a capture that holds whole connections, from their SYNs on; in the order of the streams."""
    streams, now = {}, {}
    found = [segment for _, segment in segments(packets)]
    for segment in found:
        if segment.flags & SYN:
            streams.setdefault((line_of(segment), segment.first), Octets())
    starts = collections.defaultdict(list)
    for line, start in streams:
        starts[line].append(start)
    for segment in found:
        line = line_of(segment)
        if segment.flags & SYN:
            now[line] = segment.first
        elif line in starts and segment.data:
            start = now.get(line, starts[line][0])
            at = (segment.seq - start) & MASK
            if at < 1 << 24:
                streams[line, start].add(at, segment.data)
    return [Message(line, start, *found) for (line, start), stream in streams.items()
            for found in framed(stream)]


def framed(stream):
    """(at, end, type, length) of each whole message. Behind a hole that took a header the marker is sought."""
    data, at, sure = bytes(stream.data), 0, True
    while at + 19 <= len(data):
        length, kind = struct.unpack(">HB", data[at + 16:at + 19])
        if not stream.whole(at, at + 19) or data[at:at + 16] != MARKER or not 19 <= length <= 65535 or \
                not (sure or kind in TYPES):
            at, sure = at + 1, False
            continue
        sure = True
        if stream.whole(at, at + length):
            yield at, at + length, TYPES.get(kind, f"UNKNOWN-{kind}"), length
        at += length


def held(whole, packets, snaplen=None):
    """Those of the messages `whole` that these packets hold, each with its frame: {line: [(frame, message)]}.
    `packets` may have been cut to `snaplen` octets of the frame."""
    streams = {}
    for message in whole:
        octets, ends, _ = streams.setdefault((message.line, message.start), (Octets(), [], {}))
        ends.append(message.end)
    by_line = collections.defaultdict(list)
    for line, start in streams:
        by_line[line].append(start)
    for number, segment in segments(packets):
        size = len(segment.data)
        if snaplen is not None:
            size = max(0, min(size, size - (len(segment.ip.packet.frame) - snaplen)))
        for start in by_line.get(line_of(segment), ()) if size else ():
            octets, ends, frames = streams[line_of(segment), start]
            at = (segment.first - start) & MASK
            data = segment.data[:size]
            if at >= 1 << 31:
                data, at = data[(1 << 32) - at:], 0
            if not data or at >= ends[-1]:
                continue
            octets.add(at, data)
            for end in ends[bisect.bisect_right(ends, at):bisect.bisect_right(ends, at + len(data))]:
                frames.setdefault(end, number)
    out = collections.defaultdict(list)
    for message in whole:
        octets, _, frames = streams[message.line, message.start]
        if octets.whole(message.at, message.end):
            out[message.line].append((frames[message.end], message))
    return out
