"""The same misfortunes with other daemons, the roles exchanged, over IPv6, seen from elsewhere.

Each row of SITUATIONS is something that happens to a pair of speakers and what is true then whoever they
are; VARIANTS crosses them with the daemons that can play it. These recordings are not kept in pcaps/: they
are made anew (`tests/lab/record --matrix`), so that the rules are tried on what nobody tuned them to.
"""
import contextlib
import os
import random
import signal

from . import net
from .daemons import ExaBgp, GoBgp, OpenBgpd
from .lab import NODE, NODE6, NODE_AS, ROUTER, ROUTER6, ROUTER_AS, ROUTER_MAC
from .scenarios import Scenario, chapter
from .tolerances import TOLERANCES

FAR = "198.51.100.1"
KINDS = ("frr", "bird", "gobgp", "openbgpd", "exabgp")
LATER = ["retry-storm", "collision", "closed-without-notification", "connection-refused", "peer-not-configured",
         "open-unanswered", "graceful-restart", "cease-rejected", "silent-asn-mismatch"]


class Stage:
    """A lab with two speakers of any kind: `a` on the node and `b` on the router."""

    def __init__(self, lab, kinds, ipv6, vantage):
        self.lab, self.kinds, self.ipv6, self.vantage = lab, kinds, ipv6, vantage
        self.addresses = (NODE6, ROUTER6) if ipv6 else (NODE, ROUTER)
        self.a = self.b = None

    def cable(self, rules=()):
        """One link, with these rules on it."""
        self.lab.pair(ipv6=self.ipv6, rules=rules)
        return self

    def gate(self):
        """A router between the two (IPv4)."""
        self.addresses = (NODE, FAR)
        self.vantage = "node"
        self.lab.pair_over_gate()
        return self

    def make(self, side, *, asn=None, peer_as=None, bgp_id=None, hold=15, passive=False, password=None,
             families=None, bfd=False, routes=1, peer=None, limit=None, multihop=False, restart=False,
             role=None, security=False):
        lab, kind = self.lab, self.kinds[side]
        own, other = self.addresses[side], peer or self.addresses[1 - side]
        asn = asn or (NODE_AS, ROUTER_AS)[side]
        peer_as = peer_as or (ROUTER_AS, NODE_AS)[side]
        bgp_id = bgp_id or (NODE, ROUTER)[side]
        space, host = ((lab.node, "node"), (lab.router, "router"))[side]
        family = "ipv6" if self.ipv6 else "ipv4"
        prefixes = [f"2001:db8:{side + 1}:{n}::/64" if self.ipv6 else f"10.{side + 1}.{n}.0/24" for n in range(routes)]
        common = dict(address=own, asn=asn, bgp_id=bgp_id, namespace=space, hostname=host)
        if kind == "frr":
            lines = ["passive"] * passive + [f"password {password}"] * bool(password)
            lines += ["ebgp-multihop 4"] * multihop + ["disable-connected-check"] * (self.addresses[1] == FAR and not multihop)
            lines += [f"local-role {role}"] * bool(role) + ["ttl-security hops 1"] * security
            return lab.metallb_node(other, peer_as, **common, timers=f"{hold // 3} {hold}", bfd=bfd, lines=lines,
                                    families=families or [family], prefixes=prefixes, max_prefix=limit,
                                    bgp=["bgp graceful-restart"] * restart)
        if kind == "bird":
            options = ["passive on"] * passive + [f'password "{password}"'] * bool(password)
            options += ["multihop 4"] * multihop + ["graceful restart on"] * restart
            options += [f"local role {role}"] * bool(role) + ["ttl security on"] * security
            more = {family: f"receive limit {limit} action disable;"} if limit else None
            return lab.bird_router(other, peer_as, **common, hold=hold, bfd=bfd, options=options,
                                   routes=prefixes, channels=families or [family], channel_options=more)
        if kind == "gobgp":
            made = GoBgp(lab, space, own, asn, bgp_id, host, other, peer_as, passive=passive,
                         families=[f"{name}-unicast" for name in families or [family]],
                         routes=[(family, prefix) for prefix in prefixes])
            made.text = made.text.replace("hold-time = 15\n    keepalive-interval = 5",
                                          f"hold-time = {hold}\n    keepalive-interval = {max(hold // 3, 1)}")
            if password:
                made.text = made.text.replace("[neighbors.config]", f'[neighbors.config]\n    auth-password = "{password}"')
            if limit:
                made.text += f"    [neighbors.afi-safis.prefix-limit.config]\n      max-prefixes = {limit}\n"
            return made
        if kind == "openbgpd":
            more = " passive\n" * passive + f" tcp md5sig password {password}\n" * bool(password)
            more += f" max-prefix {limit}\n" if limit else ""
            made = OpenBgpd(lab, space, own, asn, bgp_id, host, other, peer_as, routes=prefixes, more=more)
            made.text = made.text.replace("holdtime 15", f"holdtime {hold}")
            if families and families != [family]:
                made.text = made.text.replace(f"announce {'IPv6' if self.ipv6 else 'IPv4'} unicast",
                                              f"announce {'IPv4' if self.ipv6 else 'IPv6'} unicast")
            return made
        more = f" md5-password {password};\n" if password else ""
        made = ExaBgp(lab, space, own, asn, bgp_id, host, other, peer_as, routes=prefixes, more=more)
        made.text = made.text.replace("hold-time 15", f"hold-time {hold}")
        return made

    def both(self, a=None, b=None, **common):
        self.a, self.b = self.make(0, **{**common, **(a or {})}), self.make(1, **{**common, **(b or {})})

    def record(self):
        place, device = {"node": (self.lab.node, "eth0"), "router": (self.lab.router, "eth0"),
                         "path": (self.lab.path, "left")}[self.vantage]
        self.lab.record(place, device)

    def play(self, seconds, *daemons):
        self.record()
        for daemon in daemons or (self.b, self.a):
            daemon.start()
        self.lab.wait(seconds)

    def up(self, then=6, record=True, bfd=False):
        if record:
            self.record()
        self.b.start()
        self.a.start()
        self.lab.until_up(self.a, self.b, bfd=bfd, seconds=60)
        self.lab.wait(then)
        self.lab.snapshot(self.a, self.b)

    def cut(self, *sides, what="meta l4proto tcp"):
        """What this side sends is lost on the path."""
        for side in sides:
            self.lab.path.filter("bridge", f"iifname {('left', 'right')[side]} {what} drop")

    def mend(self):
        self.lab.path.filter_clear()

    def daemon(self, side):
        return (self.a, self.b)[side]

    def hit(self, side, number):
        """A signal to the BGP daemon, and to the processes that it has split itself into."""
        parents = [self.daemon(side).processes[self.main(side)].pid]
        for parent in parents:
            with contextlib.suppress(OSError), open(f"/proc/{parent}/task/{parent}/children", encoding="ascii") as children:
                parents += map(int, children.read().split())
        for pid in parents:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def main(self, side):
        return {"frr": "bgpd", "bird": "bird", "gobgp": "gobgpd", "openbgpd": "bgpd", "exabgp": "exabgp"}[self.kinds[side]]

    def command(self, side, **words):
        """What an operator types, in the words of the daemon of that side."""
        daemon, kind = self.daemon(side), self.kinds[side]
        line = words[kind].format(peer=self.addresses[1 - side])
        if kind == "frr":
            return daemon.configure(line) if line.startswith("neighbor") else daemon.vtysh(line)
        tool = {"bird": "birdc", "gobgp": "gobgp", "openbgpd": "bgpctl"}[kind]
        return getattr(daemon, tool)(*line.split())


SITUATIONS = []


def on_cable(stage, play):
    play(stage.cable())


def over_gate(stage, play):
    play(stage.gate())


def unplaced(stage, play):
    play(stage)


def situation(name, cause, *, verdict=None, kinds=(KINDS, KINDS), also=(), allowed=(), verdicts=(), blame=None,
              bfd=False, times=2, place=on_cable):
    def register(play):
        SITUATIONS.append((name, play, dict(cause=cause, verdict=verdict, also_primary=list(also),
                                            also_allowed=list(allowed), also_verdicts=list(verdicts), bfd=bfd),
                           kinds, blame, times, place))
        return play
    return register


CALLER = KINDS
LISTENER = ("frr", "bird", "gobgp", "openbgpd")
BFD = ("frr", "bird")


# Health

@situation("health", None, kinds=(CALLER, LISTENER), times=5)
def health(stage):
    stage.both(a=dict(hold=random.Random(stage.lab.name).choice((9, 15, 30, 90))), routes=3)
    stage.up(then=14)


@situation("health-md5", None, kinds=(CALLER, LISTENER), times=2)
def health_md5(stage):
    stage.both(password="swordfish")
    stage.up(then=12)


@situation("health-passive", None, kinds=(CALLER, ("frr", "bird", "gobgp", "openbgpd")), times=2)
def health_passive(stage):
    stage.both(b=dict(passive=True))
    stage.up(then=12)


@situation("health-bfd", None, kinds=(BFD, BFD), bfd=True, times=3)
def health_bfd(stage):
    stage.both(bfd=True)
    stage.up(then=12, bfd=True)


@situation("health-late", None, kinds=(CALLER, LISTENER), verdicts=["unknown"], times=2)
def health_late(stage):
    stage.both()
    stage.up(record=False, then=1)
    stage.record()
    stage.lab.wait(16)


# A short trouble that no timer notices: it accuses nobody.

@situation("short-loss", None, kinds=(CALLER, LISTENER), times=4)
def short_loss(stage):
    """Nothing passes for seven seconds, ARP and NDP included; the hold time is thirty."""
    stage.both(hold=30)
    stage.up(then=4)
    stage.cut(0, 1, what="ether type != 0x0000")
    stage.lab.wait(7)
    stage.mend()
    stage.lab.wait(16)


@situation("short-stop", None, kinds=(CALLER, LISTENER), times=2)
def short_stop(stage):
    stage.both(hold=30)
    stage.up(then=4)
    stage.hit(1, signal.SIGSTOP)
    stage.lab.wait(9)
    stage.hit(1, signal.SIGCONT)
    stage.lab.wait(12)


@situation("late-start", None, kinds=(CALLER, LISTENER), verdicts=["degraded"],
           allowed=["connection-refused"], times=3)
def late_start(stage):
    """The router starts later: the node's first calls are refused, and then all is well."""
    stage.both()
    stage.record()
    stage.a.start()
    stage.lab.wait(6)
    stage.b.start()
    stage.lab.until_up(stage.a, stage.b, seconds=60)
    stage.lab.wait(8)


@situation("late-path", None, kinds=(CALLER, LISTENER), times=3)
def late_path(stage):
    """The path drops TCP at first and is mended: healthy in the end."""
    stage.both()
    stage.cut(0, 1)
    stage.play(9)
    stage.mend()
    stage.lab.until_up(stage.a, stage.b, seconds=70)
    stage.lab.wait(8)


# No usable TCP

@situation("drop", "firewall-drop", kinds=(CALLER, LISTENER), allowed=["retry-storm"], times=3)
def drop(stage):
    stage.both()
    stage.lab.path.filter("bridge", "tcp dport 179 drop", "tcp sport 179 drop")
    stage.play(40)


@situation("drop-at-router", "firewall-drop", kinds=(CALLER, LISTENER),
           allowed=["retry-storm", "return-path-drop", "connection-refused"],
           also=["return-path-drop"], times=3)
def drop_at_router(stage):
    """The router's INPUT drops port 179; its own calls come through and their answers do not."""
    stage.both()
    stage.lab.router.filter("input", "tcp dport 179 drop", "tcp sport 179 drop")
    stage.play(40)


@situation("refused", "connection-refused", kinds=(CALLER, ("bird",)), allowed=["retry-storm"], blame=1, times=4)
def refused(stage):
    stage.both()
    stage.play(35, stage.a)


@situation("rejected-rst", "connection-refused", kinds=(CALLER, LISTENER), allowed=["retry-storm"], times=2)
def rejected_rst(stage):
    stage.both(b=dict(passive=True))
    stage.lab.router.filter("input", "tcp dport 179 reject with tcp reset")
    stage.play(35)


@situation("rejected-icmp", "icmp-prohibited", kinds=(CALLER, LISTENER), allowed=["retry-storm"], times=3)
def rejected_icmp(stage):
    stage.both(b=dict(passive=True))
    stage.lab.router.filter("input", "tcp dport 179 reject with icmpx admin-prohibited")
    stage.play(35)


@situation("rejected-port", "icmp-unreachable", kinds=(CALLER, LISTENER), allowed=["retry-storm"], times=2)
def rejected_port(stage):
    stage.both(b=dict(passive=True))
    stage.lab.router.filter("input", "tcp dport 179 reject with icmpx port-unreachable")
    stage.play(35)


@situation("gone", "no-route", kinds=(CALLER, ("bird",)), allowed=["link-down", "retry-storm"], times=3)
def gone(stage):
    stage.both()
    stage.vantage = "node" if stage.vantage == "router" else stage.vantage
    stage.lab.router.ip("link", "set", "eth0", "down")
    stage.play(35, stage.a)


# OpenBGPD takes calls that are not signed though it signs its own, and drops capabilities that are refused: some of
# these come up after all (None).

@situation("md5-one", "md5-one-sided", kinds=(CALLER, LISTENER), also=[None], verdicts=["healthy"], allowed=["firewall-drop", "retry-storm", "connection-refused"], times=4)
def md5_one(stage):
    """Only the node signs with TCP MD5."""
    stage.both(a=dict(password="swordfish"))
    stage.play(40)


@situation("md5-other", "md5-one-sided", kinds=(CALLER, LISTENER), also=["firewall-drop", None], verdicts=["healthy"],
           allowed=["firewall-drop", "retry-storm", "return-path-drop"], times=2)
def md5_other(stage):
    stage.both(b=dict(password="swordfish"))
    stage.play(40)


@situation("md5-both", "md5-mismatch", kinds=(CALLER, LISTENER), allowed=["firewall-drop", "retry-storm"], times=3)
def md5_both(stage):
    """Both sign with TCP MD5, with different passwords: neither answers the other."""
    stage.both(a=dict(password="swordfish"), b=dict(password="marlin"))
    stage.play(40)


@situation("stranger", "peer-not-configured", kinds=(CALLER, LISTENER), also=["cease-rejected"],
           allowed=["retry-storm", "closed-without-notification"], times=5)
def stranger(stage):
    stage.both(b=dict(peer="2001:db8::77" if stage.ipv6 else "192.0.2.77", passive=True))
    stage.play(35)


@situation("passive", "both-passive", kinds=(("frr", "bird"), ("frr", "bird")), also=["initiator-silent"],
           allowed=["bfd-up-bgp-down"], bfd=True, times=2)
def passive(stage):
    stage.both(passive=True, bfd=True)
    stage.play(42)


# The OPEN

@situation("as-of-node", "bad-peer-as", kinds=(CALLER, LISTENER), allowed=LATER + ["collision-loop"], times=6)
def as_of_node(stage):
    stage.both(b=dict(peer_as=65010))
    stage.play(32)


@situation("as-of-router", "bad-peer-as", kinds=(CALLER, LISTENER), allowed=LATER + ["collision-loop"], times=4)
def as_of_router(stage):
    stage.both(a=dict(peer_as=65010))
    stage.play(32)


@situation("same-id", "bad-bgp-identifier", kinds=(("frr", "bird", "gobgp", "openbgpd"), LISTENER),
           allowed=LATER + ["collision-loop"], times=4)
def same_id(stage):
    stage.both(asn=65001, peer_as=65001, bgp_id=NODE)
    stage.play(32)


@situation("families", "no-common-afi", kinds=(("frr", "bird", "gobgp"), ("frr", "bird", "gobgp", "openbgpd")),
           also=["capability-mismatch", None], verdicts=["degraded", "healthy"], allowed=LATER + ["collision-loop", "malformed-update"], times=4)
def families(stage):
    stage.both(a=dict(families=["ipv4" if stage.ipv6 else "ipv6"]))
    stage.play(32)


@situation("short-hold", "unacceptable-hold-time", kinds=(("frr",), ("bird", "gobgp", "openbgpd", "frr")),
           allowed=LATER + ["collision-loop"], times=3)
def short_hold(stage):
    stage.both()
    stage.a.configuration["bgpd"] = stage.a.configuration["bgpd"].replace(
        " no bgp ebgp-requires-policy\n", " no bgp ebgp-requires-policy\n bgp minimum-holdtime 30\n")
    stage.play(32)


# After Established

@situation("dark-to-node", "hold-timer-expired", kinds=(CALLER, LISTENER), times=4,
           allowed=["firewall-drop", "return-path-drop", "stale-connection", "retry-storm", "peer-rebooted"])
def dark_to_node(stage):
    """What the router sends by TCP is lost on the path from some moment on."""
    stage.both()
    stage.up(then=6)
    stage.cut(1)
    stage.lab.wait(32)


@situation("dark-to-router", "hold-timer-expired", kinds=(CALLER, LISTENER), times=3,
           allowed=["firewall-drop", "return-path-drop", "stale-connection", "retry-storm", "peer-rebooted"])
def dark_to_router(stage):
    """What the node sends by TCP is lost on the path from some moment on."""
    stage.both(hold=9)
    stage.up(then=6)
    stage.cut(0)
    stage.lab.wait(32)


@situation("dark", "hold-timer-expired", kinds=(CALLER, LISTENER), times=4, also=["link-down"],
           allowed=["firewall-drop", "no-route", "stale-connection", "retry-storm", "peer-rebooted"],
           verdicts=["flapping"])
def dark(stage):
    """Nothing passes for a while, ARP included, and then everything does."""
    stage.both(hold=9)
    stage.up(then=6)
    stage.cut(0, 1, what="ether type != 0x0000")
    stage.lab.wait(20)
    stage.mend()
    stage.lab.wait(20)


@situation("stopped-router", "hold-timer-expired", kinds=(CALLER, LISTENER), blame=1, times=4,
           allowed=["open-unanswered", "retry-storm", "closed-without-notification", "peer-rebooted", "stale-connection"])
def stopped_router(stage):
    """The router's daemon stands still (SIGSTOP), its kernel goes on."""
    stage.both()
    stage.up(then=6)
    stage.hit(1, signal.SIGSTOP)
    stage.lab.wait(30)


@situation("stopped-node", "hold-timer-expired", kinds=(("frr", "bird", "gobgp", "openbgpd", "exabgp"), LISTENER), blame=0, times=3,
           allowed=["open-unanswered", "retry-storm", "closed-without-notification", "peer-rebooted", "stale-connection"],
           verdicts=["flapping"])
def stopped_node(stage):
    """The node's daemon stands still (SIGSTOP) for longer than the hold time, and goes on."""
    stage.both(hold=9)
    stage.up(then=6)
    stage.hit(0, signal.SIGSTOP)
    stage.lab.wait(24)
    stage.hit(0, signal.SIGCONT)
    stage.lab.wait(10)


@situation("killed-router", "closed-without-notification", kinds=(CALLER, LISTENER), blame=1, times=5,
           also=["connection-refused", "cease-admin-shutdown"],  # OpenBGPD's other processes say goodbye
           allowed=["retry-storm", "graceful-restart-expired", "graceful-restart"])
def killed_router(stage):
    """The router's daemon is killed (SIGKILL): its kernel closes what it had."""
    stage.both()
    stage.up(then=6)
    stage.hit(1, signal.SIGKILL)
    stage.lab.wait(16)


@situation("killed-node", "closed-without-notification", kinds=(CALLER, LISTENER), blame=0, times=3,
           also=["connection-refused"], allowed=["retry-storm", "graceful-restart-expired", "graceful-restart"])
def killed_node(stage):
    """The node's daemon is killed (SIGKILL): its kernel closes what it had."""
    stage.both()
    stage.up(then=6)
    stage.hit(0, signal.SIGKILL)
    stage.lab.wait(16)


@situation("ended-router", "cease-admin-shutdown", kinds=(CALLER, LISTENER), blame=1, times=6,
           also=["cease-peer-deconfigured", "closed-without-notification", "cease-unspecific"],
           allowed=["retry-storm", "connection-refused"])
def ended_router(stage):
    """SIGTERM: whether a Cease is sent, and which, is the daemon's."""
    stage.both()
    stage.up(then=6)
    stage.b.end(stage.main(1), signal.SIGTERM)
    stage.lab.wait(14)


@situation("shut", "cease-admin-shutdown", kinds=(CALLER, LISTENER), blame=1, times=5, also=["cease-peer-deconfigured"],
           allowed=LATER)
def shut(stage):
    """An operator shuts the session down on the router."""
    stage.both()
    stage.up(then=6)
    stage.command(1, frr="neighbor {peer} shutdown", bird="disable node", gobgp="neighbor {peer} disable",
                  openbgpd="neighbor {peer} down")
    stage.lab.wait(20)


@situation("reset", "cease-admin-reset", kinds=(CALLER, LISTENER), blame=1, times=5, verdict="flapping",
           also=["cease-hard-reset"], verdicts=["healthy", "down"], allowed=LATER)
def reset(stage):
    """An operator resets the session on the router."""
    stage.both()
    stage.up(then=6)
    stage.command(1, frr="clear bgp {peer}", bird="restart node", gobgp="neighbor {peer} reset",
                  openbgpd="neighbor {peer} clear")
    stage.lab.wait(25)


@situation("limit", "cease-max-prefix", kinds=(CALLER, ("frr", "bird", "gobgp", "openbgpd")), times=4,
           verdicts=["flapping"], allowed=LATER)
def limit(stage):
    """The node announces six prefixes, and the router takes three."""
    stage.both(a=dict(routes=6), b=dict(limit=3))
    stage.play(32)


@situation("unplugged", "link-down", kinds=(CALLER, LISTENER), verdict="flapping", times=3,
           also=["hold-timer-expired"], verdicts=["down"],
           allowed=["no-route", "firewall-drop", "stale-connection", "peer-rebooted", "closed-without-notification",
                    "collision", "retry-storm"])
def unplugged(stage):
    """The router's cable is pulled for longer than the hold time, and put back."""
    stage.both(hold=9)
    stage.up(then=6)
    stage.lab.path.ip("link", "set", "right", "down")
    stage.lab.wait(14)
    stage.lab.path.ip("link", "set", "right", "up")
    stage.lab.wait(25)


@situation("power-loss", "peer-rebooted", kinds=(CALLER, ("frr", "bird", "openbgpd")), verdict="flapping", times=4,
           also=["link-down", "hold-timer-expired", "stale-connection", "closed-without-notification"], verdicts=["healthy", "down"],
           allowed=["no-route", "firewall-drop", "collision", "connection-refused", "retry-storm", "graceful-restart",
                    "graceful-restart-expired"])
def power_loss(stage):
    """The router loses power and comes back: its kernel knows nothing of the old connection."""
    stage.both()
    stage.up(then=6)
    lab = stage.lab
    lab.crash_router()
    lab.wait(4)
    lab.router = lab.namespace("router2", ipv6=stage.ipv6)
    net.cable(lab.router, "eth0", lab.path, "right")
    lab.path.ip("link", "set", "right", "master", "br0", "up")
    lab.router.up("eth0", ROUTER_MAC, [f"{stage.addresses[1]}/{64 if stage.ipv6 else 24}"])
    lab.wait(0.2)
    stage.b.namespace = lab.router
    stage.b.start()
    lab.wait(28)


@situation("late-expiry", "hold-timer-expired", kinds=(CALLER, LISTENER), times=3,
           allowed=["firewall-drop", "no-route", "return-path-drop", "stale-connection", "retry-storm", "peer-rebooted", "link-down"])
def late_expiry(stage):
    """The capture begins in the middle, and then the path goes dark."""
    stage.both(hold=9)
    stage.up(record=False, then=1)
    stage.record()
    stage.lab.wait(8)
    stage.cut(0, 1)
    stage.lab.wait(24)


@situation("late-kill", "closed-without-notification", kinds=(CALLER, LISTENER), times=2,
           also=["connection-refused"], allowed=["retry-storm", "graceful-restart-expired", "graceful-restart"])
def late_kill(stage):
    """The capture begins in the middle, and then the router is killed."""
    stage.both()
    stage.up(record=False, then=1)
    stage.record()
    stage.lab.wait(8)
    stage.hit(1, signal.SIGKILL)
    stage.lab.wait(14)


# BFD

TEARDOWN = ["bfd-one-sided", "bfd-absent", "bfd-neighbor-down", "bfd-down-bgp-up", "retry-storm", "bfd-one-way",
            "peer-not-configured", "closed-without-notification", "collision", "bfd-discriminator", "bfd-admin-down"]


@situation("bfd-lost", "bfd-down", kinds=(BFD, BFD), bfd=True, also=["bfd-detect-expired", "cease-hard-reset"],
           verdicts=["flapping", "degraded"], allowed=TEARDOWN, times=3)
def bfd_lost(stage):
    stage.both(bfd=True)
    stage.up(then=6, bfd=True)
    stage.cut(0, 1, what="udp dport 3784")
    stage.lab.wait(20)


@situation("bfd-lost-one-way", "bfd-detect-expired", kinds=(BFD, BFD), bfd=True, also=["bfd-down", "bfd-one-way", "cease-hard-reset"],
           verdicts=["flapping", "degraded"], allowed=TEARDOWN, times=3)
def bfd_lost_one_way(stage):
    stage.both(bfd=True)
    stage.up(then=6, bfd=True)
    stage.cut(0, what="udp dport 3784")
    stage.lab.wait(20)


@situation("bfd-deaf", "bfd-one-way", kinds=(BFD, BFD), verdict="degraded", bfd=True, also=["bfd-one-sided"], verdicts=["healthy", "flapping", "down"],
           allowed=["bfd-down-bgp-up"], times=2)
def bfd_deaf(stage):
    stage.both(bfd=True)
    stage.cut(1, what="udp dport 3784")
    stage.play(26)


@situation("bfd-only-one", "bfd-one-sided", kinds=(("gobgp", "openbgpd", "exabgp"), BFD), verdict="degraded", bfd=True,
           verdicts=["healthy"], allowed=["bfd-down-bgp-up", "bfd-absent"], times=2)
def bfd_only_one(stage):
    stage.both(b=dict(bfd=True))
    stage.up(then=14)


@situation("bfd-hops", "bfd-hop-mismatch", kinds=(("frr",), ("bird",)), verdict="degraded", bfd=True,
           verdicts=["healthy"], allowed=["bfd-down-bgp-up", "bfd-one-way", "bfd-absent"], times=2)
def bfd_hops(stage):
    stage.both(a=dict(multihop=True), bfd=True)
    stage.up(then=14)


@situation("bfd-path-dark", "bfd-detect-expired", kinds=(BFD, BFD), bfd=True, also=["bfd-down", "link-down", "hold-timer-expired"],
           verdicts=["flapping"], verdict="down",
           allowed=TEARDOWN + ["firewall-drop", "no-route", "stale-connection", "peer-rebooted"], times=3)
def bfd_path_dark(stage):
    """Nothing passes for eight seconds: BFD notices on both sides, and each ends BGP without being heard."""
    stage.both(bfd=True)
    stage.up(then=6, bfd=True)
    stage.cut(0, 1, what="ether type != 0x0000")
    stage.lab.wait(8)
    stage.mend()
    stage.lab.wait(25)


@situation("bfd-blocked-bgp", "firewall-drop", kinds=(BFD, BFD), bfd=True, also=["bfd-up-bgp-down"], allowed=["retry-storm"], times=2)
def bfd_blocked_bgp(stage):
    stage.both(bfd=True)
    stage.lab.path.filter("bridge", "tcp dport 179 drop", "tcp sport 179 drop")
    stage.play(35)


def tolerances(name, pair, ends):
    """What logs and packets cannot agree on, by what was done to whom and with which daemon."""
    rows = []

    def row(what, reason, side=None, protocol="bgp", **more):
        rows.append({"what": what, "protocol": protocol, "reason": reason, "count": 3,
                     **({} if side is None else {"speaker": ends[side]}), **more})

    leaves = dict(change="from Established")
    for side, kind in enumerate(pair):
        if kind == "bird":
            row("late", "BIRD's hold timer is jittered, and its NOTIFICATION leaves 3 s after the decision", side, seconds=4, **leaves)
            row("extra", "BIRD drops its BFD session with its BGP session and logs no change of state", side, "bfd")
            row("unseen", "BIRD enters OpenConfirm on a connection that it gives up at once", side, change="to OpenConfirm")
        if kind == "frr":
            row("extra", "bfdd makes its session anew for bgpd and logs no change of state", side, "bfd")
    victim = {"restart-router": 1, "gentle": 1, "stopped-router": 1, "killed-router": 1, "ended-router": 1, "late-kill": 1, "power-loss": 1,
              "stopped-node": 0, "killed-node": 0}.get(name)
    if victim is not None:
        row("extra", "the daemon is stopped or gone before it can log", victim, **leaves)
        row("unseen", "what it does when it goes on is not of the old connection", victim, **leaves)
        row("late", "it logs when it goes on", victim, seconds=30, **leaves)
    if name.startswith("dark") or name in ("flaps", "lossy", "mtu", "acl-icmp", "late-expiry", "unplugged", "bfd-path-dark"):
        row("unseen", "it is cut off: that it leaves the session is not on the wire until it is heard again", **leaves)
        row("late", "it is cut off: the time is that of its timers, or when it is heard again",
            seconds=20 if name == "unplugged" else 10, **leaves)
    if name in ("bfd-lost", "bfd-lost-one-way"):
        row("late", "which of the two ended it first is not on the wire", protocol="bfd", seconds=2)
    return rows


# Later additions stand at the end: the pairs of those before are drawn with the same numbers as ever.

@situation("health-multihop", None, kinds=(("frr", "bird"), ("frr", "bird")), place=over_gate, times=2)
def health_multihop(stage):
    stage.both(multihop=True)
    stage.up(then=12)


@situation("health-security", None, kinds=(("frr", "bird"), ("frr", "bird")), times=2)
def health_security(stage):
    stage.both(security=True)
    stage.up(then=12)


@situation("crossing", None, kinds=(("frr", "bird"), ("frr", "bird", "gobgp")), place=unplaced, times=3,
           allowed=["collision", "closed-without-notification"])
def crossing(stage):
    """The two SYNs cross: two connections, of which one goes."""
    stage.ipv6 = False
    stage.addresses = (NODE, ROUTER)
    stage.cable(rules=[net.Meeting()])
    stage.both()
    stage.up(then=10)


@situation("one-hop-only", "ebgp-multihop-needed", kinds=(("frr", "gobgp"), ("bird",)), place=over_gate,
           also=["icmp-unreachable"], allowed=["retry-storm", "icmp-unreachable"], times=3)
def one_hop_only(stage):
    """A router lies between, and the node's TTL is that of one hop."""
    stage.both(b=dict(multihop=True, passive=True))
    stage.play(35)


@situation("acl-rst", "closed-without-notification", kinds=(CALLER, LISTENER), times=3,
           also=["connection-refused", "peer-rebooted"], allowed=["retry-storm", "graceful-restart", "graceful-restart-expired"])
def acl_rst(stage):
    """In the middle somebody adds a rule to the router's firewall that refuses port 179 with RST."""
    stage.both(b=dict(passive=True))
    stage.up(then=6)
    stage.lab.router.filter("input", "tcp dport 179 reject with tcp reset")
    stage.lab.wait(24)


@situation("acl-icmp", "icmp-prohibited", kinds=(CALLER, LISTENER), times=3, also=["hold-timer-expired"],
           allowed=["retry-storm", "stale-connection", "closed-without-notification"])
def acl_icmp(stage):
    """In the middle somebody adds a rule to the router's firewall that prohibits port 179 with ICMP."""
    stage.both(hold=9, b=dict(passive=True))
    stage.up(then=6)
    stage.lab.router.filter("input", "tcp dport 179 reject with icmpx admin-prohibited")
    stage.lab.wait(34)


@situation("restart-router", "closed-without-notification", kinds=(CALLER, LISTENER), times=4, blame=1, verdict="flapping",
           also=["cease-admin-shutdown", "cease-peer-deconfigured", "cease-unspecific", "graceful-restart"],
           verdicts=["healthy", "down"], allowed=["connection-refused", "retry-storm", "collision", "graceful-restart"])
def restart_router(stage):
    """The router's daemon is ended in good order and started again."""
    stage.both()
    stage.up(then=6)
    stage.b.end(stage.main(1), signal.SIGTERM)
    stage.lab.wait(2)
    if stage.kinds[1] == "frr":
        stage.b.start("bgpd")
    else:
        stage.b.start()
    stage.lab.until_up(stage.a, stage.b, seconds=80)
    stage.lab.wait(6)


@situation("as-changed", "bad-peer-as", kinds=(CALLER, ("frr", "bird")), times=3, verdicts=["flapping"],
           allowed=LATER + ["cease-config-change", "cease-unspecific", "cease-admin-reset", "collision-loop", "cease-peer-deconfigured"])
def as_changed(stage):
    """In the middle the router is told to expect another AS number."""
    stage.both()
    stage.up(then=6)
    if stage.kinds[1] == "frr":
        stage.b.configure(f"neighbor {stage.addresses[0]} remote-as 65010")
    else:
        stage.b.reconfigure(stage.b.text.replace(f"as {NODE_AS};", "as 65010;"))
    stage.lab.wait(34)


@situation("no-keepalives", "hold-time-zero", kinds=(("frr", "bird"), ("frr", "bird", "openbgpd")), verdict="degraded",
           verdicts=["healthy"], times=2)
def no_keepalives(stage):
    stage.both(hold=0)
    stage.up(then=18)


@situation("mtu", "mtu-black-hole", kinds=(("frr", "bird", "gobgp"), LISTENER), verdict="flapping", times=4,
           also=[None], verdicts=["down", "healthy"],  # GoBGP's UPDATEs are small ones
           allowed=["hold-timer-expired", "closed-without-notification", "retry-storm", "collision", "return-path-drop",
                    "receiver-stuck", "cease-admin-reset"])
def mtu(stage):
    """What is larger than 1,000 octets is lost on the path."""
    for end in (stage.lab.node, stage.lab.router):
        end.offloads_off("eth0")
    stage.both(a=dict(routes=250 if stage.kinds[0] == "gobgp" else 240))
    stage.lab.path.filter("bridge", "meta length > 1000 drop")
    stage.record()
    stage.b.start()
    stage.a.start()
    stage.lab.wait(52)


@situation("lossy", None, kinds=(CALLER, LISTENER), times=4, also=["hold-timer-expired", "open-unanswered"], verdicts=["flapping", "down", "degraded", "unknown"],
           allowed=["hold-timer-expired", "retry-storm", "collision", "open-unanswered", "stuck-openconfirm"])
def lossy(stage):
    """A fifth of all packets is lost on the path, at random."""
    stage.both(hold=9)
    stage.lab.path.filter("bridge", "numgen random mod 100 < 20 drop")
    stage.play(45)


@situation("flaps", "hold-timer-expired", kinds=(CALLER, LISTENER), times=3, verdict="flapping", verdicts=["down"], also=["link-down"],
           allowed=["firewall-drop", "no-route", "stale-connection", "retry-storm", "peer-rebooted", "collision"])
def flaps(stage):
    """TCP is lost for twelve seconds, twice; the hold time is nine."""
    stage.both(hold=9)
    stage.up(then=5)
    for _ in range(2):
        stage.cut(0, 1)
        stage.lab.wait(14)
        stage.mend()
        stage.lab.wait(20)


@situation("roles", "role-mismatch", kinds=(("frr", "bird"), ("frr", "bird")), allowed=LATER + ["collision-loop", "fsm-error"], times=2)
def roles(stage):
    stage.both(role="customer")
    stage.play(30)


@situation("ttl-one-sided", "gtsm-mismatch", kinds=(("frr", "bird"), LISTENER), times=3,
           allowed=["firewall-drop", "return-path-drop", "retry-storm", "open-unanswered", "closed-without-notification",
                    "fsm-error", "hold-timer-expired", "stuck-openconfirm", "collision", "peer-rebooted"])
def ttl_one_sided(stage):
    stage.both(a=dict(security=True))
    stage.play(45)


@situation("bfd-stopped", "bfd-detect-expired", kinds=(("frr",), BFD), bfd=True, also=["bfd-down", "cease-hard-reset"],
           verdicts=["flapping", "degraded"], allowed=TEARDOWN + ["bfd-up-bgp-down"], times=3)
def bfd_stopped(stage):
    """The node's bfdd stands still while BGP goes on."""
    stage.both(bfd=True)
    stage.up(then=6, bfd=True)
    stage.a.kill(signal.SIGSTOP, "bfdd")
    stage.lab.wait(16)


@situation("bfd-shut", "bfd-admin-down", kinds=(("frr",), BFD), bfd=True, also=["bfd-down", "cease-hard-reset"], blame=0,
           verdicts=["flapping", "degraded", "healthy"], allowed=TEARDOWN + ["bfd-detect-expired"], times=2)
def bfd_shut(stage):
    """An operator shuts BFD down on the node."""
    stage.both(bfd=True)
    stage.up(then=6, bfd=True)
    stage.a.vtysh("configure terminal", "bfd", "profile bfdprofile", "shutdown")
    stage.lab.wait(16)


@situation("gentle", "graceful-restart", kinds=(("frr", "bird"), ("frr", "bird")), verdict="flapping", verdicts=["healthy"], times=3,
           also=["closed-without-notification"], allowed=["connection-refused", "collision", "retry-storm"])
def gentle(stage):
    """The router's daemon is killed and comes back, with graceful restart on both sides."""
    stage.both(restart=True)
    stage.up(then=6)
    stage.hit(1, signal.SIGKILL)
    stage.lab.wait(3)
    with contextlib.suppress(KeyError):
        stage.b.end(stage.main(1))
    if stage.kinds[1] == "frr":
        stage.b.start("bgpd")
    else:
        stage.b.start()
    stage.lab.until_up(stage.a, stage.b, seconds=60)
    stage.lab.wait(8)


PRODUCTS = {"frr": "FRR", "bird": "BIRD", "gobgp": "GoBGP", "openbgpd": "OpenBGPD", "exabgp": "ExaBGP"}
FIRST_SEED = 20261122

# Those that are kept in pcaps/: each was once read wrongly, or shows a daemon, a family or a place that the
# scenarios of the course do not.
KEPT = {FIRST_SEED: (
    "dark-exabgp-openbgpd-4-path", "dark-to-node-openbgpd-frr-4-node", "dark-to-router-gobgp-openbgpd-6-node",
    "late-expiry-frr-frr-4-node", "late-expiry-openbgpd-frr-4-router", "stopped-router-frr-frr-4-path",
    "stopped-node-exabgp-frr-6-path", "killed-node-gobgp-bird-6-router", "killed-node-exabgp-openbgpd-6-router",
    "ended-router-openbgpd-gobgp-6-node", "ended-router-exabgp-frr-6-path", "shut-gobgp-bird-6-path",
    "reset-exabgp-gobgp-4-node", "reset-bird-openbgpd-4-path", "limit-exabgp-bird-4-router", "limit-bird-frr-6-path",
    "power-loss-openbgpd-bird-6-node", "unplugged-frr-gobgp-6-router", "bfd-path-dark-frr-frr-6-router",
    "md5-both-gobgp-openbgpd-6-node", "late-kill-openbgpd-gobgp-6-router"),
    7: ("unplugged-gobgp-bird-4-router", "drop-at-router-exabgp-gobgp-6-node", "md5-one-exabgp-openbgpd-4-node"),
    4242: ("short-loss-bird-bird-6-node",)}


def kept():
    """The scenarios of KEPT."""
    found = []
    for seed, names in KEPT.items():
        table = variants(seed)
        found += [table[name] for name in names]
    return found


def variants(seed=FIRST_SEED):
    """The table of recordings: for each situation as many pairs of daemons as it asks for."""
    chapter("With other daemons, over IPv6, seen from elsewhere")
    made = {}
    chance = random.Random(seed)
    for name, play, judged, kinds, blame, times, place in SITUATIONS:
        pairs = [(a, b) for a in kinds[0] for b in kinds[1]]
        chance.shuffle(pairs)
        for number in range(times):
            pair = pairs[number % len(pairs)]
            ipv6, vantage = chance.random() < 0.4, chance.choice(("node", "router", "path"))
            if name == "power-loss":
                vantage = "node"
            ipv6 = ipv6 and place is on_cable
            ends = (NODE, FAR) if place is over_gate else (NODE6, ROUTER6) if ipv6 else (NODE, ROUTER)

            def run(lab, play=play, pair=pair, ipv6=ipv6, vantage=vantage, place=place):
                place(Stage(lab, pair, ipv6, vantage), play)
            run.__name__ = f"{name}-{pair[0]}-{pair[1]}-{'6' if ipv6 else '4'}-{vantage}".replace("-", "_")
            title = f"{name}: {PRODUCTS[pair[0]]} on the node and {PRODUCTS[pair[1]]} on the router, IPv{'6' if ipv6 else '4'}"
            one = Scenario(run, title, play.__doc__ or "", a=ends[0], b=ends[1],
                           blame=None if blame is None else ends[blame], vantage=f"seen on the {vantage}", **judged)
            one.command = f"tests/lab/record --matrix{'' if seed == FIRST_SEED else f' --seed {seed}'} {one.name}"
            TOLERANCES[one.name] = tolerances(name, pair, ends)
            made[one.name] = one
    return made
