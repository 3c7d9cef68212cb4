"""One recording: the namespaces, the daemons in them, the capture, and the truth about it all.

The truth is what was configured and done here, what the daemons' status output said while they were up,
and what their logs say of their state machines; the list of NOTIFICATIONs is what tshark sees on the wire.
"""
import datetime
import itertools
import json
import os
import shutil
import signal
import tempfile
import time

from . import capture, net
from .daemons import AoPuppet, BfdPuppet, Bird, ExaBgp, Frr, GoBgp, OpenBgpd, Puppet
from .tolerances import TOLERANCES

NODE, ROUTER = "192.0.2.10", "192.0.2.1"
NODE6, ROUTER6 = "2001:db8::10", "2001:db8::1"
NODE_LL, ROUTER_LL = "fe80::10", "fe80::1"
NODE_MAC, ROUTER_MAC, GATE_MAC = "02:00:00:00:00:10", "02:00:00:00:00:01", "02:00:00:00:00:99"
NODE_AS, ROUTER_AS = 65009, 65001

numbers = itertools.count(1)


class Lab:
    """Made for one scenario; a context manager, so that nothing outlives a failure."""

    def __init__(self, scenario, verbose=False, keep=False):
        self.scenario = scenario
        self.keep = keep
        self.name = scenario.name
        self.verbose = verbose
        self.tag = f"lab{os.getpid()}n{next(numbers)}"
        self.scratch = tempfile.mkdtemp(prefix=f"{self.tag}-", dir="/tmp")
        os.chmod(self.scratch, 0o755)
        self.namespaces, self.daemons, self.relays, self.captures = [], [], [], []
        self.node = self.path = self.router = None
        self.notes = []
        self.received = {}  # {family: what the node's table has of the router}
        self.announced = {}  # {address: what the NLRI that it announces say, as configured}
        self.seen = {}
        self.bfd_seen = {}
        self.began = self.ended = None
        self.files = []

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        for one in self.captures:
            one.stop()
        for daemon in reversed(self.daemons):
            daemon.stop()
        for relay in self.relays:
            relay.close()
        for namespace in reversed(self.namespaces):
            namespace.close()
        if kind is None and not self.keep:
            shutil.rmtree(self.scratch)
        else:
            print(f"{self.name}: logs and configurations are in {self.scratch}", flush=True)

    def say(self, text):
        if self.verbose:
            print(f"{time.strftime('%H:%M:%S')} {self.name}: {text}", flush=True)

    # Topology

    def namespace(self, name, **options):
        made = net.Namespace(f"{self.tag}-{name}", **options)
        self.namespaces.append(made)
        return made

    def pair(self, *, ipv6=False, node_addresses=None, router_addresses=None, rules=()):
        """node eth0 -- path: a bridge, or a chain of relays with these rules -- eth0 router"""
        node_addresses = node_addresses or ([f"{NODE6}/64", f"{NODE_LL}/64"] if ipv6 else [f"{NODE}/24"])
        router_addresses = router_addresses or ([f"{ROUTER6}/64", f"{ROUTER_LL}/64"] if ipv6
                                                else [f"{ROUTER}/24"])
        self.ends(ipv6)
        if rules:
            for end in (self.node, self.router):
                end.offloads_off("eth0")
            devices = ["left", *(name for n in range(1, len(rules)) for name in (f"trunk{n}a", f"trunk{n}b")),
                       "right"]
            for one, other in zip(devices[1:-1:2], devices[2:-1:2]):
                net.cable(self.path, one, self.path, other)
            for rule, one, other in zip(rules, devices[::2], devices[1::2]):
                self.relays.append(net.Relay(self.path, one, other, rule))
        else:
            net.bridge(self.path, "left", "right")
        self.node.up("eth0", NODE_MAC, node_addresses)
        self.router.up("eth0", ROUTER_MAC, router_addresses)
        time.sleep(0.2)

    def ends(self, ipv6):
        """The three namespaces and the cables between them."""
        self.node = self.namespace("node", ipv6=ipv6)
        self.path = self.namespace("path")
        self.router = self.namespace("router", ipv6=ipv6)
        net.cable(self.node, "eth0", self.path, "left")
        net.cable(self.router, "eth0", self.path, "right")
        if ipv6:
            for end in (self.node, self.router):
                end.sysctl("net.ipv6.conf.eth0.addr_gen_mode", 1)

    def pair_over_trunk(self, tags):
        """node -- trunk with VLAN tags -- router; returns the device of `path` that carries the tags."""
        def onto_trunk(frame, from_left):
            return [(frame[:12] + tags + frame[12:] if from_left else untag(frame), from_left)]

        def off_trunk(frame, from_left):
            return [(untag(frame) if from_left else frame[:12] + tags + frame[12:], from_left)]

        def untag(frame):
            # The kernel takes the outermost tag off on its way to the socket.
            while frame[12:14] in (b"\x81\x00", b"\x88\xa8"):
                frame = frame[:12] + frame[16:]
            return frame

        self.pair(rules=[onto_trunk, off_trunk])
        return "trunk1a"

    def pair_over_gate(self, route_to_router=True):
        """node 192.0.2.10 -- path, a router, 192.0.2.254 and 198.51.100.254 -- router 198.51.100.1"""
        self.ends(ipv6=False)
        self.path.sysctl("net.ipv4.ip_forward", 1)
        self.node.up("eth0", NODE_MAC, [f"{NODE}/24"])
        self.router.up("eth0", ROUTER_MAC, ["198.51.100.1/24"])
        self.path.up("left", GATE_MAC, ["192.0.2.254/24"])
        self.path.up("right", "02:00:00:00:00:98", ["198.51.100.254/24"] if route_to_router else [])
        self.node.ip("route", "add", "198.51.100.0/24", "via", "192.0.2.254")
        self.router.ip("route", "add", "default", "via", "198.51.100.254")
        time.sleep(0.2)

    # Daemons in their usual clothes

    def metallb_node(self, peer=ROUTER, peer_as=ROUTER_AS, *, address=NODE, asn=NODE_AS, bgp_id=NODE,
                     namespace=None, hostname="node", timers="5 15", bfd=True, lines=(), families=None,
                     prefixes=("198.51.100.1/32", "198.51.100.2/32"), bgp=(), top=(), flags=(),
                     activate=True, max_prefix=None, run_bfdd=True):
        """FRR as MetalLB sets it up. `lines` go behind `neighbor PEER`, `bgp` into the router block."""
        family = "ipv6" if ":" in peer else "ipv4"
        families = families or [family]
        text = [f"neighbor {peer} remote-as {peer_as}", f"neighbor {peer} timers {timers}",
                f"neighbor {peer} timers connect 10"]
        if bfd:
            text += [f"neighbor {peer} bfd", f"neighbor {peer} bfd profile bfdprofile"]
        text += [f"neighbor {peer} {line}" for line in lines] + list(bgp)
        for name in families:
            text += [f"address-family {name} unicast"]
            text += [f" neighbor {peer} activate"] if activate else []
            text += [f" neighbor {peer} maximum-prefix {max_prefix}"] if max_prefix else []
            text += [f" network {prefix}" for prefix in prefixes if (":" in prefix) == (name == "ipv6")]
            text += ["exit-address-family"]
        profile = " profile bfdprofile\n  receive-interval 380\n  transmit-interval 270\n exit\n"
        return Frr(self, namespace or self.node, address, asn, bgp_id, hostname,
                   "".join(f" {line}\n" for line in text), bfd=profile if run_bfdd else None,
                   top="".join(f"{line}\n" for line in top), bgpd_flags=flags)

    def bird_router(self, peer=NODE, peer_as=NODE_AS, *, address=ROUTER, asn=ROUTER_AS, bgp_id=ROUTER,
                    namespace=None, hostname="router", **more):
        return Bird(self, namespace or self.router, address, asn, bgp_id, hostname, peer,
                    self.bird_text(peer, peer_as, address=address, asn=asn, **more))

    @staticmethod
    def bird_text(peer=NODE, peer_as=NODE_AS, *, address=ROUTER, asn=ROUTER_AS, hold=15, bfd=True,
                  options=(), family=None, routes=("203.0.113.0/24",), channels=None, channel_options=None,
                  more_routes=()):
        """`options` go into the BGP protocol, `channel_options` {family: text} into its channels; `bfd` may be
        the text of a protocol; each of `more_routes` is a further static protocol."""
        family = family or ("ipv6" if ":" in peer else "ipv4")
        text = ["protocol bfd { }" if bfd is True else bfd] if bfd else []
        text += [f"protocol static {{ {family}; " +
                 " ".join(f"route {route} blackhole;" if " " not in route else f"route {route};"
                          for route in table) + " }" for table in (routes, *more_routes)]
        timers = f"hold time {hold};" + (f" keepalive time {max(hold // 3, 1)};" if hold else "")
        text += ["protocol bgp node {", f"  local {address} as {asn};", f"  neighbor {peer} as {peer_as};",
                 f"  {timers} connect delay time 2; connect retry time 10; error wait time 4, 16;"]
        text += ["  bfd on;"] if bfd else []
        text += [f"  {option};" for option in options]
        text += [f"  {one} {{ import all; export all;{(channel_options or {}).get(one, '')} }};"
                 for one in channels or [family]]
        return "\n".join(text) + "\n}\n"

    def frr_router(self, peer=NODE, peer_as=NODE_AS, **more):
        """A second FRR, on the router's side."""
        return self.metallb_node(peer, peer_as, **{
            **dict(address=ROUTER, asn=ROUTER_AS, bgp_id=ROUTER, namespace=self.router,
                   hostname="router", prefixes=("203.0.113.0/24",)), **more})

    def gobgp_router(self, peer=NODE, peer_as=NODE_AS, more_routes=(), **more):
        return GoBgp(self, self.router, ROUTER, ROUTER_AS, ROUTER, "router", peer, peer_as,
                     routes=("203.0.113.0/24", *more_routes), **more)

    def gobgp_node(self, peer=ROUTER, peer_as=ROUTER_AS, **more):
        return GoBgp(self, self.node, NODE, NODE_AS, NODE, "node", peer, peer_as, **more)

    def openbgpd_router(self, peer=NODE, peer_as=NODE_AS, **more):
        return OpenBgpd(self, self.router, ROUTER, ROUTER_AS, ROUTER, "router", peer, peer_as,
                        routes=("203.0.113.0/24",), **more)

    def exabgp_node(self, peer=ROUTER, peer_as=ROUTER_AS, *, namespace=None, address=NODE, hostname="node", **more):
        return ExaBgp(self, namespace or self.node, address, NODE_AS, NODE, hostname, peer, peer_as,
                      routes=("198.51.100.1/32", "198.51.100.2/32"), **more)

    def exabgp_router(self, **more):
        return ExaBgp(self, self.router, ROUTER, ROUTER_AS, ROUTER, "router", NODE, NODE_AS, **more)

    def puppet_router(self, *words):
        return Puppet(self, self.router, ROUTER, ROUTER_AS, ROUTER, "router", *words)

    def puppet_node(self, *words):
        return Puppet(self, self.node, NODE, NODE_AS, NODE, "node", *words)

    def ao_caller(self, hostname, key_id):
        if hostname == "node":
            return AoPuppet(self, self.node, NODE, NODE_AS, NODE, hostname, ROUTER, str(key_id), str(key_id))
        return AoPuppet(self, self.router, ROUTER, ROUTER_AS, ROUTER, hostname, NODE, str(key_id), str(key_id))

    def bfd_puppet(self, manner, address=ROUTER):
        """BFD by script on this side's address; the other side is its peer."""
        if address == ROUTER:
            return BfdPuppet(self, self.router, ROUTER, ROUTER_AS, ROUTER, "router", NODE, manner)
        return BfdPuppet(self, self.node, NODE, NODE_AS, NODE, "node", ROUTER, manner)

    def usual(self, node=None, router=None, bfd=False, **pair):
        """The pair with FRR on the node and BIRD on the router, not yet started."""
        self.pair(**pair)
        return (self.metallb_node(**{"bfd": bfd, **(node or {})}),
                self.bird_router(**{"bfd": bfd, **(router or {})}))

    def crash_router(self):
        """The router loses power: its link and every state of its kernel are gone at once."""
        self.path.ip("link", "del", "right")
        for daemon in self.daemons:
            if daemon.namespace is self.router:
                for name in list(daemon.processes):
                    daemon.end(name, signal.SIGKILL)
        self.namespaces.remove(self.router)
        self.router.close()

    def boot_router(self, *daemons):
        """It comes back as crash_router found it, announces its address, and starts its daemons."""
        self.router = self.namespace("router2")
        net.cable(self.router, "eth0", self.path, "right")
        self.path.ip("link", "set", "right", "master", "br0", "up")
        self.router.up("eth0", ROUTER_MAC, [f"{ROUTER}/24"])
        time.sleep(0.1)
        self.router.announce("eth0", ROUTER_MAC, ROUTER)
        for daemon in daemons:
            daemon.namespace = self.router
            daemon.start()

    # The recording

    def record(self, namespace=None, device="eth0", **options):
        """Start to capture, usually on the node."""
        path = os.path.join(self.scratch, self.scenario.file)
        self.captures.append(capture.Capture(namespace or self.node, device, path, **options))
        self.files.append(path)
        self.began = self.began or time.time()

    def stop_recording(self):
        for one in self.captures:
            one.stop()
        self.captures.clear()
        self.ended = time.time()

    def wait(self, seconds):
        time.sleep(seconds)

    def until(self, what, condition, seconds=30):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise RuntimeError(f"{self.name}: waited {seconds} s in vain for {what}")
            time.sleep(0.25)
        self.say(what)

    def until_up(self, a, b, *, bfd=False, seconds=40):
        """Both sides Established (and BFD Up); then ask both what they negotiated."""
        self.until("Established", lambda: any(d.established(p.address) for d, p in ((a, b), (b, a))), seconds)
        if bfd:
            self.until("BFD Up", lambda: a.bfd_status(b.address) and b.bfd_status(a.address), seconds)
        time.sleep(1)
        self.snapshot(a, b)

    def snapshot(self, a, b):
        """What the daemons say of their session just now; the last word counts."""
        key = (a.address, b.address)
        for one, other in ((b, a), (a, b)):
            status = one.status(other.address)
            if status and status["state"] == "Established":
                self.seen[key] = status
        bfd = {one.address: one.bfd_status(other.address) for one, other in ((a, b), (b, a))}
        if all(bfd.values()):
            self.bfd_seen[key] = bfd
        return key in self.seen

    def note(self, text):
        self.notes.append(text)

    # The truth

    def check_notifications(self, on_wire):
        """What the daemons say they sent against what is on the wire; the difference becomes notes."""
        for daemon in self.daemons:
            logged = daemon.notifications_sent()
            if logged is None:
                continue
            logged = [one for one in logged if self.began <= one["time"] <= self.ended]
            seen = [one for one in on_wire if one["src"] == daemon.address]
            for one in logged:
                match = next((other for other in seen if abs(other["time"] - one["time"]) < 1 and
                              (other["code"], other["subcode"]) == (one["code"], one["subcode"])), None)
                if match:
                    seen.remove(match)
                else:
                    self.note(f"{daemon.address} logged NOTIFICATION {one['code']}/{one['subcode']} as sent at "
                              f"{one['time']:.6f}; it never reached the wire")
            for one in seen:
                self.note(f"{daemon.address} did not log the NOTIFICATION {one['code']}/{one['subcode']} that it "
                          f"sent at {one['time']:.6f}")

    def transitions(self):
        inside = [t for daemon in self.daemons for t in daemon.transitions()
                  if self.began <= t["time"] + t.get("precision_s", 0) and t["time"] <= self.ended]
        return sorted(inside, key=lambda t: t["time"])

    def truth(self):
        scenario = self.scenario
        versions = {}
        for daemon in self.daemons:
            versions.setdefault(daemon.address, []).append(daemon.version)
        on_wire = capture.notifications(self.files[0])
        self.check_notifications(on_wire)
        return {
            "name": scenario.name, "title": scenario.title, "teaches": scenario.teaches,
            "made": {"command": scenario.command,
                     "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
                     "vantage": scenario.vantage,
                     "daemons": {address: " and ".join(names) for address, names in versions.items()}},
            "sessions": [self.session_truth(expected) for expected in scenario.sessions],
            "notifications": on_wire, "transitions": self.transitions(),
            "bfd": [self.bfd_truth(expected) for expected in scenario.sessions if expected["bfd"]],
            **({"received": self.received} if self.received else {}),
            **({"announced": self.announced} if self.announced else {}),
            "shows": scenario.shows, "look_alike_of": scenario.look_alike_of,
            "notes": [*scenario.notes, *self.notes],
            "tolerance": TOLERANCES.get(scenario.name, []),
        }

    def session_truth(self, expected):
        pair = (expected["a"], expected["b"])
        known = self.seen.get(pair, {})
        # Of two daemons with one address the first counts.
        present = {daemon.address: daemon for daemon in reversed(self.daemons) if daemon.address in pair}
        return {
            **{key: expected[key] for key in JUDGED},
            "hold_time_s": known.get("hold_time_s"), "keepalive_s": known.get("keepalive_s") or None,
            "families": known.get("families", []),
            "asn": {address: daemon.asn for address, daemon in sorted(present.items())},
            "bgp_id": {address: daemon.bgp_id for address, daemon in sorted(present.items())},
        }

    def bfd_truth(self, expected):
        pair = (expected["a"], expected["b"])
        known = self.bfd_seen.get(pair)
        return {"a": pair[0], "b": pair[1], **{
            key: {address: known[address][key] for address in pair} if known else None
            for key in ("negotiated_tx_us", "detection_time_us")}}


# The members of a session's truth that are this repository's own judgement.
JUDGED = ("a", "b", "cause", "also_primary", "also_allowed", "verdict", "also_verdicts", "blame")


def save(truth, path):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(truth, file, indent=1, ensure_ascii=False)
        file.write("\n")


def retell(scenario, folder):
    """Bring the words and judgements of a truth file up to date with scenarios.py; the facts stay."""
    path = os.path.join(folder, f"{scenario.name}.truth.json")
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            truth = json.load(file)
        truth["title"], truth["teaches"] = scenario.title, scenario.teaches
        truth["made"]["command"], truth["made"]["vantage"] = scenario.command, scenario.vantage
        truth["shows"], truth["look_alike_of"] = scenario.shows, scenario.look_alike_of
        truth["tolerance"] = TOLERANCES.get(scenario.name, [])
        for session, expected in zip(truth["sessions"], scenario.sessions):
            session.update({key: expected[key] for key in JUDGED})
        save(truth, path)


def record(scenario, out, verbose=False, keep=False):
    """Play one scenario and put its files into the folder `out`; the names of the files are returned."""
    with Lab(scenario, verbose, keep) as lab:
        lab.say("starts")
        scenario.play(lab)
        lab.stop_recording()
        truth = lab.truth()
        written = []
        for path in lab.files:
            target = os.path.join(out, os.path.basename(path))
            shutil.copyfile(path, target)
            written.append(target)
        target = os.path.join(out, f"{scenario.name}.truth.json")
        save(truth, target)
        lab.say("done")
        return [*written, target]
