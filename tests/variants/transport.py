# SPDX-License-Identifier: GPL-2.0-or-later
"""What happens to TCP, and to the capture of it. Each function takes packets and gives packets."""
import random

from .network import each
from .packet import ACK, FIN, IPV6, MASK, RST, SYN, TCP, UDP, Ip, Packet, Segment

MS, S = 10**6, 10**9
HOUR, DAY = 3600 * S, 86400 * S


def each_segment(packets, change):
    """`change` gives packets, a packet, or None for no change, for each TCP segment."""
    out = []
    for number, one in enumerate(packets):
        segment = Segment.of(one)
        made = None if segment is None else change(number, segment)
        out += [one] if made is None else made if isinstance(made, list) else [made]
    return out


# What a capture lacks.

def begun_at(packets, number):
    return packets[number:]


def holes(packets, share, seed):
    chance = random.Random(f"{seed} {share}")
    return [one for one in packets if chance.random() >= share]


def senders(packets):
    """The MAC addresses that sent IP."""
    return sorted({one.src for one in packets if one.is_ip})


def one_direction(packets, mac):
    return [one for one in packets if one.src == mac]


def without_handshake(packets):
    return [one for one in packets if Segment.of(one) is None or not Segment.of(one).flags & SYN]


# Other segments.

def split(packets, sizes):
    """Payload in pieces of these sizes, round and round, each a segment; FIN stays on the last."""
    def change(_, segment):
        data, out, at, turn = segment.data, [], 0, 0
        if len(data) <= sizes[0] or segment.flags & (SYN | RST):
            return None
        while at < len(data):
            size = sizes[turn % len(sizes)]
            last = at + size >= len(data)
            out.append(segment.make(seq=segment.seq + at, data=data[at:at + size],
                                    flags=segment.flags if last else segment.flags & ~FIN))
            at += size
            turn += 1
        return out
    return each_segment(packets, change)


def unoptioned(packets):
    """SACK and timestamps taken away, as some firewalls do."""
    return each_segment(packets, lambda _, segment: segment.make(
        options=segment.options[:4] if segment.flags & SYN and segment.options[:1] == b"\2" else b""))


def shifted(packets, edge):
    """Sequence numbers so that each direction passes `edge` (2^32, 2^31) in the middle of its stream."""
    ends = {}
    for one in packets:
        segment = Segment.of(one)
        if segment is None:
            continue
        first, size = ends.setdefault((segment.line), [segment.first, 0])
        if len(segment.data) and (segment.first - first) & MASK < 1 << 30:
            ends[segment.line][1] = max(size, (segment.first + len(segment.data) - first) & MASK)
    by = {line: (edge - first - size // 2) & MASK for line, (first, size) in ends.items()}

    def change(_, segment):
        back = segment.line[2:] + segment.line[:2]
        ack = segment.ack + by.get(back, 0) if segment.flags & ACK else segment.ack
        return segment.make(seq=segment.seq + by[segment.line], ack=ack)
    return each_segment(packets, change)


# Copies.

def mirrored(packets, after=20_000, ttl=False, macs=False):
    """Each frame twice, as a mirror of both sides of a router or a bridge gives it."""
    out = []
    for one in packets:
        twin = one.but(time=one.time + after)
        if macs:
            twin = twin.but(src=b"\2\xaa" + one.src[2:], dst=b"\2\xbb" + one.dst[2:])
        if ttl and one.is_ip:
            ip = Ip.of(one)
            twin = ip.make(ip.payload, ttl=ip.ttl - 1).but(src=twin.src, dst=twin.dst, time=twin.time)
        out += [one, twin]
    return out


def acknowledged(packets):
    """{line: the highest octet of it that the other side acknowledges}, by distance from its first one."""
    first, high = {}, {}
    for one in packets:
        segment = Segment.of(one)
        if segment is not None and segment.flags & ACK and not segment.flags & RST:
            first.setdefault(segment.line, segment.first)
            back = segment.line[2:] + segment.line[:2]
            if back in first:
                high[back] = max(high.get(back, 0), (segment.ack - first[back]) & MASK)
    return {line: (first[line] + size) & MASK for line, size in high.items()}


def repeatable(segment, acked):
    """Data that did arrive: what nobody acknowledges, and comes again, is another story."""
    end = (segment.first + len(segment.data)) & MASK
    return segment.data and not segment.flags & (SYN | FIN | RST) and segment.line in acked and \
        (acked[segment.line] - end) & MASK < 1 << 31


def retransmitted(packets, every=3, after=250 * MS, size=0, lie=False):
    """Some data segments once more, with another IP identification, later: whole, or in pieces of `size`, or
    (`lie`) with other octets."""
    late, acked = [], acknowledged(packets)

    def change(number, segment):
        if repeatable(segment, acked) and number % every == 0:
            data = bytes(octet ^ 0x55 for octet in segment.data) if lie else segment.data
            step = size or len(data)
            for at in range(0, len(data), step):
                late.append(segment.make(seq=segment.seq + at, data=data[at:at + step], ident=number * 31 & 0xFFFF,
                                         time=segment.time + after))
    each_segment(packets, change)
    return sorted(packets + late, key=lambda one: one.time)


def joined_copies(packets, after=250 * MS):
    """Two data segments in a row sent once more as one."""
    late, last, acked = [], {}, acknowledged(packets)

    def change(number, segment):
        before = last.pop(segment.line, None)
        if not repeatable(segment, acked):
            return
        if before is not None and before.first + len(before.data) == segment.seq:
            late.append(before.make(data=before.data + segment.data, ident=number * 31 & 0xFFFF,
                                    time=segment.time + after))
        else:
            last[segment.line] = segment
    each_segment(packets, change)
    return sorted(packets + late, key=lambda one: one.time)


# Order.

def resorted(packets, late):
    """By their times and how many ns `late` says that each comes late; the times stay. What begins or ends a
    connection keeps its place: a capture that has the end before the data tells another story."""
    keys, floor, top = [], {}, {}
    for i, one in enumerate(packets):
        segment = Segment.of(one)
        pair = segment.pair if segment is not None else None
        if segment is not None and segment.flags & (SYN | FIN | RST):
            key = floor[pair] = max(top.get(pair, 0), one.time)
        else:
            key = max(floor.get(pair, 0), one.time + late(i, segment))
        top[pair] = max(top.get(pair, 0), key)
        keys.append((key, i))
    return [packets[i].but(time=one.time) for (_, i), one in zip(sorted(keys), packets)]


def reordered(packets, window, seed):
    """In another order, as queues of a card give them: each up to `window` ns late."""
    chance = random.Random(f"{seed} {window}")
    return resorted(packets, lambda i, segment: chance.randint(0, window))


def shown_late(packets, every=3, by=2 * MS):
    """Data behind the ACKs for it: each n-th data segment that much later."""
    return resorted(packets, lambda i, segment: by if segment is not None and segment.data and i % every == 0
                    else 0)


def time_disordered(packets, by=5 * MS):
    """Every third packet has an earlier time than the one before it, as several queues of a card give."""
    return [one.but(time=one.time - by) if i % 3 == 2 else one for i, one in enumerate(packets)]


# Clocks.

def all_at_once(packets):
    return [one.but(time=packets[0].time) for one in packets]


def one_time(packets, number, by):
    """One packet with another time."""
    return [one.but(time=one.time + by) if i == number else one for i, one in enumerate(packets)]


def clock_set(packets, number, by):
    """The clock set, by this much, before the packet of this number."""
    return [one.but(time=one.time + by) if i >= number else one for i, one in enumerate(packets)]


# Other segments between.

def keepalive_probes(packets, garbage, every=4):
    """Probes below what was acknowledged, with one octet of garbage or none, each answered."""
    state = {}

    def change(number, segment):
        line = segment.line
        if segment.flags & (SYN | RST | FIN):
            state[line] = None
            return None
        end = (segment.seq + len(segment.data)) & MASK
        back = line[2:] + line[:2]
        state[line] = segment
        other = state.get(back)
        if other is None or number % every or segment.data or segment.ack != (other.seq + len(other.data)) & MASK:
            return None
        probe = segment.make(seq=end - 1, data=b"\xa5" if garbage else b"", ident=number * 31 & 0xFFFF)
        if other.ack != end:
            return None
        answer = other.make(seq=other.seq + len(other.data), data=b"", flags=ACK, ident=number * 37 & 0xFFFF,
                            time=segment.time)
        return [segment.ip.packet, probe.but(time=segment.time), answer]
    return each_segment(packets, change)


def foreign_resets(packets, every=6, exact=None):
    """RSTs that no receiver would take: far outside the window. `exact`: one at that packet, with the very
    sequence number that the receiver expects."""
    def change(number, segment):
        if segment.flags & (SYN | RST | FIN):
            return None
        if exact is None and number % every == 0:
            return [segment.ip.packet, segment.make(seq=segment.seq + 0x40000000, flags=RST, data=b"", ident=number)]
        if exact == number:
            return [segment.ip.packet, segment.make(seq=segment.seq + len(segment.data), flags=RST, data=b"",
                                                    ident=number)]
        return None
    return each_segment(packets, change)


def ports_reused(packets, pause, seq=12345678):
    """The whole once more on the same ports, after a pause (ns), with other sequence numbers and other IP
    identifications."""
    by = packets[-1].time - packets[0].time + pause
    again = []
    for number, one in enumerate(packets):
        segment = Segment.of(one)
        twin = one
        if segment is not None:
            twin = segment.make(seq=segment.seq + seq, ack=segment.ack + seq if segment.flags & ACK else segment.ack,
                                ident=number + 20000 & 0xFFFF)
        again.append(twin.but(time=one.time + by))
    return packets + again


def only_pair(packets, pair):
    return [one for one in packets if Segment.of(one) is not None and Segment.of(one).pair == pair]


def simultaneous_open(packets):
    """The first connection's SYN-ACK becomes a SYN that crosses, and two SYN-ACKs follow (RFC 9293, 3.5)."""
    out, syn, done = [], None, False
    for one in packets:
        segment = Segment.of(one)
        if not done and segment is not None and segment.flags & SYN:
            if not segment.flags & ACK:
                syn = segment
            elif syn is not None:
                out.append(segment.make(flags=SYN, ack=0))
                out.append(syn.make(flags=SYN | ACK, ack=segment.seq + 1, time=segment.time, ident=4711))
                out.append(one.but(time=segment.time))
                done = True
                continue
        out.append(one)
    return out


__all__ = [name for name in dir() if not name.startswith("_")] + ["IPV6", "TCP", "UDP", "Packet", "each"]
