"""The recordings, in the order in which a learner would read them.

Each is a function that plays it, under a decorator that says what is true of it. Usually the node
(192.0.2.10, FRR as MetalLB sets it up, AS 65009) peers with a router (192.0.2.1, BIRD, AS 65001), the
capture is taken on the node, and a bridge lies between the two so that each keeps its carrier.
"""
import signal

from . import net, octets
from .lab import NODE, NODE6, NODE_AS, NODE_LL, ROUTER, ROUTER6, ROUTER_AS, ROUTER_LL

SCENARIOS = {}
CHAPTERS = []


def chapter(title):
    """The scenarios that follow belong to this chapter of pcaps/README.md."""
    CHAPTERS.append(title)


class Scenario:
    """What is known of a recording before it is played, and the function that plays it.

    cause         the key of the finding that explains the session best, None for a healthy one
    also_primary  keys that would do as well: the packets do not decide, or two hold at once
    also_allowed  further findings that are true here
    also_verdicts verdicts that would do as well
    blame         the address of the side at fault; None where the capture cannot or need not tell
    more          further pairs of addresses of which the same is true
    shows         further findings that this capture is there to show (a part of also_allowed)

    What it is not, though it looks like it, is in LOOK_ALIKES at the end of this file.
    """

    def __init__(self, play, title, teaches, *, cause=None, verdict=None, blame=None, also_primary=(),
                 also_allowed=(), also_verdicts=(), a=NODE, b=ROUTER, more=(), bfd=False,
                 vantage="node side of the veth", notes=(), extension="pcap", shows=()):
        self.play = play
        self.chapter = CHAPTERS[-1]
        self.name = play.__name__.replace("_", "-")
        self.title = title
        self.teaches = " ".join(teaches.split())
        self.vantage = vantage
        self.notes = [" ".join(note.split()) for note in notes]
        self.file = f"{self.name}.{extension}"
        self.command = f"tests/lab/record {self.name}"
        self.shows, self.look_alike_of = list(shows), []
        also_allowed = [*also_allowed, *shows]
        self.sessions = [dict(a=one, b=other, cause=cause, verdict=verdict or ("down" if cause else "healthy"),
                              blame=blame, also_primary=also_primary, also_allowed=also_allowed,
                              also_verdicts=also_verdicts, bfd=bfd) for one, other in ((a, b), *more)]


def scenario(title, teaches, **options):
    def register(play):
        made = Scenario(play, title, teaches, **options)
        SCENARIOS[made.name] = made
        return play
    return register


def start(*daemons):
    for daemon in daemons:
        daemon.start()


def play(lab, *daemons, seconds):
    """Record from before the first daemon's start; nothing else happens."""
    lab.record()
    start(*daemons)
    lab.wait(seconds)


def play_up(lab, router, node, *, bfd=False, then=0):
    """Record from before the start until both are Established, and a while longer."""
    lab.record()
    start(router, node)
    lab.until_up(node, router, bfd=bfd)
    lab.wait(then)
    lab.snapshot(node, router)


chapter("Healthy sessions")


@scenario("A healthy session with BFD and a few routes",
          """The yardstick: three-way handshake to port 179, an OPEN each way, a KEEPALIVE each way
          (Established), UPDATEs ended by an End-of-RIB, then a KEEPALIVE every five seconds.
          BFD on UDP 3784 goes Down, Init, Up within two seconds; its intervals are the larger
          of what one wants to send and the other to receive.""", bfd=True)
def healthy(lab):
    node, router = lab.usual(bfd=True)
    play_up(lab, router, node, bfd=True, then=16)


@scenario("A healthy session over IPv6, with BFD",
          """As `healthy`, with Neighbor Discovery in the place of ARP. The OPENs carry
          Multiprotocol IPv6 unicast, and the routes travel in MP_REACH_NLRI; the End-of-RIB is
          an empty MP_UNREACH_NLRI.""", a=NODE6, b=ROUTER6, bfd=True)
def healthy_ipv6(lab):
    lab.pair(ipv6=True)
    node = lab.metallb_node(ROUTER6, address=NODE6, prefixes=("2001:db8:1::1/128",))
    router = lab.bird_router(NODE6, address=ROUTER6, routes=("2001:db8:2::/48",))
    play_up(lab, router, node, bfd=True, then=16)


@scenario("A healthy session between IPv6 link-local addresses",
          """Both ends are fe80:: addresses, as in an unnumbered fabric: the addresses mean
          something on this link only, and the identity of a speaker is its BGP identifier. BFD
          runs between the same addresses.""",
          a=NODE_LL, b=ROUTER_LL, bfd=True)
def healthy_link_local(lab):
    lab.pair(ipv6=True, node_addresses=[f"{NODE_LL}/64"], router_addresses=[f"{ROUTER_LL}/64"])
    node = lab.metallb_node(ROUTER_LL, address=NODE_LL, lines=["interface eth0"],
                            prefixes=("2001:db8:1::1/128",))
    router = lab.bird_router(f"{NODE_LL}%'eth0'", address=ROUTER_LL, routes=("2001:db8:2::/48",))
    router.peer = NODE_LL
    play_up(lab, router, node, bfd=True, then=12)


@scenario("A healthy session with GoBGP",
          """GoBGP advertises the FQDN and extended next hop capabilities and no graceful restart,
          so no End-of-RIB follows its routes. Compare its list of capabilities with FRR's: what
          both offer is what counts.""")
def healthy_gobgp(lab):
    lab.pair()
    play_up(lab, lab.gobgp_router(), lab.metallb_node(bfd=False), then=16)


# The families that GoBGP can be given routes of: its name in the configuration, on the command line.
FAMILIES = {"ipv4-unicast": "ipv4", "ipv4-labelled-unicast": "ipv4-mpls", "ipv6-labelled-unicast": "ipv6-mpls",
            "l3vpn-ipv4-unicast": "vpnv4", "l3vpn-ipv6-unicast": "vpnv6", "l2vpn-evpn": "evpn",
            "ipv4-flowspec": "ipv4-flowspec", "ipv6-flowspec": "ipv6-flowspec",
            "l3vpn-ipv4-flowspec": "ipv4-l3vpn-flowspec", "l2vpn-flowspec": "l2vpn-flowspec"}


def play_families(lab, families, routes, vrf=()):
    """Two GoBGPs; what the node's tables have of the router's routes goes into the truth."""
    lab.pair()
    router = lab.gobgp_router(families=[*families, *(["rtc"] if vrf else [])], more_routes=routes)
    node = lab.gobgp_node(families=router.families)
    lab.record()
    start(router, node)
    if vrf:
        node.gobgp("vrf", "add", *vrf)
    lab.until_up(node, router)
    lab.wait(8)
    lab.snapshot(node, router)
    lab.received = {node.families_ours.get(name, name): node.received(FAMILIES[name]) for name in families}


@scenario("Routes that are more than prefixes",
          """Two GoBGPs that agree on ten address families, and routes of each: labelled and VPN
          prefixes, five types of EVPN routes, flow specifications of IPv4, IPv6, a VPN and a
          bridge. MP_REACH_NLRI carries them all; what is in it is another language in each. The
          flow specifications have no next hop at all.""")
def healthy_families(lab):
    rd = "rd 65001:100 rt 65001:100"
    play_families(lab, FAMILIES, [
        ("ipv4-mpls", "203.0.113.0/24 100"), ("ipv4-mpls", "203.0.114.0/24 100/200"),
        ("ipv6-mpls", "2001:db8:2::/48 100 nexthop 2001:db8::1"),
        ("vpnv4", f"203.0.113.0/24 label 100 {rd}"),
        ("vpnv4", "203.0.114.0/25 label 101 rd 192.0.2.1:7 rt 65001:100"),
        ("vpnv6", f"2001:db8:2::/48 label 100 {rd} nexthop 2001:db8::1"),
        ("evpn", f"a-d esi ARBITRARY 11:22:33:44:55:66:77:88:99 etag 10 label 100 {rd}"),
        ("evpn", f"macadv 00:00:5e:00:53:01 192.0.2.55 etag 10 label 100 {rd} encap vxlan"),
        ("evpn", "macadv 00:00:5e:00:53:02 0.0.0.0 etag 10 label 100 rd 192.0.2.1:7 rt 65001:100"),
        ("evpn", f"multicast 192.0.2.1 etag 10 {rd}"),
        ("evpn", f"esi 192.0.2.1 esi LACP aa:bb:cc:dd:ee:ff 100 {rd}"),
        ("evpn", f"prefix 203.0.113.0/24 gw 192.0.2.77 etag 10 label 200 {rd}"),
        ("evpn", f"prefix 2001:db8:2::/48 etag 10 label 200 {rd}"),
        ("ipv4-flowspec", "match destination 192.0.2.0/24 protocol tcp port >=80&<=90 then discard"),
        ("ipv4-flowspec", "match source 203.0.113.0/24 tcp-flags =SA&!=F fragment =is-fragment first-fragment "
                          "dscp 46 packet-length >1000&<1500 then discard"),
        ("ipv6-flowspec", "match destination 2001:db8::/32 protocol udp destination-port 53 label 74565 "
                          "then discard"),
        # Not one with an offset: GoBGP 3.10 puts all of the address behind it, RFC 8956 section 3.1 the rest.
        ("ipv4-l3vpn-flowspec", "rd 65001:100 match destination 192.0.2.0/24 then discard rt 65001:100"),
        ("l2vpn-flowspec", "rd 65001:100 match destination-mac 00:00:5e:00:53:01 then discard rt 65001:100")])


@scenario("Only the routes that were asked for",
          """With Route Target constraint each side announces the Route Targets that it imports,
          as NLRI of a family of their own, and is sent the VPN routes that carry one of them: of the router's
          four routes two are never sent, and nothing is wrong.""")
def healthy_rt_constraint(lab):
    play_families(lab, ["l3vpn-ipv4-unicast", "l2vpn-evpn"], [
        ("vpnv4", "203.0.113.0/24 label 100 rd 65001:100 rt 65001:100"),
        ("vpnv4", "203.0.114.0/24 label 101 rd 65001:999 rt 65001:999"),
        ("evpn", "multicast 192.0.2.1 etag 10 rd 65001:100 rt 65001:100"),
        ("evpn", "multicast 192.0.2.1 etag 10 rd 65001:999 rt 65001:999")],
        vrf="blue rd 65009:100 rt both 65001:100".split())


def play_octets(lab, families, routes):
    """Two GoBGPs, and routes of the router that its API was given as octets; what they say goes into the truth."""
    lab.pair()
    router = lab.gobgp_router(families=families)
    router.routes = routes
    play_up(lab, router, lab.gobgp_node(families=families), then=8)
    lab.announced = {ROUTER: sorted(route.text for route in routes)}


@scenario("A topology in BGP: BGP-LS",
          """What an IGP knows goes to a controller as nodes, links and prefixes: OSPF routers with a link
          between them, two of IS-IS, IPv4 and IPv6 prefixes, and a BGP-LS attribute that says the rest in TLVs
          (names, metrics, bandwidths, segment identifiers). Without an IGP here: the router's API was given
          the NLRI.""")
def healthy_link_state(lab):
    ls, tlv, u, ip = octets, octets.tlv, octets.u, octets.ip
    one, two = ls.node(256, 65001, "192.0.2.1", "0.0.0.0"), ls.node(256, 65001, "192.0.2.2", "0.0.0.0")
    far = ls.remote(65001, "192.0.2.2", "0.0.0.0")
    system = ls.node(256, 65001, "1920.0000.2003")
    common = [octets.ORIGIN, octets.next_hop(ROUTER)]

    def attributes(*tlvs):
        return [*common, ls.link_state_attribute(*tlvs)] if tlvs else common
    play_octets(lab, ["ls"], [
        ls.link_state(ls.NODE, "ospfv2", 7, one, attributes=attributes(
            tlv(1024, b"\x30"), tlv(1026, b"router-one"), tlv(1028, ip("192.0.2.1")),
            tlv(1034, b"\xc0\0" + u(3, 8000) + tlv(1161, u(3, 16000))), tlv(1035, b"\0\1"))),
        ls.link_state(ls.NODE, "ospfv2", 7, two, attributes=attributes(tlv(1026, b"router-two"), tlv(1029, ip("2001:db8::2")))),
        ls.link_state(ls.NODE, "isis-l2", 9, system, attributes=attributes(tlv(1027, b"\x49\0\1"), tlv(1026, b"three"))),
        ls.link_state(ls.LINK, "ospfv2", 7, one, [far, ls.interface("198.51.100.1"), ls.neighbor("198.51.100.2")],
                      attributes(tlv(1088, u(4, 5)), ls.bandwidth(1089, 1.25e8), ls.bandwidth(1090, 1e8),
                                 ls.bandwidth(1091, 1e8, 8), tlv(1092, u(4, 10)), tlv(1095, u(2, 10)), tlv(1098, b"a link"),
                                 tlv(1099, b"\x30\0\0\0" + u(3, 24001)))),
        ls.link_state(ls.LINK, "ospfv2", 7, two, [ls.remote(65001, "192.0.2.1", "0.0.0.0"), ls.link_ids(4, 5)],
                      attributes(tlv(1095, u(2, 10)), tlv(1096, u(4, 77)))),
        ls.link_state(ls.PREFIX4, "ospfv2", 7, one, [ls.route_type(1, "intra-area"), ls.prefix("203.0.113.0/24")],
                      attributes(tlv(1155, u(4, 20)), tlv(1158, b"\x40\0\0\0" + u(4, 17)), tlv(1170, b"\x40"))),
        ls.link_state(ls.PREFIX4, "ospfv2", 7, two, [ls.prefix("192.0.2.2/32")], attributes(tlv(1152, b"\x20"))),
        ls.link_state(ls.PREFIX6, "isis-l2", 9, system, [ls.prefix("2001:db8:3::/48")],
                      attributes(tlv(1155, u(4, 30)), tlv(1153, u(4, 100))))])


@scenario("Segment Routing policies",
          """A policy is one NLRI (distinguisher, color, endpoint); what it says is in the Tunnel Encapsulation
          attribute: preference, binding SID, priority, a name, and lists of segments with their
          weights, as MPLS labels.
          NO_ADVERTISE keeps it with the router that is meant. GoBGP 3.10 gives the name three octets too many, which are
          those of the next sub-TLV.""")
def healthy_sr_policy(lab):
    sr = octets
    local = sr.attribute(0xC0, 8, b"\xff\xff\xff\x02")
    play_octets(lab, ["ipv4-srpolicy", "ipv6-srpolicy"], [
        sr.sr_policy(1, 100, "203.0.113.7", ROUTER, [
            sr.preference(200), sr.binding_sid(15001), sr.enlp(3), sr.priority(5), sr.path_name("gold"),
            sr.segment_list(3, sr.segment_label(16001), sr.segment_label(16002)),
            sr.segment_list(1, sr.segment_label(16003))], [local]),
        sr.sr_policy(2, 100, "203.0.113.7", ROUTER, [sr.preference(100), sr.segment_list(1, sr.segment_label(16004))],
                     [sr.extended(b"\x01\x02" + sr.ip(NODE) + b"\0\0")]),
        sr.sr_policy(1, 200, "2001:db8::7", "2001:db8::1", [
            sr.preference(50), sr.segment_list(1, sr.segment_label(16005), sr.segment_label(16006))], [local])])


@scenario("A mobile user plane in BGP: MUP",
          """The four routes of the MUP SAFI (draft-ietf-bess-mup-safi) by GoBGP: an interwork segment and a direct
          segment, which lead to the base stations and to the data network, and two sessions of a phone: where its
          address is, and which tunnel (TEID) is its. All in IPv4 and IPv6.""")
def healthy_mup(lab):
    lab.pair()
    families = ["ipv4-mup", "ipv6-mup"]
    router = lab.gobgp_router(families=families)
    rd = "rd 65001:100"
    routes, said = [], []
    for name, prefix, host, station, user in (
            ("ipv4-mup", "203.0.113.0/24", "192.0.2.1", "198.51.100.9", "203.0.113.77/32"),
            ("ipv6-mup", "2001:db8:2::/48", "2001:db8::1", "2001:db8:9::9", "2001:db8:2::77/128")):
        locator = "prefix 2001:db8:1:1::/64 locator-node-length 24 function-length 16 behavior"
        stack = "4" if name == "ipv4-mup" else "6"
        hop = " nexthop 2001:db8::1"  # the next hop of a segment is IPv6 in any case
        routes += [(name, f"isd {prefix} {rd} {locator} ENDM_GTP{stack}E rt 65001:100{hop}"),
                   (name, f"dsd {host} {rd} {locator} END_DT{stack} rt 65001:100 mup 10:10{hop}"),
                   (name, f"t1st {user} {rd} rt 65001:100 teid 12345 qfi 9 endpoint {station}{hop}"),
                   (name, f"t2st {station} {rd} rt 65001:100 teid 12345 mup 10:10{hop}")]
        said += [f"interwork-segment rd 65001:100 prefix {prefix}", f"direct-segment rd 65001:100 address {host}",
                 f"type-1-session rd 65001:100 prefix {user} teid 12345 qfi 9 endpoint {station}",
                 f"type-2-session rd 65001:100 endpoint {station} teid 12345"]
    router.routes = routes
    play_up(lab, router, lab.gobgp_node(families=families), then=8)
    lab.announced = {ROUTER: sorted(said)}


@scenario("ExaBGP announces VPLS, flow specifications and labels",
          """Eight families by ExaBGP, which writes each capability into a parameter of its own: VPLS with its layer
          2 information, flow specifications of IPv4, IPv6 and a VPN with what is to be done in extended
          communities, labelled and VPN prefixes, one of them with a Prefix-SID. The next hop of a flow specification is empty:
          where the traffic is to be sent to an address, that stands in a community too.""")
def healthy_exabgp_families(lab):
    lab.pair()
    more = """
 l2vpn { vpls site5 { endpoint 5; base 10732; offset 1; size 8; next-hop 192.0.2.1; origin igp; rd 192.0.2.1:124;
   community [ 65001:123 ]; extended-community [ target:65001:6 l2info:19:0:1500:111 ]; } }
 flow {
  route one { match { source 198.51.100.0/24; destination 203.0.113.7/32; port [ =80 =8080 ];
    destination-port [ >8080&<8088 =3128 ]; source-port >1024; protocol [ tcp udp ]; packet-length [ >200&<300 ];
    tcp-flags [ SYN RST ]; } then { rate-limit 9600; community [ 65001:1 ]; } }
  route two { match { destination 203.0.113.8/32; fragment [ first-fragment last-fragment ];
    icmp-type [ unreachable echo-request ]; dscp [ 10 20 ]; } then { redirect 65001:12345; } }
  route three { match { source 2001:db8:7::/48; destination 2001:db8::7/128; next-header [ tcp ]; flow-label [ =2013 ]; }
    then { discard; } }
  route four { rd 65001:100; match { destination 203.0.113.9/32; } then { mark 20; extended-community [ target:65001:6 ]; } }
  route five { match { destination 203.0.113.10/32; } then { redirect-to-nexthop-ietf 198.51.100.4; } }
 }
"""
    router = lab.exabgp_router(
        families=["ipv4 unicast", "ipv4 nlri-mpls", "ipv4 mpls-vpn", "ipv6 mpls-vpn", "ipv4 flow", "ipv6 flow",
                  "ipv4 flow-vpn", "l2vpn vpls"], more=more,
        routes=["203.0.113.0/24 med 7 community [ 65001:1 no-export ] large-community [ 65001:1:2 ] "
                "aggregator ( 65001:192.0.2.1 ) atomic-aggregate aigp 4000",
                "203.0.113.64/26 label [ 800001 ] bgp-prefix-sid [ 300, [ ( 800000,4096 ), ( 1000000,5000 ) ] ]",
                "203.0.113.128/25 rd 65001:100 label 1000 extended-community [ target:65001:6 origin:2345:6.7.8.9 ]",
                "2001:db8:2::/48 rd 192.0.2.1:7 label 1001 next-hop 2001:db8::1 "
                "extended-community [ target:192.0.2.1:6 ]"])
    node = lab.gobgp_node(families=[
        "ipv4-unicast", "ipv4-labelled-unicast", "l3vpn-ipv4-unicast", "l3vpn-ipv6-unicast", "ipv4-flowspec",
        "ipv6-flowspec", "l3vpn-ipv4-flowspec", "l2vpn-vpls"])
    play_up(lab, router, node, then=8)
    lab.announced = {ROUTER: sorted([
        "203.0.113.0/24", "203.0.113.64/26 label 800001", "65001:100:203.0.113.128/25 label 1000",
        "192.0.2.1:7:2001:db8:2::/48 label 1001", "rd 192.0.2.1:124 ve-id 5 offset 1 size 8 label-base 10732",
        "dst 203.0.113.7/32, src 198.51.100.0/24, proto =6|=17, port =80|=8080, dst-port >8080&<8088|=3128, "
        "src-port >1024, tcp-flags SYN|RST, length >200&<300",
        "dst 203.0.113.8/32, icmp-type =3|=8, dscp =10|=20, fragment FF|LF",
        "dst 2001:db8::7/128, src 2001:db8:7::/48, next-header =6, flow-label =2013",
        "rd 65001:100, dst 203.0.113.9/32", "dst 203.0.113.10/32"])}


@scenario("VPN routes and flow specifications by FRR and BIRD",
          """FRR and BIRD agree on labelled and VPN prefixes of both versions of IP and on flow specifications: BIRD's
          VPN routes have an AS number or an address in the Route Distinguisher, FRR's are set by hand. FRR withdraws
          one at the end: the label of a withdrawal is 0x800000 and means nothing (RFC 8277 section 2.4).""",
          also_allowed=["connection-refused"])
def healthy_vpn(lab):
    node, router = vpn_pair(lab, ["flow6 { dst 2001:db8:2::/48; next header = 17; dport = 53; }"])
    play_up(lab, router, node, then=6)
    node.configure("address-family ipv4 vpn", "no network 198.51.100.128/25 rd 192.0.2.10:9 label 201")
    lab.wait(4)
    flow4 = ("dst 203.0.113.0/24, proto =6, dst-port >1023&<2000|=80, tcp-flags =SYN&!ACK, length >=100&<=200, "
             "fragment =IsF|!FF")
    lab.announced = {
        ROUTER: sorted(["65001:100:203.0.113.0/24 label 100", "192.0.2.1:7:203.0.114.0/25 label 101",
                        "65001:100:2001:db8:2::/48 label 102", flow4, "dst 2001:db8:2::/48, next-header =17, dst-port =53"]),
        NODE: sorted(["65009:100:198.51.100.0/24 label 200", "192.0.2.10:9:198.51.100.128/25 label 201",
                      "65009:100:2001:db8:10::/48 label 200"])}


def vpn_pair(lab, flow6):
    """FRR and BIRD with six families; `flow6` are BIRD's flow specifications of IPv6."""
    lab.pair(ipv6=True, node_addresses=[f"{NODE}/24", f"{NODE6}/64"], router_addresses=[f"{ROUTER}/24", f"{ROUTER6}/64"])
    blocks = []
    for family, networks in (("ipv4", ["198.51.100.0/24 rd 65009:100 label 200", "198.51.100.128/25 rd 192.0.2.10:9 label 201"]),
                             ("ipv6", ["2001:db8:10::/48 rd 65009:100 label 200"])):
        blocks += [f"address-family {family} vpn", f" neighbor {ROUTER} activate", *(f" network {one}" for one in networks),
                   "exit-address-family"]
        for kind in ("labeled-unicast", "flowspec"):
            blocks += [f"address-family {family} {kind}", f" neighbor {ROUTER} activate", "exit-address-family"]
    node = lab.metallb_node(bfd=False, bgp=blocks, activate=False, prefixes=())
    tables = {
        "vpn4": ["65001:100 203.0.113.0/24 via 192.0.2.77 mpls 100", "192.0.2.1:7 203.0.114.0/25 via 192.0.2.77 mpls 101"],
        "vpn6": ["65001:100 2001:db8:2::/48 via 2001:db8::77 mpls 102"],
        "flow4": ["flow4 { dst 203.0.113.0/24; proto = 6; dport > 1023 && < 2000 || = 80; tcp flags 0x02/0x12; "
                  "length 100..200; fragment is_fragment || !first_fragment; }"],
        "flow6": flow6}
    text = "".join(f"{one} table t{one};\nprotocol static {{ {one} {{ table t{one}; }};\n" +
                   "".join(f"  route {route};\n" for route in routes) + "}\n" for one, routes in tables.items())
    text += (f"protocol bgp node {{\n local {ROUTER} as {ROUTER_AS};\n neighbor {NODE} as {NODE_AS};\n hold time 15; "
             "keepalive time 5; connect delay time 2; connect retry time 10; error wait time 4, 16;\n"
             " ipv4 mpls { import all; export all; };\n ipv6 mpls { import all; export all; };\n" +
             "".join(f" {one} {'mpls ' if 'vpn' in one else ''}{{ table t{one}; import all; export all;"
                     f"{' next hop keep;' if 'vpn' in one else ''} }};\n" for one in tables) + "}\n")
    router = lab.bird_router(bfd=False)
    router.text = text
    return node, router


@scenario("FRR asks for fewer routes, and changes its mind",
          """Two FRRs. Outbound Route Filtering: the node sends its prefix list in a ROUTE-REFRESH, and the router then
          keeps to itself what the list denies. Both offer Dynamic Capability (67), so when IPv6 is
          activated on the running session a CAPABILITY message says so. FRR gives both its old and its new numbers: 130
          beside 3, 128 beside 2, 66 beside 67.""", also_allowed=["connection-refused"])
def healthy_orf(lab):
    lab.pair()
    lines = ["capability dynamic", "capability extended-nexthop"]
    node = lab.metallb_node(bfd=False, lines=lines, top=["ip prefix-list wanted seq 5 permit 203.0.113.0/24 ge 25 le 26",
                                                         "ip prefix-list wanted seq 10 deny any"],
                            bgp=["address-family ipv4 unicast", f" neighbor {ROUTER} capability orf prefix-list send",
                                 f" neighbor {ROUTER} prefix-list wanted in", "exit-address-family"])
    router = lab.frr_router(bfd=False, lines=lines, prefixes=("203.0.113.0/24", "203.0.113.128/25", "203.0.114.0/24"),
                            bgp=["address-family ipv4 unicast", f" neighbor {NODE} capability orf prefix-list receive",
                                 "exit-address-family"])
    play_up(lab, router, node, then=6)
    node.vtysh("configure terminal", "ip prefix-list wanted seq 7 permit 203.0.114.0/24")
    node.vtysh(f"clear bgp {ROUTER} in prefix-filter")
    lab.wait(4)
    for one, peer in ((node, ROUTER), (router, NODE)):
        one.configure("address-family ipv6 unicast", f"neighbor {peer} activate")
    lab.wait(6)


@scenario("EVPN from FRR to GoBGP",
          """FRR announces two IP prefix routes (type 5) with a gateway and the router's MAC address in an extended
          community, GoBGP the other routes of EVPN in its own way. Two implementations, one language: compare the Ethernet
          Tag, the label (a VNI here), and what each writes where it has nothing to say.""")
def healthy_evpn(lab):
    lab.pair()
    router = lab.gobgp_router(families=["l2vpn-evpn"])
    rd = "rd 65001:100 rt 65001:100"
    router.routes = [("evpn", f"macadv 00:00:5e:00:53:01 2001:db8::55 etag 10 label 100 {rd} default-gateway"),
                     ("evpn", f"macadv 00:00:5e:00:53:02 192.0.2.55 esi AS 65001 7 etag 10 label 100 {rd} encap vxlan"),
                     ("evpn", f"multicast 192.0.2.1 etag 10 {rd} encap vxlan pmsi ingress-repl 100 192.0.2.1"),
                     ("evpn", f"a-d esi ROUTERID 192.0.2.1 9 etag 4294967295 label 1 {rd} esi-label 300"),
                     ("evpn", f"esi 192.0.2.1 esi MAC 00:00:5e:00:53:09 77 {rd}"),
                     ("evpn", f"prefix 203.0.113.0/24 gw 192.0.2.77 etag 10 label 200 {rd} router-mac 00:00:5e:00:53:aa")]
    node = lab.metallb_node(bfd=False, bgp=[
        "address-family l2vpn evpn", f" neighbor {ROUTER} activate",
        " network 198.51.100.0/24 rd 65009:100 ethtag 10 label 5010 esi 00:00:00:00:00:00:00:00:00:00 gwip 192.0.2.10 "
        "routermac 00:00:5e:00:53:bb",
        " network 2001:db8:10::/48 rd 192.0.2.10:9 ethtag 0 label 5011 esi 00:11:22:33:44:55:66:77:88:99 "
        "gwip 2001:db8::10 routermac 00:00:5e:00:53:bc", "exit-address-family"])
    play_up(lab, router, node, then=8)


@scenario("ExaBGP offers what it has",
          """Multiprotocol twice, 4-octet AS, extended next hop, ADD-PATH in both directions, graceful restart, route refresh and
          its enhanced form, extended message, and OPERATIONAL (185), which nobody else has. BIRD takes what it knows and
          leaves the rest, as RFC 5492 section 3 asks. ADD-PATH is agreed for IPv4 alone: the path identifiers
          begin with the first UPDATE.""", also_allowed=["connection-refused"])
def healthy_exabgp_capabilities(lab):
    lab.pair()
    more = """ capability { graceful-restart 60; route-refresh enable; add-path send/receive; asn4 enable; operational enable;
   extended-message enable; nexthop enable; }
 nexthop { ipv4 unicast ipv6; }
"""
    node = lab.exabgp_node(more=more, families=["ipv4 unicast", "ipv6 unicast"])
    play_up(lab, lab.bird_router(bfd=False, channels=["ipv4"], options=["enable extended messages on"],
                                 channel_options={"ipv4": "add paths on; extended next hop on;"}), node, then=8)


@scenario("A healthy session with OpenBGPD",
          """OpenBGPD puts all its capabilities into one optional parameter where FRR has one for
          each. Its End-of-RIB comes because both offer graceful restart. It sends no UPDATE
          without a route, and its KEEPALIVEs come every third of the hold time.""")
def healthy_openbgpd(lab):
    lab.pair()
    play_up(lab, lab.openbgpd_router(), lab.metallb_node(bfd=False), then=16)


@scenario("A healthy session from ExaBGP to BIRD",
          """ExaBGP, like FRR, puts each capability into an optional parameter of its own; BIRD,
          GoBGP and OpenBGPD put all of them into one. It offers neither route refresh nor
          graceful restart, sends its routes at once, and an End-of-RIB all the same.""")
def healthy_exabgp(lab):
    lab.pair()
    play_up(lab, lab.bird_router(bfd=False), lab.exabgp_node(), then=16)


@scenario("A table of four thousand prefixes",
          """After the OPENs the router sends its whole table: UPDATEs packed back to back, several
          to a segment and across segment boundaries, frames larger than the MTU (segmentation
          is left to the card). The End-of-RIB ends it.""")
def large_table(lab):
    routes = [f"10.{n // 250}.{n % 250}.0/24 blackhole {{ bgp_med = {n % 97}; bgp_community.add((65001,{n % 89})); }}"
              for n in range(4000)]
    node, router = lab.usual(router=dict(routes=routes))
    play_up(lab, router, node, then=12)


@scenario("A healthy session with TCP MD5",
          """Every segment carries option 19 with a digest over it; the password is `swordfish`.
          The option takes 18 octets, so timestamps and SACK do not always fit beside it.""")
def healthy_md5(lab):
    node, router = lab.usual(node=dict(lines=["password swordfish"]), router=dict(options=['password "swordfish"']))
    play_up(lab, router, node, then=10)


@scenario("ADD-PATH: two paths for one prefix",
          """Capability 69 in both OPENs; the router sends, the node receives. From then on each
          prefix in the router's UPDATEs stands behind a path identifier of four octets, and one
          prefix comes twice. Without the OPENs it could not be told apart.""")
def healthy_add_path(lab):
    node, router = lab.usual(router=dict(channel_options={"ipv4": "add paths tx;"},
                                         more_routes=[("203.0.113.0/24 blackhole { bgp_med = 7; }",)]))
    play_up(lab, router, node, then=10)


@scenario("Messages of more than 4,096 octets",
          """Both OPENs offer capability 6 (Extended Message, RFC 8654), so the router packs more
          than two thousand prefixes into one UPDATE of many segments.""")
def healthy_extended_message(lab):
    routes = [f"10.{n // 250}.{n % 250}.0/24" for n in range(2500)]
    node, router = lab.usual(router=dict(routes=routes, options=["enable extended messages on"]))
    play_up(lab, router, node, then=8)


@scenario("Both sides open at once: a collision, resolved",
          """The two SYNs cross, and for a moment there are two connections with an OPEN on each.
          The one that the speaker with the higher BGP identifier (here the node) opened
          survives, the other is closed with Cease 6/7 (RFC 4271 6.8). This is normal, once.""",
          also_allowed=["collision", "closed-without-notification"])
def collision(lab):
    meeting = net.Meeting()
    node, router = lab.usual(rules=[meeting])
    lab.record()
    start(router, node)
    lab.until_up(node, router)
    lab.wait(8)


@scenario("The same BGP identifier in two autonomous systems: no fault",
          """Both OPENs carry the identifier 192.0.2.10. Since RFC 6286 it need be unique within
          one AS only, so FRR and BIRD become Established; see `bad-bgp-identifier` for the case
          within one AS.""")
def healthy_same_identifier(lab):
    node, router = lab.usual(router=dict(bgp_id=NODE))
    play_up(lab, router, node, then=10)


@scenario("A hold time of zero: no KEEPALIVEs at all",
          """Both OPENs offer a hold time of 0. One KEEPALIVE each way completes the handshake,
          then there is silence, and nobody will notice a failure until somebody has something
          to send.""",
          cause="hold-time-zero", verdict="degraded", also_verdicts=["healthy"])
def hold_time_zero(lab):
    node, router = lab.usual(node=dict(timers="0 0"), router=dict(hold=0))
    play_up(lab, router, node, then=20)


chapter("What looks like trouble and is none")
# For each of these there is a rule that must not speak.


@scenario("The router starts later than the node",
          """The node's first calls are refused, as nothing listens on port 179 yet; then the router's daemon
          starts and all is well. What was refused before is history.""",
          also_allowed=["connection-refused"])
def healthy_late_listener(lab):
    node, router = lab.usual()
    lab.record()
    start(node)
    lab.wait(6)
    start(router)
    lab.until_up(node, router)
    lab.wait(8)


@scenario("The path drops port 179 at first",
          """SYNs without an answer for nine seconds, then the filter is taken away and the session comes up.""",
          also_allowed=["firewall-drop"])
def healthy_late_path(lab):
    node, router = lab.usual()
    lab.path.filter("bridge", "tcp dport 179 drop", "tcp sport 179 drop")
    play(lab, router, node, seconds=9)
    lab.path.filter_clear()
    lab.until_up(node, router)
    lab.wait(6)


@scenario("Seven seconds without a path, and a hold time of thirty",
          """Nothing passes for seven seconds: KEEPALIVEs are retransmitted and late, and no timer notices.
          The margin that the hold timer had left tells how near it was.""")
def healthy_short_loss(lab):
    node, router = lab.usual(node=dict(timers="10 30"), router=dict(hold=30))
    play_up(lab, router, node, then=6)
    lab.path.filter("bridge", "meta l4proto tcp drop")
    lab.wait(12)
    lab.path.filter_clear()
    lab.wait(16)


@scenario("The router's daemon stands still for a moment",
          """Stopped for nine seconds and then going on: its TCP acknowledges meanwhile, and its KEEPALIVEs
          are late. The hold time is thirty seconds, so nothing happens.""")
def healthy_short_stop(lab):
    node, router = lab.usual(node=dict(timers="10 30"), router=dict(hold=30))
    play_up(lab, router, node, then=4)
    router.kill(signal.SIGSTOP)
    lab.wait(14)
    router.kill(signal.SIGCONT)
    lab.wait(12)


@scenario("TTL security on both sides",
          """Both send everything with TTL 255 (RFC 5082): compare with `gtsm-mismatch`, where one does.""")
def healthy_ttl_security(lab):
    node, router = lab.usual(node=dict(lines=["ttl-security hops 1"]), router=dict(options=["ttl security on"]))
    play_up(lab, router, node, then=10)


@scenario("Two hops to the peer, and both sides know",
          """Both are multihop: TTL 64 at the start and less where it is captured, and BFD goes to UDP 4784 from both. Compare
          with `ebgp-multihop-needed`, `bfd-hop-mismatch` and `bfd-ttl`.""", b="198.51.100.1", bfd=True, also_allowed=["connection-refused"])
def healthy_multihop(lab):
    lab.pair_over_gate()
    node = lab.metallb_node("198.51.100.1", lines=["ebgp-multihop 255"])  # N: bfdd drops BFD with a TTL under 256 - N
    router = lab.bird_router(address="198.51.100.1", bgp_id=ROUTER, options=["multihop 4"])
    play_up(lab, router, node, bfd=True, then=12)


@scenario("AS numbers of four octets on both sides",
          """My AS in both OPENs is 23456 (AS_TRANS), and capability 65 has the number: nothing is swapped and
          nothing is wrong.""")
def healthy_as4(lab):
    node, router = lab.usual(node=dict(asn=4200000001, peer_as=4200000002),
                             router=dict(asn=4200000002, peer_as=4200000001))
    play_up(lab, router, node, then=10)


@scenario("Large segments are lost for a moment",
          """The first large segments are dropped and sent again, as in `mtu-black-hole`; then they pass, and the
          session stands.""")
def healthy_large_lost(lab):
    prefixes = [f"10.{n // 250}.{n % 250}.0/24" for n in range(1200)]
    node, router = lab.usual(node=dict(prefixes=prefixes, timers="10 30"), router=dict(hold=30))
    for end in (lab.node, lab.router):
        end.offloads_off("eth0")
    lab.path.filter("bridge", "ip length > 1000 drop")
    lab.record()
    start(router, node)
    lab.until("Established", lambda: lab.snapshot(node, router))
    lab.wait(5)
    lab.path.filter_clear()
    lab.wait(14)


@scenario("The node asks for a host that is not there",
          """Somebody on the node pings 192.0.2.99, and nobody answers ARP. That is no business of the
          session with 192.0.2.1.""")
def healthy_other_arp(lab):
    node, router = lab.usual()
    play_up(lab, router, node, then=2)
    lab.node.run("ping", "-c", "8", "-W", "1", "192.0.2.99", check=False)
    lab.wait(4)


@scenario("A node with two addresses and two sessions",
          """The router peers with both addresses of the node, and both sessions stand: two sessions of one card
          are no address that was given up.""",
          more=[("192.0.2.11", ROUTER)], also_allowed=["connection-refused"])
def healthy_two_addresses(lab):
    node, router = lab.usual(node=dict(lines=[f"update-source {NODE}"]))
    lab.node.ip("address", "add", "192.0.2.11/24", "dev", "eth0")
    second = lab.exabgp_node(namespace=lab.node, address="192.0.2.11", hostname="second")
    second.bgp_id = "192.0.2.11"
    second.text = second.text.replace(f"router-id {NODE}", "router-id 192.0.2.11").replace(
        f"local-address {NODE}", "local-address 192.0.2.11").replace("198.51.100.", "203.0.114.")
    router.text += router.text[router.text.index("protocol bgp node"):].replace(
        "protocol bgp node", "protocol bgp second").replace(f"neighbor {NODE}", "neighbor 192.0.2.11")
    play_up(lab, router, node, then=4)
    second.start()
    lab.wait(14)


@scenario("BFD comes up long after BGP",
          """The router speaks BFD from the start, the node's bfdd is started ten seconds later. A side that is
          alone with its Down for a while is not one that is not heard.""",
          bfd=True, also_allowed=["bfd-one-sided"], also_verdicts=["degraded"])
def healthy_late_bfd(lab):
    node, router = lab.usual(bfd=True)
    lab.record()
    start(router)
    node.start("zebra", "bgpd")
    lab.until("Established", lambda: node.established(ROUTER))
    lab.wait(9)
    node.start("bfdd")
    lab.until_up(node, router, bfd=True)
    lab.wait(8)


@scenario("The BGP identifier is changed",
          """One address, two identifiers, and one after the other: the node was given another router-id and
          started its session anew. Two daemons would take turns, as in `two-daemons`.""",
          cause="cease-config-change", also_primary=["cease-admin-reset", "cease-hard-reset", "closed-without-notification",
                                                     "cease-unspecific"],
          verdict="flapping", also_allowed=["collision", "closed-without-notification", "connection-refused"])
def router_id_changed(lab):
    node, router = lab.usual()
    play_up(lab, router, node, then=5)
    node.bgp_id = "192.0.2.110"
    node.configure("bgp router-id 192.0.2.110")
    lab.wait(6)
    lab.until_up(node, router)
    lab.wait(4)


chapter("No usable TCP")


@scenario("A firewall on the path drops TCP 179; ARP is answered",
          """SYNs to port 179 repeat with growing gaps and nothing ever answers: no SYN-ACK, no
          RST, no ICMP. ARP is answered, so the host is there and layer 2 is good. The router's
          own attempts do not arrive either.""",
          cause="firewall-drop", also_allowed=["retry-storm"])
def firewall_drop(lab):
    node, router = lab.usual()
    lab.path.filter("bridge", "tcp dport 179 drop", "tcp sport 179 drop")
    play(lab, router, node, seconds=40)


@scenario("The node's own firewall drops what comes from port 179",
          """SYN, SYN-ACK, and then the SYN again: the answer is on the wire, so the path is good,
          and yet the node goes on asking. The drop is behind the capture point, in the node
          itself (or on the way back, were the capture taken at the router).""", cause="return-path-drop", also_allowed=["firewall-drop", "retry-storm"])
def return_path_drop(lab):
    node, router = lab.usual(router=dict(options=["passive on"]))
    lab.node.filter("input", "tcp sport 179 drop", "tcp dport 179 drop")
    play(lab, router, node, seconds=40)


@scenario("Nothing listens on port 179",
          """Every SYN is answered by a RST at once, from the router's own address and at the speed
          of the wire: the host is up and the path is good, but no BGP daemon runs there.""",
          cause="connection-refused", blame=ROUTER, also_allowed=["retry-storm"])
def connection_refused(lab):
    lab.pair()
    play(lab, lab.metallb_node(bfd=False), seconds=35)


@scenario("The peer is gone: nobody answers ARP",
          """Who has 192.0.2.1? asks the node, three times in three seconds, again and again. No
          SYN ever leaves, because the node does not know where to send it.""", cause="no-route", also_allowed=["link-down", "retry-storm"])
def no_route(lab):
    lab.pair()
    lab.router.ip("link", "set", "eth0", "down")
    play(lab, lab.metallb_node(bfd=False), seconds=35)


@scenario("A firewall rejects port 179 with ICMP administratively prohibited",
          """Each SYN is answered by ICMP type 3 code 13, which quotes its first octets. Somebody
          refuses on purpose, and the source address of the ICMP message is who.""",
          cause="icmp-prohibited", blame=ROUTER, also_allowed=["retry-storm"])
def icmp_prohibited(lab):
    node, router = lab.usual(router=dict(options=["passive on"]))
    lab.router.filter("input", "tcp dport 179 reject with icmpx admin-prohibited")
    play(lab, router, node, seconds=35)


@scenario("A router on the way has no route to the peer",
          """The first hop answers each SYN with ICMP type 3 code 0 (network unreachable) and
          quotes it. The source of the message is the router that gave up, not the peer.""",
          cause="icmp-unreachable", b="198.51.100.1", also_allowed=["no-route", "retry-storm"])
def icmp_unreachable(lab):
    lab.pair_over_gate(route_to_router=False)
    node = lab.metallb_node("198.51.100.1", bfd=False, lines=["ebgp-multihop 4"])
    play(lab, node, seconds=35)


@scenario("Two hops to the peer, and the session is not multihop",
          """An eBGP speaker sends its segments with TTL 1. The router between the two answers with
          ICMP time exceeded and quotes the SYN; the quoted TTL is 1. The address of the peer is
          not of this link.""",
          cause="ebgp-multihop-needed", b="198.51.100.1", also_allowed=["icmp-unreachable", "retry-storm"])
def ebgp_multihop_needed(lab):
    lab.pair_over_gate()
    node = lab.metallb_node("198.51.100.1", bfd=False, lines=["disable-connected-check"])
    router = lab.bird_router(address="198.51.100.1", bfd=False, options=["multihop 4", "passive on"])
    play(lab, router, node, seconds=35)


@scenario("Both sides wait for the other to connect",
          """BFD is Up and ARP is answered, yet there is not one SYN in forty seconds: both are
          configured passive. Packets alone cannot tell this from a speaker that has a reason of
          its own not to try.""",
          cause="both-passive", also_primary=["initiator-silent"], also_allowed=["bfd-up-bgp-down"], bfd=True)
def both_passive(lab):
    node, router = lab.usual(node=dict(lines=["passive"]), router=dict(options=["passive on"]), bfd=True)
    play(lab, router, node, seconds=40)
    lab.snapshot(node, router)


@scenario("The node's SYNs never reach the wire",
          """As `both-passive` on the wire: BFD is Up, and no SYN. Here the router is passive on
          purpose, and the node's own OUTPUT chain drops its SYNs before the point of capture.
          Next-hop tracking that finds no route would look the same.""",
          cause="initiator-silent", also_primary=["both-passive"], also_allowed=["bfd-up-bgp-down"], bfd=True)
def initiator_silent(lab):
    node, router = lab.usual(router=dict(options=["passive on"]), bfd=True)
    lab.node.filter("output", "tcp dport 179 drop")
    play(lab, router, node, seconds=35)
    lab.snapshot(node, router)


@scenario("A NAT on the way hides the node's address",
          """Captured on the gateway, every interface: each SYN is there twice, with the same
          sequence number and timestamps, and with two source addresses. The router knows no
          neighbor 198.51.100.254 and closes.""",
          cause="source-nat", b="198.51.100.1", more=[("198.51.100.254", "198.51.100.1")], vantage="every interface of the gateway between the two",
          also_primary=["peer-not-configured"], also_allowed=["retry-storm", "closed-without-notification"])
def source_nat(lab):
    lab.pair_over_gate()
    node = lab.metallb_node("198.51.100.1", bfd=False, lines=["ebgp-multihop 4"])
    router = lab.bird_router(address="198.51.100.1", bfd=False, options=["multihop 4", "passive on"])
    lab.path.run("nft", "-f", "-", input="table ip nat { chain post { type nat hook postrouting priority 100; "
                                         "oifname right masquerade; }; }\n")
    lab.record(lab.path, "any", link_type="LINUX_SLL2")
    start(router, node)
    lab.wait(25)


@scenario("The router knows no such neighbour",
          """The handshake completes, and before any OPEN of its own the router closes: it listens
          on 179, but has no neighbor with the node's address. BIRD closes at once, other
          daemons may answer the OPEN with a RST or Cease 6/5.""",
          cause="peer-not-configured", also_allowed=["retry-storm", "closed-without-notification"])
def peer_not_configured(lab):
    node, router = lab.usual(router=dict(peer="192.0.2.77", options=["passive on"]))
    play(lab, router, node, seconds=35)


@scenario("The router (FRR) knows no such neighbour",
          """The same mistake with FRR as the listener: see how it closes, compared with BIRD.""",
          cause="peer-not-configured", also_allowed=["retry-storm", "closed-without-notification"])
def peer_not_configured_frr(lab):
    lab.pair()
    node = lab.metallb_node(bfd=False)
    router = lab.frr_router(peer="192.0.2.77", bfd=False, lines=["passive"])
    play(lab, router, node, seconds=35)


@scenario("The node's address is changed while the session stands",
          """Somebody renumbers the node: 192.0.2.10 becomes 192.0.2.11. Nothing comes from the old
          address any more, the router asks for it by ARP in vain, and the node, which goes on with
          the same card, calls from an address for which the router has no neighbor.""",
          cause="source-address-gone", more=[("192.0.2.11", ROUTER)], also_primary=["peer-not-configured"],
          also_allowed=["no-route", "hold-timer-expired", "retry-storm", "closed-without-notification",
                        "cease-config-change", "cease-admin-shutdown", "firewall-drop"],
          also_verdicts=["flapping"])
def source_address_gone(lab):
    node, router = lab.usual(router=dict(options=["passive on"]))
    play_up(lab, router, node, then=6)
    lab.node.ip("address", "del", f"{NODE}/24", "dev", "eth0")  # first: a second address would go with it
    lab.node.ip("address", "add", "192.0.2.11/24", "dev", "eth0")
    lab.wait(36)


@scenario("Only the node uses TCP MD5",
          """The node's SYNs carry TCP option 19 and get no answer; the router's SYNs lack it and
          get none either. Without the option it would look like a firewall.""",
          cause="md5-one-sided", also_allowed=["firewall-drop", "retry-storm"])
def md5_one_sided(lab):
    node, router = lab.usual(node=dict(lines=["password swordfish"]))
    play(lab, router, node, seconds=40)


@scenario("Both use TCP MD5, with different passwords",
          """Both sides' SYNs carry option 19 and neither is answered: the kernels find the digests
          wrong and stay silent. Only who knows a password can tell for certain which one is
          wrong (here: `swordfish` on the node, `marlin` on the router).""", cause="md5-mismatch", also_allowed=["firewall-drop", "retry-storm"])
def md5_mismatch(lab):
    node, router = lab.usual(node=dict(lines=["password swordfish"]), router=dict(options=['password "marlin"']))
    play(lab, router, node, seconds=40)


@scenario("TCP-AO with other key identifiers on each side",
          """Both sides sign their SYNs with TCP-AO (option 29, RFC 5925). The node uses KeyID 1 and asks for 1, the router
          uses 7 and asks for 7: neither has the key that the other one names, and neither answers.""",
          cause="ao-mismatch", also_allowed=["firewall-drop", "retry-storm"],
          notes=["both sides are tests/lab/bgplab/ao_puppet.py, which sends SYNs alone: Debian's kernel has no TCP-AO; nft keeps "
                 "the answers of the kernels off the wire"])
def ao_mismatch(lab):
    lab.pair()
    for end in (lab.node, lab.router):
        end.filter("output", "tcp flags rst drop", "tcp flags & (syn | ack) == syn | ack drop")
    play(lab, lab.ao_caller("router", 7), lab.ao_caller("node", 1), seconds=34)


@scenario("Only the node signs with TCP-AO",
          """The node's SYN has option 29, and BIRD's kernel answers without: the node takes only what is signed, discards the
          SYN-ACK and calls again. Without the option it would look like a way back that is cut.""",
          cause="ao-mismatch", also_allowed=["retry-storm", "return-path-drop"],
          notes=["the node is tests/lab/bgplab/ao_puppet.py, which sends SYNs alone; nft keeps the RST of its kernel off the wire"])
def ao_one_sided(lab):
    lab.pair()
    lab.node.filter("output", "tcp flags rst drop")
    router = lab.bird_router(bfd=False, options=["passive on"])
    play(lab, router, lab.ao_caller("node", 1), seconds=34)


@scenario("One side insists on TTL 255, the other sends TTL 1",
          """Generalized TTL Security (RFC 5082): the node sends TTL 255 and drops whatever comes
          with less. The router sends TTL 1, as eBGP does without it. Look at the TTLs of both
          directions, and at what is retransmitted.""",
          cause="gtsm-mismatch", also_allowed=["firewall-drop", "return-path-drop", "retry-storm", "open-unanswered",
                                               "closed-without-notification", "fsm-error", "hold-timer-expired",
                                               "stuck-openconfirm", "collision"])
def gtsm_mismatch(lab):
    node, router = lab.usual(node=dict(lines=["ttl-security hops 1"]))
    play(lab, router, node, seconds=45)


@scenario("BFD is Up, and BGP cannot connect: TCP 179 is blocked",
          """BFD proves that the path carries packets both ways, so the SYNs that nobody answers
          are stopped by something that looks at port 179.""", cause="firewall-drop", also_primary=["bfd-up-bgp-down"], also_allowed=["retry-storm"], bfd=True)
def bfd_up_bgp_down(lab):
    node, router = lab.usual(bfd=True)
    lab.path.filter("bridge", "tcp dport 179 drop", "tcp sport 179 drop")
    play(lab, router, node, seconds=35)
    lab.snapshot(node, router)


chapter("The OPEN phase")

OPEN_LOOP = ["retry-storm", "closed-without-notification", "peer-not-configured", "collision", "collision-loop"]


@scenario("The router expects another AS number than the node has",
          """Both sides send an OPEN; the router answers the node's with NOTIFICATION 2/2 (Bad Peer
          AS) and closes. Its data is the AS it got, 65009; what it expected (65010) is not on
          the wire. The cycle comes again with each retry; while BIRD waits after an error it
          accepts TCP and closes without a word.""",
          cause="bad-peer-as", also_allowed=OPEN_LOOP)
def bad_peer_as(lab):
    node, router = lab.usual(router=dict(peer_as=65010))
    play(lab, router, node, seconds=30)


@scenario("The two AS numbers are swapped",
          """The node was given the router's AS number as its own and its own as the router's. Each
          side finds the other's wrong, so 2/2 comes from both ways over the retries, and the
          OPENs show each side with the AS that the other ought to have.""", cause="bad-peer-as", also_allowed=OPEN_LOOP)
def bad_peer_as_swapped(lab):
    node, router = lab.usual(node=dict(asn=65001, peer_as=65009))
    play(lab, router, node, seconds=30)


@scenario("The wrong AS number, and it has four octets",
          """My AS in the OPEN is 23456 (AS_TRANS) and the real number stands in capability 65:
          4200000001 here, where 4200000002 is expected. The data of the NOTIFICATION is the AS
          number in four octets.""",
          cause="bad-peer-as", also_allowed=OPEN_LOOP)
def bad_peer_as_4byte(lab):
    node, router = lab.usual(node=dict(asn=4200000001), router=dict(peer_as=4200000002))
    play(lab, router, node, seconds=30)


@scenario("FRR finds the AS number wrong",
          """The other direction: here the node sends the NOTIFICATION 2/2, as its configuration
          expects AS 65010 from the router.""", cause="bad-peer-as", also_allowed=OPEN_LOOP)
def bad_peer_as_node(lab):
    node, router = lab.usual(node=dict(peer_as=65010))
    play(lab, router, node, seconds=30)


@scenario("Both sides have the same BGP identifier",
          """Two OPENs of one AS (iBGP) with the same identifier, 192.0.2.10: the node's template
          was copied to the router. NOTIFICATION 2/3 (Bad BGP Identifier). In the first cycle
          FRR refuses before its own OPEN is out, so a NOTIFICATION is the first thing it says.""", cause="bad-bgp-identifier", also_allowed=OPEN_LOOP)
def bad_bgp_identifier(lab):
    node, router = lab.usual(node=dict(peer_as=NODE_AS), router=dict(asn=NODE_AS, bgp_id=NODE))
    play(lab, router, node, seconds=30)


@scenario("The node refuses the router's hold time",
          """The node insists on 30 s or more (`bgp minimum-holdtime 30`), the router offers 15 in
          its OPEN: NOTIFICATION 2/6, whose data is the refused value. The hold times of both
          OPENs tell who asks for what.""",
          cause="unacceptable-hold-time", also_allowed=OPEN_LOOP)
def unacceptable_hold_time(lab):
    node, router = lab.usual(node=dict(timers="10 30", bgp=["bgp minimum-holdtime 30"]))
    play(lab, router, node, seconds=30)


@scenario("No address family in common",
          """The node's OPEN offers IPv6 unicast only, the router's IPv4 unicast only. Both send
          2/7; the data of FRR's is the capability it was offered and cannot use, BIRD's is
          empty. Compare the Multiprotocol capabilities of the two OPENs.""",
          cause="no-common-afi", also_primary=["capability-mismatch"], also_allowed=OPEN_LOOP)
def no_common_afi(lab):
    node, router = lab.usual(node=dict(families=["ipv6"]))
    play(lab, router, node, seconds=30)


@scenario("No address family is activated for the peer",
          """FRR connects all the same: its OPEN has capabilities but none of the Multiprotocol
          ones, and both sides send 2/7. In passing: bfdd's session is made anew with each
          attempt, so BFD flaps (the discriminator changes) without any fault of the path.""", cause="no-common-afi", also_primary=["capability-mismatch"], bfd=True,
          also_allowed=OPEN_LOOP + ["bfd-up-bgp-down", "bfd-discriminator", "bfd-neighbor-down", "bfd-detect-expired",
                                    "bfd-admin-down"])
def no_family_activated(lab):
    node, router = lab.usual(node=dict(activate=False), router=dict(options=["passive on"]), bfd=True)
    play(lab, router, node, seconds=30)


@scenario("The router requires a capability that the node lacks",
          """The router's IPv6 channel is mandatory, and the node offers IPv4 unicast only.
          NOTIFICATION 2/7 (Unsupported Capability). Its data should list what is wanted; BIRD's
          is empty, so only the two OPENs tell.""",
          cause="capability-mismatch", also_allowed=OPEN_LOOP)
def capability_mismatch(lab):
    node, router = lab.usual(router=dict(channels=["ipv4", "ipv6"], channel_options={"ipv6": "mandatory on;"}))
    play(lab, router, node, seconds=30)


@scenario("Two customers: the BGP roles do not match",
          """Both OPENs carry capability 9 (Role, RFC 9234) and both say Customer. One must be the
          other's Provider: NOTIFICATION 2/11.""", cause="role-mismatch", also_allowed=OPEN_LOOP)
def role_mismatch(lab):
    node, router = lab.usual(node=dict(lines=["local-role customer"]), router=dict(options=["local role customer"]))
    play(lab, router, node, seconds=30)


# The same two mistakes with other daemons as the router: how each of them says it, if at all.
OTHERS = (("GoBGP", "gobgp", dict(passive=True)), ("OpenBGPD", "openbgpd", dict(more=" passive\n")))

for product, short, passive in OTHERS:
    def wrong_as(lab, short=short):
        lab.pair()
        play(lab, getattr(lab, f"{short}_router")(peer_as=65010), lab.metallb_node(bfd=False), seconds=30)

    def unknown_peer(lab, short=short, passive=passive):
        lab.pair()
        play(lab, getattr(lab, f"{short}_router")(peer="192.0.2.77", **passive), lab.metallb_node(bfd=False), seconds=30)

    wrong_as.__name__ = f"bad_peer_as_{short}"
    scenario(f"{product} finds the node's AS number wrong",
             f"""As `bad-peer-as`, with {product} as the router: its NOTIFICATION 2/2 has no data,
             so the AS that it got stands in the OPEN before it only.""", cause="bad-peer-as", also_allowed=OPEN_LOOP)(wrong_as)

    unknown_peer.__name__ = f"peer_not_configured_{short}"
    scenario(f"{product} knows no such neighbour",
             f"""As `peer-not-configured`, with {product} as the listener.""", cause="peer-not-configured",
             also_allowed=["retry-storm", "closed-without-notification"])(unknown_peer)


@scenario("Every connection is given up for another one",
          """The router calls the node while the node calls the router, and gives both connections up with Cease 6/7, where
          RFC 4271 section 6.8 has the one of the higher identifier stay. The same happens again and again.""",
          cause="collision-loop", also_allowed=["collision", "retry-storm", "closed-without-notification", "connection-refused"],
          shows=["collision"],
          notes=["the router is tests/lab/bgplab/puppet.py, a speaker that misbehaves on command; the node is FRR"])
def collision_loop(lab):
    lab.pair()
    play(lab, lab.puppet_router("collides", NODE), lab.metallb_node(bfd=False), seconds=60)


chapter("After Established")


@scenario("The way from the router to the node goes dark; the hold timer runs out",
          """After some seconds of health everything the router sends by TCP is lost on the path.
          Seen from the node, the router's KEEPALIVEs cease, the node's own are retransmitted
          because their acknowledgements are lost too, and 15 s after the last KEEPALIVE the
          node gives up. It logs a NOTIFICATION 4/0 as sent, but that is stuck behind the
          unacknowledged KEEPALIVE and never reaches the wire: the SYN from a new port tells the
          expiry.""",
          cause="hold-timer-expired", also_allowed=["firewall-drop", "return-path-drop", "stale-connection",
                                                    "retry-storm"],
          notes=["nft on the path drops TCP from 192.0.2.1 from about 11 s on, until the end"])
def hold_timer_expired(lab):
    node, router = lab.usual()
    play_up(lab, router, node, then=9)
    lab.path.filter("bridge", f"ip saddr {ROUTER} ip protocol tcp drop")
    lab.wait(27)


@scenario("The router's daemon stands still; the hold timer runs out",
          """The router's kernel goes on acknowledging every segment, so the path is good, but no
          KEEPALIVE comes any more: the process is stopped (SIGSTOP). The NOTIFICATION 4/0 of
          the node is delivered and acknowledged, and nobody reads it.""", cause="hold-timer-expired", blame=ROUTER,
          also_allowed=["open-unanswered", "retry-storm", "closed-without-notification"])
def hold_timer_sigstop(lab):
    node, router = lab.usual()
    play_up(lab, router, node, then=5)
    router.kill(signal.SIGSTOP)
    lab.wait(27)


@scenario("The node's bgpd is killed",
          """From Established the node's kernel closes the connection, as the process is gone
          (SIGKILL): FIN, no NOTIFICATION. The router's attempts to come back are refused with
          RST.""",
          cause="closed-without-notification", blame=NODE, also_primary=["connection-refused"],
          also_allowed=["retry-storm"])
def closed_without_notification(lab):
    node, router = lab.usual()
    play_up(lab, router, node, then=6)
    node.end("bgpd", signal.SIGKILL)
    lab.wait(16)


@scenario("The node's bgpd is stopped in good order",
          """SIGTERM, as on `systemctl stop frr`: FRR sends no NOTIFICATION, and the FIN alone
          looks like the crash in `closed-without-notification`.""",
          cause="closed-without-notification", blame=NODE, also_primary=["connection-refused"],
          also_allowed=["retry-storm", "cease-admin-shutdown", "cease-peer-deconfigured"])
def closed_by_sigterm(lab):
    node, router = lab.usual()
    play_up(lab, router, node, then=6)
    node.end("bgpd", signal.SIGTERM)
    lab.wait(16)


@scenario("An operator shuts the neighbor down, and says why",
          """Cease 6/2 with a text in its data (RFC 9003): one octet of length, then UTF-8. Whoever
          reads the capture reads the operator.""", cause="cease-admin-shutdown", blame=NODE,
          also_allowed=["retry-storm", "peer-not-configured", "connection-refused", "closed-without-notification"])
def cease_admin_shutdown(lab):
    node, router = lab.usual()
    play_up(lab, router, node, then=5)
    node.configure(f"neighbor {ROUTER} shutdown message Wartung bis 14 Uhr – siehe CHG-4711")
    lab.wait(14)


@scenario("An operator resets the session",
          """`clear bgp 192.0.2.1` on the node: Cease 6/4, and within seconds the session is back.""",
          cause="cease-admin-reset", blame=NODE, verdict="flapping", also_verdicts=["healthy"],
          also_allowed=["collision", "closed-without-notification"])
def cease_admin_reset(lab):
    node, router = lab.usual()
    play_up(lab, router, node, then=5)
    node.vtysh(f"clear bgp {ROUTER}")
    lab.wait(18)


@scenario("The neighbor is deleted from the configuration",
          """Cease 6/3 (Peer De-configured); the router's attempts to come back are closed without
          an OPEN, as the node does not know it any more.""", cause="cease-peer-deconfigured", blame=NODE, also_primary=["peer-not-configured"],
          also_allowed=["retry-storm", "closed-without-notification", "connection-refused"])
def cease_peer_deconfigured(lab):
    node, router = lab.usual()
    play_up(lab, router, node, then=5)
    node.configure(f"no neighbor {ROUTER}")
    lab.wait(14)


@scenario("More prefixes than the limit",
          """The node accepts three prefixes (`maximum-prefix 3`). The router has announced one,
          and then announces five: Cease 6/1, whose data is AFI, SAFI and the limit. FRR then
          stays down until somebody clears it.""",
          cause="cease-max-prefix", also_allowed=["retry-storm", "peer-not-configured",
                                                                "closed-without-notification", "connection-refused"])
def cease_max_prefix(lab):
    node, router = lab.usual(node=dict(max_prefix=3))
    play_up(lab, router, node, then=3)
    router.reconfigure(lab.bird_text(bfd=False, routes=[f"203.0.113.{n * 32}/27" for n in range(5)]))
    lab.wait(14)


@scenario("The router's configuration changed",
          """BIRD is told of another hold time (`birdc configure`) and restarts the session for it:
          Cease 6/6 (Other Configuration Change), and it comes back with the new value in the
          OPEN.""",
          cause="cease-config-change", blame=ROUTER, verdict="flapping", also_verdicts=["healthy"],
          also_allowed=["closed-without-notification", "collision"])
def cease_config_change(lab):
    node, router = lab.usual()
    play_up(lab, router, node, then=5)
    router.reconfigure(lab.bird_text(bfd=False, hold=12))
    lab.wait(18)
    lab.snapshot(node, router)


@scenario("BIRD loses its interface address, and says Cease without a reason",
          """Somebody changes the router's address from 192.0.2.1/24 to 192.0.2.1/32 with a route to the network: packets pass as
          before, but for BIRD the node is no neighbor on a link any more. It ends the session with Cease 6/0, which says
          nothing; its log has "Neighbor lost".""",
          cause="cease-unspecific", blame=ROUTER, verdict="down", also_verdicts=["flapping"],
          also_allowed=["retry-storm", "peer-not-configured", "connection-refused", "closed-without-notification", "firewall-drop"])
def cease_unspecific(lab):
    node, router = lab.usual()
    play_up(lab, router, node, then=5)
    lab.router.ip("address", "add", f"{ROUTER}/32", "dev", "eth0")
    lab.router.ip("route", "add", "192.0.2.0/25", "dev", "eth0")
    lab.router.ip("address", "del", f"{ROUTER}/24", "dev", "eth0")
    lab.wait(20)


@scenario("A hard reset between two FRRs",
          """Both offer graceful restart with the N bit (RFC 8538). `clear bgp` then is Cease 6/9
          (Hard Reset), whose data encapsulates the real reason, 6/4: the peer must not keep the
          routes.""",
          cause="cease-hard-reset", blame=NODE, verdict="flapping", also_primary=["cease-admin-reset"],
          also_verdicts=["healthy"], also_allowed=["closed-without-notification", "collision"])
def cease_hard_reset(lab):
    lab.pair()
    node = lab.metallb_node(bfd=False, bgp=["bgp graceful-restart"])
    router = lab.frr_router(bfd=False, bgp=["bgp graceful-restart"])
    play_up(lab, router, node, then=5)
    node.vtysh(f"clear bgp {ROUTER}")
    lab.wait(18)


@scenario("The node's bgpd restarts gracefully",
          """The connection is lost without a NOTIFICATION and a new OPEN comes with the restart
          bit of capability 64 set (as FRR sets it in the first OPEN after any start, so the bit
          alone proves nothing). The router keeps the routes meanwhile, and the End-of-RIB says
          that the node has told everything again.""",
          cause="graceful-restart", blame=NODE, verdict="flapping", also_verdicts=["healthy"],
          also_primary=["closed-without-notification"], also_allowed=["connection-refused", "collision", "retry-storm"])
def graceful_restart(lab):
    node, router = lab.usual(node=dict(bgp=["bgp graceful-restart", "bgp graceful-restart preserve-fw-state"]))
    play_up(lab, router, node, then=5)
    node.end("bgpd", signal.SIGKILL)
    lab.wait(4)
    node.start("bgpd")
    lab.until_up(node, router)
    lab.wait(8)


@scenario("A restart that was announced as graceful, and kept nothing",
          """The node's OPEN lists IPv4 unicast for graceful restart, but when it comes back the forwarding bit
          of the family is not set (it was not told to preserve its forwarding state): the helper must drop
          what it kept at once (RFC 4724 section 4.2).""",
          cause="graceful-restart", blame=NODE, verdict="flapping", also_verdicts=["healthy"],
          also_primary=["closed-without-notification"], also_allowed=["connection-refused", "collision", "retry-storm"])
def graceful_restart_not_kept(lab):
    node, router = lab.usual(node=dict(bgp=["bgp graceful-restart"]))
    play_up(lab, router, node, then=5)
    node.end("bgpd", signal.SIGKILL)
    lab.wait(4)
    node.start("bgpd")
    lab.until_up(node, router)
    lab.wait(8)


@scenario("A restart time that runs out, and routes that stay for longer",
          """Two BIRDs with long-lived graceful restart (RFC 9494): the router's daemon is killed, its
          restart time of eight seconds passes, and the routes it had announced become stale for up to another hour
          instead of being dropped.""",
          cause="graceful-restart-expired", blame=ROUTER, also_primary=["closed-without-notification", "connection-refused"],
          also_allowed=["graceful-restart", "retry-storm"])
def graceful_restart_long_lived(lab):
    lab.pair()
    gentle = ["graceful restart on", "graceful restart time 8", "long lived graceful restart on",
              "long lived stale time 3600"]
    node = lab.bird_router(ROUTER, 65001, address=NODE, asn=NODE_AS, bgp_id=NODE, namespace=lab.node, hostname="node",
                           bfd=False, routes=("198.51.100.1/32",), options=gentle)
    router = lab.bird_router(bfd=False, options=gentle)
    play_up(lab, router, node, then=5)
    router.end("bird", signal.SIGKILL)
    lab.wait(18)


@scenario("A graceful restart that takes too long",
          """The node's OPEN promises to be back within 10 s (Restart Time in capability 64). Its
          connection closes without a NOTIFICATION, and no new OPEN comes: when the time is over
          the router drops the routes it kept.""",
          cause="graceful-restart-expired", blame=NODE, also_primary=["closed-without-notification", "connection-refused"],
          also_allowed=["graceful-restart", "retry-storm"])
def graceful_restart_expired(lab):
    node, router = lab.usual(node=dict(bgp=["bgp graceful-restart", "bgp graceful-restart restart-time 10"]))
    play_up(lab, router, node, then=5)
    node.end("bgpd", signal.SIGKILL)
    lab.wait(25)


@scenario("The cable is pulled, and put back",
          """Everything from the router ceases at once: BFD, KEEPALIVEs, acknowledgements. When the
          link is back, address resolution begins anew, and the same processes go on: the BFD
          discriminator of the router is the old one.""",
          cause="link-down", verdict="flapping", bfd=True, also_primary=["bfd-detect-expired", "bfd-down"],
          also_verdicts=["healthy", "down"],
          also_allowed=["no-route", "firewall-drop", "stale-connection", "peer-rebooted", "hold-timer-expired",
                        "closed-without-notification", "bfd-neighbor-down", "collision", "retry-storm"])
def link_down(lab):
    node, router = lab.usual(bfd=True)
    play_up(lab, router, node, bfd=True, then=5)
    lab.path.ip("link", "set", "right", "down")
    lab.wait(9)
    lab.path.ip("link", "set", "right", "up")
    lab.until_up(node, router, bfd=True)
    lab.wait(5)


@scenario("Two machines have the router's address",
          """Who has 192.0.2.1? gets two answers, from two MAC addresses. The node's segments reach
          now one and now the other, and the wrong one refuses them with RST.""",
          cause="address-conflict", also_verdicts=["flapping", "healthy"],
          also_primary=["connection-refused", "closed-without-notification", "hold-timer-expired"],
          also_allowed=["retry-storm", "collision", "two-daemons", "firewall-drop"])
def address_conflict(lab):
    node, router = lab.usual(router=dict(options=["passive on"]))
    other = lab.namespace("other")
    net.cable(other, "eth0", lab.path, "third")
    lab.path.ip("link", "set", "third", "master", "br0", "up")
    play_up(lab, router, node, then=4)
    other.up("eth0", "02:00:00:00:00:66", [f"{ROUTER}/24"])
    lab.wait(0.1)
    other.announce("eth0", "02:00:00:00:00:66", ROUTER)
    lab.wait(14)
    lab.node.ip("neigh", "flush", "all")
    lab.wait(14)


@scenario("Two daemons on one node",
          """One address, two BGP identifiers: beside FRR somebody has started ExaBGP with the same
          address and AS number. The router has one session with the address, so each new
          connection collides with the other daemon's.""",
          cause="two-daemons", blame=NODE, verdict="degraded", also_verdicts=["flapping", "down", "healthy"],
          also_primary=["collision-loop"], also_allowed=["collision", "closed-without-notification", "retry-storm",
                                                          "peer-not-configured", "connection-refused"])
def two_daemons(lab):
    node, router = lab.usual(router=dict(options=["passive on"]))
    second = lab.exabgp_node()
    second.bgp_id = "192.0.2.11"
    lab.note("the second daemon's BGP identifier is 192.0.2.11; the transitions of 192.0.2.10 are those of both, mixed")
    second.text = second.text.replace(f"router-id {NODE}", "router-id 192.0.2.11")
    play_up(lab, router, node, then=3)
    second.start()
    lab.wait(22)


@scenario("The router loses power and comes back",
          """Sudden silence, retransmissions from the node, then a gratuitous ARP and a new SYN
          from the router: its kernel knows nothing of the old connection and answers the old
          segments with RST. The new OPEN has no restart bit, and BFD's discriminator is another
          one.""",
          cause="peer-rebooted", blame=ROUTER, verdict="flapping", bfd=True, also_verdicts=["healthy"],
          also_primary=["bfd-detect-expired", "bfd-down"],
          also_allowed=["stale-connection", "link-down", "no-route", "closed-without-notification", "firewall-drop",
                        "bfd-neighbor-down", "graceful-restart", "graceful-restart-expired", "collision",
                        "bfd-discriminator", "connection-refused", "hold-timer-expired"])
def peer_rebooted(lab):
    node, router = lab.usual(bfd=True)
    play_up(lab, router, node, bfd=True, then=6)
    lab.crash_router()
    lab.wait(7)
    lab.boot_router(router)
    lab.until_up(node, router, bfd=True)
    lab.wait(6)


@scenario("The router comes back behind a stateful firewall that forgot the old connection",
          """As `peer-rebooted`, without BFD, and with a firewall at the router that silently drops
          segments of connections it has not seen begin. The node's old connection retransmits
          into silence while the router opens new ones, which the node refuses with Cease 6/7 in
          favour of the old one, until its hold timer runs out.""",
          cause="stale-connection", also_primary=["peer-rebooted"], verdict="flapping",
          also_verdicts=["healthy", "down"],
          also_allowed=["hold-timer-expired", "firewall-drop", "return-path-drop", "closed-without-notification",
                        "collision", "collision-loop", "link-down", "retry-storm", "no-route"])
def stale_connection(lab):
    node, router = lab.usual()
    play_up(lab, router, node, then=6)
    lab.crash_router()
    lab.wait(3)
    lab.boot_router()
    lab.router.filter("input", "tcp dport 179 tcp flags & (syn|rst) == 0 ct state new,invalid drop",
                      "tcp sport 179 tcp flags & (syn|rst) == 0 ct state new,invalid drop")
    lab.router.sysctl("net.netfilter.nf_conntrack_tcp_loose", 0)
    router.namespace = lab.router
    router.start()
    lab.wait(26)


@scenario("Large packets vanish on the path",
          """A link with a small MTU on the way, and nothing tells: full-size segments of the first
          big UPDATE are retransmitted in vain, the KEEPALIVEs queue behind them, and small
          segments pass. The router's hold timer runs out, once per hold time, for ever.""",
          cause="mtu-black-hole", verdict="flapping", also_verdicts=["down"],
          also_allowed=["hold-timer-expired", "closed-without-notification", "retry-storm", "collision",
                        "cease-admin-reset", "return-path-drop"])
def mtu_black_hole(lab):
    prefixes = [f"10.{n // 250}.{n % 250}.0/24" for n in range(1200)]
    node, router = lab.usual(node=dict(prefixes=prefixes))
    for end in (lab.node, lab.router):
        end.offloads_off("eth0")
    lab.path.filter("bridge", "ip length > 1000 drop")
    lab.record()
    start(router, node)
    lab.until("Established", lambda: lab.snapshot(node, router))
    lab.wait(48)


chapter("BFD")

BFD_TEARDOWN = ["bfd-one-sided", "bfd-absent", "bfd-neighbor-down", "bfd-down-bgp-up", "retry-storm",
                "peer-not-configured", "closed-without-notification", "collision"]


def lose_bfd(lab, bgp):
    lab.pair()
    node, router = lab.metallb_node(bgp=bgp), lab.frr_router(bgp=bgp)
    play_up(lab, router, node, bfd=True, then=6)
    lab.path.filter("bridge", "udp dport 3784 drop")
    lab.wait(16)


@scenario("BFD packets are lost both ways, and BGP is torn down for it",
          """Two FRRs. UDP 3784 is dropped on the path while TCP goes on. BFD's detection time
          passes, and a Cease 6/10 (BFD Down, RFC 9384) ends the session although KEEPALIVEs
          were flowing. Seconds later BGP is back without BFD.""",
          cause="bfd-down", also_primary=["bfd-detect-expired"], bfd=True, verdict="flapping",
          also_allowed=BFD_TEARDOWN, also_verdicts=["degraded", "down"],
          notes=["nft on the path drops UDP 3784 both ways from about 9 s on; graceful restart is disabled on both"])
def bfd_down(lab):
    lose_bfd(lab, ["bgp graceful-restart-disable"])


@scenario("The same, between speakers that can restart gracefully",
          """As `bfd-down`, but both FRRs offer the N bit (RFC 8538), as they do by default. The
          Cease is 6/9 (Hard Reset) on the outside, and the real reason, 6/10, are the first two
          octets of its data.""",
          cause="bfd-down", also_primary=["bfd-detect-expired", "cease-hard-reset"], bfd=True, verdict="flapping",
          also_allowed=BFD_TEARDOWN, also_verdicts=["degraded", "down"],
          notes=["nft on the path drops UDP 3784 both ways from about 9 s on"])
def bfd_down_hard_reset(lab):
    lose_bfd(lab, [])


@scenario("The node's bfdd stands still: the router's detection time runs out",
          """The node stops sending BFD while BGP goes on. After 810 ms (3 times 270 ms) the router
          declares the session Down with diagnostic 1 and ends BGP with a Cease; BIRD 2.0.12
          says 6/0 instead of 6/10.""",
          cause="bfd-detect-expired", also_primary=["bfd-down"], bfd=True,
          also_allowed=BFD_TEARDOWN + ["bfd-one-way"], also_verdicts=["flapping", "degraded"],
          notes=["SIGSTOP of bfdd on the node at about 9 s, SIGCONT 8 s later"])
def bfd_detect_expired(lab):
    node, router = lab.usual(bfd=True)
    play_up(lab, router, node, bfd=True, then=6)
    node.kill(signal.SIGSTOP, "bfdd")
    lab.wait(8)
    node.kill(signal.SIGCONT, "bfdd")
    lab.wait(8)


@scenario("BFD gets through one way only",
          """From the start UDP 3784 towards the router is dropped. The router hears nothing and
          stays Down with Your Discriminator 0; the node hears the router's Down and sits in
          Init. BGP is Established all the while.""",
          cause="bfd-one-way", verdict="degraded", bfd=True, also_verdicts=["healthy", "flapping"],
          also_allowed=["bfd-down-bgp-up"])
def bfd_one_way(lab):
    node, router = lab.usual(bfd=True)
    lab.path.filter("bridge", f"ip saddr {NODE} udp dport 3784 drop")
    play_up(lab, router, node, then=16)


@scenario("An operator shuts BFD down on the node",
          """The node says AdminDown (FRR with diagnostic 0, where RFC 5880 has 7), once or twice,
          and then nothing. That must not count as a failure of the path; BIRD ends BGP all the
          same, and takes it up again without BFD.""", cause="bfd-admin-down", blame=NODE, bfd=True, also_primary=["bfd-down"],
          also_allowed=["bfd-neighbor-down", "bfd-down-bgp-up"], also_verdicts=["flapping", "degraded", "healthy"])
def bfd_admin_down(lab):
    node, router = lab.usual(bfd=True)
    play_up(lab, router, node, bfd=True, then=6)
    node.vtysh("configure terminal", "bfd", "profile bfdprofile", "shutdown")
    lab.wait(14)


@scenario("One side runs BFD single-hop, the other multihop",
          """`ebgp-multihop` moves FRR's BFD to UDP 4784, BIRD stays on 3784. Each sends Down for
          ever and hears nothing on the port it listens to; ICMP port unreachable may come back.
          BGP itself is well.""",
          cause="bfd-hop-mismatch", verdict="degraded", bfd=True, also_verdicts=["healthy"],
          also_allowed=["bfd-down-bgp-up", "bfd-one-way", "bfd-absent"])
def bfd_hop_mismatch(lab):
    node, router = lab.usual(node=dict(lines=["ebgp-multihop 4"]), bfd=True)
    play_up(lab, router, node, then=16)


@scenario("BFD with different passwords",
          """Two BIRDs with simple password authentication for BFD: the A bit is set, and the
          password stands in the clear behind the packet, another one each way. Each discards
          what the other sends, so both stay Down. BGP is Established.""",
          cause="bfd-auth", verdict="degraded", bfd=True, also_verdicts=["healthy"],
          also_allowed=["bfd-down-bgp-up", "bfd-one-way"])
def bfd_auth(lab):
    lab.pair()
    text = 'protocol bfd {{ interface "eth0" {{ authentication simple; password "{}"; }}; }}'
    node = lab.bird_router(ROUTER, 65001, address=NODE, asn=NODE_AS, bgp_id=NODE, namespace=lab.node, hostname="node",
                           routes=("198.51.100.1/32",), bfd=text.format("swordfish"))
    router = lab.bird_router(bfd=text.format("marlin"))
    play_up(lab, router, node, then=14)


@scenario("Only the router speaks BFD",
          """The router sends BFD Down packets, and the node's kernel answers ICMP port
          unreachable, as no bfdd listens there. BGP is Established: BIRD does not hold it back
          for a BFD session that never was Up.""",
          cause="bfd-one-sided", verdict="degraded", bfd=True, also_verdicts=["healthy"],
          also_allowed=["bfd-down-bgp-up", "bfd-absent"])
def bfd_one_sided(lab):
    node, router = lab.usual(node=dict(bfd=False, run_bfdd=False), router=dict(bfd=True))
    play_up(lab, router, node, then=14)


@scenario("Something between the two routes BFD",
          """Single-hop BFD is sent with TTL 255 and must arrive so (RFC 5881 section 5). A device on the path
          takes one off, as a router or a proxy does: 254, and both drop what comes.""",
          cause="bfd-ttl", verdict="degraded", bfd=True, also_verdicts=["healthy"],
          also_allowed=["bfd-down-bgp-up", "bfd-one-way"])
def bfd_ttl(lab):
    def one_less(frame, from_left):
        if frame[12:14] == b"\x08\x00" and frame[23] == 17 and frame[36:38] == b"\x0e\xc8":
            total = int.from_bytes(frame[24:26], "big") + 0x100
            total = (total & 0xFFFF) + (total >> 16)
            frame = frame[:22] + bytes((frame[22] - 1, frame[23])) + total.to_bytes(2, "big") + frame[26:]
        return [(frame, from_left)]

    node, router = lab.usual(bfd=True, rules=[one_less, lambda frame, from_left: [(frame, from_left)]])
    lab.record(lab.path, "trunk1a")
    start(router, node)
    lab.until("Established", lambda: lab.snapshot(node, router))
    lab.wait(14)


@scenario("BFD falls, and BGP goes on without it",
          """Both daemons run a BFD session that no BGP session is coupled to (`peer` in bfdd, `neighbor` in
          BIRD's protocol bfd). UDP 3784 is dropped from some moment on: BFD is Down on both sides, and BGP takes no notice.""",
          cause="bfd-down-bgp-up", verdict="degraded", bfd=True, also_primary=["bfd-detect-expired"], also_verdicts=["healthy"],
          also_allowed=["bfd-neighbor-down", "bfd-one-way", "bfd-detect-expired"])
def bfd_down_bgp_up(lab):
    node, router = lab.usual(node=dict(bfd=False), router=dict(bfd=f"protocol bfd {{ neighbor {NODE}; }}"))
    router.text = router.text.replace("  bfd on;\n", "")
    node.configuration["bfdd"] = node.configuration["bfdd"].replace("bfd\n profile", f"bfd\n peer {ROUTER}\n  profile bfdprofile\n exit\n profile", 1)
    play_up(lab, router, node, bfd=True, then=5)
    lab.path.filter("bridge", "udp dport 3784 drop")
    lab.wait(12)


def uncoupled(lab, manner=None, router=None):
    """FRR with a BFD session that BGP does not follow; on the router BIRD without BFD, and a puppet for BFD."""
    lab.pair()
    node = lab.metallb_node(bfd=False)
    node.configuration["bfdd"] = node.configuration["bfdd"].replace(
        "bfd\n profile", f"bfd\n peer {ROUTER}\n  profile bfdprofile\n exit\n profile", 1)
    if manner is None:
        router = lab.bird_router(bfd=f"protocol bfd {{ neighbor {NODE}; }}")
        router.text = router.text.replace("  bfd on;\n", "")
        return node, router, None
    return node, lab.bird_router(bfd=False), lab.bfd_puppet(manner)


def play_uncoupled(lab, node, router, puppet, then):
    """Until BGP is Established; BFD need not come up."""
    lab.record()
    start(router, *([puppet] if puppet else []), node)
    lab.until("Established", lambda: lab.snapshot(node, router))
    lab.wait(then)


BFD_PUPPET = ["the router's BFD is tests/lab/bgplab/bfd_puppet.py, which departs from RFC 5880 on command; BGP is FRR and "
              "BIRD, and follows no BFD"]


@scenario("The router's BFD says Down of its own accord",
          """From Up the router says Down with diagnostic 5 (Path Down), as a line card does whose port goes, and the node goes
          Down with diagnostic 3 (Neighbor Signaled Session Down): nothing was lost, and the reason is the router's. Two
          seconds later it is Up again. BGP is not coupled, and goes on.""",
          cause="bfd-neighbor-down", verdict="degraded", bfd=True, also_verdicts=["healthy"], notes=BFD_PUPPET,
          also_primary=["bfd-down-bgp-up"])
def bfd_neighbor_down(lab):
    play_uncoupled(lab, *uncoupled(lab, "path-down"), then=20)


@scenario("The node's BFD daemon is restarted, and the router does not take its word",
          """The node's bfdd is killed and started again within the router's detection time of more than five seconds. BIRD
          2.0.12 hears the node's new session say Down, with another
          discriminator, and discards that ("mismatched remote id" in its log), where RFC 5880 section 6.8.6 has it go Down:
          only when its detection time is over does it say so, with diagnostic 1. (FRR 8.4.4 does the same.)""",
          cause="bfd-detect-expired", verdict="degraded", bfd=True, also_verdicts=["healthy"],
          also_primary=["bfd-neighbor-down"], also_allowed=["bfd-down-bgp-up"])
def bfd_restarted_bird(lab):
    node, router, _ = uncoupled(lab)
    node.configuration["bfdd"] = node.configuration["bfdd"].replace("  transmit-interval 270", "  transmit-interval 270\n  detect-multiplier 20")
    play_up(lab, router, node, bfd=True, then=5)
    node.end("bfdd", signal.SIGKILL)
    node.start("bfdd")
    lab.wait(12)
    lab.snapshot(node, router)


@scenario("Both sides wait for BFD, and there is none",
          """Both OPENs have capability 74 (BFD strict mode): the session is confirmed when BFD is Up, and not one BFD
          packet is sent. No KEEPALIVE follows the OPENs, and after twenty seconds both give up with Cease 6/10.""",
          cause="bfd-absent", also_primary=["bfd-down"], also_allowed=["stuck-openconfirm", "retry-storm", "collision"],
          notes=["both speakers are tests/lab/bgplab/puppet.py; no daemon of Debian 12 has strict mode"])
def bfd_absent(lab):
    lab.pair()
    play(lab, lab.puppet_router("strict"), lab.puppet_node("strict", ROUTER), seconds=48)


@scenario("Both sides wait for BFD, and the hold timer runs out",
          """As `bfd-absent`, between speakers that have no timer for the wait: after the hold time they say 4/0. Nobody's
          KEEPALIVE is missing by mistake: neither sends one, and capability 74 in both OPENs says why.""",
          cause="bfd-absent", also_allowed=["stuck-openconfirm", "retry-storm", "collision", "closed-without-notification"],
          notes=["both speakers are tests/lab/bgplab/puppet.py; no daemon of Debian 12 has strict mode"])
def bfd_absent_hold(lab):
    lab.pair()
    play(lab, lab.puppet_router("strict-and-expired"), lab.puppet_node("strict-and-expired", ROUTER), seconds=38)


@scenario("Both sides wait for BFD, and it comes",
          """As `bfd-absent`, with BFD on both sides: it is Up after a few seconds, the KEEPALIVEs follow, and the
          session stands.""",
          notes=["both speakers are tests/lab/bgplab/puppet.py, and their BFD tests/lab/bgplab/bfd_puppet.py"])
def healthy_bfd_strict(lab):
    lab.pair()
    ends = lab.bfd_puppet("faithful"), lab.bfd_puppet("faithful", NODE)
    play(lab, *ends, lab.puppet_router("strict-and-up"), lab.puppet_node("strict-and-up", ROUTER), seconds=24)


@scenario("The router answers a BFD session that the node has forgotten",
          """The node's bfdd is killed and started again, with a new discriminator. The router does not look: it goes
          on with Up and with the old one as Your Discriminator, which the node must discard, and the node stays Down.""",
          cause="bfd-discriminator", verdict="degraded", also_verdicts=["healthy"], notes=BFD_PUPPET,
          also_primary=["bfd-down-bgp-up"], also_allowed=["bfd-down-bgp-up", "bfd-one-way", "bfd-one-sided", "bfd-zombie"])
def bfd_discriminator(lab):
    node, router, puppet = uncoupled(lab, "deaf")
    play_uncoupled(lab, node, router, puppet, then=8)
    node.end("bfdd", signal.SIGKILL)
    node.start("bfdd")
    lab.wait(20)


@scenario("The router sends BFD faster than the node wants it",
          """The node asks for no more than a packet in 380 ms (Required Min RX), and the router sends one every
          50 ms, Up or not. BFD is Up, and the node has eight times the work.""",
          cause="bfd-interval", blame=ROUTER, verdict="degraded", also_verdicts=["healthy"], notes=BFD_PUPPET)
def bfd_interval(lab):
    play_uncoupled(lab, *uncoupled(lab, "hasty"), then=14)


@scenario("The router's BFD says Up to nobody",
          """The node's bfdd is killed and stays away. The router's detection time passes, and the router goes on saying
          Up: it does not look at its timer. Seen from elsewhere it might be the capture that lacks the node's packets,
          so this is never certain.""",
          cause="bfd-zombie", verdict="degraded", also_verdicts=["healthy"], notes=BFD_PUPPET,
          also_allowed=["bfd-one-sided"])
def bfd_zombie(lab):
    node, router, puppet = uncoupled(lab, "deaf")
    play_uncoupled(lab, node, router, puppet, then=8)
    node.end("bfdd", signal.SIGKILL)
    lab.wait(16)


@scenario("BFD packets that must be discarded",
          """The router's Detect Mult is 0, which RFC 5880 section 6.8.6 has its receiver discard: the node stays Down with
          Your Discriminator 0, as if nothing came.""",
          cause="bfd-invalid", blame=ROUTER, verdict="degraded", also_verdicts=["healthy"], notes=BFD_PUPPET,
          also_allowed=["bfd-one-way"])
def bfd_invalid(lab):
    play_uncoupled(lab, *uncoupled(lab, "zero"), then=14)


@scenario("Nobody answers the node's Poll",
          """When BFD is Up the node announces its real timers with the P bit, and repeats it until a packet with the F bit
          comes (RFC 5880 section 6.5). None does: the new timers never take effect.""",
          cause="bfd-invalid", blame=ROUTER, verdict="degraded", also_verdicts=["healthy"], notes=BFD_PUPPET,
          also_primary=["bfd-detect-expired"], also_allowed=["bfd-detect-expired", "bfd-down-bgp-up"])
def bfd_no_final(lab):
    play_uncoupled(lab, *uncoupled(lab, "no-final"), then=14)


@scenario("BFD is Up and nobody has called yet",
          """BFD proves the path, and in twenty seconds there is not one SYN: the router is passive, and the node's bgpd is
          not started. That is too short to say that nobody ever will (compare `both-passive`, forty seconds).""",
          cause="bfd-up-bgp-down", bfd=True, also_primary=["initiator-silent", "both-passive"])
def bfd_up_no_bgp(lab):
    node, router, _ = uncoupled(lab)
    router.text = router.text.replace("  hold time", "  passive on; hold time", 1)
    lab.record()
    start(router)
    node.start("zebra", "bfdd")
    lab.wait(21)
    lab.snapshot(node, router)


chapter("Faulty speakers")
# What no daemon does of its own accord is the puppet's part.


def puppet(lab, manner, seconds=25, establishes=False, says=None):
    lab.pair()
    router, node = lab.puppet_router(manner), lab.metallb_node(bfd=False)
    lab.record()
    start(router, node)
    router.asn = says or router.asn
    if establishes:
        lab.until("Established", lambda: lab.snapshot(node, router))
    lab.wait(seconds)


PUPPET_NOTE = "the router is tests/lab/bgplab/puppet.py, a speaker that misbehaves on command; the node is FRR"
PUPPET_LOOP = ["retry-storm", "closed-without-notification", "graceful-restart", "connection-refused"]


@scenario("The router stops reading: its window closes",
          """The router's receive window shrinks to zero while it goes on sending KEEPALIVEs of its
          own: its process is alive and does not read. The node probes the window in vain, and
          what it has to say stays in its send queue.""",
          cause="receiver-stuck", blame=ROUTER, verdict="degraded", also_verdicts=["flapping", "down"],
          also_allowed=["closed-without-notification", "retry-storm", "hold-timer-expired"],
          notes=["the router is tests/lab/bgplab/puppet.py, a speaker that stops reading on command; no daemon does that on "
                 "its own"])
def receiver_stuck(lab):
    lab.pair()
    for name in ("tcp_rmem", "tcp_wmem"):
        lab.router.sysctl(f"net.ipv4.{name}", "4096 4096 4096")
    prefixes = [f"10.{n // 250}.{n % 250}.0/24" for n in range(8000)]
    node = lab.metallb_node(bfd=False, prefixes=prefixes, flags=["-s", "8192"])
    router = lab.puppet_router("stop-reading")
    lab.record()
    start(router, node)
    lab.until("Established", lambda: lab.snapshot(node, router))
    lab.wait(55)


@scenario("The peer hangs up on the AS number without saying so",
          """Both OPENs, then a FIN and no NOTIFICATION: what MetalLB's native speaker does when
          the peer's AS number is not the one configured. Only the two OPENs can tell.""",
          cause="silent-asn-mismatch", shows=["retry-storm"], also_primary=["closed-without-notification"],
          also_allowed=["retry-storm", "peer-not-configured", "collision"],
          notes=["the router is tests/lab/bgplab/puppet.py, which closes after the OPENs as MetalLB's native speaker does"])
def silent_asn_mismatch(lab):
    lab.pair()
    play(lab, lab.puppet_router("close-after-open"), lab.metallb_node(bfd=False), seconds=30)


@scenario("An UPDATE whose attributes do not fit their length",
          """After Established the router sends an UPDATE whose Total Path Attribute Length reaches
          beyond the message. The node answers with NOTIFICATION 3/1 (Malformed Attribute List),
          and the same happens in each cycle.""",
          cause="malformed-update", blame=ROUTER, verdict="flapping", also_verdicts=["down"],
          also_allowed=PUPPET_LOOP, notes=[PUPPET_NOTE])
def malformed_update(lab):
    puppet(lab, "malformed-update", establishes=True)


@scenario("A flow specification that FRR 8.4 cannot read",
          """BIRD announces a flow specification of IPv6 whose prefix begins at bit 64 (RFC 8956 section 3.1). FRR 8.4 reads no
          offset, answers 3/9 without data and ends the session, all six families of it; and again. Nothing is wrong
          with the message: what one side cannot read need not be malformed.""",
          cause="malformed-update", also_allowed=["connection-refused"])
def flowspec_refused(lab):
    node, router = vpn_pair(lab, ["flow6 { src ::12:34:56:78:9a:0/112 offset 64; }"])
    play(lab, router, node, seconds=22)


@scenario("A malformed attribute that does not end the session",
          """An UPDATE whose last attribute is an ORIGIN of 7, which does not exist. RFC 7606 has
          it treated as a withdrawal of its routes: no NOTIFICATION, the session stands, and the
          route is missing.""",
          cause="treat-as-withdraw", blame=ROUTER, verdict="degraded", also_verdicts=["healthy"],
          also_primary=["malformed-update"], notes=[PUPPET_NOTE])
def treat_as_withdraw(lab):
    puppet(lab, "bad-origin", establishes=True)


@scenario("A malformed attribute that should not end the session, and does",
          """As `treat-as-withdraw`, with the wrong ORIGIN as the first of the attributes. FRR
          8.4.4 decides to treat the route as withdrawn, and then takes the attributes that
          follow for prefixes: NOTIFICATION 3/10 (Invalid Network Field), in each cycle. The
          fault that the NOTIFICATION names is not the one that is in the message.""",
          cause="malformed-update", blame=ROUTER, verdict="flapping", also_verdicts=["down"],
          also_allowed=PUPPET_LOOP + ["treat-as-withdraw"], notes=[PUPPET_NOTE])
def malformed_origin(lab):
    puppet(lab, "bad-origin-first", establishes=True)


@scenario("A message without its marker",
          """After the KEEPALIVE comes a message whose marker is not all ones, as after an octet
          lost by a faulty stack: NOTIFICATION 1/1 (Connection Not Synchronized).""",
          cause="header-error", blame=ROUTER, verdict="flapping", also_verdicts=["down"],
          also_allowed=PUPPET_LOOP, notes=[PUPPET_NOTE])
def header_error(lab):
    puppet(lab, "bad-marker", establishes=True)


@scenario("An UPDATE before its time",
          """Instead of the KEEPALIVE that would complete the handshake the router sends an UPDATE:
          NOTIFICATION 5/x (Finite State Machine Error), and the node's subcode says in which
          state it was.""",
          cause="fsm-error", also_verdicts=["flapping"], also_allowed=PUPPET_LOOP, notes=[PUPPET_NOTE])
def fsm_error(lab):
    puppet(lab, "early-update")


@scenario("BGP version 3",
          """The router's OPEN says version 3. NOTIFICATION 2/1, and its data is the version that
          the node would accept.""",
          cause="bad-version", blame=ROUTER, also_allowed=PUPPET_LOOP, notes=[PUPPET_NOTE])
def bad_version(lab):
    puppet(lab, "version-3")


@scenario("The OPEN is never answered",
          """TCP stands, the node's OPEN is acknowledged by the router's kernel, and no OPEN comes
          back. RFC 4271 suggests four minutes of waiting in OpenSent; FRR sends 4/0 after its
          configured hold time, 15 s, though nothing was negotiated.""",
          cause="open-unanswered", blame=ROUTER, also_allowed=PUPPET_LOOP + ["hold-timer-expired"], notes=[PUPPET_NOTE])
def open_unanswered(lab):
    puppet(lab, "no-open", 40)


@scenario("One KEEPALIVE is missing: stuck in OpenConfirm",
          """Both OPENs are exchanged and the node sends its KEEPALIVEs, but none comes back. After
          the hold time the node gives up with 4/0 although it was never Established.""",
          cause="stuck-openconfirm", blame=ROUTER, also_primary=["hold-timer-expired"],
          also_allowed=PUPPET_LOOP, notes=[PUPPET_NOTE])
def stuck_openconfirm(lab):
    puppet(lab, "no-keepalive", 40)


@scenario("The 2-octet AS number points to another one that is missing",
          """My AS is 23456 (AS_TRANS), which stands for a number of four octets, and capability 65 says 0: the
          router has no AS number at all.""",
          cause="as4-trouble", blame=ROUTER, also_allowed=PUPPET_LOOP + ["bad-peer-as"], notes=[PUPPET_NOTE])
def as4_trouble(lab):
    puppet(lab, "as-trans", says=23456)


@scenario("The router rejects the connection in words",
          """Cease 6/5 (Connection Rejected) in answer to the OPEN, where BIRD and FRR only close.""",
          cause="cease-rejected", blame=ROUTER, also_primary=["peer-not-configured"], also_allowed=PUPPET_LOOP + ["fsm-error"],
          notes=[PUPPET_NOTE])
def cease_rejected(lab):
    puppet(lab, "rejects")


@scenario("The router is out of resources",
          """Cease 6/8 from Established, in each cycle.""",
          cause="cease-out-of-resources", blame=ROUTER, verdict="flapping", also_verdicts=["down"],
          also_allowed=PUPPET_LOOP, notes=[PUPPET_NOTE])
def cease_out_of_resources(lab):
    puppet(lab, "out-of-resources", establishes=True)


@scenario("An optional parameter that nobody knows",
          """The router's OPEN has an optional parameter of type 9 before its capabilities: NOTIFICATION 2/4.""",
          cause="bad-optional-parameter", also_allowed=PUPPET_LOOP, notes=[PUPPET_NOTE])
def bad_optional_parameter(lab):
    puppet(lab, "unknown-parameter")


@scenario("A ROUTE-REFRESH that is not understood",
          """NOTIFICATION 7/1 (Invalid Message Length, RFC 7313) from the router, though the node sent no such
          message: the fault is the router's.""",
          cause="route-refresh-error", verdict="flapping", also_verdicts=["down"], also_allowed=PUPPET_LOOP,
          notes=[PUPPET_NOTE])
def route_refresh_error(lab):
    puppet(lab, "refuses-refresh", establishes=True)


chapter("In other places and other company")
# What the chapters before do not hold: daemons in other roles, filters that change in the middle, other vantage points.

AFTER = ["retry-storm", "closed-without-notification", "connection-refused", "collision", "peer-not-configured", "firewall-drop",
         "return-path-drop", "open-unanswered"]


@scenario("A node that never listens",
          """As MetalLB in FRR mode: the node's bgpd runs with `-p 0`. The router's calls are refused with RST, the node's own
          call is taken, and the session stands: nothing is wrong.""", also_allowed=["connection-refused"])
def healthy_no_listener(lab):
    node, router = lab.usual(node=dict(flags=["-p", "0"]))
    lab.record()
    start(router)
    node.start("zebra", "bfdd")
    lab.wait(3)
    node.start("bgpd")
    lab.until_up(node, router)
    lab.wait(9)


@scenario("Both call, and neither listens",
          """The node's bgpd runs with `-p 0`, and something on the router refuses port 179 with RST. Each call of either side is
          refused: who refuses is not who is at fault, one of the two has to listen.""",
          cause="connection-refused", also_allowed=["retry-storm"])
def refused_both_ways(lab):
    node, router = lab.usual(node=dict(flags=["-p", "0"]))
    lab.router.filter("input", "tcp dport 179 reject with tcp reset")
    play(lab, router, node, seconds=32)


@scenario("Neighbors by their network, not by their address",
          """The router (FRR) has `bgp listen range 192.0.2.0/24`: it never calls, and takes whoever calls from there with the right AS
          number. The session is one like any other.""", also_allowed=["connection-refused"])
def healthy_listen_range(lab):
    lab.pair()
    node, router = lab.metallb_node(bfd=False), listening(lab, "192.0.2.0/24")
    lab.record()
    start(router, node)
    lab.until("Established", lambda: lab.snapshot(node, router))
    lab.wait(12)


def listening(lab, network, peer_as=NODE_AS):
    router = lab.frr_router(bfd=False)
    router.configuration["bgpd"] = router.configuration["bgpd"].split(" neighbor ")[0] + (
        f" neighbor GROUP peer-group\n neighbor GROUP remote-as {peer_as}\n neighbor GROUP timers 5 15\n"
        f" bgp listen range {network} peer-group GROUP\n address-family ipv4 unicast\n  neighbor GROUP activate\n"
        "  network 203.0.113.0/24\n exit-address-family\n")
    return router


@scenario("A node outside the range for which the router listens",
          """`bgp listen range 192.0.2.128/25`, and the node is 192.0.2.10: the router takes the connection and drops it, as it does with any
          stranger.""", cause="peer-not-configured", also_primary=["cease-rejected"], also_allowed=["retry-storm", "closed-without-notification"])
def outside_listen_range(lab):
    lab.pair()
    play(lab, listening(lab, "192.0.2.128/25"), lab.metallb_node(bfd=False), seconds=30)


ROUTE_SERVER = "203.0.113.0/24 blackhole { bgp_path.prepend(64999); }"


def route_server(lab, lines):
    lab.pair()
    router = lab.bird_router(bfd=False, options=["rs client"], routes=[ROUTE_SERVER])
    return lab.metallb_node(bfd=False, lines=lines), router


@scenario("A route server: the first AS of a path is not the peer's",
          """A route server (BIRD's `rs client`) does not put its own AS number into the AS_PATH (RFC 7947): the routes begin with
          AS 64999, and the peer is AS 65001. The node has been told (`no enforce-first-as`).""")
def healthy_route_server(lab):
    node, router = route_server(lab, [])
    node.configuration["bgpd"] = node.configuration["bgpd"].replace(" no bgp ebgp-requires-policy\n", " no bgp ebgp-requires-policy\n no bgp enforce-first-as\n")
    play_up(lab, router, node, then=10)


@scenario("A route reflector and its client",
          """iBGP with a client of a route reflector: both OPENs have AS 65009, and the reflected routes carry ORIGINATOR_ID and
          CLUSTER_LIST.""")
def healthy_reflector(lab):
    lab.pair()
    node = lab.metallb_node(bfd=False, peer_as=NODE_AS)
    router = lab.bird_router(bfd=False, asn=NODE_AS, options=["rr client"])
    play_up(lab, router, node, then=12)


@scenario("More prefixes than the limit, and another try a minute later",
          """`maximum-prefix 3 restart 1`: Cease 6/1, a minute of silence on the node's side, and then the same again. The router calls in vain
          meanwhile.""", cause="cease-max-prefix", also_verdicts=["flapping"], also_allowed=AFTER + ["cease-rejected"])
def limit_restarts(lab):
    node, router = lab.usual(node=dict(max_prefix="3 restart 1"), router=dict(routes=[f"203.0.113.{n * 32}/27" for n in range(5)]))
    play(lab, router, node, seconds=82)


@scenario("One side offers a hold time of zero",
          """The node offers 0, the router 15: the smaller one holds, so there are no KEEPALIVEs at all (RFC 4271 section 4.2).""",
          cause="hold-time-zero", verdict="degraded", also_verdicts=["healthy"])
def hold_time_zero_offered(lab):
    node, router = lab.usual(node=dict(timers="0 0"))
    play_up(lab, router, node, then=20)


@scenario("A daemon that dies again and again",
          """The router's BIRD is killed every fifteen seconds and started at once, as a supervisor does: FIN from its kernel, no NOTIFICATION, a new
          session within seconds, and so on.""",
          cause="closed-without-notification", blame=ROUTER, verdict="flapping", also_primary=["graceful-restart"],
          also_allowed=["connection-refused", "collision", "graceful-restart"])
def crash_loop(lab):
    node, router = lab.usual()
    play_up(lab, router, node, then=5)
    for _ in range(3):
        router.end("bird", signal.SIGKILL)
        router.start()
        lab.until_up(node, router)
        lab.wait(8)


@scenario("A refused AS number, captured on a bridge: every packet twice or more",
          """As `bad-peer-as`, captured on every interface of the bridge between the two. What is there twice was sent once, and is counted once.""",
          cause="bad-peer-as", also_allowed=OPEN_LOOP, vantage="every interface of the bridge on the path, -y LINUX_SLL2")
def bad_peer_as_duplicates(lab):
    node, router = lab.usual(router=dict(peer_as=65010))
    lab.record(lab.path, "any", link_type="LINUX_SLL2")
    start(router, node)
    lab.wait(26)


@scenario("An unnumbered session: the neighbor is an interface",
          """Two FRRs with `neighbor eth0 interface remote-as external`: each learns the other's link-local address from its router
          advertisements and calls that. The routes have an IPv6 next hop (RFC 8950).""", a=NODE_LL, b=ROUTER_LL, also_allowed=["connection-refused", "collision"])
def healthy_unnumbered(lab):
    lab.pair(ipv6=True, node_addresses=[f"{NODE_LL}/64"], router_addresses=[f"{ROUTER_LL}/64"])
    made = []
    for namespace, address, asn, bgp_id, host in ((lab.node, NODE_LL, NODE_AS, NODE, "node"), (lab.router, ROUTER_LL, 65001, ROUTER, "router")):
        one = lab.metallb_node("fe80::ff", address=address, asn=asn, bgp_id=bgp_id, namespace=namespace, hostname=host, bfd=False)
        one.configuration["bgpd"] = one.configuration["bgpd"].split(" neighbor ")[0] + (
            " neighbor eth0 interface remote-as external\n neighbor eth0 timers 5 15\n address-family ipv4 unicast\n"
            "  neighbor eth0 activate\n exit-address-family\n")
        one.configuration["zebra"] = "interface eth0\n no ipv6 nd suppress-ra\n ipv6 nd ra-interval 3\nexit\n"
        made.append(one)
    lab.record()
    start(*made)
    lab.until("Established", lambda: '"bgpState":"Established"' in made[0].vtysh("show bgp neighbors json").replace(" ", ""))
    lab.wait(14)


@scenario("The password is changed on one side, in the middle",
          """Both sign with the same password. Then the node is given another one: FRR ends the session with a Cease, and from then on neither
          takes the other's SYNs. What lasts is the password, not the Cease.""",
          cause="md5-mismatch", also_primary=["md5-one-sided"], also_verdicts=["flapping"],
          also_allowed=AFTER + ["cease-config-change", "cease-admin-reset", "hold-timer-expired", "cease-unspecific", "cease-hard-reset"])
def md5_changed(lab):
    node, router = lab.usual(node=dict(lines=["password swordfish"]), router=dict(options=['password "swordfish"']))
    play_up(lab, router, node, then=6)
    node.configure(f"neighbor {ROUTER} password marlin")
    lab.wait(40)


@scenario("Both sign, and the way is cut",
          """The session is signed with one password on both sides. Then TCP is dropped both ways: the hold timers run out, and the SYNs of both carry
          option 19 and are not answered. That looks like `md5-mismatch`, but the passwords are those with which it worked.""",
          cause="hold-timer-expired", also_allowed=["firewall-drop", "retry-storm", "stale-connection", "closed-without-notification"])
def md5_cut(lab):
    node, router = lab.usual(node=dict(lines=["password swordfish"], timers="3 9"), router=dict(options=['password "swordfish"'], hold=9))
    play_up(lab, router, node, then=6)
    lab.path.filter("bridge", "meta l4proto tcp drop")
    lab.wait(36)


@scenario("A stateful firewall forgets an idle session",
          """A firewall in the middle keeps a connection for six seconds, and KEEPALIVEs come every ten. From the first pause on it drops both sides'
          segments, which are of no connection that it knows; new ones it lets pass. The hold timers run out, the session comes back, and
          the same happens again.""",
          cause="hold-timer-expired", b="198.51.100.1", verdict="flapping", also_verdicts=["down", "healthy"], also_primary=["stale-connection"],
          also_allowed=AFTER + ["peer-rebooted", "stale-connection"])
def idle_firewall(lab):
    lab.pair_over_gate()
    node = lab.metallb_node("198.51.100.1", bfd=False, lines=["ebgp-multihop 255"], timers="10 30")
    router = lab.bird_router(address="198.51.100.1", bgp_id=ROUTER, bfd=False, hold=30, options=["multihop 4", "passive on"])
    lab.path.filter("forward", "ct state established accept", "tcp dport 179 tcp flags & (syn | ack) == syn ct state new accept", "meta l4proto tcp drop")
    lab.path.sysctl("net.netfilter.nf_conntrack_tcp_timeout_established", 6)
    lab.path.sysctl("net.netfilter.nf_conntrack_tcp_loose", 0)
    lab.record()
    start(router, node)
    lab.until_up(node, router)
    lab.wait(75)


@scenario("The router has no route back",
          """The router's way to the node's network is a black hole: the SYNs arrive, and no answer leaves. Seen on the node it is a firewall that
          drops; only a capture on the router tells.""",
          cause="firewall-drop", b="198.51.100.1", also_primary=["return-path-drop"], also_allowed=["retry-storm"])
def no_way_back(lab):
    lab.pair_over_gate()
    node = lab.metallb_node("198.51.100.1", bfd=False, lines=["ebgp-multihop 255"])
    router = lab.bird_router(address="198.51.100.1", bgp_id=ROUTER, bfd=False, options=["multihop 4", "passive on"])
    lab.router.ip("route", "add", "blackhole", "192.0.2.10/32")
    play(lab, router, node, seconds=36)


@scenario("Both receive several paths, and nobody sends them",
          """Both offer ADD-PATH, and both only to receive: nothing is agreed on, and the UPDATEs have no path identifiers (RFC 7911 section 4).""")
def healthy_add_path_unused(lab):
    node, router = lab.usual(router=dict(channel_options={"ipv4": "add paths rx;"}))
    play_up(lab, router, node, then=10)


chapter("What captures do to healthy sessions")


@scenario("The capture starts in the middle of a healthy session",
          """No handshake, no OPEN: AS numbers, identifiers, capabilities and the hold time are
          unknown, and only KEEPALIVEs and one late UPDATE show that the session is Established.
          Whether AS_PATH has four octets an AS cannot be known, only guessed.""", bfd=True, also_verdicts=["unknown"])
def mid_stream(lab):
    node, router = lab.usual(bfd=True)
    start(router, node)
    lab.until_up(node, router, bfd=True)
    lab.record()
    lab.wait(6)
    node.configure("address-family ipv4 unicast", "network 198.51.100.3/32")
    lab.wait(12)
    lab.snapshot(node, router)


@scenario("A healthy session captured on every interface (Linux cooked, SLL2)",
          """`tcpdump -i any`: no Ethernet header but a cooked one of 20 octets that names the
          interface and the direction of each packet.""", bfd=True, vantage="every interface of the node, -y LINUX_SLL2")
def healthy_sll2(lab):
    node, router = lab.usual(bfd=True)
    lab.record(device="any", link_type="LINUX_SLL2")
    start(router, node)
    lab.until_up(node, router, bfd=True)
    lab.wait(12)


@scenario("A healthy session captured on every interface (Linux cooked, SLL)",
          """The older cooked header of 16 octets, which has no interface in it.""",
          bfd=True, vantage="every interface of the node, -y LINUX_SLL")
def healthy_sll(lab):
    node, router = lab.usual(bfd=True)
    lab.record(device="any", link_type="LINUX_SLL")
    start(router, node)
    lab.until_up(node, router, bfd=True)
    lab.wait(12)


@scenario("A healthy session in a pcapng file",
          """What Wireshark and dumpcap write by default: section, interface and enhanced packet
          blocks, nanoseconds, and an interface statistics block at the end.""", bfd=True, extension="pcapng")
def healthy_pcapng(lab):
    node, router = lab.usual(bfd=True)
    lab.record(program="dumpcap")
    start(router, node)
    lab.until_up(node, router, bfd=True)
    lab.wait(12)


@scenario("A healthy session with a VLAN tag on every frame",
          """Captured on a trunk: four octets of 802.1Q (VLAN 100) stand before the type of every
          frame, ARP included. A capture filter `tcp port 179` would match nothing here; `vlan
          and tcp port 179` does.""",
          bfd=True, vantage="a trunk on the path, VLAN 100")
def healthy_vlan(lab):
    trunk = lab.pair_over_trunk(net.dot1q(100))
    node, router = lab.metallb_node(), lab.bird_router()
    lab.record(lab.path, trunk)
    start(router, node)
    lab.until_up(node, router, bfd=True)
    lab.wait(12)


@scenario("A healthy session with two VLAN tags on every frame (QinQ)",
          """Provider bridging: an outer 802.1ad tag (type 0x88a8, VLAN 200) around the inner
          802.1Q one (VLAN 100).""",
          bfd=True, vantage="a trunk on the path, VLAN 100 within 200")
def healthy_qinq(lab):
    trunk = lab.pair_over_trunk(net.dot1q(200, 0x88A8) + net.dot1q(100))
    node, router = lab.metallb_node(), lab.bird_router()
    lab.record(lab.path, trunk)
    start(router, node)
    lab.until_up(node, router, bfd=True)
    lab.wait(12)


@scenario("A healthy session captured with a snap length of 96",
          """Only the first 96 octets of each frame are in the file: 30 of BGP behind the headers.
          The OPENs are cut before their capabilities, and the 4-octet AS number may be among
          what is lost. Nothing is wrong with the session.""", also_verdicts=["unknown"], vantage="node side of the veth, -s 96")
def capture_snaplen(lab):
    node, router = lab.usual()
    lab.record(flags=["-s", "96"])
    start(router, node)
    lab.until_up(node, router)
    lab.wait(12)


@scenario("A healthy session of which one direction was captured",
          """Only what arrives at the node is in the file: the router's SYN-ACK, OPEN, KEEPALIVEs
          and acknowledgements. These acknowledge what the file does not hold, so the node did
          speak.""",
          also_verdicts=["unknown"], vantage="node side of the veth, inbound only (-Q in)")
def capture_one_way(lab):
    node, router = lab.usual()
    lab.record(flags=["-Q", "in"])
    start(router, node)
    lab.until_up(node, router)
    lab.wait(14)


@scenario("A healthy session captured on a bridge: every packet twice or more",
          """Captured on every interface of the bridge between the two: each frame is there as it
          comes in and as it goes out, with the same content. These are no retransmissions.""",
          bfd=True, vantage="every interface of the bridge on the path, -y LINUX_SLL2")
def capture_duplicates(lab):
    node, router = lab.usual(bfd=True)
    lab.record(lab.path, "any", link_type="LINUX_SLL2")
    start(router, node)
    lab.until_up(node, router, bfd=True)
    lab.wait(12)


# For each finding (a row of track/findings.def) the recordings that a reader may take for it, and that must not raise
# it; tests/test_catalogue.py holds the program to it, and wants a row for every finding.
LOOK_ALIKES = {
    "link-down": ["healthy-short-loss", "bfd-detect-expired", "peer-rebooted"],
    "address-conflict": ["healthy-two-addresses", "source-address-gone", "peer-rebooted"],
    "no-route": ["healthy-other-arp", "firewall-drop"],
    "source-nat": ["healthy-two-addresses", "capture-duplicates", "source-address-gone"],
    "two-daemons": ["router-id-changed", "healthy-two-addresses", "bfd-restarted-bird", "peer-rebooted"],
    "ebgp-multihop-needed": ["icmp-unreachable", "gtsm-mismatch"],
    "icmp-prohibited": ["icmp-unreachable", "bfd-one-sided"],
    "icmp-unreachable": ["icmp-prohibited", "bfd-one-sided"],
    "md5-mismatch": ["md5-cut", "healthy-md5", "md5-one-sided", "ao-mismatch"],
    "md5-one-sided": ["healthy-md5", "ao-one-sided", "firewall-drop"],
    "ao-mismatch": ["md5-mismatch", "md5-one-sided", "return-path-drop"],
    "gtsm-mismatch": ["healthy-ttl-security", "return-path-drop"],
    "connection-refused": ["healthy-no-listener", "healthy-late-listener", "peer-not-configured", "icmp-prohibited"],
    "return-path-drop": ["ao-one-sided", "gtsm-mismatch", "firewall-drop"],
    "firewall-drop": ["healthy-late-path", "no-route", "both-passive", "bfd-up-no-bgp"],
    "source-address-gone": ["healthy-two-addresses", "no-route", "cease-unspecific"],
    "peer-not-configured": ["connection-refused", "bad-peer-as", "bad-peer-as-openbgpd"],
    "initiator-silent": ["bfd-up-no-bgp", "firewall-drop"],
    "both-passive": ["bfd-up-no-bgp", "no-route"],
    "as4-trouble": ["healthy-as4", "bad-peer-as-4byte"],
    "bad-peer-as": ["healthy-as4", "silent-asn-mismatch", "bad-bgp-identifier"],
    "silent-asn-mismatch": ["peer-not-configured", "bad-peer-as-openbgpd", "collision"],
    "bad-bgp-identifier": ["healthy-same-identifier", "router-id-changed"],
    "unacceptable-hold-time": ["hold-time-zero", "bad-version"],
    "no-common-afi": ["capability-mismatch", "healthy-families"],
    "capability-mismatch": ["healthy-exabgp", "role-mismatch"],
    "role-mismatch": ["capability-mismatch", "bad-optional-parameter"],
    "bad-version": ["bad-optional-parameter", "unacceptable-hold-time"],
    "bad-optional-parameter": ["capability-mismatch", "bad-version"],
    "header-error": ["healthy-extended-message", "malformed-update", "mid-stream"],
    "fsm-error": ["cease-rejected", "header-error"],
    "open-unanswered": ["stuck-openconfirm", "healthy-bfd-strict", "capture-one-way"],
    "stuck-openconfirm": ["bfd-absent-hold", "healthy-bfd-strict", "open-unanswered", "capture-one-way"],
    "collision-loop": ["collision", "healthy-two-addresses", "stale-connection"],
    "collision": ["two-daemons", "cease-rejected"],
    "mtu-black-hole": ["healthy-large-lost", "large-table", "hold-timer-expired"],
    "receiver-stuck": ["healthy-short-stop", "hold-timer-sigstop"],
    "bfd-down": ["cease-unspecific", "bfd-down-bgp-up", "bfd-neighbor-down"],
    "hold-timer-expired": ["healthy-short-loss", "healthy-short-stop", "stuck-openconfirm", "open-unanswered"],
    "stale-connection": ["peer-rebooted", "collision"],
    "peer-rebooted": ["closed-without-notification", "link-down", "graceful-restart"],
    "cease-max-prefix": ["large-table", "cease-out-of-resources"],
    "cease-admin-shutdown": ["closed-by-sigterm", "cease-admin-reset"],
    "cease-peer-deconfigured": ["peer-not-configured", "cease-admin-shutdown"],
    "cease-admin-reset": ["cease-config-change", "cease-unspecific"],
    "cease-rejected": ["peer-not-configured", "collision-loop"],
    "cease-config-change": ["cease-admin-reset", "cease-unspecific"],
    "cease-out-of-resources": ["cease-max-prefix"],
    "cease-hard-reset": ["cease-admin-reset", "bfd-down"],
    "cease-unspecific": ["bfd-detect-expired", "cease-admin-shutdown"],
    "closed-without-notification": ["peer-not-configured", "collision", "cease-admin-reset"],
    "graceful-restart": ["cease-admin-reset", "graceful-restart-expired", "healthy-openbgpd"],
    "graceful-restart-expired": ["graceful-restart", "graceful-restart-not-kept"],
    "malformed-update": ["healthy-route-server", "treat-as-withdraw", "header-error"],
    "treat-as-withdraw": ["malformed-update", "healthy-families"],
    "route-refresh-error": ["healthy", "header-error"],
    "hold-time-zero": ["mid-stream", "healthy-reflector"],
    "retry-storm": ["connection-refused", "bad-peer-as"],
    "bfd-hop-mismatch": ["bfd-one-way", "bfd-one-sided", "healthy-multihop"],
    "bfd-ttl": ["healthy-multihop", "healthy"],
    "bfd-auth": ["bfd-one-way", "bfd-invalid"],
    "bfd-one-way": ["bfd-invalid", "bfd-auth", "bfd-ttl", "healthy-late-bfd"],
    "bfd-admin-down": ["bfd-neighbor-down", "bfd-restarted-bird"],
    "bfd-detect-expired": ["bfd-neighbor-down", "bfd-admin-down", "healthy-short-stop"],
    "bfd-neighbor-down": ["bfd-detect-expired", "bfd-admin-down"],
    "bfd-one-sided": ["healthy-late-bfd", "bfd-zombie", "bfd-hop-mismatch"],
    "bfd-absent": ["healthy-bfd-strict", "stuck-openconfirm"],
    "bfd-discriminator": ["bfd-restarted-bird", "bfd-zombie", "peer-rebooted"],
    "bfd-interval": ["healthy", "bfd-no-final"],
    "bfd-zombie": ["bfd-detect-expired", "bfd-restarted-bird"],
    "bfd-invalid": ["bfd-auth", "bfd-ttl", "healthy"],
    "bfd-up-bgp-down": ["bfd-down", "healthy-late-listener"],
    "bfd-down-bgp-up": ["bfd-down", "healthy-late-bfd", "bfd-one-sided"],
}
for _key, _names in LOOK_ALIKES.items():
    for _name in _names:
        SCENARIOS[_name].look_alike_of.append(_key)
