#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The transport matrix: the same traffic, arrived in every other way (tests/variants/).

Where nothing is lost, a variant must tell what its base tells: the same messages in the packets that the
transformation maps them to, the same transitions, findings and verdicts. Where something is lost, every
message that is wholly there must be told, none that is not, and nobody may be accused whom the whole does not
accuse. Which messages are there is told by variants.oracle, from the segments alone.

By hand: test_matrix.py [--all] [WORD...] runs the variants whose name holds all the words; --all (or
BGPWHY_MATRIX=all) takes every variant with every base, not a selection.
"""
import collections
import itertools
import multiprocessing
import os
import random
import shutil
import subprocess
import sys
import tempfile
import traceback
import zlib
from functools import partial as later

import test_tshark
from support import BGPWHY, PCAPS, SECONDS, Run, Tap, bgpwhy, epoch, need_program
from variants import containers, links, network, oracle, packet, transport
from variants.packet import Segment

SEED = 20261122
WORKERS = 2
BASES = ("healthy", "healthy-ipv6", "bad-peer-as", "hold-timer-expired", "large-table", "collision",
         "mtu-black-hole", "healthy-extended-message", "healthy-link-local", "healthy-md5")


class Base:
    """A capture, its messages by the oracle, and what the program says of it."""

    def __init__(self, name):
        self.name = name
        self.packets = packet.read(os.path.join(PCAPS, name + ".pcap"))
        self.whole = oracle.messages(self.packets)
        self._told = {}

    def but(self, packets):
        """Other packets, of which the same is to be told."""
        other = Base.__new__(Base)
        other.name, other.packets, other._told = self.name, packets, {}
        other.whole = oracle.messages(packets)
        return other

    def told(self):
        if "run" not in self._told:
            self._told["run"] = run([containers.pcap(packet.records(self.packets))])
        return self._told["run"]

    def bodies(self):
        """Decoded messages by line, in the order of the stream."""
        if "bodies" not in self._told:
            self._told["bodies"] = by_line(
                one for one in self.told().events("message") if not one.get("truncated"))
        return self._told["bodies"]


def run(inputs, *options):
    """The program on these contents of files; one is given on standard input."""
    if len(inputs) == 1:
        return bgpwhy("-r", "-", "--json", "-v", *options, input=inputs[0])
    with tempfile.TemporaryDirectory() as folder:
        args = []
        for i, data in enumerate(inputs):
            path = os.path.join(folder, f"{i}.pcap")
            with open(path, "wb") as file:
                file.write(data)
            args += ["-r", path]
        return bgpwhy(*args, "--json", "-v", *options)


def body_of(event):
    return {name: value for name, value in event.items() if name not in
            ("seq", "time", "frame", "session", "connection", "event", "input")}


def by_line(events):
    lines = collections.defaultdict(list)
    for one in events:
        lines[one["src"], one["src_port"], one["dst"], one["dst_port"]].append(one)
    return lines


# What a run tells, without frames and times.

def numbers(events):
    return {one["session"]: tuple(sorted((one["local"], one["remote"])))
            for one in events if one["event"] == "session"} | {None: None}


def story(events):
    """{what: sorted facts}: whatever does not depend on how the traffic arrived."""
    pairs = numbers(events)
    facts = collections.defaultdict(list)
    for one in events:
        kind = one["event"]
        if kind == "session":
            facts["session"].append(repr([pairs[one["session"]]] + [
                sorted(one[name].items()) if isinstance(one[name], dict) else one[name] for name in (
                    "asn", "bgp_id", "hold_time_s", "keepalive_s", "families", "state", "messages",
                    "established_count", "verdict", "primary_cause")]))
        elif kind == "finding":
            facts["finding"].append(repr([one[name] for name in ("cause", "severity", "confidence", "blame",
                                                                 "count")] + [pairs[one["session"]]]))
        elif kind == "transition":
            facts["transition"].append(repr([one[name] for name in ("protocol", "speaker", "peer", "from", "to",
                                                                    "basis")] + [one.get("rfc_event")]))
        elif kind == "bfd_session":
            facts["bfd_session"].append(repr([sorted((one["local"], one["remote"]))] + [
                sorted(one[name].items()) if isinstance(one[name], dict) else one[name] for name in (
                    "mode", "state", "negotiated_tx_us", "detection_time_us", "packets", "flaps")]))
        elif kind == "bfd":
            facts["bfd"].append(repr([one[name] for name in ("src", "dst", "port", "state", "diag", "flags",
                                                             "my_discriminator", "your_discriminator")]))
        elif kind in ("fault", "gap"):
            facts[kind].append(repr([one.get("code"), one.get("src"), one.get("bytes")]))
    return {kind: sorted(found) for kind, found in facts.items()}


def differences(one, other, limit=6):
    """What stands in one of two stories only."""
    out = []
    for kind in sorted(set(one) | set(other)):
        a, b = collections.Counter(one.get(kind, ())), collections.Counter(other.get(kind, ()))
        out += [f"{kind}: only the base has {fact}" for fact in (a - b).elements()][:limit]
        out += [f"{kind}: only the variant has {fact}" for fact in (b - a).elements()][:limit]
    return out


def strip(event, names):
    return {name: value for name, value in event.items() if name not in names}


def same_events(base, variant, resolution_ns=0):
    """Every event of the variant is the base's, but for the container and the link."""
    names = {"time", "first_time", "last_time", "lasted_us", "linktype", "input"}
    one, other = base.events(), variant.events()
    if resolution_ns:
        # Measured durations are as coarse as the time stamps.
        problems = differences(story(one), story(other))
        one, other = ([event for event in found if event["event"] not in ("session", "bfd_session")]
                      for found in (one, other))
        if problems:
            return problems
    if len(one) != len(other):
        return [f"{len(one)} events, {len(other)} in the variant",
                *differences(story(one), story(other)), *variant.complaints]
    problems = []
    for a, b in zip(one, other):
        if strip(a, names) != strip(b, names):
            problems.append(f"base    {strip(a, names)}\nvariant {strip(b, names)}")
        elif any(abs(epoch(a[name]) - epoch(b[name])) > resolution_ns / 1e9 + 5e-7
                 for name in ("time", "first_time", "last_time") if a.get(name) and b.get(name)):
            problems.append(f"time: base {a}\nvariant {b}")
        # A duration is between two time stamps, of which each may be later by less than the resolution.
        elif abs((a.get("lasted_us") or 0) - (b.get("lasted_us") or 0)) > (resolution_ns / 1000 + 1 if resolution_ns else 0):
            problems.append(f"duration: base {a}\nvariant {b}")
    return problems[:4]


# Messages.

def compare_messages(expected, base, events, lossy, frames=True):
    """`expected` is the oracle's {line: [(frame, message)]}, `base` gives the decoded bodies."""
    problems = []
    ours = by_line(one for one in events if one["event"] == "message")
    for line in sorted(set(expected) | set(ours), key=repr):
        mine = [one for one in ours.get(line, []) if not one.get("truncated")]
        theirs = expected.get(line, [])
        def key(frame, kind, length):
            return (frame if frames else 0, kind, length)
        a = collections.Counter(key(frame, one.type, one.length) for frame, one in theirs)
        b = collections.Counter(key(one["frame"], one["type"], one["length"]) for one in mine)
        problems += [f"{line}: not told: frame %d %s of %d octets" % one for one in (a - b).elements()][:6]
        problems += [f"{line}: not there: frame %d %s of %d octets" % one for one in (b - a).elements()][:6]
        if not lossy and a == b:
            bodies = [body_of(one) for one in base.bodies().get(line, [])]
            if bodies != [body_of(one) for one in mine]:
                problems.append(f"{line}: other values")
    return problems


class Variant:
    """One cell of the matrix."""

    def __init__(self, name, base, check, cost=1):
        self.name, self.base, self.check, self.cost = name, base, check, cost

    def problems(self):
        return self.check()


def exact(name, base, inputs, resolution_ns=0, options=()):
    """The same packets one by one: all events are the same."""
    def check():
        variant = run(inputs() if callable(inputs) else inputs, *options)
        problems = same_events(base.told(), variant, resolution_ns)
        if variant.status != base.told().status or variant.complaints:
            problems.append(f"exit status {variant.status}: {variant.complaints}")
        return problems
    return Variant(name, base, check)


def whole(name, base, made, ignore=(), frames=True, also=None, records=packet.records, compare_to=None):
    """Other packets, nothing lost: the same messages and the same story."""
    def check():
        packets = made()
        variant = run([containers.pcap(records(packets))])
        events = variant.events()
        messages = oracle.messages(packets)
        problems = []
        expected = oracle.held(messages, packets)
        if sum(map(len, expected.values())) != len(base.whole) and compare_to is None:
            problems.append(f"the variant itself holds {sum(map(len, expected.values()))} of {len(base.whole)}")
        problems += compare_messages(expected, base, events, compare_to is not None, frames)
        a, b = story((compare_to or base).told().events()), story(events)
        for kind in ignore:
            a.pop(kind, None)
            b.pop(kind, None)
        problems += differences(a, b)
        if variant.status != (compare_to or base).told().status or variant.complaints:
            problems.append(f"exit status {variant.status}: {variant.complaints}")
        problems += also(events) if also else []
        return problems
    return Variant(name, base, check)


def artefacts(events):
    return {key for one in events if one["event"] == "capture" and one["state"] == "end"
            for key in one["artefacts"]}


SILENCE = {"open-unanswered", "stuck-openconfirm", "hold-timer-expired"}
RANK = {"possible": 0, "likely": 1, "certain": 2}


def accusations(base, events, allowed=()):
    """Errors that the base does not have, other than as mere possibilities, and those that are surer."""
    problems = []
    known = collections.defaultdict(int)
    for one in base.told().events("finding"):
        known[one["cause"]] = max(known[one["cause"]], RANK[one["confidence"]])
    healthy = all(one["verdict"] == "healthy" for one in base.told().events("session"))
    for one in events:
        if one["event"] != "finding" or one["severity"] != "error" or one["cause"] in allowed:
            continue
        most = known[one["cause"]] if one["cause"] in known else 1 if one["cause"] in SILENCE and not healthy else \
            -1 if healthy else 0
        if RANK[one["confidence"]] > most:
            problems.append(f"accuses: {one['confidence']} {one['cause']}: {one['summary']}")
    return problems


def lossy(name, base, made, snaplen=None, allowed=(), also=None):
    """Something is gone: what is wholly there is told, nobody is accused who was not."""
    def check():
        packets = made() if callable(made) else made
        found = packet.records(packets)
        variant = run([containers.pcap(found if snaplen is None else packet.cut(found, snaplen))])
        events = variant.events()
        problems = compare_messages(oracle.held(base.whole, packets, snaplen), base, events, True)
        problems += accusations(base, events, allowed)
        if variant.status not in (0, 1) or variant.complaints:
            problems.append(f"exit status {variant.status}: {variant.complaints}")
        problems += also(events) if also else []
        return problems
    return Variant(name, base, check)


# The rows.

def container_rows(base):
    found = packet.records(base.packets)
    make = containers
    plain = make.pcap(found)
    sll = links.to_link(base.packets, "SLL")
    sll2 = links.to_link(base.packets, "SLL2")  # link-local addresses of a VLAN are others
    for order, nano in itertools.product("<>", (False, True)):
        yield exact(f"pcap {order} {'ns' if nano else 'µs'}", base, [make.pcap(found, order, nano)])
    yield exact("pcap of Kuznetzov", base, [make.pcap(found, "<", kuznetzov=True)])
    yield exact("pcap of Kuznetzov, >", base, [make.pcap(found, ">", kuznetzov=True)])
    yield exact("pcap, snaplen 0", base, [make.pcap(found, snaplen=0)])
    yield exact("pcap, the length of an FCS in its link type", base, [make.pcap(found, fcs=0x24000000)])
    for order in "<>":
        yield exact(f"pcapng {order}", base, [make.pcapng(found, order)])
        yield exact(f"pcapng {order}, comments and unknown blocks", base, [make.noisy(found, order)])
        yield exact(f"pcapng {order}, if_tsoffset", base, [make.pcapng(found, order, tsoffset=1000000007)])
    for what, resolution, ns in (("ms", 3, 10**6), ("10^9", 9, 0), ("2^20", 0x94, 1000), ("2^32", 0xA0, 1000),
                                 ("10^10", 10, 0)):
        yield exact(f"pcapng, if_tsresol {what}", base, [make.pcapng(found, tsresol=resolution)], ns)
    yield exact("pcapng, sections", base, [make.sections(found)], 1000)
    yield exact("pcapng, interfaces of different link types", base, [make.mixed([found, sll, sll2])])
    yield exact("pcapng, old packet blocks", base, [make.old_blocks(found)])
    yield exact("gzip", base, [make.gzip_members(plain, 1)])
    yield exact("gzip, five members", base, [make.gzip_members(plain, 5)])
    yield exact("gzip of a pcapng", base, [make.gzip_members(make.sections(found), 3)], 1000)
    if shutil.which("zstd"):
        yield exact("zstd", base, lambda: [subprocess.run(["zstd", "-q", "-c"], input=plain, check=True,
                                                          stdout=subprocess.PIPE).stdout])
    yield simple_blocks(base, found)
    yield dribbled(base, plain)


def simple_blocks(base, found):
    """Without times: the messages alone."""
    def check():
        variant = run([containers.simple_blocks(found)])
        expected = oracle.held(base.whole, base.packets)
        return compare_messages(expected, base, variant.events(), False) + variant.complaints
    return Variant("pcapng, simple packet blocks", base, check)


def dribbled(base, plain):
    """In pieces of a few octets, each a write of its own."""
    def check():
        sizes = random.Random(f"{SEED} {base.name}")
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            with subprocess.Popen([BGPWHY, "-r", "-", "--json", "-v"], stdin=subprocess.PIPE, stdout=out,
                                  stderr=err) as process:
                at = 0
                while at < len(plain):
                    size = sizes.choice((1, 2, 7, 16, 24, 100, 1000, 3000))
                    process.stdin.write(plain[at:at + size])
                    process.stdin.flush()
                    at += size
                process.stdin.close()
                process.wait(SECONDS)
            told = []
            for file in (out, err):
                file.seek(0)
                told.append(file.read())
        return same_events(base.told(), Run(process.returncode, *told))
    return Variant("a pipe in dribbles", base, check)


def link_rows(base):
    bare = base.but(links.without_arp(base.packets))
    for name, (_, _, arp) in links.LINKS.items():
        mine = base if arp else bare
        yield exact(f"link {name}", mine, lambda mine=mine, name=name: [
            containers.pcap(links.to_link(mine.packets, name))])
    version = 4 if any(one.kind == packet.IPV4 for one in base.packets) else 6
    yield exact(f"link IPV{version}", bare, [containers.pcap(links.of_family(bare.packets, version))])


def network_rows(base):
    bare = links.without_arp(base.packets)
    v6 = any(one.kind == packet.IPV6 for one in bare)
    for what, change in (
            ("fragments", network.fragmented),
            ("fragments of 8 octets", lambda p: network.fragmented(p, 8)),
            ("fragments of 8 octets, the last first", lambda p: network.fragmented(p, 8, network.reverse)),
            ("fragments of 1,480 octets", lambda p: network.fragmented(p, 1480)),
            ("fragments, the last first", lambda p: network.fragmented(p, 32, network.reverse)),
            ("fragments in disorder", lambda p: network.fragmented(p, 16, network.shuffled)),
            ("fragments, each twice", lambda p: network.fragmented(p, 24, network.doubled)),
            ("fragments, one id for all", lambda p: network.fragmented(p, 24, same_id=True)),
            ("fragments of two datagrams between each other", network.interleaved),
            ("fragments never completed between", network.unfinished)):
        yield whole(what, base, later(change, base.packets))
    if v6:
        for what, headers in (("hop-by-hop", [network.HOP_BY_HOP]), ("destination options", [network.DESTINATION]),
                              ("routing", [network.ROUTING]), ("AH", [network.AUTHENTICATION]),
                              ("six headers", [network.HOP_BY_HOP, network.DESTINATION, network.ROUTING,
                                               network.AUTHENTICATION, network.LONG_OPTIONS, network.DESTINATION])):
            yield whole(f"IPv6 with {what}", base, later(network.extended, base.packets, *headers))
        yield whole("IPv6, fragmented behind destination options", base, later(network.fragmented, network.extended(
            base.packets, network.DESTINATION), 48))
        yield whole("IPv6, atomic fragments", base, later(network.atomic, base.packets))
        yield whole("IPv6 jumbograms", base, later(network.jumbo, base.packets))
        yield lossy("IPv6 fragments that overlap: discarded", base, later(network.overlapping, base.packets))
    else:
        yield whole("fragments that overlap", base, later(network.overlapping, base.packets))
        yield whole("fragments that overlap and differ", base, later(network.overlapping, base.packets, 32, True))
        yield whole("IPv4 options", base, later(network.with_options, base.packets))
        yield whole("bad IP checksums", base, later(network.bad_ip_checksums, base.packets))
    yield whole("length 0 (TSO)", base, later(network.without_length, base.packets))
    yield whole("bad TCP checksums", base, later(network.bad_tcp_checksums, base.packets), also=has("checksum-offload"))
    yield whole("GRO", base, later(network.received_offload, base.packets), ignore=("gap",))


def has(*keys):
    def also(events):
        missing = set(keys) - artefacts(events)
        return [f"no artefact {key}, but {sorted(artefacts(events))}" for key in sorted(missing)]
    return also


# What a session that ends, and begins anew on the same ports, truly shows besides.
AGAIN = {"closed-without-notification", "peer-rebooted", "stale-connection", "hold-timer-expired",
         "bfd-detect-expired", "bfd-up-bgp-down", "bfd-down-bgp-up", "bfd-down"}


def faults(*codes):
    def also(events):
        found = {one["code"] for one in events if one["event"] == "fault"}
        return [f"no fault {code}" for code in codes if code not in found]
    return also


def reset_in_window(base):
    """A RST that nobody sent, with the very number the receiver expects: it is told as a reset."""
    first = next((i for i, one in enumerate(base.packets) if Segment.of(one) is not None and
                  Segment.of(one).data), 0)
    packets = transport.foreign_resets(base.packets, exact=first)

    def check():
        events = run([containers.pcap(packet.records(packets))]).events()
        state = [one["state"] for one in events if one["event"] == "connection"]
        return [] if "reset" in state else [f"no connection is reset: {state}"]
    return Variant("a RST with the number that is expected", base, check)


TIMED = ("hold-timer-expired", "mtu-black-hole")


def several(name, base, inputs):
    """Several files of one time line: frames count in each, all else is the same."""
    def check():
        variant = run(inputs)
        if base.name in TIMED and "in a row" in name:
            problems = accusations(base, variant.events())  # the files meet in the silence that it is about
        else:
            problems = differences(story(base.told().events()), story(variant.events()))
        a = {line: [body_of(one) for one in found] for line, found in by_line(
            base.told().events("message")).items()}
        b = {line: [body_of(one) for one in found] for line, found in by_line(variant.events("message")).items()}
        return problems + ([] if a == b else ["other messages"]) + variant.complaints
    return Variant(name, base, check)


# What was seen before what decides how a transition is told, and nothing else.
ORDER = ("transition",)


def transport_rows(base):
    t, packets = transport, base.packets
    size_matters = ("finding", "session") if base.name == "mtu-black-hole" else ()
    for sizes in ((1,), (3,), (16, 19, 5), (536,)):
        yield whole(f"segments of {', '.join(map(str, sizes))} octets", base, later(t.split, packets, sizes),
                    ignore=size_matters)
    for edge, what in ((1 << 32, "2^32"), (1 << 31, "2^31")):
        yield whole(f"sequence numbers past {what}", base, later(t.shifted, packets, edge))
    yield whole("no TCP options but MSS", base, later(t.unoptioned, packets), ignore=("finding", "session") if
                base.name == "healthy-md5" else ())
    yield whole("a mirror", base, later(t.mirrored, packets), also=has("duplicates"), ignore=("bfd",))
    yield whole("a mirror, TTL decremented", base, later(t.mirrored, packets, ttl=True), also=has("duplicates"), ignore=("bfd",))
    yield whole("a mirror, other MACs", base, later(t.mirrored, packets, macs=True), also=has("duplicates"), ignore=("bfd",))
    yield whole("a mirror at the same time", base, later(t.mirrored, packets, 0), also=has("duplicates"), ignore=("bfd",))
    yield whole("retransmissions", base, later(t.retransmitted, packets), ignore=size_matters[:1])
    yield whole("retransmissions in small pieces", base, later(t.retransmitted, packets, size=7), ignore=size_matters[:1])
    yield whole("retransmissions, two in one", base, later(t.joined_copies, packets), ignore=size_matters[:1])
    yield whole("retransmissions that differ", base, later(t.retransmitted, packets, lie=True),
                ignore=("fault", *size_matters[:1]), also=faults("tcp-overlap"))
    for window in (100_000, 500_000, 2 * t.MS):
        yield whole(f"reordered within {window // 1000} µs", base, later(t.reordered, packets, window, SEED), ignore=ORDER)
    yield whole("data behind its ACK", base, later(t.shown_late, packets), ignore=ORDER)
    yield whole("times out of order", base, later(t.time_disordered, packets))
    yield whole("keepalive probes", base, later(t.keepalive_probes, packets, False))
    yield whole("keepalive probes with an octet", base, later(t.keepalive_probes, packets, True))
    yield whole("RSTs outside the window", base, later(t.foreign_resets, packets), ignore=("fault",),
                also=faults("tcp-reset-ignored"))
    yield reset_in_window(base)
    yield whole("a simultaneous open", base, later(t.simultaneous_open, packets), ignore=("transition",))
    middle = len(packets) // 2
    for what, by in (("an hour back", -t.HOUR), ("a day ahead", t.DAY), ("10 minutes ahead", t.HOUR // 6),
                     ("a day back", -t.DAY)):
        yield whole(f"one packet {what}", base, later(t.one_time, packets, middle, by), also=has("clock-step"))
    for what, by in (("back an hour", -t.HOUR), ("back ten seconds", -10 * t.S)):
        # How long a silence across the step was is not known: what rests on it may be lost.
        make = lossy if base.name in TIMED else whole
        yield make(f"the clock set {what}", base, later(t.clock_set, packets, middle, by), also=has("clock-step"))
    yield lossy("the clock set ahead a day", base, later(t.clock_set, packets, middle, t.DAY))
    yield lossy("all times equal", base, later(t.all_at_once, packets))
    for pause in (0, t.S, 90 * t.S, 600 * t.S):
        twice = t.ports_reused(packets, pause)
        yield lossy(f"the same ports again after {pause // t.S} s", base.but(twice), twice,
                    allowed=AGAIN, also=has("port-reuse") if pause < 10 * t.S else None)
    found = packet.records(packets)
    half = len(found) // 2
    first = transport.senders(packets)[0]
    for what, parts in (
            ("in a row", [found[:half], found[half:]]), ("in a row, the later first", [found[half:], found[:half]]),
            ("that overlap in time", [found[:half * 3 // 2:2] + found[half * 3 // 2:], found[1:half * 3 // 2:2]]),
            ("one a direction", [[r for r, p in zip(found, packets) if (p.src == first) == side]
                                 for side in (True, False)]),
            ("packets in turn", [found[i::3] for i in range(3)])):
        yield several(f"files {what}", base, [containers.pcap(part) for part in parts if part])


def loss_rows(base):
    t, packets = transport, base.packets
    for share in (0.01, 0.05, 0.2):
        for seed in range(3):
            yield lossy(f"{share:.0%} lost ({seed})", base, later(t.holes, packets, share, f"{SEED} {base.name} {seed}"))
    for number, mac in enumerate(t.senders(packets)[:2]):
        one_way = t.one_direction(packets, mac)
        tcp = any(Segment.of(one) is not None for one in one_way)
        yield lossy(f"only one direction ({number})", base, one_way, also=has("one-direction") if tcp else None)
    for size in (64, 96, 128, 256):
        yield lossy(f"snaplen {size}", base, packets, size, also=has("snaplen") if size < 100 else None)
    yield kernel_drops(base)
    yield reported_once(base)
    for part in range(1, 10):
        yield lossy(f"begun at {part}/10", base, later(t.begun_at, packets, len(packets) * part // 10),
                    also=has("midstream") if base.name.startswith("healthy") and part > 5 else None)
        yield lossy(f"ended at {part}/10", base, packets[:len(packets) * part // 10])
    yield lossy("without SYNs", base, later(t.without_handshake, packets))


def kernel_drops(base):
    """The same packets, and the word of the kernel that others are missing: silence proves less."""
    def check():
        events = run([containers.dropped(packet.records(base.packets), 17)]).events()
        problems = has("kernel-drops")(events)
        problems += [f"certain {one['cause']}" for one in events if one["event"] == "finding" and
                     one["confidence"] == "certain" and one["cause"] in RESTS_ON_SILENCE]
        return problems + accusations(base, events)
    return Variant("the kernel dropped packets", base, check)


RESTS_ON_SILENCE = SILENCE | {"firewall-drop", "no-route", "closed-without-notification", "peer-not-configured",
                              "link-down", "stale-connection", "silent-asn-mismatch"}


def reported_once(base):
    """The report names each artefact once, also where several files have it."""
    def check():
        found = packet.cut(packet.records(transport.mirrored(base.packets)), 96)
        half = len(found) // 2
        with tempfile.TemporaryDirectory() as folder:
            args = []
            for i, part in enumerate((found[:half], found[half:])):
                args += ["-r", os.path.join(folder, f"{i}.pcap")]
                with open(args[-1], "wb") as file:
                    file.write(containers.pcap(part))
            lines = bgpwhy(*args, "--report").text.splitlines()
            keys = artefacts(bgpwhy(*args, "--json").events())
        counts = {key: sum(line.strip().startswith(key + ": ") for line in lines) for key in keys | {"snaplen"}}
        return [f"{key}: {count} times" for key, count in counts.items() if count != 1]
    return Variant("artefacts are reported once", base, check)


# Why tshark 4.0 has fewer messages there than we. Every row needs its reason.
WAITS = "tshark waits for what is lost for ever, or does not find the next header behind it"
FEWER = {"5% lost": WAITS, "20% lost": WAITS, "only one direction": WAITS, "begun in the middle": WAITS}


def by_tshark(name, base, make):
    """No message that tshark finds is missing, and what only we find has its reason."""
    def check():
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "variant.pcap")
            data = make()
            with open(path, "wb") as file:
                file.write(data)
            found = test_tshark.Found(path).messages
        def count(messages, sport, dport):
            return collections.Counter((one["src"], one[sport], one["dst"], one[dport], one["type"], one["length"])
                                       for one in messages)
        theirs = count(found, "sport", "dport")
        ours = count((one for one in run([data]).events("message") if not one.get("truncated")),
                     "src_port", "dst_port")
        problems = [f"only tshark: {one}" for one in (theirs - ours).elements()][:8]
        more = [one for one in (ours - theirs).elements() if one[5] <= test_tshark.LENGTH_MAX]
        if more and name not in FEWER:
            problems += [f"only we, without a reason: {one}" for one in more][:8]
        return problems
    return Variant(name, base, check)


def tshark_rows(base):
    """What tshark reads as it is: its preferences know neither other ports nor heuristics for UDP tunnels."""
    t, packets = transport, base.packets
    if shutil.which("tshark") is None or base.name not in ("healthy", "healthy-ipv6", "bad-peer-as", "collision"):
        return
    for name in ("802.1Q", "QinQ 88a8", "SLL with VLAN", "SLL2", "PPPoE", "MPLS, 3 labels", "GRE", "ERSPAN II",
                 "VXLAN", "Geneve", "IP in IPv6", "NFLOG", "PKTAP", "Juniper Ethernet", "VXLAN in GRE in MPLS"):
        yield by_tshark(f"link {name}", base, lambda name=name: containers.pcap(links.to_link(packets, name)))
    for name, make in (
            ("fragments", later(network.fragmented, packets)), ("GRO", later(network.received_offload, packets)),
            ("segments of 3 octets", later(t.split, packets, (3,))),
            ("past 2^32", later(t.shifted, packets, 1 << 32)), ("a mirror", later(t.mirrored, packets)),
            ("retransmissions in small pieces", later(t.retransmitted, packets, size=7)),
            ("reordered within 500 µs", later(t.reordered, packets, 500_000, SEED)),
            ("data behind its ACK", later(t.shown_late, packets)),
            ("keepalive probes with an octet", later(t.keepalive_probes, packets, True)),
            ("RSTs outside the window", later(t.foreign_resets, packets)),
            ("begun in the middle", later(t.begun_at, packets, len(packets) // 2)),
            ("5% lost", later(t.holes, packets, 0.05, SEED)), ("20% lost", later(t.holes, packets, 0.2, SEED)),
            ("only one direction", later(t.one_direction, packets, t.senders(packets)[0]))):
        yield by_tshark(name, base, lambda make=make: containers.pcap(packet.records(make())))


ROWS = {"tshark": tshark_rows, "container": container_rows, "link": link_rows, "network": network_rows, "transport": transport_rows,
        "loss": loss_rows}


# What is not as it should be, and why that is so.
EXCEPT = {
    "mtu-black-hole: loss: begun at 6/10":
        "the capture begins between a message's head and its end, and the head comes once more behind the end: "
        "octets before the first ones handed on are not taken back",
}

ROWS_CHOSEN = []


def chosen(rows):
    """Every variant with one of its bases, every tenth with another, and a third of tshark's (it takes a second
    each): which ones, their names decide."""
    by_key = collections.defaultdict(list)
    for one in rows:
        by_key[one.key].append(one)
    out = []
    for found in by_key.values():
        found.sort(key=lambda one: zlib.crc32(one.title.encode()))
        if found[0].key[0] == "tshark" and zlib.crc32(found[0].name.encode()) % 3:
            continue
        out += found[:2 if zlib.crc32(found[0].title.encode()) % 10 == 0 else 1]
    return out


def judge(number):
    try:
        return ROWS_CHOSEN[number].problems()
    except Exception:
        return [traceback.format_exc()]


def main():
    need_program()
    tap = Tap()
    words = [one for one in sys.argv[1:] if not one.startswith("--")]
    everything = "--all" in sys.argv[1:] or os.environ.get("BGPWHY_MATRIX") == "all"
    rows = []
    for name in BASES:
        base = Base(name)
        for kind, make in ROWS.items():
            for one in make(base):
                if f"{name}: {kind}: {one.name}" in EXCEPT:
                    continue
                one.title, one.key = f"{name}: {kind}: {one.name}", (kind, one.name)
                if all(word in one.title for word in words):
                    rows.append(one)
    if not everything and not words:
        rows = chosen(rows)
    global ROWS_CHOSEN
    ROWS_CHOSEN = rows
    with multiprocessing.get_context("fork").Pool(WORKERS) as pool:
        for one, problems in zip(rows, pool.imap(judge, range(len(rows)), 8)):
            tap.none(problems, one.title)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
