"""Routes that a daemon's command line has no words for: their octets, written from the RFCs.

GoBGP decodes such an NLRI and its attributes when its API is given them, keeps them as its own values,
and encodes those again for the peer: what is on the wire is GoBGP's. `text` is what the route says,
in this project's notation and from the same arguments, so that a test can compare.
"""
import ipaddress
import struct
import subprocess


class Route:
    """One NLRI of a family with its attributes (each whole, from the flags on)."""

    def __init__(self, afi, safi, nlri, text, attributes=()):
        self.afi, self.safi, self.nlri, self.text, self.attributes = afi, safi, nlri, text, list(attributes)


def u(size, number):
    return number.to_bytes(size, "big")


def ip(text):
    return ipaddress.ip_address(text).packed


def rd(text):
    """RFC 4364 section 4.2"""
    admin, number = text.rsplit(":", 1)
    if "." in admin:
        return u(2, 1) + ip(admin) + u(2, int(number))
    return u(2, 0) + u(2, int(admin)) + u(4, int(number))


def attribute(flags, code, value):
    return u(1, flags | 0x10) + u(1, code) + u(2, len(value)) + value


ORIGIN = attribute(0x40, 1, b"\0")


def next_hop(text):
    return attribute(0x40, 3, ip(text))


def reach(afi, safi, hop, nlri):
    """MP_REACH_NLRI, for a next hop that NEXT_HOP has no room for (RFC 4760 section 3)."""
    return attribute(0x80, 14, u(2, afi) + u(1, safi) + u(1, len(hop)) + hop + b"\0" + nlri)


def extended(*communities):
    return attribute(0xC0, 16, b"".join(communities))


def target(asn, number):
    return b"\0\2" + u(2, asn) + u(4, number)


# VPLS (RFC 4761 section 3.2.2)

def vpls(distinguisher, site, offset, size, base, attributes):
    nlri = rd(distinguisher) + u(2, site) + u(2, offset) + u(2, size) + u(3, base << 4)
    return Route(25, 65, u(2, len(nlri)) + nlri,
                 f"rd {distinguisher} ve-id {site} offset {offset} size {size} label-base {base}", attributes)


# SR policy (RFC 9830)

def sr_policy(distinguisher, color, endpoint, hop, sub_tlvs, attributes=()):
    afi = 2 if ":" in endpoint else 1
    key = u(4, distinguisher) + u(4, color) + ip(endpoint)
    tunnel = b"".join(sub_tlvs)
    nlri = u(1, 8 * len(key)) + key
    return Route(afi, 73, nlri, f"distinguisher {distinguisher} color {color} endpoint {endpoint}",
                 [ORIGIN, reach(afi, 73, ip(hop), nlri), *attributes,
                  attribute(0xC0, 23, u(2, 15) + u(2, len(tunnel)) + tunnel)])


def sub_tlv(code, value):
    return u(1, code) + (u(1, len(value)) if code < 128 else u(2, len(value))) + value


def preference(number):
    return sub_tlv(12, u(2, 0) + u(4, number))


def binding_sid(label):
    return sub_tlv(13, u(2, 0) + u(4, label << 12))


def srv6_binding_sid(sid):
    return sub_tlv(20, u(2, 0) + ip(sid))


def priority(number):
    return sub_tlv(15, u(1, number) + b"\0")


def enlp(number):
    return sub_tlv(14, u(2, 0) + u(1, number))


def path_name(text):
    return sub_tlv(129, b"\0" + text.encode())


def segment_list(weight, *segments):
    return sub_tlv(128, b"\0" + sub_tlv(9, u(2, 0) + u(4, weight)) + b"".join(segments))


def segment_label(label):
    """Type A"""
    return sub_tlv(1, u(2, 0) + u(4, label << 12))


def segment_sid(sid):
    """Type B, without an endpoint behaviour"""
    return sub_tlv(13, u(2, 0) + ip(sid))


# BGP-LS (RFC 9552, RFC 9085, RFC 9514)

PROTOCOLS = {"isis-l1": 1, "isis-l2": 2, "ospfv2": 3, "direct": 4, "static": 5, "ospfv3": 6}


def tlv(code, value):
    return u(2, code) + u(2, len(value)) + value


def node(code, asn, router, area=None):
    """A node descriptor and its text; the router by an OSPF identifier or an IS-IS system identifier."""
    octets = tlv(512, u(4, asn)) + (tlv(514, ip(area)) if area else b"")
    octets += tlv(515, ip(router) if len(router.split(".")) == 4 else bytes.fromhex(router.replace(".", "")))
    return tlv(code, octets), f"{{as {asn}{f' area {area}' if area else ''} router {router}}}"


def link_state(kind, protocol, identifier, local, descriptors=(), attributes=()):
    """`descriptors`: (octets, text) behind the local node"""
    number, name = kind
    octets, text = local
    body = u(1, PROTOCOLS[protocol]) + u(8, identifier) + octets
    text = f"{name} {protocol} id {identifier} local {text}"
    for more, words in descriptors:
        body += more
        text += f" {words}"
    return Route(16388, 71, u(2, number) + u(2, len(body)) + body, text, attributes)


NODE, LINK, PREFIX4, PREFIX6, SRV6_SID = (1, "node"), (2, "link"), (3, "ipv4-prefix"), (4, "ipv6-prefix"), (6, "srv6-sid")


def remote(asn, router, area=None):
    octets, text = node(257, asn, router, area)
    return octets, f"remote {text}"


def interface(address):
    return tlv(259 if "." in address else 261, ip(address)), f"interface {address}"


def neighbor(address):
    return tlv(260 if "." in address else 262, ip(address)), f"neighbor {address}"


def link_ids(near, far):
    return tlv(258, u(4, near) + u(4, far)), f"local-id {near} remote-id {far}"


def prefix(text):
    network = ipaddress.ip_network(text)
    return (tlv(265, u(1, network.prefixlen) + network.network_address.packed[:(network.prefixlen + 7) // 8]),
            f"prefix {text}")


def route_type(number, name):
    return tlv(264, u(1, number)), f"route-type {name}"


def sid(text):
    return tlv(518, ip(text)), f"sid {text}"


def link_state_attribute(*tlvs):
    return attribute(0x80, 29, b"".join(tlvs))


def bandwidth(code, octets_per_second, times=1):
    return tlv(code, struct.pack(">f", octets_per_second) * times)


# GoBGP's API: gRPC, with protocol buffers written by hand, so that nothing need be installed for it.

def _varint(number):
    out = b""
    while number > 127:
        out += u(1, number & 127 | 128)
        number >>= 7
    return out + u(1, number)


def _bytes(field, octets):
    return _varint(field << 3 | 2) + _varint(len(octets)) + octets


def _number(field, number):
    return _varint(field << 3) + _varint(number)


def gobgp_add(namespace, api, route):
    """AddPath with the octets of the NLRI and of each attribute (Path.nlri_binary and pattrs_binary)."""
    path = (_bytes(9, _number(1, route.afi) + _number(2, route.safi)) + _bytes(20, route.nlri) +
            b"".join(_bytes(21, one) for one in route.attributes))
    request = _bytes(3, path)
    done = subprocess.run(
        namespace.argv("curl", "-s", "-i", "--http2-prior-knowledge", "-H", "content-type: application/grpc",
                       "-H", "te: trailers", "--data-binary", "@-", f"http://{api}/apipb.GobgpApi/AddPath"),
        input=b"\0" + u(4, len(request)) + request, stdout=subprocess.PIPE, check=True, timeout=10)
    if b"grpc-status: 0" not in done.stdout:
        raise RuntimeError(f"GoBGP does not take {route.text}: {done.stdout.decode(errors='replace').strip()}")
