#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every field that tshark shows of a BGP message is one of ours, at the same octets and with the same value.

Both tell where in the message a field stands, so no table of names is needed: for each of tshark's fields that
holds octets and no other field, ours of the same octets must say the same. Where ours end elsewhere, one of the
two has misread the message; where ours holds several of tshark's, it leaves something together that can be taken
apart. What differs with reason is in JUSTIFIED and TOGETHER, each with what decides.

Messages are those of the captures in pcaps/; and those that vendors.py lays out as other
implementations do. What is made at random has its expectations in nlri.py and attributes.py.
"""
import collections
import ipaddress
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

import vendors
from support import Tap, bgpwhy, captures, need_program, short, skip_all, use_released

# tshark's field -> why it is not held against ours, where the two differ in what the octets say or where they end.
JUSTIFIED = {
    "bgp.update.encaps_tunnel_tlv_subtlv.segment_list_subtlv.ttl":
        "tshark takes the octet before the TTL for it; RFC 9830 section 2.4.4.2.1: label, TC, S, and TTL last",
}
# The beginning of tshark's field -> why ours has it together with its neighbours.
TOGETHER = {
    "bgp.prefix_length": "a prefix and its length are one",
    "bgp.nlri_prefix": "a prefix and its length are one",
    "bgp.withdrawn_prefix": "a prefix and its length are one",
    "bgp.mp_reach_nlri_ipv": "a prefix and its length are one",
    "bgp.mp_unreach_nlri_ipv": "a prefix and its length are one",
    "bgp.flowspec_route_distinguisher_": "a Route Distinguisher is one",
    "bgp.open.opt.param.": "tshark reads the value of a parameter that nobody knows as parameters (RFC 4271 section 4.2)",
    "bgp.flowspec_nlri.": "an operator and its value are one",
    "bgp.update.path_attribute.community_as": "a community is one (RFC 1997)",
    "bgp.update.path_attribute.community_value": "a community is one (RFC 1997)",
    "bgp.evpn.nlri.esi.": "the parts of an Ethernet Segment Identifier are for its owner (RFC 7432 section 5)",
}
# Message types that tshark reads in another form.
OTHER_FORM = {
    "CAPABILITY": "tshark reads the last draft, FRR writes the first one (bgp_fields_refresh.c)",
}


def leaves_of_shark(proto):
    """(offset, size, name, show, octets) of each field that holds octets and no other such field."""
    base = int(proto.get("pos"))

    def walk(field):
        inner = [one for child in field for one in walk(child)]
        value, size = field.get("value"), int(field.get("size") or 0)
        if inner or not value or not size or field.get("unmaskedvalue") is not None or field.tag == "proto":
            return inner
        if 2 * size != len(value):
            return []
        return [(int(field.get("pos")) - base, size, field.get("name"), field.get("show"), value)]
    return walk(proto)


def leaves_of_ours(fields):
    """(offset, size, field) of those without a child; flags are those of their parent."""
    for field in fields:
        inner = [one for one in field.get("fields", []) if not isinstance(one["value"], bool)]
        if inner:
            yield from leaves_of_ours(inner)
        elif field["length"]:
            yield field["offset"], field["length"], field


def octets_of(text, size):
    """The octets that our text can stand for, in `size` of them: an address, a prefix, a Route Distinguisher, a MAC
    address, communities, a system identifier, a floating point number."""
    found = set()
    words = text.split()[0] if text else ""
    for make in (lambda: ipaddress.ip_address(words).packed,
                 lambda: ipaddress.ip_network(words).network_address.packed,
                 lambda: ipaddress.ip_network(words).network_address.packed[:size],
                 lambda: bytes.fromhex(words.replace(":", "").replace(".", "").removeprefix("0x")),
                 lambda: struct.pack(">f", float(words)), lambda: int(words).to_bytes(size, "big"),
                 lambda: COMMUNITIES[words]):
        try:
            found.add(make())
        except (ValueError, KeyError, OverflowError):
            pass
    admin, _, number = words.rpartition(":")
    if number.isdigit():
        for make in (lambda: struct.pack(">HHI", 0, int(admin), int(number)), lambda: struct.pack(">HH", int(admin), int(number)),
                     lambda: struct.pack(">HHI", 2, int(admin), int(number)),  # as a Route Target
                     lambda: struct.pack(">HIH", 2, int(admin.rstrip("L")), int(number)),
                     lambda: b"\0\1" + ipaddress.ip_address(admin).packed + struct.pack(">H", int(number)),
                     lambda: struct.pack(">III", *map(int, words.split(":")))):
            try:
                found.add(make())
            except (ValueError, struct.error):
                pass
    return {one.hex() for one in found} | {one.hex() for one in found if not any(one)}


# RFC 1997
COMMUNITIES = {"no-export": b"\xff\xff\xff\1", "no-advertise": b"\xff\xff\xff\2", "no-export-subconfed": b"\xff\xff\xff\3",
               "blackhole": b"\xff\xff\x02\x9a"}


def same(field, name, show, octets):
    """Whether our field says what tshark shows of these octets; None where it has no form to compare."""
    value, text = field["value"], field["text"]
    if re.search(r"label_stack|mpls_label_value|labelblock\.base|nlri\.vni", name):  # 20 of 24 bits, or all of them
        if "withdrawn" in show:
            return value in ("withdrawn", "0")  # RFC 8277 section 2.4: 0x800000; before it also 0
        return bool({show.split()[0], str(int(octets, 16) >> 4)} & set(re.findall(r"\d+", f"{value} {text}")))
    if isinstance(value, int):
        return value == int(octets, 16)
    if isinstance(value, str):
        return octets in (value, value.encode().hex(), *octets_of(value, len(octets) // 2))
    return None


def compare(theirs, ours, length):
    """[(kind, tshark's field, words)] of one message."""
    spans = list(leaves_of_ours(ours))
    at = collections.defaultdict(list)
    for offset, size, field in spans:
        at[offset, size].append(field)
    starts = {offset for offset, _, _ in spans}
    ends = {offset + size for offset, size, _ in spans}
    for offset, size, name, show, octets in leaves_of_shark(theirs):
        if offset + size > length:
            continue  # the prefix length of a Route Target, which tshark has far away
        found = at.get((offset, size))
        what = f"octets {offset} to {offset + size} {name} = {show}"
        if found and len(found) > 1:
            continue  # bits of the same octets
        if found:
            answers = [same(one, name, show, octets) for one in found]
            if False in answers and True not in answers:
                yield "value", name, f"{what}: ours is {found[0]['name']} = {found[0]['value']!r} {found[0]['text']!r}"
            continue
        if offset in starts and offset + size in ends:
            continue  # ours takes it apart
        around = [one for start, length, one in spans if start < offset + size and start + length > offset]
        if len(around) == 1:
            yield "together", name, f"{what}: ours is {around[0]['name']} = {around[0]['value']!r} {around[0]['text']!r}"
        elif around:
            yield "ends", name, f"{what}: ours are {', '.join(one['name'] for one in around)}"
        else:
            yield "missing", name, f"{what}: ours has nothing there"


def messages_of_shark(path, *options):
    """{frame: [proto]} of BGP."""
    process = subprocess.Popen(["tshark", "-r", path, "-n", "-o", "tcp.reassemble_out_of_order:TRUE", *options, "-Y", "bgp",
                                "-T", "pdml", "-J", "bgp"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    found = {}
    with process.stdout:
        for _, element in ElementTree.iterparse(process.stdout):
            if element.tag == "packet":
                frame = next(int(one.get("show")) for one in element.iter("field") if one.get("name") == "num")
                found[frame] = [one for one in element if one.tag == "proto" and one.get("name") == "bgp"]
    process.wait()
    return found


def check(tap, name, path, *options):
    theirs = messages_of_shark(path, *options)
    ours = collections.defaultdict(list)
    for event in bgpwhy("-r", path, "--json", "-vv").events("message"):
        if not event.get("truncated") and event["fields"]:
            ours[event["frame"]].append(event)
    problems, count, fields = [], 0, 0
    for frame, protos in theirs.items():
        # A retransmission, or a frame of several messages that are told elsewhere: test_tshark.py sees to that.
        if [int(next(f for f in p.iter("field") if f.get("name") == "bgp.length").get("show")) for p in protos
                if any(f.get("name") == "bgp.length" for f in p.iter("field"))] != [one["length"] for one in ours[frame]]:
            continue
        for proto, event in zip(protos, ours[frame]):
            if event["type"] in OTHER_FORM:
                continue
            count += 1
            fields += sum(1 for _ in leaves_of_shark(proto))
            for kind, field, words in compare(proto, event["fields"], event["length"]):
                if field in JUSTIFIED or kind == "together" and field.startswith(tuple(TOGETHER)):
                    continue
                problems.append(f"frame {frame} {event['type']}: {kind}: {words}")
    tap.none(problems, f"{name}: {fields} fields of {count} messages", limit=int(os.environ.get("LIMIT", "15")))


def main():
    need_program()
    use_released()
    if shutil.which("tshark") is None:
        skip_all("tshark is not installed")
    tap = Tap()
    for path in captures():
        if not sys.argv[1:] or short(path).split(".")[0] in sys.argv[1:]:
            tap.attempt(short(path), check, short(path), path)
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, data) in enumerate(vendors.conversations()):
            path = os.path.join(folder, f"{number}.pcap")
            with open(path, "wb") as file:
                file.write(data)
            tap.attempt(name, check, name, path)
            faults = [f"frame {one['frame']}: {one['code']} at {one['offset']}: {one['detail']}"
                      for one in bgpwhy("-r", path, "--json").events("fault") if one["code"] not in vendors.FAULTS.get(name, ())]
            tap.none(faults, f"{name}: nothing else is wrong with it")
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
