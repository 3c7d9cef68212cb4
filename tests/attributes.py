# SPDX-License-Identifier: GPL-2.0-or-later
"""Path attributes in three ways: as an encoder makes them, as tshark shows them, as our fields tell them.

Each way ends in the same plain values, so that they can be compared: of a path its segments, of communities the
numbers in them, of MP_REACH_NLRI the next hop. None: that way does not tell (tshark 4.0 does not know OTC).
"""
import dataclasses
import ipaddress
import socket
import struct

ORIGIN, AS_PATH, NEXT_HOP, MED, LOCAL_PREF, ATOMIC, AGGREGATOR, COMMUNITIES, ORIGINATOR, CLUSTERS = range(1, 11)
MP_REACH, EXTENDED, AS4_PATH, AS4_AGGREGATOR, PMSI, AIGP, LARGE, OTC, PREFIX_SID = 14, 16, 17, 18, 22, 26, 32, 35, 40

# RFC 1997, 3765, 7611, 7999, 8326, 9494: what we say instead of the number.
WELL_KNOWN = {"graceful-shutdown": 0xFFFF0000, "accept-own": 0xFFFF0001, "llgr-stale": 0xFFFF0006,
              "no-llgr": 0xFFFF0007, "blackhole": 0xFFFF029A, "no-export": 0xFFFFFF01, "no-advertise": 0xFFFFFF02,
              "no-export-subconfed": 0xFFFFFF03, "no-peer": 0xFFFFFF04}

U = "bgp.update.path_attribute."


# As tshark shows them.

def _shown(element, *names):
    return [one.get("show") for one in element.iter("field") if one.get("name") in names]


def _numbers(element, *names):
    return [int(one, 0) for one in _shown(element, *names)]


def _shark_path(element):
    return [(_numbers(one, U + "as_path_segment.type")[0],
             _numbers(one, U + "as_path_segment.as2", U + "as_path_segment.as4"))
            for one in element.iter("field") if one.get("name") == U + "as_path_segment"]


def _shark_communities(element):
    found = []
    for one in element.iter("field"):
        if one.get("name") == U + "community_wellknown":
            found.append(int(one.get("show"), 0))
        elif one.get("name") == U + "community":
            asn, value = _numbers(one, U + "community_as")[0], _numbers(one, U + "community_value")[0]
            found.append(asn << 16 | value)
    return found


def _shark_extended(element):
    """(type, sub-type, administrators) of those with administrators; the rest by type and sub-type alone."""
    found = []
    for one in element.iter("field"):
        if one.get("name") != "bgp.ext_community":
            continue
        kind = _numbers(one, "bgp.ext_com.type")[0]
        minor = [int(each.get("show"), 0) for each in one.iter("field")
                 if each.get("name", "").startswith("bgp.ext_com.stype")]
        who = _shown(one, "bgp.ext_com.value_as2", "bgp.ext_com.value_as4", "bgp.ext_com.value_IP4",
                     "bgp.ext_com.value_an2", "bgp.ext_com.value_an4")
        both = who if len(who) == 2 and kind & 0x3F <= 2 else None
        found.append((kind, minor[0] if minor else None, both))
    return found


def _shark_large(element):
    parts = [_numbers(element, "bgp.large_communities." + name) for name in ("ga", "ldp1", "ldp2")]
    return list(zip(*parts))


def _shark_next_hop(element):
    hop = U + "mp_reach_nlri.next_hop"
    found = _shown(element, hop + ".ipv4", hop + ".ipv6", hop + ".ipv6.link_local")
    return None if _shown(element, hop + ".rd") or not found else found


def _one(*names):
    return lambda element: (_shown(element, *names) or [None])[0]


SHARK = {
    ORIGIN: _one(U + "origin"), AS_PATH: _shark_path, AS4_PATH: _shark_path, NEXT_HOP: _one(U + "next_hop"),
    MED: _one(U + "multi_exit_disc"), LOCAL_PREF: _one(U + "local_pref"),
    AGGREGATOR: lambda one: _shown(one, U + "aggregator_as", U + "aggregator_origin"),
    AS4_AGGREGATOR: lambda one: _shown(one, U + "aggregator_as", U + "aggregator_origin"),
    COMMUNITIES: _shark_communities, ORIGINATOR: _one(U + "originator_id"),
    CLUSTERS: lambda one: _shown(one, "bgp.path_attribute.cluster_id"), EXTENDED: _shark_extended,
    LARGE: _shark_large, MP_REACH: _shark_next_hop,
    AIGP: _one("bgp.update.attribute.aigp.accu_igp_metric"),
    PMSI: lambda one: [*_shown(one, U + "pmsi.tunnel.flags", U + "pmsi.tunnel.type"),
                       *_shown(one, U + "mpls_label_value_20bits")],
    PREFIX_SID: lambda one: _shown(one, "bgp.prefix_sid.label_index.value"),
}


def of_shark(message):
    """[(type, values)] of the attributes of one message in PDML."""
    field = next((one for one in message.iter("field") if one.get("name") == "bgp.update.path_attributes"), ())
    found = []
    for one in field:
        if one.get("name") == "bgp.update.path_attribute":
            kind = _numbers(one, U + "type_code")[0]
            found.append((kind, SHARK[kind](one) if kind in SHARK else None))
    return found


# As our fields tell them.

def _all(field, name):
    found = [field] if field["name"] == name else []
    for one in field.get("fields", []):
        found += _all(one, name)
    return found


def _values(field, *names):
    return [str(one["value"]) for one in field["fields"] if one["name"] in names]


def _our_path(field):
    return [(_all(one, "Path Segment Type")[0]["value"], [each["value"] for each in _all(one, "AS Number")])
            for one in _all(field, "Path Segment")]


def _our_communities(field):
    found = []
    for one in _all(field, "Community"):
        asn, _, value = one["value"].partition(":")
        found.append(WELL_KNOWN.get(one["value"]) if not value else int(asn) << 16 | int(value))
    return found


def _our_extended(field):
    found = []
    for one in _all(field, "Extended Community"):
        who = [str(each["value"]) for name in ("Global Administrator", "Local Administrator")
               for each in _all(one, name)]
        found.append((_all(one, "Type")[0]["value"], _all(one, "Sub-Type")[0]["value"], who if len(who) == 2 else None))
    return found


def _our_large(field):
    return [tuple(each["value"] for each in one["fields"]) for one in _all(field, "Large Community")]


def _last(field):
    return str(field["fields"][-1]["value"])


OURS = {
    ORIGIN: _last, AS_PATH: _our_path, AS4_PATH: _our_path, NEXT_HOP: _last, MED: _last, LOCAL_PREF: _last,
    AGGREGATOR: lambda one: _values(one, "AS Number", "IP Address"),
    AS4_AGGREGATOR: lambda one: _values(one, "AS Number", "IP Address"), COMMUNITIES: _our_communities,
    ORIGINATOR: _last, CLUSTERS: lambda one: _values(one, "CLUSTER_ID"), EXTENDED: _our_extended, LARGE: _our_large,
    MP_REACH: lambda one: _values(one, "Network Address of Next Hop"), OTC: _last,
    AIGP: lambda one: str(_all(one, "Accumulated IGP Metric")[0]["value"]),
    PMSI: lambda one: _values(one, "Flags", "Tunnel Type", "MPLS Label"),
    PREFIX_SID: lambda one: [str(each["value"]) for each in _all(one, "Label Index")],
}


def of_ours(message):
    """[(type, values)] of the attributes of one `message` event with its fields (-vv)."""
    lists = [one for one in message.get("fields", []) if one["name"] == "Path Attributes"]
    found = []
    for one in lists[0]["fields"] if lists else []:
        codes = [each["value"] for each in one.get("fields", []) if each["name"] == "Attribute Type Code"]
        if codes:  # else it is the merged path of RFC 6793, which is ours alone
            found.append((codes[0], OURS[codes[0]](one) if codes[0] in OURS else None))
    return found


# As an encoder makes them.

@dataclasses.dataclass
class Attribute:
    kind: int
    octets: bytes
    values: object
    shark: bool = True  # tshark tells it too


def encode(flags, kind, value, extended):
    if extended:
        return struct.pack(">BBH", flags | 0x10, kind, len(value)) + value
    return struct.pack(">BBB", flags, kind, len(value)) + value


class Maker:
    """Random, well-formed attributes for a session with AS numbers of `width` octets."""

    def __init__(self, random, width):
        self.random = random
        self.width = width

    def number(self, bits):
        return self.random.getrandbits(self.random.choice([8, bits // 2, bits])) or 1

    def address(self):
        return str(ipaddress.IPv4Address(self.random.randrange(0x01000000, 0xDF000000)))

    def attribute(self, flags, kind, value, values, shark=True):
        extended = self.random.random() < 0.2 or len(value) > 255
        # Behind a length of two octets tshark 4.0 begins a CLUSTER_LIST an octet too late (RFC 4271 section 4.3).
        return Attribute(kind, encode(flags, kind, value, extended), values, shark and not (extended and kind == CLUSTERS))

    def path(self, kind, flags, width):
        # Confederations begin a path (RFC 5065); AS4_PATH has none (RFC 6793 section 6).
        kinds = [[2], [2, 1], [1], [2, 2], [2, 1, 2], []] + ([[3, 2], [3, 4, 2], [4]] if kind == AS_PATH else [])
        segments = [(one, [self.number(8 * width) for _ in range(self.random.choice([1, 2, 5, 30]))])
                    for one in self.random.choice(kinds if kind == AS_PATH else kinds[:5])]
        octets = b"".join(struct.pack(">BB", one, len(numbers)) +
                          b"".join(asn.to_bytes(width, "big") for asn in numbers) for one, numbers in segments)
        return self.attribute(flags, kind, octets, segments)

    def aggregator(self, kind, width):
        asn, address = self.number(8 * width), self.address()
        return self.attribute(0xC0, kind, asn.to_bytes(width, "big") + socket.inet_aton(address), [str(asn), address])

    def word(self, flags, kind, shark=True):
        value = self.number(32)
        return self.attribute(flags, kind, struct.pack(">I", value), str(value), shark)

    def several(self, make, most=6):
        return [make() for _ in range(self.random.randint(1, most))]

    def community(self):
        if self.random.random() < 0.3:
            return self.random.choice(list(WELL_KNOWN.values()))
        return self.random.randrange(0x00010000, 0xFFFF0000)

    def extended(self):
        """A Route Target or Origin, which have administrators: an AS of two octets, an address, an AS of four."""
        form, minor = self.random.choice([0, 1, 2]), self.random.choice([2, 3])
        sizes = (2, 4) if form == 0 else (4, 2)
        who = [str(self.number(8 * sizes[0])) if form != 1 else self.address(), str(self.number(8 * sizes[1]))]
        first = socket.inet_aton(who[0]) if form == 1 else int(who[0]).to_bytes(sizes[0], "big")
        octets = struct.pack(">BB", form, minor) + first + int(who[1]).to_bytes(sizes[1], "big")
        return octets, (form, minor, who)

    def next_hop(self):
        first = str(ipaddress.IPv6Address(0x20010DB8 << 96 | self.random.getrandbits(64) | 1))
        second = str(ipaddress.IPv6Address(0xFE80 << 112 | self.random.getrandbits(64) | 1))
        hops = self.random.choice([[first], [first, second]])
        octets = b"".join(ipaddress.IPv6Address(one).packed for one in hops)
        value = struct.pack(">HBB", 2, 1, len(octets)) + octets + b"\0" + bytes.fromhex("2020010db8")
        return self.attribute(0x80, MP_REACH, value, hops)

    def pmsi(self):
        label = self.random.getrandbits(20)
        value = struct.pack(">BB", 0, 6) + (label << 4).to_bytes(3, "big") + socket.inet_aton(self.address())
        return self.attribute(0xC0, PMSI, value, ["0", "6", str(label)])

    def update(self):
        """The attributes of one UPDATE, in the order of their types."""
        communities, clusters = self.several(self.community), self.several(self.address)
        large = self.several(lambda: tuple(self.number(32) for _ in range(3)))
        extended = self.several(self.extended)
        metric, index, origin, hop = self.number(64), self.number(32), self.random.randrange(3), self.address()
        width = self.width
        optional = [
            self.word(0x80, MED), self.word(0x40, LOCAL_PREF), self.attribute(0x40, ATOMIC, b"", None),
            self.aggregator(AGGREGATOR, width),
            self.attribute(0xC0, COMMUNITIES, b"".join(struct.pack(">I", one) for one in communities), communities),
            self.attribute(0x80, ORIGINATOR, socket.inet_aton(hop), hop),
            self.attribute(0x80, CLUSTERS, b"".join(map(socket.inet_aton, clusters)), clusters),
            self.next_hop(),
            self.attribute(0xC0, EXTENDED, b"".join(one for one, _ in extended), [one for _, one in extended]),
            self.pmsi(),
            self.attribute(0x80, AIGP, struct.pack(">BHQ", 1, 11, metric), str(metric)),
            self.attribute(0xC0, LARGE, b"".join(struct.pack(">III", *one) for one in large), large),
            self.word(0xC0, OTC, shark=False),
            self.attribute(0xC0, PREFIX_SID, struct.pack(">BHBHI", 1, 7, 0, 0, index), [str(index)]),
        ]
        if width == 2:
            optional += [self.path(AS4_PATH, 0xC0, 4), self.aggregator(AS4_AGGREGATOR, 4)]
        chosen = self.random.sample(optional, self.random.randint(0, len(optional)))
        chosen += [self.attribute(0x40, ORIGIN, bytes([origin]), str(origin)), self.path(AS_PATH, 0x40, width),
                   self.attribute(0x40, NEXT_HOP, socket.inet_aton(hop), hop)]
        return sorted(chosen, key=lambda one: one.kind)
