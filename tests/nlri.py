# SPDX-License-Identifier: GPL-2.0-or-later
"""NLRI of every family, made up at random: octets, and what they say.

An encoder written from the RFCs and from nothing of this program. Each of MAKERS gives an Nlri with the text
that bgpwhy is to show of it, and with the fields that tshark is to show.
"""
import ipaddress
import struct
import dataclasses


@dataclasses.dataclass
class Nlri:
    octets: bytes
    text: str
    shark: list  # (field, as tshark shows it); those of one name in the order of the octets
    doubt: str = None  # why tshark 4.0 is not to be asked about it, and the RFC that decides


def u8(n):
    return struct.pack(">B", n)


def u16(n):
    return struct.pack(">H", n)


def u24(n):
    return struct.pack(">I", n)[1:]


def u32(n):
    return struct.pack(">I", n)


def u64(n):
    return struct.pack(">Q", n)


class Maker:
    """Values at random."""

    def __init__(self, random):
        self.random = random

    def number(self, bits):
        return self.random.choice([0, 1, (1 << bits) - 1, self.random.getrandbits(bits), self.random.getrandbits(bits)])

    def ip(self, version):
        return ipaddress.ip_address(self.random.getrandbits(32 if version == 4 else 128).to_bytes(4 if version == 4 else 16, "big"))

    def prefix(self, version, longest=None):
        """(octets behind the length, bits, text)"""
        most = longest or (32 if version == 4 else 128)
        bits = self.random.randint(0, most)
        net = ipaddress.ip_network((self.ip(version), bits), strict=False)
        return net.network_address.packed[:(bits + 7) // 8], bits, str(net)

    def rd(self):
        """RFC 4364 section 4.2: (octets, text)"""
        kind = self.random.randrange(3)
        if kind == 0:
            asn, number = self.number(16), self.number(32)
            return u16(0) + u16(asn) + u32(number), f"{asn}:{number}"
        number = self.number(16)
        if kind == 1:
            address = self.ip(4)
            return u16(1) + address.packed + u16(number), f"{address}:{number}"
        asn = self.number(32)
        return u16(2) + u32(asn) + u16(number), f"{asn}{'L' if asn < 65536 else ''}:{number}"

    def labels(self):
        """RFC 8277: (octets, [labels])"""
        labels = [self.random.randint(16, (1 << 20) - 1) for _ in range(self.random.choice([1, 1, 2, 3]))]
        return b"".join(u24(label << 4 | (i == len(labels) - 1)) for i, label in enumerate(labels)), labels

    def evpn_label(self):
        label = self.random.getrandbits(24)
        return u24(label), f"{label >> 4} (vni {label})", label

    def esi(self):
        if self.random.random() < 0.4:
            return bytes(10), "0"
        octets = u8(self.random.randrange(6)) + self.random.getrandbits(72).to_bytes(9, "big")
        return octets, ":".join(f"{o:02x}" for o in octets) if any(octets) else "0"

    def mac(self):
        octets = self.random.getrandbits(48).to_bytes(6, "big")
        return octets, ":".join(f"{o:02x}" for o in octets)


def colons(octets):
    return ":".join(f"{o:02x}" for o in octets)


def rd_shark(text):
    """tshark does not tell the types 0 and 2 apart."""
    return text.replace("L:", ":")


def sized(address):
    """A length in bits before an address, which may be None."""
    return u8(0) if address is None else u8(address.max_prefixlen) + address.packed


def labelled(m, version):
    octets, bits, prefix = m.prefix(version)
    stack, labels = m.labels()
    shark = [(f"bgp.mp_reach_nlri_ipv{version}_prefix", prefix.split("/")[0]),
             ("bgp.prefix_length", str(len(stack) * 8 + bits)),
             ("bgp.label_stack", f"{','.join(map(str, labels))} (bottom)")]
    return Nlri(u8(len(stack) * 8 + bits) + stack + octets, f"{prefix} label {'/'.join(map(str, labels))}", shark,
                "tshark calls a labelled prefix of 0 bits invalid; RFC 8277 section 2.2 has no least length"
                if bits == 0 else None)


def vpn(m, version):
    octets, bits, prefix = m.prefix(version)
    stack, labels = m.labels()
    stack, labels = stack[-3:], labels[-1:]
    rd, rd_text = m.rd()
    shark = [("bgp.label_stack", f"{labels[0]} (bottom)")]
    if version == 4:
        shark += [("bgp.rd", rd_shark(rd_text)), ("bgp.mp_reach_nlri_ipv4_prefix", prefix.split("/")[0])]
    return Nlri(u8(24 + 64 + bits) + stack + rd + octets, f"{rd_text}:{prefix} label {labels[0]}", shark,
                "tshark shows a format string for an IPv6 prefix behind a Route Distinguisher of type 2"
                if version == 6 and rd[1] == 2 else None)


def evpn_ip(ip):
    return [("bgp.evpn.nlri.ipv6.addr" if ":" in str(ip) else "bgp.evpn.nlri.ip.addr", str(ip))]


def evpn_1(m):
    rd, rd_text = m.rd()
    esi, esi_text = m.esi()
    tag = m.number(32)
    label, label_text, raw = m.evpn_label()
    return Nlri(u8(1) + u8(25) + rd + esi + u32(tag) + label,
                f"ethernet-ad rd {rd_text} esi {esi_text} etag {tag} label {label_text}",
                [("bgp.evpn.nlri.rt", "1"), ("bgp.evpn.nlri.rd", colons(rd)), ("bgp.evpn.nlri.esi", colons(esi)),
                 ("bgp.evpn.nlri.etag", str(tag)), ("bgp.evpn.nlri.mpls_ls1", str(raw >> 4))])


def evpn_2(m):
    rd, rd_text = m.rd()
    esi, esi_text = m.esi()
    tag = m.number(32)
    mac, mac_text = m.mac()
    ip = m.random.choice([None, m.ip(4), m.ip(6)])
    one, one_text, raw_one = m.evpn_label()
    two, two_text, raw_two = m.evpn_label()
    second = m.random.random() < 0.5
    body = rd + esi + u32(tag) + u8(48) + mac + sized(ip) + one + (two if second else b"")
    return Nlri(u8(2) + u8(len(body)) + body,
                f"mac-ip rd {rd_text} esi {esi_text} etag {tag} mac {mac_text}" + (f" ip {ip}" if ip else "") +
                f" label {one_text}" + (f" label2 {two_text}" if second else ""),
                [("bgp.evpn.nlri.rt", "2"), ("bgp.evpn.nlri.rd", colons(rd)), ("bgp.evpn.nlri.esi", colons(esi)),
                 ("bgp.evpn.nlri.etag", str(tag)), ("bgp.evpn.nlri.mac_addr", mac_text),
                 ("bgp.evpn.nlri.mpls_ls1", str(raw_one >> 4))] + (evpn_ip(ip) if ip else []) +
                ([("bgp.evpn.nlri.mpls_ls2", str(raw_two >> 4))] if second else []))


def evpn_3(m):
    rd, rd_text = m.rd()
    tag = m.number(32)
    ip = m.ip(m.random.choice([4, 6]))
    body = rd + u32(tag) + sized(ip)
    return Nlri(u8(3) + u8(len(body)) + body, f"multicast rd {rd_text} etag {tag} ip {ip}",
                [("bgp.evpn.nlri.rt", "3"), ("bgp.evpn.nlri.rd", colons(rd)), ("bgp.evpn.nlri.etag", str(tag)),
                 *evpn_ip(ip)])


def evpn_4(m):
    rd, rd_text = m.rd()
    esi, esi_text = m.esi()
    ip = m.ip(m.random.choice([4, 6]))
    body = rd + esi + sized(ip)
    return Nlri(u8(4) + u8(len(body)) + body, f"ethernet-segment rd {rd_text} esi {esi_text} ip {ip}",
                [("bgp.evpn.nlri.rt", "4"), ("bgp.evpn.nlri.rd", colons(rd)), ("bgp.evpn.nlri.esi", colons(esi)),
                 *evpn_ip(ip)])


def evpn_5(m):
    rd, rd_text = m.rd()
    esi, esi_text = m.esi()
    tag = m.number(32)
    version = m.random.choice([4, 6])
    octets, bits, prefix = m.prefix(version)
    gateway = m.ip(version)
    label, label_text, raw = m.evpn_label()
    body = rd + esi + u32(tag) + u8(bits) + octets.ljust(4 if version == 4 else 16, b"\0") + gateway.packed + label
    return Nlri(u8(5) + u8(len(body)) + body,
                f"ip-prefix rd {rd_text} esi {esi_text} etag {tag} prefix {prefix} gw {gateway} label {label_text}",
                [("bgp.evpn.nlri.rt", "5"), ("bgp.evpn.nlri.rd", colons(rd)), ("bgp.evpn.nlri.esi", colons(esi)),
                 ("bgp.evpn.nlri.etag", str(tag)), ("bgp.evpn.nlri.prefix_len", str(bits)),
                 *evpn_ip(prefix.split("/")[0]), (f"bgp.evpn.nlri.ipv{version}.gtw_addr", str(gateway))])


def mvpn(m):
    version = 4
    rd, rd_text = m.rd()
    kind = m.random.choice([1, 2, 3, 5, 6, 7])
    asn = m.number(32)
    source, group, router = m.ip(version), m.ip(version), m.ip(version)
    flow = sized(source) + sized(group)
    flow_text = f"source {source} group {group}"
    names = {1: "intra-as-i-pmsi", 2: "inter-as-i-pmsi", 3: "s-pmsi", 5: "source-active", 6: "shared-tree-join",
             7: "source-tree-join"}
    body, text = {1: (router.packed, f"originator {router}"), 2: (u32(asn), f"source-as {asn}"),
                  3: (flow + router.packed, f"{flow_text} originator {router}"), 5: (flow, flow_text),
                  6: (u32(asn) + flow, f"source-as {asn} {flow_text}"),
                  7: (u32(asn) + flow, f"source-as {asn} {flow_text}")}[kind]
    shark = {1: [("bgp.mcast_vpn_nlri_origin_router_ipv4", str(router))],
             2: [("bgp.mcast_vpn_nlri_source_as", str(asn))],
             3: [("bgp.mcast_vpn_nlri_source_addr_ipv4", str(source)), ("bgp.mcast_vpn_nlri_group_addr_ipv4", str(group)),
                 ("bgp.mcast_vpn_nlri_origin_router_ipv4", str(router))],
             5: [("bgp.mcast_vpn_nlri_source_addr_ipv4", str(source)), ("bgp.mcast_vpn_nlri_group_addr_ipv4", str(group))]}
    shark[6] = shark[7] = shark[2] + shark[5]
    return Nlri(u8(kind) + u8(8 + len(body)) + rd + body, f"{names[kind]} rd {rd_text} {text}",
                [("bgp.mcast_vpn_nlri_route_type", str(kind)), ("bgp.mcast_vpn_nlri_rd", colons(rd))] + shark[kind])


def mdt(m):
    rd, rd_text = m.rd()
    ip, group = m.ip(4), m.ip(4)
    return Nlri(u8(128) + rd + ip.packed + group.packed, f"rd {rd_text} ip {ip} group {group}",
                [("bgp.mdt_safi_rd", colons(rd)), ("bgp.mdt_safi_ipv4_addr", str(ip)),
                 ("bgp.mdt_safi_group_addr", str(group))])


def vpls(m):
    rd, rd_text = m.rd()
    if m.random.random() < 0.4:
        pe = m.ip(4)
        return Nlri(u16(12) + rd + pe.packed, f"rd {rd_text} pe {pe}",
                    [("bgp.vplsad.length", "12"), ("bgp.vplsad.rd", rd_shark(rd_text)), ("bgp.ad.pe_addr", str(pe))])
    site, offset, size, base = m.number(16), m.number(16), m.number(16), m.number(20)
    return Nlri(u16(17) + rd + u16(site) + u16(offset) + u16(size) + u24(base << 4),
                f"rd {rd_text} ve-id {site} offset {offset} size {size} label-base {base}",
                [("bgp.vplsad.length", "17"), ("bgp.vplsad.rd", rd_shark(rd_text)), ("bgp.vplsbgp.ce_id", str(site)),
                 ("bgp.vplsbgp.labelblock.offset", str(offset)), ("bgp.vplsbgp.labelblock.size", str(size))])


def route_target(m):
    asn, admin, number = m.number(32), m.number(16), m.number(32)
    if m.random.random() < 0.2:
        return Nlri(u8(0), "default", [])
    return Nlri(u8(96) + u32(asn) + b"\0\2" + u16(admin) + u32(number), f"origin-as {asn} rt {admin}:{number}",
                [("bgp.prefix_length", "96"), ("bgp.originating_as", str(asn)),
                 ("bgp.community_prefix", f"{admin}:{number}")])


def sr_policy(m, version):
    distinguisher, color, endpoint = m.number(32), m.number(32), m.ip(version)
    return Nlri(u8(96 if version == 4 else 192) + u32(distinguisher) + u32(color) + endpoint.packed,
                f"distinguisher {distinguisher} color {color} endpoint {endpoint}",
                [("bgp.sr_policy_nlri_length", "96" if version == 4 else "192"),
                 ("bgp.sr_policy_nlri_distinguisher", colons(u32(distinguisher))),
                 ("bgp.sr_policy_nlri_policy_color", colons(u32(color))),
                 (f"bgp.sr_policy_nlri_endpoint_ipv{version}", str(endpoint))],
                "tshark takes four octets of an IPv6 endpoint; they are sixteen (RFC 9830 section 2.1)"
                if version == 6 else None)


def operators(m, sizes, text_of, ops):
    """A list of operators and values: (octets, text, fields)"""
    out, text, shark = b"", "", []
    count = m.random.randint(1, 3)
    for i in range(count):
        size = m.random.choice(sizes)
        value = m.number(8 * size)
        op, joint = m.random.choice(ops), m.random.random() < 0.5
        octet = (0x80 if i == count - 1 else 0) | (0x40 if joint else 0) | {1: 0, 2: 0x10, 4: 0x20, 8: 0x30}[size] | op
        out += u8(octet) + value.to_bytes(size, "big")
        shark += [("bgp.flowspec_nlri.opflags", f"0x{octet:02x}")]
        if text_of is numeric:
            shark += [(f"bgp.flowspec_nlri.dec_val_{8 * size}", str(value))]
        text += ("" if i == 0 else "&" if joint else "|") + text_of(op, value)
    return out, text, shark


def numeric(op, value):
    relation = {1: "=", 2: ">", 3: ">=", 4: "<", 5: "<=", 6: "!="}
    return f"{relation[op]}{value}" if op in relation else "true" if op == 7 else "false"


def bitmask(names):
    def text_of(op, value):
        known = [name for i, name in enumerate(names) if value >> i & 1]
        text = "+".join(known) if value and value < 1 << len(names) else f"0x{value:02x}"
        return ("!" if op & 2 else "") + ("=" if op & 1 else "") + text
    return text_of


TCP_FLAGS = bitmask(["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"])
FRAGMENT = bitmask(["DF", "IsF", "FF", "LF"])


def flowspec(m, version, in_vpn=False):
    names = {3: "proto" if version == 4 else "next-header", 4: "port", 5: "dst-port", 6: "src-port", 7: "icmp-type",
             8: "icmp-code", 9: "tcp-flags", 10: "length", 11: "dscp", 12: "fragment", 13: "flow-label"}
    types = sorted(m.random.sample(range(1, 13 if version == 4 else 14), m.random.randint(1, 6)))
    body, texts, shark, doubt = b"", [], [], None
    if version == 6 and set(types) & {1, 2, 13}:
        doubt = "tshark has IPv6 prefixes by an old draft and no flow label; RFC 8956 section 3 decides"
    for kind in types:
        shark.append(("bgp.flowspec_nlri.filter_type", str(kind)))
        body += u8(kind)
        if kind <= 2:
            octets, bits, prefix = m.prefix(version)
            body += u8(bits) + (u8(0) if version == 6 else b"") + octets
            texts.append(f"{'dst' if kind == 1 else 'src'} {prefix}")
            if version == 4:
                shark += [("bgp.prefix_length", str(bits)),
                          (f"bgp.flowspec_nlri.{'dst' if kind == 1 else 'src'}_prefix_filter", prefix.split("/")[0])]
            continue
        if kind == 9:
            octets, text, fields = operators(m, [m.random.choice([1, 1, 2])], TCP_FLAGS, range(4))
            if octets[0] & 0x30:
                doubt = "tshark takes TCP flags for one octet; they are one or two (RFC 8955 section 4.2.2.9)"
        elif kind == 12:
            octets, text, fields = operators(m, [1], FRAGMENT, range(4))
        else:
            octets, text, fields = operators(m, {11: [1], 13: [4]}.get(kind, [1, 2]), numeric, range(8))
        body += octets
        shark += [pair for pair in fields if kind != 11 or pair[0].endswith("opflags")]
        texts.append(f"{names[kind]} {text}")
    if in_vpn:
        rd, rd_text = m.rd()
        body, texts = rd + body, [f"rd {rd_text}", *texts]
    assert len(body) < 240
    return Nlri(u8(len(body)) + body, ", ".join(texts), shark, doubt)


def tlv(kind, body):
    return u16(kind) + u16(len(body)) + body


def node(m, kind, protocol):
    asn, area = m.number(32), m.ip(4)
    shark = [("bgp.ls.tlv.autonomous_system.id", str(asn))]
    if protocol <= 2:
        octets = m.random.getrandbits(48).to_bytes(6, "big")
        text = ".".join(octets.hex()[i:i + 4] for i in (0, 4, 8))
        return tlv(kind, tlv(512, u32(asn)) + tlv(515, octets)), f"{{as {asn} router {text}}}", \
            shark + [("bgp.ls.tlv.igp_router_id", colons(octets))]
    router = m.ip(4)
    return (tlv(kind, tlv(512, u32(asn)) + tlv(514, area.packed) + tlv(515, router.packed)),
            f"{{as {asn} area {area} router {router}}}", shark + [("bgp.ls.tlv.igp_router_id", colons(router.packed))])


PROTOCOLS = {1: "isis-l1", 2: "isis-l2", 3: "ospfv2", 6: "ospfv3"}


def link_state(m, in_vpn=False):
    kind = m.random.choice([1, 2, 3, 4, 6])
    protocol = m.random.choice(list(PROTOCOLS))
    identifier = m.number(63)
    local, local_text, shark = node(m, 256, protocol)
    body = u8(protocol) + u64(identifier) + local
    text = f"{PROTOCOLS[protocol]} id {identifier} local {local_text}"
    shark += [("bgp.ls.nlri_type", str(kind)), ("bgp.ls.nlri_node.protocol_id", str(protocol)),
              ("bgp.ls.nlri_node.identifier", str(identifier))]
    names = {1: "node", 2: "link", 3: "ipv4-prefix", 4: "ipv6-prefix", 6: "srv6-sid"}
    if kind == 2:
        remote, remote_text, fields = node(m, 257, protocol)
        near, far = m.ip(4), m.ip(4)
        body += remote + tlv(258, u32(1) + u32(2)) + tlv(259, near.packed) + tlv(260, far.packed)
        shark += fields + [("bgp.ls.nlri_ipv4_interface_address", str(near)),
                           ("bgp.ls.nlri_ipv4_neighbor_address", str(far))]
        text += f" remote {remote_text} local-id 1 remote-id 2 interface {near} neighbor {far}"
    if kind in (3, 4):
        octets, bits, prefix = m.prefix(4 if kind == 3 else 6)
        topology = m.random.randrange(4096)
        body += tlv(263, u16(topology)) + tlv(265, u8(bits) + octets)
        text += f" mt {topology} prefix {prefix}"
    if kind == 6:
        sid = m.ip(6)
        body += tlv(518, sid.packed)
        text += f" sid {sid}"
    if in_vpn:
        rd, rd_text = m.rd()
        body, text = rd + body, f"rd {rd_text} {text}"
    doubt = "tshark does not know SRv6 SID NLRI (RFC 9514 section 6)" if kind == 6 else None
    if in_vpn:
        doubt = "tshark does not know the Route Distinguisher (RFC 9552 section 5.2)"
    return Nlri(u16(kind) + u16(len(body)) + body, f"{names[kind]} {text}", shark, doubt)


# (AFI, SAFI, octets of the next hop, what makes one NLRI)
MAKERS = [
    (1, 4, 4, lambda m: labelled(m, 4)), (2, 4, 16, lambda m: labelled(m, 6)),
    (1, 128, 12, lambda m: vpn(m, 4)), (2, 128, 24, lambda m: vpn(m, 6)), (1, 129, 12, lambda m: vpn(m, 4)),
    (25, 70, 4, evpn_1), (25, 70, 4, evpn_2), (25, 70, 16, evpn_3), (25, 70, 4, evpn_4), (25, 70, 4, evpn_5),
    (1, 5, 4, mvpn), (1, 66, 4, mdt), (25, 65, 4, vpls), (1, 132, 4, route_target),
    (1, 73, 4, lambda m: sr_policy(m, 4)), (2, 73, 16, lambda m: sr_policy(m, 6)),
    (1, 133, 0, lambda m: flowspec(m, 4)), (2, 133, 0, lambda m: flowspec(m, 6)),
    (1, 134, 0, lambda m: flowspec(m, 4, True)), (2, 134, 0, lambda m: flowspec(m, 6, True)),
    (16388, 71, 4, link_state), (16388, 72, 12, lambda m: link_state(m, True)),
]


def mp_reach(afi, safi, next_hop, octets):
    """A path attribute with ORIGIN and AS_PATH before it: the body of an UPDATE."""
    value = u16(afi) + u8(safi) + u8(next_hop) + (b"\x20\x01\x0d\xb8" + bytes(44))[:next_hop] + u8(0) + octets
    attributes = (bytes.fromhex("40010100 4002060201 0000fde9".replace(" ", "")) + b"\x90\x0e" + u16(len(value)) + value)
    return u16(0) + u16(len(attributes)) + attributes
