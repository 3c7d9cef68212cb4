# SPDX-License-Identifier: GPL-2.0-or-later
"""What a stranger records: each misfortune seen from every place at once.

A row of STRANGE is played once and captured on the node, on the path (every interface of it) and on the
router; the truth beside each of the three is the same but for the NOTIFICATIONs, which need not get
everywhere. The rules must hold for all three. `tests/lab/record --strange NAME --out DIR`; those of KEPT are
in pcaps/, because they teach something or were once read wrongly.
"""
import os
import shutil
import signal

from . import lab as labs
from . import net
from .lab import NODE, NODE6, NODE_AS, ROUTER, ROUTER6, ROUTER_AS
from .matrix import FAR, Stage
from .scenarios import Scenario, chapter
from .tolerances import TOLERANCES

STRANGE = {}
PLACES = ("node", "path", "router")
SLL2 = "LINUX_SLL2"

chapter("Seen from elsewhere")


class Strange(Scenario):
    """A scenario with its stage; `places` of the capture."""

    def __init__(self, play, title, pair=("frr", "bird"), ipv6=False, gate=False, places=PLACES, tolerance=(), **judged):
        ends = (NODE, FAR) if gate else (NODE6, ROUTER6) if ipv6 else (NODE, ROUTER)
        judged.setdefault("a", ends[0])
        judged.setdefault("b", ends[1])
        if isinstance(judged.get("blame"), int):
            judged["blame"] = ends[judged["blame"]]
        super().__init__(play, title, play.__doc__ or "", **judged)
        self.pair, self.ipv6, self.gate, self.places = pair, ipv6, gate, places
        self.ends = ends
        self.base = self.name
        self.tolerance = [{"count": 3, **row} for row in tolerance]

    def at(self, place):
        """The same as one capture of it."""
        one = Strange.__new__(Strange)
        one.__dict__.update(self.__dict__)
        one.name = f"{self.base}-{place}"
        one.file = f"{one.name}.pcap"
        one.command = f"tests/lab/record --strange {self.base}"
        one.vantage = {"node": "seen on the node", "path": "seen on the path, every interface", "router": "seen on the router"}[place]
        return one


def strange(title, *, cause, also=(), allowed=(), verdict=None, verdicts=(), pairs=(("frr", "bird"),), **more):
    def register(play):
        for pair in pairs:
            one = Strange(play, title, pair, cause=cause, also_primary=list(also), also_allowed=list(allowed),
                          verdict=verdict, also_verdicts=list(verdicts), **more)
            if len(pairs) > 1:
                one.base = one.name = f"{one.name}-{pair[0]}-{pair[1]}"
            STRANGE[one.base] = one
            for place in one.places:
                TOLERANCES[f"{one.base}-{place}"] = one.tolerance
        return play
    return register


class Everywhere(Stage):
    """The stage, recorded in all places."""

    def __init__(self, lab, scenario):
        super().__init__(lab, scenario.pair, scenario.ipv6, "node")
        self.scenario = scenario
        if scenario.gate:
            self.gate()
        else:
            self.cable()

    def record(self):
        lab = self.lab
        for place in self.scenario.places:
            lab.scenario.file = f"{self.scenario.base}-{place}.pcap"
            if place == "path":
                lab.record(lab.path, "any", link_type=SLL2)
            else:
                lab.record(getattr(lab, place), "eth0")

    def router_up_again(self):
        """Behind a power loss."""
        lab = self.lab
        lab.router = lab.namespace("router2", ipv6=self.ipv6)
        net.cable(lab.router, "eth0", lab.path, "right")
        lab.path.ip("link", "set", "right", "master", "br0", "up")
        lab.router.up("eth0", labs.ROUTER_MAC, [f"{self.addresses[1]}/{64 if self.ipv6 else 24}"])
        self.b.namespace = lab.router
        self.b.start()

    def both_listening(self, network="192.0.2.0/24", a=None, group=(), **common):
        """The router is FRR with a listen range, as a top-of-rack for MetalLB nodes."""
        self.both(a=a, **common)
        text = self.b.configuration["bgpd"].split(" neighbor ")[0]
        more = "".join(f" neighbor GROUP {line}\n" for line in group)
        self.b.configuration["bgpd"] = text + (
            f" neighbor GROUP peer-group\n neighbor GROUP remote-as {NODE_AS}\n neighbor GROUP timers 5 15\n{more}"
            f" bgp listen range {network} peer-group GROUP\n address-family ipv4 unicast\n  neighbor GROUP activate\n"
            "  network 203.0.113.0/24\n exit-address-family\n")


def record(scenario, out, verbose=False, keep=False):
    """Play one and put its captures and truths into `out`."""
    with labs.Lab(scenario.at(scenario.places[0]), verbose, keep) as lab:
        scenario.play(Everywhere(lab, scenario))
        lab.stop_recording()
        files, notes = list(lab.files), list(lab.notes)
        written = []
        for place, path in zip(scenario.places, files):
            lab.scenario, lab.files, lab.notes = scenario.at(place), [path], list(notes)
            truth = lab.truth()
            shutil.copyfile(path, os.path.join(out, lab.scenario.file))
            target = os.path.join(out, f"{lab.scenario.name}.truth.json")
            labs.save(truth, target)
            written += [os.path.join(out, lab.scenario.file), target]
        return written


AFTER = ["retry-storm", "stale-connection", "firewall-drop", "return-path-drop", "peer-rebooted", "no-route", "connection-refused",
         "collision", "closed-without-notification", "graceful-restart", "graceful-restart-expired"]
BFD_AFTER = ["bfd-one-sided", "bfd-absent", "bfd-neighbor-down", "bfd-down-bgp-up", "bfd-one-way", "bfd-discriminator", "bfd-admin-down",
             "bfd-up-bgp-down", "retry-storm", "peer-not-configured", "closed-without-notification", "collision"]
LATE = dict(what="late", protocol="bgp", change="from Established", seconds=10, reason="its timers, or when it is heard again")
UNSEEN = dict(what="unseen", protocol="bgp", change="from Established", reason="it is cut off: it leaves and nobody hears it")
EXTRA = dict(what="extra", protocol="bgp", change="from Established", reason="it is gone before it can log")
BFD_EXTRA = dict(what="extra", protocol="bfd", reason="the daemon drops its BFD session and logs no change of state")

EVERYBODY = (("frr", "bird"), ("bird", "frr"), ("gobgp", "frr"), ("frr", "openbgpd"))
TWO = (("frr", "bird"), ("bird", "frr"))


# Firewalls

@strange("A filter that resets port 179 is put up before the router", cause="closed-without-notification",
         also=["connection-refused", "peer-rebooted", "hold-timer-expired"], gate=True, allowed=AFTER, pairs=(*TWO, ("frr", "frr")), tolerance=[LATE])
def wall_resets_node(stage):
    """From some moment on what the node sends to port 179 is answered with RST, on the path; the router hears nothing of it and
    its hold timer runs out."""
    stage.both(b=dict(passive=True), hold=9, multihop=True)
    stage.up(then=5)
    stage.lab.path.filter("forward", "iifname left tcp dport 179 reject with tcp reset")
    stage.lab.wait(22)


@strange("A filter refuses what the router sends", cause="closed-without-notification",
         also=["connection-refused", "peer-rebooted", "hold-timer-expired"], gate=True, allowed=AFTER, pairs=(*TWO, ("frr", "frr")), tolerance=[LATE])
def wall_resets_router(stage):
    """The other way: what the router sends from port 179 is answered with RST in the node's name, and the node hears nothing."""
    stage.both(b=dict(passive=True), hold=9, multihop=True)
    stage.up(then=5)
    stage.lab.path.filter("forward", "iifname right tcp sport 179 reject with tcp reset")
    stage.lab.wait(24)


@strange("A stateful firewall forgets a session and refuses what is left of it", cause="closed-without-notification",
         also=["peer-rebooted", "stale-connection"], gate=True, allowed=AFTER, verdict="flapping", verdicts=["healthy", "down", "degraded"], tolerance=[LATE], pairs=TWO)
def wall_forgets_reset(stage):
    """The firewall keeps a connection for six seconds and KEEPALIVEs come every ten: then it answers both sides with RST, and a new
    call it lets pass."""
    path = stage.lab.path
    stage.both(hold=30, multihop=True, b=dict(passive=True))
    path.filter("forward", "ct state established accept", "tcp dport 179 tcp flags & (syn | ack) == syn ct state new accept",
                "tcp dport 179 reject with tcp reset", "tcp sport 179 reject with tcp reset")
    path.sysctl("net.netfilter.nf_conntrack_tcp_timeout_established", 6)
    path.sysctl("net.netfilter.nf_conntrack_tcp_loose", 0)
    stage.up(then=50)


@strange("A stateful firewall forgets a session and prohibits what is left of it", cause="icmp-prohibited",
         also=["hold-timer-expired", "stale-connection"], gate=True, allowed=AFTER, verdict="flapping", verdicts=["healthy", "down", "degraded"], tolerance=[LATE, UNSEEN, dict(what="late", protocol="bgp", seconds=2, reason="of the packets seen on every interface some were lost by the capture")])
def wall_forgets_icmp(stage):
    """As before, with ICMP administratively prohibited in the place of RST."""
    path = stage.lab.path
    stage.both(hold=9, multihop=True, b=dict(passive=True))
    path.filter("forward", "ct state established accept", "tcp dport 179 tcp flags & (syn | ack) == syn ct state new accept",
                "tcp dport 179 reject with icmpx admin-prohibited", "tcp sport 179 reject with icmpx admin-prohibited")
    path.sysctl("net.netfilter.nf_conntrack_tcp_timeout_established", 2)
    path.sysctl("net.netfilter.nf_conntrack_tcp_loose", 0)
    stage.up(then=40)


@strange("SYNs pass and their answers do not", cause="return-path-drop", also=["firewall-drop"], allowed=AFTER, pairs=TWO)
def answers_lost(stage):
    """The path drops what comes from port 179."""
    stage.both(b=dict(passive=True))
    stage.lab.path.filter("bridge", "tcp sport 179 drop")
    stage.play(38)


@strange("Only the node's firewall drops port 179", cause="return-path-drop", also=["firewall-drop"], allowed=AFTER)
def node_drops_input(stage):
    stage.both()
    stage.lab.node.filter("input", "tcp dport 179 drop", "tcp sport 179 drop")
    stage.play(38)


@strange("The router may call and may not be called", cause=None, allowed=AFTER, verdicts=["degraded"], pairs=TWO)
def one_way_calls(stage):
    """The filter drops SYNs of the node and lets those of the router pass: healthy in the end."""
    stage.both()
    stage.lab.path.filter("bridge", "iifname left tcp flags & (syn | ack) == syn tcp dport 179 drop")
    stage.up(then=10)


# The path

@strange("Large packets are lost, and nobody says so", cause="mtu-black-hole", gate=True, also=["hold-timer-expired"], verdict="flapping",
         verdicts=["down"], allowed=AFTER, pairs=(("frr", "bird"), ("frr", "frr")), tolerance=[LATE, UNSEEN, dict(UNSEEN, change="to OpenSent")])
def mtu_silent(stage):
    """The path takes 900 octets and its ICMP messages are filtered."""
    for end in (stage.lab.node, stage.lab.router):
        end.offloads_off("eth0")
    stage.both(a=dict(routes=250), b=dict(routes=250), hold=15, multihop=True)
    stage.lab.path.filter("forward", "meta length > 900 drop")
    stage.record()
    stage.b.start()
    stage.a.start()
    stage.lab.wait(50)


@strange("Large packets are refused, and ICMP says so", cause=None, gate=True, verdicts=["degraded"], pairs=(("frr", "bird"), ("frr", "frr")))
def mtu_told(stage):
    """The path's MTU is 900 and its ICMP messages arrive: Path MTU Discovery mends it."""
    for end in (stage.lab.node, stage.lab.router):
        end.offloads_off("eth0")
    for space, device in ((stage.lab.path, "right"), (stage.lab.router, "eth0")):
        space.ip("link", "set", device, "mtu", "900")
    stage.both(a=dict(routes=250), b=dict(routes=250), hold=15, multihop=True)
    stage.up(then=22)


@strange("Large packets are lost over IPv6", cause="mtu-black-hole", ipv6=True, also=["hold-timer-expired"], verdict="flapping", verdicts=["down"],
         allowed=AFTER, pairs=(("frr", "bird"),), tolerance=[LATE, UNSEEN])
def mtu_six(stage):
    for end in (stage.lab.node, stage.lab.router):
        end.offloads_off("eth0")
    stage.both(a=dict(routes=240), hold=9)
    stage.lab.path.filter("bridge", "meta length > 1380 drop")
    stage.record()
    stage.b.start()
    stage.a.start()
    stage.lab.wait(45)


@strange("One of two paths is dark", cause="firewall-drop", also=["return-path-drop", "hold-timer-expired", None], gate=True, verdicts=["healthy", "degraded", "flapping"],
         allowed=AFTER)
def one_path_of_two(stage):
    """Half of all flows, by their hash, are lost: BFD and ARP pass, some calls do not."""
    stage.both(multihop=True, hold=9)
    stage.lab.path.filter("forward", "ip protocol tcp jhash ip saddr . tcp sport . tcp dport mod 2 seed 0x7 == 0 drop")
    stage.play(45)


@strange("Both ways are lossy", cause=None, also=["hold-timer-expired"], verdicts=["flapping", "down", "degraded"], allowed=AFTER, pairs=TWO, tolerance=[LATE, UNSEEN])
def lossy_five(stage):
    """One packet in twenty is lost."""
    stage.both(hold=9)
    stage.lab.path.filter("bridge", "numgen random mod 100 < 5 drop")
    stage.play(45)


@strange("The router's cable is pulled and stays away", cause="hold-timer-expired", also=["link-down", "no-route"], places=("node", "path"), allowed=AFTER, pairs=TWO, tolerance=[LATE, UNSEEN])
def pulled_for_good(stage):
    stage.both(hold=9)
    stage.up(then=5)
    stage.lab.path.ip("link", "set", "right", "down")
    stage.lab.wait(30)


def down_and_up(stage, host):
    stage.both(hold=9)
    stage.up(then=5)
    host.ip("link", "set", "eth0", "down")
    stage.lab.wait(14)
    host.ip("link", "set", "eth0", "up")
    stage.lab.wait(25)


@strange("The node's interface is set down, and up again", cause="link-down", also=["hold-timer-expired", "peer-rebooted", "closed-without-notification", "cease-unspecific", "cease-admin-shutdown"],
         verdict="flapping", verdicts=["down", "healthy"], places=("path", "router"), allowed=AFTER, pairs=EVERYBODY, tolerance=[LATE, UNSEEN])
def node_set_down(stage):
    """On the node itself: its daemon sees it at once."""
    down_and_up(stage, stage.lab.node)


@strange("The router's interface is set down, and up again", cause="link-down", also=["hold-timer-expired", "peer-rebooted", "closed-without-notification", "cease-unspecific", "cease-admin-shutdown", "no-route"],
         verdict="flapping", verdicts=["down", "healthy"], places=("node", "path"), allowed=AFTER, pairs=EVERYBODY, tolerance=[LATE, UNSEEN])
def router_set_down(stage):
    down_and_up(stage, stage.lab.router)


@strange("The node's address is taken away", cause="no-route", also=["source-address-gone", "hold-timer-expired", "cease-unspecific", "initiator-silent", "cease-admin-shutdown", "closed-without-notification"],
         allowed=AFTER + ["initiator-silent", "both-passive", "hold-timer-expired"], pairs=EVERYBODY, tolerance=[LATE, UNSEEN])
def address_removed(stage):
    stage.both(hold=9)
    stage.up(then=5)
    stage.lab.node.ip("address", "del", f"{NODE}/24", "dev", "eth0")
    stage.lab.wait(30)


@strange("The router loses its route to the node", cause="hold-timer-expired", also=["icmp-unreachable", "firewall-drop", "return-path-drop"], gate=True, allowed=AFTER + ["cease-unspecific", "initiator-silent"],
         pairs=(("frr", "bird"), ("frr", "frr")), tolerance=[LATE, UNSEEN])
def route_lost(stage):
    """A black hole in the middle of the session, on the router itself."""
    stage.both(hold=9, multihop=True)
    stage.up(then=5)
    stage.lab.router.ip("route", "add", "blackhole", "192.0.2.10/32")
    stage.lab.wait(28)


@strange("The router in the middle loses its route to the router", cause="icmp-unreachable", also=["hold-timer-expired"], gate=True, allowed=AFTER, pairs=(("frr", "bird"), ("bird", "frr")),
         tolerance=[LATE, UNSEEN])
def gate_unreachable(stage):
    """ICMP host unreachable, in the middle of the session."""
    stage.both(hold=9, multihop=True, b=dict(passive=True))
    stage.up(then=5)
    stage.lab.path.ip("route", "add", "unreachable", FAR)
    stage.lab.wait(28)


@strange("A second host takes the router's address", cause="address-conflict", also=["closed-without-notification", "peer-rebooted"], verdict="flapping", verdicts=["down", "healthy"],
         allowed=AFTER + ["hold-timer-expired", "two-daemons"], tolerance=[LATE, UNSEEN, EXTRA])
def same_address_twice(stage):
    """A third host on the bridge has the router's address and announces it, again and again."""
    lab = stage.lab
    stage.both(hold=9)
    other = lab.namespace("other")
    net.cable(other, "eth0", lab.path, "third")
    lab.path.ip("link", "set", "third", "master", "br0", "up")
    stage.up(then=5)
    other.up("eth0", "02:00:00:00:00:77", [f"{ROUTER}/24"])
    for _ in range(4):
        other.announce("eth0", "02:00:00:00:00:77", ROUTER)
        lab.wait(5)


@strange("ARP for the router is lost in the middle", cause="no-route", also=["hold-timer-expired", "link-down"], allowed=AFTER, tolerance=[LATE, UNSEEN], verdicts=["flapping", "healthy", "unknown"])
def arp_lost(stage):
    """ARP alone is dropped, and the node's cache is emptied: nothing can be sent any more."""
    stage.both(hold=9)
    stage.up(then=5)
    stage.cut(0, 1, what="ether type arp")
    stage.lab.node.ip("neigh", "flush", "all")
    stage.lab.wait(30)


# Daemons

@strange("The router's daemon is killed and comes back", cause="closed-without-notification", blame=1, verdict="flapping", verdicts=["healthy"], also=["graceful-restart", "cease-admin-shutdown"],
         allowed=AFTER, pairs=EVERYBODY, tolerance=[EXTRA, dict(UNSEEN, reason="it is another process")])
def killed_and_back(stage):
    stage.both()
    stage.up(then=5)
    stage.hit(1, signal.SIGKILL)
    stage.lab.wait(3)
    if stage.kinds[1] == "frr":
        stage.b.end("bgpd", signal.SIGKILL)
        stage.b.start("bgpd")
    else:
        stage.b.start()
    stage.lab.wait(25)


@strange("The router loses power for longer than the hold time", cause="hold-timer-expired", also=["link-down", "peer-rebooted", "no-route"], verdict="flapping", verdicts=["healthy", "down"],
         places=("node", "path"), allowed=AFTER, pairs=(("frr", "bird"), ("gobgp", "frr")), tolerance=[EXTRA, LATE, UNSEEN])
def power_long(stage):
    stage.both(hold=9)
    stage.up(then=5)
    stage.lab.crash_router()
    stage.lab.wait(18)
    stage.router_up_again()
    stage.lab.wait(26)


@strange("The node is overloaded for a moment, again and again", cause=None, verdicts=["degraded"], allowed=[], pairs=TWO)
def stuttering(stage):
    """Its daemon stands still for four seconds out of seven; the hold time is fifteen."""
    stage.both()
    stage.up(then=3)
    for _ in range(4):
        stage.hit(0, signal.SIGSTOP)
        stage.lab.wait(4)
        stage.hit(0, signal.SIGCONT)
        stage.lab.wait(3)


# Keys, TTLs, addresses

@strange("Only the router has a password", cause="md5-one-sided", also=["firewall-drop"], allowed=AFTER, pairs=(("frr", "bird"), ("bird", "frr"), ("gobgp", "frr")))
def password_router_only(stage):
    stage.both(b=dict(password="swordfish", passive=True))
    stage.play(36)


@strange("The password is taken away on one side and put back", cause="md5-one-sided", also=["cease-config-change", "cease-admin-reset", None, "hold-timer-expired", "firewall-drop"], verdict="flapping", verdicts=["healthy", "down"],
         allowed=AFTER + ["hold-timer-expired", "cease-unspecific", "md5-mismatch"], tolerance=[LATE, UNSEEN])
def password_off_and_on(stage):
    stage.both(password="swordfish", hold=9)
    stage.up(then=4)
    stage.a.configure(f"no neighbor {ROUTER} password")
    stage.lab.wait(24)
    stage.a.configure(f"neighbor {ROUTER} password swordfish")
    stage.lab.wait(28)


@strange("The node calls from an address that the router does not know", cause="peer-not-configured", also=["source-address-gone"], b=ROUTER, a="192.0.2.11",
         allowed=AFTER + ["cease-rejected"], pairs=(("frr", "bird"), ("frr", "frr"), ("frr", "gobgp")),
         tolerance=[dict(what="unseen", protocol="bgp", count=6, speaker=NODE, change="to OpenSent", reason="its calls come from 192.0.2.11, and the log is taken for that of 192.0.2.10")])
def wrong_source(stage):
    """update-source with the wrong one of two addresses."""
    stage.lab.node.ip("address", "add", "192.0.2.11/24", "dev", "eth0")
    stage.both(b=dict(passive=True))
    stage.a.configuration["bgpd"] = stage.a.configuration["bgpd"].replace(f" neighbor {ROUTER} timers connect 10\n",
                                                                         f" neighbor {ROUTER} timers connect 10\n neighbor {ROUTER} update-source 192.0.2.11\n")
    stage.play(34)


@strange("A MetalLB node and a listen range", cause=None, allowed=["connection-refused"], verdicts=["degraded"], pairs=(("frr", "frr"),))
def range_healthy(stage):
    stage.both_listening(a=dict(multihop=True))
    stage.record()
    stage.b.start()
    stage.a.start()
    stage.lab.wait(28)


@strange("A listen range whose group has another AS", cause="bad-peer-as", also=["peer-not-configured"], allowed=AFTER + ["cease-rejected", "silent-asn-mismatch"], pairs=(("frr", "frr"),))
def range_other_as(stage):
    stage.both_listening(a=dict(asn=65077))
    stage.play(30)


@strange("A listen range whose group has a password", cause="md5-one-sided", also=["firewall-drop"], allowed=AFTER, pairs=(("frr", "frr"),))
def range_password(stage):
    stage.both_listening(group=["password swordfish"])
    stage.play(34)


@strange("TTL security on the router, a node that is multihop", cause="gtsm-mismatch", also=["firewall-drop", "return-path-drop", "open-unanswered"], allowed=AFTER + ["open-unanswered", "hold-timer-expired", "fsm-error", "stuck-openconfirm"],
         pairs=(("frr", "bird"), ("frr", "frr")), verdicts=["flapping"])
def security_and_multihop(stage):
    stage.both(a=dict(multihop=True), b=dict(security=True))
    stage.play(40)


@strange("Two hops, and only the router knows", cause="ebgp-multihop-needed", also=["initiator-silent", "icmp-unreachable"], gate=True, allowed=AFTER, pairs=(("gobgp", "bird"),), places=("node", "path"))
def two_hops_node(stage):
    stage.both(b=dict(multihop=True, passive=True))
    stage.play(34)


@strange("Two hops, and the router's answers run out", cause="ebgp-multihop-needed", also=["return-path-drop", "open-unanswered"], gate=True,
         allowed=AFTER + ["open-unanswered", "icmp-unreachable", "hold-timer-expired", "cease-rejected", "peer-not-configured"], pairs=(("bird", "gobgp"), ("frr", "gobgp")),
         tolerance=[dict(what="unseen", protocol="bgp", speaker=FAR, change=f"to {state}", reason="its segments get no further than the router between") for state in ("OpenSent", "OpenConfirm")])
def two_hops_router(stage):
    """The node is multihop; the router's TTL is 1."""
    stage.both(a=dict(multihop=True))
    stage.play(38)


@strange("Two hops, the router's answers run out, and nobody says so", cause="ebgp-multihop-needed", also=["return-path-drop", "open-unanswered"], gate=True,
         allowed=AFTER + ["open-unanswered", "hold-timer-expired", "cease-rejected", "peer-not-configured"], pairs=(("bird", "gobgp"), ("frr", "gobgp"), ("bird", "frr")),
         tolerance=[dict(what="unseen", protocol="bgp", speaker=FAR, change=f"to {state}", reason="its segments get no further than the router between") for state in ("OpenSent", "OpenConfirm")])
def two_hops_quiet(stage):
    """As before, and the router between sends no ICMP: its TCP answers the SYN, and nothing that its daemon sends arrives."""
    stage.lab.path.filter("output", "icmp type time-exceeded drop")
    stage.both(a=dict(multihop=True))
    stage.play(38)


# AS numbers

@strange("local-as without the other side's knowledge", cause="bad-peer-as", allowed=AFTER + ["silent-asn-mismatch", "open-unanswered", "collision-loop", "peer-not-configured"], pairs=(("frr", "bird"), ("frr", "frr"), ("frr", "openbgpd")))
def local_as(stage):
    """The node says another AS than the router expects: local-as."""
    stage.both()
    stage.a.configuration["bgpd"] = stage.a.configuration["bgpd"].replace(f" neighbor {ROUTER} timers connect 10\n",
                                                                         f" neighbor {ROUTER} timers connect 10\n neighbor {ROUTER} local-as 65123 no-prepend replace-as\n")
    stage.a.asn = 65123
    stage.play(30)


@strange("local-as as it should be", cause=None, pairs=(("frr", "bird"),))
def local_as_good(stage):
    stage.both(b=dict(peer_as=65123))
    stage.a.asn = 65123
    text = stage.a.configuration["bgpd"]
    stage.a.configuration["bgpd"] = text.replace(f" neighbor {ROUTER} timers connect 10\n",
                                                 f" neighbor {ROUTER} timers connect 10\n neighbor {ROUTER} local-as 65123 no-prepend replace-as\n")
    stage.up(then=10)


@strange("An AS number of four octets that the router takes for another", cause="bad-peer-as", allowed=AFTER + ["silent-asn-mismatch", "collision-loop", "open-unanswered"], pairs=(("frr", "bird"), ("frr", "gobgp")))
def four_octets(stage):
    """The node is 4200000009, and the router expects 4200000010."""
    stage.both(a=dict(asn=4200000009), b=dict(peer_as=4200000010))
    stage.play(30)


@strange("An AS number of four octets, and a router that does not know such", cause="bad-peer-as", also=["as4-trouble"], allowed=AFTER + ["as4-trouble", "silent-asn-mismatch", "collision-loop"], pairs=(("frr", "bird"),))
def four_octets_unknown(stage):
    """BIRD has `enable as4 off` and expects AS_TRANS or anything but what comes."""
    stage.both(a=dict(asn=4200000009), b=dict(peer_as=65010))
    stage.b.text = stage.b.text.replace("  timers", "  timers")
    stage.b.text = stage.b.text.replace("protocol bgp node {\n", "protocol bgp node {\n  enable as4 off;\n")
    stage.play(30)


@strange("A confederation", cause=None, allowed=["connection-refused"], pairs=(("frr", "frr"),))
def confederation(stage):
    stage.both()
    for one, other in ((stage.a, ROUTER_AS), (stage.b, NODE_AS)):
        one.configuration["bgpd"] = one.configuration["bgpd"].replace(" no bgp ebgp-requires-policy\n",
                                                                      f" bgp confederation identifier 64700\n bgp confederation peers {other}\n no bgp ebgp-requires-policy\n")
    stage.up(then=10)


@strange("A confederation of which one side knows nothing", cause="bad-peer-as", allowed=AFTER + ["silent-asn-mismatch", "collision-loop", "malformed-update"], verdicts=["flapping"], also=["malformed-update"], pairs=(("frr", "frr"), ("frr", "bird")))
def confederation_half(stage):
    """The node is in confederation 64700 and takes the router for a stranger: it says 64700, and 65009 is expected."""
    stage.both()
    stage.a.configuration["bgpd"] = stage.a.configuration["bgpd"].replace(" no bgp ebgp-requires-policy\n",
                                                                          " bgp confederation identifier 64700\n no bgp ebgp-requires-policy\n")
    stage.a.asn = 64700  # to whom it takes for a stranger
    stage.play(30)


# BFD

@strange("BFD is filtered on the way to the router", cause="bfd-one-way", bfd=True, verdict="degraded", also=["bfd-one-sided", "bfd-down-bgp-up"], verdicts=["healthy", "flapping", "down"], allowed=BFD_AFTER, pairs=(("frr", "bird"), ("frr", "frr"), ("bird", "frr")), tolerance=[BFD_EXTRA])
def bfd_acl(stage):
    stage.both(bfd=True)
    stage.cut(0, what="udp dport 3784")
    stage.play(26)


@strange("Multihop BFD is filtered", cause="bfd-one-sided", gate=True, bfd=True, verdict="degraded", also=["bfd-one-way", "bfd-down-bgp-up"], verdicts=["healthy"], allowed=BFD_AFTER, pairs=(("frr", "frr"), ("frr", "bird")), tolerance=[BFD_EXTRA])
def bfd_acl_multihop(stage):
    """UDP 4784 is dropped both ways in the middle; BGP passes."""
    stage.both(bfd=True, multihop=True)
    if "bird" in stage.kinds:
        stage.b.text = stage.b.text.replace("protocol bfd { }", "protocol bfd { multihop { interval 300 ms; }; }")
    stage.lab.path.filter("forward", "udp dport 4784 drop")
    stage.play(28)


@strange("Multihop BFD is filtered in the middle of the session", cause="bfd-down", gate=True, bfd=True, verdict="down", also=["bfd-detect-expired", "cease-hard-reset"], verdicts=["flapping", "degraded"],
         allowed=BFD_AFTER, pairs=(("frr", "frr"),), tolerance=[BFD_EXTRA])
def bfd_acl_multihop_later(stage):
    stage.both(bfd=True, multihop=True)
    stage.up(then=6, bfd=True)
    stage.lab.path.filter("forward", "udp dport 4784 drop")
    stage.lab.wait(22)


@strange("BFD timers that differ widely", cause=None, bfd=True, allowed=[], pairs=(("frr", "bird"), ("frr", "frr")), tolerance=[BFD_EXTRA])
def bfd_timers(stage):
    """One second against 100 ms, multipliers 3 and 7: healthy."""
    stage.both(bfd=True)
    stage.a.configuration["bfdd"] = stage.a.configuration["bfdd"].replace("receive-interval 380\n  transmit-interval 270",
                                                                       "receive-interval 1000\n  transmit-interval 1000\n  detect-multiplier 7")
    stage.up(then=16, bfd=True)


@strange("BFD packets are lost here and there", cause="bfd-down", bfd=True, also=["bfd-detect-expired", "cease-hard-reset", None, "hold-timer-expired"], verdict="flapping", verdicts=["healthy", "degraded", "down"], allowed=BFD_AFTER + ["hold-timer-expired", "bfd-detect-expired"],
         pairs=(("frr", "bird"), ("frr", "frr")), tolerance=[BFD_EXTRA, dict(what="unseen", protocol="bfd", count=6, reason="it is lost"), dict(what="late", protocol="bfd", seconds=3, reason="it is lost")])
def bfd_lossy(stage):
    """Four in ten of all BFD packets are lost."""
    stage.both(bfd=True)
    stage.up(then=4, bfd=True)
    stage.lab.path.filter("bridge", "udp dport 3784 numgen random mod 100 < 40 drop")
    stage.lab.wait(34)


@strange("The router's BFD daemon is killed", cause="bfd-down", bfd=True, also=["bfd-detect-expired", "cease-hard-reset"], verdict="down", verdicts=["flapping", "degraded", "healthy"], allowed=BFD_AFTER, pairs=(("bird", "frr"), ("frr", "frr")), tolerance=[BFD_EXTRA])
def bfd_killed(stage):
    stage.both(bfd=True)
    stage.up(then=5, bfd=True)
    stage.b.end("bfdd", signal.SIGKILL)
    stage.lab.wait(18)


@strange("Everything stops for two seconds: BFD notices", cause="bfd-down", bfd=True, also=["bfd-detect-expired", "cease-hard-reset", "link-down"], verdict="flapping", verdicts=["healthy"], allowed=BFD_AFTER + ["peer-rebooted"],
         pairs=(("frr", "bird"), ("frr", "frr"), ("bird", "bird")), tolerance=[LATE, BFD_EXTRA])
def bfd_short_dark(stage):
    stage.both(bfd=True)
    stage.up(then=5, bfd=True)
    stage.cut(0, 1, what="ether type != 0x0000")
    stage.lab.wait(3)
    stage.mend()
    stage.lab.wait(26)


@strange("BFD was never enabled, and the path goes dark", cause="hold-timer-expired", also=["link-down"], allowed=AFTER, tolerance=[LATE, UNSEEN])
def dark_without_bfd(stage):
    stage.both(hold=9)
    stage.up(then=5)
    stage.cut(0, 1, what="ether type != 0x0000")
    stage.lab.wait(28)


# One after the other

@strange("A wrong AS, then a right one", cause=None, also=["bad-peer-as"], verdicts=["degraded"], allowed=AFTER + ["bad-peer-as", "silent-asn-mismatch"], pairs=(("frr", "bird"), ("frr", "frr")))
def as_mended(stage):
    """bad-peer-as at first; the operator mends the router, and the session is healthy."""
    stage.both(b=dict(peer_as=65010))
    stage.record()
    stage.b.start()
    stage.a.start()
    stage.lab.wait(12)
    if stage.kinds[1] == "frr":
        stage.b.configure(f"neighbor {NODE} remote-as {NODE_AS}")
    else:
        stage.b.reconfigure(stage.b.text.replace("as 65010;", f"as {NODE_AS};"))
    stage.lab.wait(30)


@strange("Shut down, and started again", cause=None, also=["cease-admin-shutdown"], verdict="flapping", verdicts=["healthy"], allowed=AFTER + ["cease-rejected", "peer-not-configured", "cease-admin-shutdown"], pairs=(("frr", "bird"), ("frr", "frr"), ("bird", "gobgp")))
def shut_and_back(stage):
    stage.both()
    stage.up(then=4)
    stage.command(1, frr="neighbor {peer} shutdown", bird="disable node", gobgp="neighbor {peer} disable")
    stage.lab.wait(12)
    stage.command(1, frr="no neighbor {peer} shutdown", bird="enable node", gobgp="neighbor {peer} enable") if stage.kinds[1] != "frr" else \
        stage.b.configure(f"no neighbor {NODE} shutdown")
    stage.lab.wait(22)


@strange("A dark path, then a filter that stays", cause="hold-timer-expired", also=["firewall-drop"], allowed=AFTER, pairs=TWO, tolerance=[LATE, UNSEEN])
def dark_then_filter(stage):
    """Nothing passes for fifteen seconds; when it does again, port 179 is dropped."""
    stage.both(hold=9)
    stage.up(then=4)
    stage.cut(0, 1, what="ether type != 0x0000")
    stage.lab.wait(15)
    stage.mend()
    stage.cut(0, 1, what="tcp dport 179")
    stage.cut(0, 1, what="tcp sport 179")
    stage.lab.wait(25)


@strange("Reset by an operator, then killed", cause="closed-without-notification", also=["cease-admin-reset", "connection-refused", "cease-hard-reset"], blame=None, verdict="down", allowed=AFTER, pairs=(("frr", "bird"), ("frr", "frr")), tolerance=[EXTRA])
def reset_then_killed(stage):
    stage.both()
    stage.up(then=4)
    stage.command(1, frr="clear bgp {peer}", bird="restart node")
    stage.lab.wait(16)
    stage.hit(1, signal.SIGKILL)
    stage.lab.wait(12)


@strange("The hold timer runs out, and the session comes back", cause="hold-timer-expired", verdict="flapping", also=["link-down", "stale-connection"], verdicts=["healthy"], allowed=AFTER, pairs=EVERYBODY, tolerance=[LATE, UNSEEN])
def expired_and_back(stage):
    """What the router sends by TCP is lost for twelve seconds."""
    stage.both(hold=9)
    stage.up(then=4)
    stage.cut(1)
    stage.lab.wait(14)
    stage.mend()
    stage.lab.wait(28)


# NAT

@strange("NAT before the router, and the router knows the translated address", cause=None, gate=True, places=("node", "router"), a=NODE, allowed=["connection-refused"], verdicts=["degraded"], pairs=(("frr", "bird"),))
def nat_known(stage):
    """The node's calls come from 198.51.100.254 on the router's side, and that is how the router is configured."""
    nat(stage, peer="198.51.100.254")
    stage.record()
    stage.b.start()
    stage.a.start()
    stage.lab.wait(25)


@strange("NAT at both ends, and nobody knows the addresses", cause="peer-not-configured", also=["source-nat"], gate=True, places=("node", "path"), allowed=AFTER + ["source-nat"], pairs=(("frr", "bird"), ("frr", "frr")), a=NODE, b="192.0.2.200")
def nat_both(stage):
    """The router is called at 192.0.2.200, which is translated to it, and the node's address is hidden."""
    nat(stage, peer=NODE, virtual="192.0.2.200")
    stage.play(25)


def nat(stage, peer, virtual=None):
    rules = "table ip nat { chain post { type nat hook postrouting priority 100; oifname right masquerade; }; "
    if virtual:
        rules += f"chain pre {{ type nat hook prerouting priority -100; ip daddr {virtual} dnat to {FAR}; }}; "
        stage.lab.path.ip("address", "add", f"{virtual}/32", "dev", "left")
        stage.addresses = (NODE, virtual)
        stage.a = stage.make(0, multihop=True)
        stage.addresses = (NODE, FAR)
    else:
        stage.a = stage.make(0, multihop=True)
    stage.b = stage.make(1, multihop=True, passive=True, peer=peer)
    stage.lab.path.run("nft", "-f", "-", input=rules + "}\n")


# A capture that begins late

@strange("The capture begins when the path is already dark", cause="hold-timer-expired", also=["firewall-drop", "stale-connection", "link-down", "return-path-drop"], verdicts=["unknown"],
         allowed=AFTER, pairs=TWO, tolerance=[LATE, UNSEEN])
def late_dark(stage):
    """What is lost goes both ways; nobody saw the OPENs, and the hold time is not in the capture."""
    stage.both(hold=15)
    stage.up(record=False, then=4)
    stage.cut(0, 1)
    stage.lab.wait(6)
    stage.record()
    stage.lab.wait(40)


@strange("The capture begins when all is over", cause="firewall-drop", also=["return-path-drop"], allowed=AFTER, pairs=TWO, tolerance=[LATE, UNSEEN])
def late_drop(stage):
    """Port 179 has been dropped for a while; only calls in vain are left."""
    stage.both(hold=9)
    stage.up(record=False, then=3)
    stage.cut(0, 1, what="tcp dport 179")
    stage.cut(0, 1, what="tcp sport 179")
    stage.lab.wait(24)
    stage.record()
    stage.lab.wait(32)


@strange("The capture begins in the middle of a quarrel over AS numbers", cause="bad-peer-as", allowed=AFTER + ["silent-asn-mismatch", "collision-loop", "open-unanswered"], pairs=TWO)
def late_as(stage):
    stage.both(b=dict(peer_as=65010))
    stage.b.start()
    stage.a.start()
    stage.lab.wait(7)
    stage.record()
    stage.lab.wait(26)


@strange("The capture begins in the middle, and then an operator shuts the session down", cause="cease-admin-shutdown", blame=0, allowed=AFTER, pairs=(("frr", "bird"), ("bird", "frr"), ("gobgp", "frr")))
def late_shut(stage):
    stage.both()
    stage.up(record=False, then=3)
    stage.record()
    stage.lab.wait(8)
    stage.command(0, frr="neighbor {peer} shutdown", bird="disable node", gobgp="neighbor {peer} disable")
    stage.lab.wait(12)


# Asymmetric ways

@strange("A stateful firewall sees one direction only", cause="return-path-drop", also=["firewall-drop", "open-unanswered"], gate=True, allowed=AFTER + ["open-unanswered", "hold-timer-expired", "stuck-openconfirm"], pairs=TWO)
def firewall_one_direction(stage):
    """SYNs of the node pass, the answers take another way, and what follows of the node is of no connection that the firewall knows."""
    stage.both(multihop=True, b=dict(passive=True))
    stage.lab.path.filter("forward", "iifname left tcp dport 179 tcp flags & (syn | ack) != syn drop")
    stage.play(45)


@strange("In the middle what the node sends is lost", cause="hold-timer-expired", allowed=AFTER, pairs=(("frr", "frr"), ("bird", "gobgp"), ("openbgpd", "frr")), tolerance=[LATE, UNSEEN])
def one_way_dark(stage):
    stage.both(hold=9)
    stage.up(then=5)
    stage.cut(0)
    stage.lab.wait(30)


@strange("A static neighbor entry points nowhere", cause="hold-timer-expired", also=["firewall-drop", "link-down", "return-path-drop"], allowed=AFTER, pairs=TWO, tolerance=[LATE, UNSEEN])
def wrong_mac(stage):
    """The node sends to a card that is not there any more."""
    stage.both(hold=9)
    stage.up(then=5)
    stage.lab.node.ip("neigh", "replace", ROUTER, "lladdr", "02:00:00:00:00:aa", "dev", "eth0", "nud", "permanent")
    stage.lab.wait(30)


# Several things

@strange("BFD takes the session down, and then an operator does", cause="cease-admin-shutdown", also=["bfd-down", "bfd-detect-expired", "cease-hard-reset"], bfd=True, allowed=AFTER + BFD_AFTER + ["bfd-detect-expired", "bfd-down", "cease-hard-reset"],
         pairs=(("frr", "bird"), ("frr", "frr")), tolerance=[LATE, BFD_EXTRA, dict(what="late", protocol="bfd", seconds=3, reason="it is cut off")])
def bfd_then_shut(stage):
    stage.both(bfd=True)
    stage.up(then=4, bfd=True)
    stage.cut(0, 1, what="udp dport 3784")
    stage.lab.wait(6)
    stage.mend()
    stage.lab.wait(14)
    stage.command(1, frr="neighbor {peer} shutdown", bird="disable node")
    stage.lab.wait(10)


@strange("Refused, then dropped, then up", cause=None, also=["connection-refused", "firewall-drop"], verdicts=["degraded"], allowed=AFTER, pairs=(("frr", "bird"), ("bird", "gobgp")))
def refused_dropped_up(stage):
    stage.both(b=dict(passive=True))
    stage.record()
    stage.a.start()
    stage.lab.wait(8)
    stage.cut(0, 1)
    stage.lab.wait(10)
    stage.b.start()
    stage.mend()
    stage.lab.wait(32)


@strange("A node whose daemon is restarted in good order, twice", cause="closed-without-notification", also=["cease-peer-deconfigured", "cease-admin-shutdown", "graceful-restart", "cease-unspecific", None], verdict="flapping", verdicts=["healthy"],
         allowed=AFTER, pairs=(("frr", "bird"), ("bird", "frr"), ("gobgp", "frr")), tolerance=[EXTRA, dict(UNSEEN, reason="it is another process")])
def node_restarted(stage):
    stage.both()
    stage.up(then=3)
    for _ in range(2):
        stage.a.end(stage.main(0), signal.SIGTERM)
        stage.lab.wait(2)
        stage.a.start("bgpd") if stage.kinds[0] == "frr" else stage.a.start()
        stage.lab.wait(16)


@strange("BFD goes up and down again and again", cause="bfd-down", bfd=True, also=["bfd-detect-expired", "cease-hard-reset"], verdict="flapping", verdicts=["healthy", "down", "degraded"], allowed=AFTER + BFD_AFTER + ["bfd-detect-expired"],
         pairs=(("frr", "bird"), ("bird", "bird")), tolerance=[LATE, BFD_EXTRA, dict(what="unseen", protocol="bfd", count=6, reason="it is lost"), dict(what="late", protocol="bfd", seconds=3, reason="it is lost")])
def bfd_flaps(stage):
    stage.both(bfd=True)
    stage.up(then=4, bfd=True)
    for _ in range(3):
        stage.cut(0, 1, what="udp dport 3784")
        stage.lab.wait(4)
        stage.mend()
        stage.lab.wait(9)


# NAME-PLACE, and what is to be seen from there where it is not what the row says.
KEPT = {
    "late-drop-frr-bird-node": {},
    "late-dark-frr-bird-path": {"cause": "firewall-drop"},
    "firewall-one-direction-frr-bird-node": {},
    "firewall-one-direction-frr-bird-path": {},
    "two-hops-router-frr-gobgp-node": {},
    "two-hops-router-frr-gobgp-router": {},
    "two-hops-quiet-bird-gobgp-path": {},
    "two-hops-quiet-bird-frr-node": {},
    "wall-resets-node-frr-bird-node": {},
    "wall-forgets-icmp-path": {"cause": "hold-timer-expired"},
    "same-address-twice-node": {},
    "same-address-twice-router": {},
    "bfd-acl-multihop-frr-frr-path": {"cause": "bfd-one-way"},
    "bfd-short-dark-frr-frr-node": {},
    "bfd-short-dark-frr-bird-router": {},
    "confederation-half-frr-bird-node": {},
    "four-octets-unknown-node": {},
    "local-as-frr-bird-node": {},
    "mtu-silent-frr-bird-router": {},
    "one-way-calls-frr-bird-node": {},
    "wrong-source-frr-frr-node": {},
}


def kept():
    """The captures of KEPT as scenarios."""
    found = []
    for name, more in KEPT.items():
        base, _, place = name.rpartition("-")
        one = STRANGE[base].at(place)
        one.sessions = [{**session, **more} for session in one.sessions]
        found.append(one)
    return found
