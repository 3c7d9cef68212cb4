#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every capture in pcaps/: the messages are those that tshark finds, and say the same.

tshark shows a message again in each retransmission, and in the packet that completes it; here a message
is counted once, and belongs to the packet that holds the last octet of its first copy. So its copies are
left out by their sequence numbers, and a frame may differ where tshark waited for a hole to be filled.
Where the capture itself lost packets, or cut them, tshark would wait for ever; there it is told not to wait.
"""
import collections
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import attributes
from support import Tap, bgpwhy, captures, need_program, short, skip_all, use_released

OPTIONS = ["-n", "-o", "tcp.desegment_tcp_streams:TRUE", "-o", "bgp.desegment:TRUE"]
WAIT = ["-o", "tcp.reassemble_out_of_order:TRUE"]
LOST = "tcp.analysis.ack_lost_segment"
TYPES = {1: "OPEN", 2: "UPDATE", 3: "NOTIFICATION", 4: "KEEPALIVE", 5: "ROUTE-REFRESH",
         6: "CAPABILITY", 128: "ROUTE-REFRESH-CISCO"}

# Capture, "messages" or "BFD" -> why tshark is not asked there. Every row needs its reason.
DIFFERENCES = {}
LENGTH_MAX = 4096


class Coverage:
    """Which octets of one direction of one connection were seen, as sorted, disjoint spans."""

    def __init__(self):
        self.spans = []

    def holds(self, start, end):
        return any(a <= start and end <= b for a, b in self.spans)

    def add(self, start, end):
        if self.spans and self.spans[-1][1] == start:  # in order, as nearly always
            self.spans[-1] = (self.spans[-1][0], end)
            return
        apart = [span for span in self.spans if span[1] < start or span[0] > end]
        meet = [span for span in self.spans if not (span[1] < start or span[0] > end)]
        self.spans = sorted(apart + [(min([start] + [a for a, _ in meet]),
                                      max([end] + [b for _, b in meet]))])


def number(field):
    return int(field.get("show"), 0)


def first(proto, name):
    """The number of the first field of this name; None where there is none."""
    for field in proto.iter("field"):
        if field.get("name") == name:
            return number(field)
    return None


def octets(field, skip):
    """The octets of a group, put together from the fields in it that do not lie in another one; None where
    they do not cover it. `skip`: of its own header."""
    start, size = int(field.get("pos")) + skip, int(field.get("size")) - skip
    found = {}
    for one in field.iter("field"):
        value, at = one.get("value"), int(one.get("pos") or 0)
        if value and one.get("unmaskedvalue") is None and at >= start and 2 * int(one.get("size")) == len(value):
            found[at] = max(found.get(at, ""), value, key=len)
    at, data = start, ""
    while at in found:
        data += found[at]
        at += len(found[at]) // 2
    return data if at == start + size else None


def capability_data(proto):
    """(code, octets of the value) of each capability; None where tshark does not show all of it."""
    return [(first(cap, "bgp.cap.type"), octets(cap, 2)) for cap in proto.iter("field")
            if cap.get("name") == "bgp.cap"]


def prefixes_of(field):
    """"10.0.0.0/8" for each prefix; None where one has more than that (labels, path identifiers)."""
    found, length = [], None
    for one in field.iter("field"):
        name = one.get("name", "")
        if name == "bgp.prefix_length":
            length = number(one)
        elif name.endswith("_prefix") and length is not None:
            found.append(f"{one.get('show')}/{length}")
            length = None
        elif name.endswith("path_id"):
            return None
    return found


def attributes_of(proto):
    """(type, flags, length) of each path attribute. tshark goes on with one that does not fit the message; by
    RFC 7606 section 4 it is an error of the field, and no attribute."""
    name = "bgp.update.path_attribute"
    end = int(proto.get("pos")) + first(proto, "bgp.length")
    found = []
    for one in proto.iter("field"):
        if one.get("name") == name:
            own = {field.get("name"): number(field) for field in one
                   if field.get("name") in (name + ".flags", name + ".type_code", name + ".length")}
            values = tuple(own.get(f"{name}.{part}") for part in ("type_code", "flags", "length"))
            if int(one.get("pos")) + 3 + (values[2] or 0) <= end:
                found.append(values)
    return found


def describe_open(proto):
    identifier = next((field.get("show") for field in proto.iter("field")
                       if field.get("name") == "bgp.open.identifier"), None)
    return {"version": first(proto, "bgp.open.version"), "my_as": first(proto, "bgp.open.myas"),
            "hold_time_s": first(proto, "bgp.open.holdtime"), "bgp_id": identifier,
            "capabilities": [number(field) for field in proto.iter("field")
                             if field.get("name") == "bgp.cap.type"],
            "values": capability_data(proto)}


def describe_notification(proto):
    minor = [number(field) for field in proto.iter("field")
             if field.get("name", "").startswith("bgp.notify.minor_error")]
    data = [field.get("value") for field in proto.iter("field") if field.get("name") == "bgp.notify.minor_data"]
    size = first(proto, "bgp.length") - 21
    return {"code": first(proto, "bgp.notify.major_error"), "subcode": minor[0] if minor else None,
            # A Data field that it knows by code has another name there: a text, the AS of 2/2.
            "data": data[0] if data else None if size else "",
            "refused_asn": first(proto, "bgp.notify.error_open.bad_peer_as")}


def describe_update(proto):
    """Counts of prefixes; None where the UPDATE has a family whose NLRI are more than prefixes."""
    announced = withdrawn = 0
    lists = {"nlri": [], "withdrawn_nlri": []}
    for field in proto.iter("field"):
        name = field.get("name", "")
        if name in ("bgp.update.path_attribute.mp_reach_nlri", "bgp.update.path_attribute.mp_unreach_nlri"):
            if first(field, name + ".afi") not in (1, 2) or first(field, name + ".safi") not in (1, 2):
                return None
        prefixes = sum(one.get("name") == "bgp.prefix_length" for one in field.iter("field"))
        if name in ("bgp.update.nlri", "bgp.update.path_attribute.mp_reach_nlri"):
            announced += prefixes
            lists["nlri"].append(prefixes_of(field))
        if name in ("bgp.update.withdrawn_routes", "bgp.update.path_attribute.mp_unreach_nlri"):
            withdrawn += prefixes
            lists["withdrawn_nlri"].append(prefixes_of(field))
    return {"announced": announced, "withdrawn": withdrawn, "attributes": attributes_of(proto),
            "attribute_values": attributes.of_shark(proto), **{name: None if None in found else sorted(sum(found, [])) for name, found in lists.items()}}


def describe_refresh(proto):
    return {"afi": first(proto, "bgp.route_refresh.afi"), "safi": first(proto, "bgp.route_refresh.safi"),
            "subtype": first(proto, "bgp.route_refresh.subtype")}


DESCRIBE = {"OPEN": describe_open, "NOTIFICATION": describe_notification, "UPDATE": describe_update,
            "ROUTE-REFRESH": describe_refresh}


BFD_FIELDS = {
    "version": "bfd.version", "diag": "bfd.diag", "detect_mult": "bfd.detect_time_multiplier",
    "my_discriminator": "bfd.my_discriminator", "your_discriminator": "bfd.your_discriminator",
    "desired_min_tx_us": "bfd.desired_min_tx_interval", "required_min_rx_us": "bfd.required_min_rx_interval",
    "required_min_echo_rx_us": "bfd.required_min_echo_interval",
}
BFD_AUTH = {"type": "bfd.auth.type", "length": "bfd.auth.len", "key_id": "bfd.auth.key",
            "sequence": "bfd.auth.seq_num"}
BFD_FLAGS = {"P": "bfd.flags.p", "F": "bfd.flags.f", "C": "bfd.flags.c", "A": "bfd.flags.a",
             "D": "bfd.flags.d", "M": "bfd.flags.m"}
BFD_STATES = ("AdminDown", "Down", "Init", "Up")


def describe_bfd(packet, proto):
    values = {member: first(proto, field) for member, field in BFD_FIELDS.items()}
    state = first(proto, "bfd.sta")
    values["state"] = None if state is None else BFD_STATES[state]
    values["flags"] = {flag for flag, field in BFD_FLAGS.items() if first(proto, field)}
    values["auth"] = {member: first(proto, field) for member, field in BFD_AUTH.items()}
    values["port"] = first(packet, "udp.dstport")
    return {member: value for member, value in values.items() if value is not None}


def packets(path, *options):
    """Every packet with TCP payload or BFD, as an element."""
    process = subprocess.Popen(
        ["tshark", "-r", path, *OPTIONS, *options, "-Y", "(tcp.len > 0 || bfd) && !icmp && !icmpv6",
         "-T", "pdml", "-J", "ip ipv6 udp tcp bgp bfd"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with process.stdout:
        for _, element in ElementTree.iterparse(process.stdout):
            if element.tag == "packet":
                yield element
                element.clear()
    process.wait()


def innermost(packet):
    """(src, dst) of the last IP header before TCP."""
    found = [proto for proto in packet.iter("proto")
             if proto.get("name") in ("ip", "ipv6") and len(proto) > 1]
    name = found[-1].get("name")
    fields = {field.get("name"): field.get("show") for field in found[-1].iter("field")}
    return fields[f"{name}.src"], fields[f"{name}.dst"]


class Found:
    """What tshark finds: messages {frame, src, dst, sport, dport, type, length, moved, values}, BFD packets."""

    def __init__(self, path):
        self._read(path, WAIT)
        if self.lost:
            self._read(path, [])

    def _read(self, path, options):
        self.messages, self.bfd, self.lost, self._coverage = [], {}, False, {}
        for packet in packets(path, *options):
            frame = number(next(field for field in packet.iter("field") if field.get("name") == "num"))
            protocols = list(packet.iter("proto"))
            sizes = {field.get("name"): field.get("show") for field in protocols[0]}
            self.lost = self.lost or sizes["caplen"] != sizes["len"]
            for proto in protocols:
                if proto.get("name") == "bfd":
                    self.bfd[frame] = describe_bfd(packet, proto)
            tcp = [proto for proto in protocols if proto.get("name") == "tcp"]
            if tcp:
                self._segment(frame, packet, tcp[-1], [one for one in protocols if one.get("name") == "bgp"])

    def _segment(self, frame, packet, tcp, found):
        names = {field.get("name") for field in tcp.iter("field")}
        self.lost = self.lost or LOST in names
        src, dst = innermost(packet)
        sport, dport = first(tcp, "tcp.srcport"), first(tcp, "tcp.dstport")
        start, size = first(tcp, "tcp.seq_raw"), first(tcp, "tcp.len")
        seen = self._coverage.setdefault((first(tcp, "tcp.stream"), src, sport), Coverage())
        payload = int(tcp.get("pos")) + int(tcp.get("size"))
        again = seen.holds(start, start + size)
        # Put together from several packets, the positions are in another buffer.
        whole = not any(field.get("name") == "tcp.segments" for field in packet.iter("field"))
        behind = any(end > start + size for _, end in seen.spans)
        for proto in found:
            code, length = first(proto, "bgp.type"), first(proto, "bgp.length")
            at = start + int(proto.get("pos")) - payload
            if code is None or again or (whole and seen.holds(at, at + length)):
                continue
            kind = TYPES.get(code, f"UNKNOWN-{code}")
            self.messages.append({
                "frame": frame, "src": src, "sport": sport, "dst": dst, "dport": dport, "type": kind,
                "length": length, "moved": behind,
                "values": DESCRIBE[kind](proto) if kind in DESCRIBE else None})
        seen.add(start, start + size)


def our_values(message):
    """The members of ours that tshark shows too."""
    kind = message["type"]
    if kind == "OPEN":
        one = message["open"]
        return {**{name: one[name] for name in ("version", "my_as", "hold_time_s", "bgp_id")},
                "capabilities": [capability["code"] for capability in one["capabilities"] or []],
                "values": [(capability["code"], capability["data"]) for capability in one["capabilities"] or []]}
    if kind == "NOTIFICATION":
        one = message["notification"]
        return {**{name: one[name] for name in ("code", "subcode", "data")},
                "refused_asn": (one["meaning"] or {}).get("refused_asn")}
    if kind == "UPDATE":
        one = message["update"]
        return {"announced": one["announced"], "withdrawn": one["withdrawn"],
                "attributes": [(a["type"], a["flags"], a["length"]) for a in one["attributes"] or []],
                "attribute_values": attributes.of_ours(message),
                "nlri": sorted(one["nlri"] or []), "withdrawn_nlri": sorted(one["withdrawn_nlri"] or [])}
    if kind == "ROUTE-REFRESH":
        return {name: message["route_refresh"][name] for name in ("afi", "safi", "subtype")}
    return None


def by_direction(found):
    lines = {}
    for one in found:
        lines.setdefault((one["src"], one["sport"], one["dst"], one["dport"]), []).append(one)
    return lines


def shown(ours, theirs):
    """Ours without those that tshark has no way to show: it knows nothing of extended messages (RFC 8654)
    until 4.0 at least, and nothing of a message in pieces whose end is not in the capture."""
    def key(one):
        return one["frame"], one["type"], one["length"]

    def doubtful(one):
        return one["truncated"] or one["length"] > LENGTH_MAX

    left = collections.Counter(map(key, theirs))
    left.subtract(key(one) for one in ours if not doubtful(one))
    return [one for one in ours if not doubtful(one) or left[key(one)] > 0]


def alike(ours, theirs):
    """Whether they say the same; what tshark does not know (None) is not held against us."""
    if isinstance(theirs, (list, tuple)) and isinstance(ours, (list, tuple)):
        return len(ours) == len(theirs) and all(map(alike, ours, theirs))
    return theirs is None or ours == theirs


def compare(theirs, ours):
    """Problems of one direction."""
    problems = []
    ours = shown(ours, theirs)
    if [(one["type"], one["length"]) for one in theirs] != [(one["type"], one["length"]) for one in ours]:
        problems.append(f"tshark has {len(theirs)} messages, we have {len(ours)}")
        both = [(one["frame"], one["type"], one["length"]) for one in theirs]
        mine = [(one["frame"], one["type"], one["length"]) for one in ours]
        problems += [f"only tshark: frame %d %s of %d octets" % one for one in both if one not in mine][:12]
        problems += [f"only we:     frame %d %s of %d octets" % one for one in mine if one not in both][:12]
        return problems
    for their, our in zip(theirs, ours):
        what = f"{their['type']} of {their['length']} octets in frame {their['frame']}"
        if our["frame"] != their["frame"] and not (their["moved"] and our["frame"] < their["frame"]):
            problems.append(f"{what}: we have it in frame {our['frame']}")
        if our["truncated"] or their["values"] is None:
            continue
        for name, value in their["values"].items():
            if value is not None and not alike(our["values"][name], value):
                problems.append(f"{what}: {name}: tshark has {value!r}, we have {our['values'][name]!r}")
    return problems


def check_messages(tap, name, found, events):
    theirs = by_direction(found.messages)
    ours = by_direction([
        {"frame": one["frame"], "src": one["src"], "sport": one["src_port"], "dst": one["dst"],
         "dport": one["dst_port"], "type": one["type"], "length": one["length"],
         "truncated": one.get("truncated", False), "values": our_values(one)}
        for one in sorted(events, key=lambda one: (one["frame"], one["seq"])) if one["event"] == "message"])
    total = sum(map(len, theirs.values()))
    problems = []
    for direction in sorted(set(theirs) | set(ours)):
        trouble = compare(theirs.get(direction, []), ours.get(direction, []))
        if trouble:
            problems += ["%s port %d > %s port %d" % direction, *["  " + one for one in trouble]]
    tap.none(problems, f"{name}: its {total} messages are tshark's", limit=40)


def check_bfd(tap, name, found, events):
    theirs = found.bfd
    ours = {one["frame"]: one for one in events if one["event"] == "bfd"}
    problems = [f"frame {frame}: only tshark has it" for frame in sorted(set(theirs) - set(ours))]
    problems += [f"frame {frame}: only we have it" for frame in sorted(set(ours) - set(theirs))]
    for frame in sorted(set(ours) & set(theirs)):
        for member, value in theirs[frame].items():
            mine = set(ours[frame][member]) if member == "flags" else ours[frame][member]
            if member == "auth":
                mine = mine or dict.fromkeys(BFD_AUTH)
            if mine != value:
                problems.append(f"frame {frame}: {member}: tshark has {value!r}, we have {mine!r}")
    tap.none(problems, f"{name}: its {len(theirs)} BFD packets are tshark's")


def check_capture(tap, name, path):
    found, events = Found(path), bgpwhy("-r", path, "--json", "-vv").events()
    for what, check in (("messages", check_messages), ("BFD", check_bfd)):
        if (name, what) in DIFFERENCES:
            tap.skip(f"{name}: {what}", DIFFERENCES[name, what])
        else:
            check(tap, name, found, events)


def main():
    need_program()
    use_released()
    if shutil.which("tshark") is None:
        skip_all("tshark is not installed")
    tap = Tap()
    for path in captures():
        name = short(path)
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        tap.attempt(name, check_capture, name, path)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
