#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""--expect: what the user wants against what the captures show.

Three sources of expectations, none of them this program: the truth files (what the daemons negotiated), the FRR
configurations with which the lab recorded the captures (the lab's own code writes them again here, without
playing anything), and MetalLB resources made from the same values.
"""
import importlib
import os
import random
import sys
import tempfile
import types

import test_mutilated as mutilated
from support import SOURCE, Tap, bgpwhy, need_program, truths, use_released

sys.path.insert(0, os.path.join(SOURCE, "tests", "lab"))

NAMES = {"expect-missing", "expect-state", "expect-asn", "expect-router-id", "expect-hold-time",
         "expect-families", "expect-graceful-restart", "expect-md5", "expect-passive", "expect-bfd",
         "expect-bfd-timers"}


class Files:
    """A folder for one run of the test."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.count = 0

    def write(self, text, ending="expect"):
        self.count += 1
        path = os.path.join(self.folder.name, f"{self.count}.{ending}")
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        return path


FILES = Files()


def deviations(path, *files):
    """(exit status, {cause: [summary, …]} of the errors about what is expected, all findings)"""
    run = bgpwhy("-r", path, "--json", *[word for file in files for word in ("--expect", file)])
    findings = run.events("finding") if run.status != 2 else []
    found = {}
    for one in findings:
        if one["cause"] in NAMES and one["severity"] == "error":
            found.setdefault(one["cause"], []).append(one["summary"])
    return run, found, findings


# The format of our own, made from the truth files.

def lines_of(session, bfd, names_bfd=True):
    """{keyword: values} that are true of a session that stood."""
    a, b = session["a"], session["b"]
    made = {"asn": [str(session["asn"][x]) for x in (a, b)],
            "router-id": [session["bgp_id"][x] for x in (a, b)],
            "hold-time": [str(session["hold_time_s"])],
            "families": sorted(session["families"])}
    if bfd and names_bfd:
        made["bfd"] = ["single-hop" if a[:6] == b[:6] else "multihop"]  # of one network or not
    return made


def text_of(session, lines, what=None):
    return "\n".join([what or f"peer {session['a']} {session['b']}",
                      *[f"    {key} {' '.join(values)}" for key, values in lines.items()]]) + "\n"


# For each keyword another value, and the deviation that must come of it.
OTHERS = {
    "asn": (lambda values: [values[0], "64999"], "expect-asn"),
    "router-id": (lambda values: ["203.0.113.99", values[1]], "expect-router-id"),
    "hold-time": (lambda values: [str(int(values[0]) + 1)], "expect-hold-time"),
    "families": (lambda values: [*values, "ipv6-multicast"], "expect-families"),
    "bfd": (lambda values: ["single-hop" if values == ["multihop"] else "multihop"], "expect-bfd"),
}


def check_negotiated(tap):
    checked = 0
    for name, truth, path in truths():
        session = truth["sessions"][0]
        if session["hold_time_s"] is None or session["cause"] is not None or not name.startswith("healthy"):
            continue
        checked += 1
        lines = lines_of(session, truth["bfd"])
        run, found, findings = deviations(path, FILES.write(text_of(session, lines)))
        tap.equal((run.status, found), (0, {}), f"{name}: what was negotiated is as expected", *run.complaints)
        tap.none([one["summary"] for one in findings if one["cause"] == "expect-unverified"],
                 f"{name}: all of it can be verified")
        backwards = {key: list(reversed(values)) if len(values) == 2 and key != "families" else values
                     for key, values in lines.items()}
        turned = dict(session, a=session["b"], b=session["a"])
        run, found, _ = deviations(path, FILES.write(text_of(turned, backwards)))
        tap.equal((run.status, found), (0, {}), f"{name}: … with the sides exchanged", *run.complaints)
        for key, values in lines.items():
            other, cause = OTHERS[key]
            run, found, findings = deviations(path, FILES.write(text_of(session, {**lines, key: other(values)})))
            tap.equal((run.status, set(found)), (1, {cause}), f"{name}: another {key} is {cause}", found)
            tap.equal([one["confidence"] for one in findings if one["cause"] == cause and
                       one["severity"] == "error"][:1], ["certain"], f"{name}: … and certain")
            session_event = run.events("session")[0]
            tap.equal((session_event["verdict"], session_event["primary_cause"]), ("healthy", None),
                      f"{name}: … and no part of the verdict")
    tap.ok(checked >= 10, f"healthy captures were checked ({checked})")


# FRR: the configurations of the lab.

class Silence:
    """Stands for the network and all that a recording does: whatever is asked of it is done."""

    def __getattr__(self, name):
        return lambda *args, **more: Silence()

    def __bool__(self):
        return False


def lab_configurations():
    """{scenario: {address: the FRR configuration of that speaker}}"""
    lab_module = importlib.import_module("bgplab.lab")
    daemons = importlib.import_module("bgplab.daemons")
    scenarios = importlib.import_module("bgplab.scenarios")

    def initialize(self, lab, namespace, address, asn, bgp_id, hostname):
        self.lab, self.address, self.asn, self.bgp_id, self.hostname = lab, address, asn, bgp_id, hostname
        self.namespace, self.home, self.processes, self.peer = namespace, "/nowhere", {}, None
        lab.daemons.append(self)

    class Paper(lab_module.Lab):
        """A lab on paper: it writes configurations and does nothing."""

        def __init__(self):
            self.daemons, self.notes, self.seen, self.bfd_seen = [], [], {}, {}
            self.node = self.path = self.router = Silence()
            self.relays, self.captures, self.namespaces, self.files = [], [], [], []
            self.name = "paper"

        def namespace(self, *args, **more):
            return Silence()

        pair = pair_over_gate = ends = record = wait = until = until_up = stop_recording = \
            lambda self, *args, **more: None
        crash_router = boot_router = snapshot = lambda self, *args, **more: None

        def pair_over_trunk(self, tags):
            return "trunk"

    daemons.Daemon.__init__ = initialize
    for kind in (daemons.Frr, daemons.Bird, daemons.GoBgp, daemons.OpenBgpd, daemons.ExaBgp, daemons.Puppet):
        for name in ("start", "birdc", "gobgp", "bgpctl", "vtysh", "configure", "reconfigure", "kill", "end",
                     "spawn", "stop"):
            setattr(kind, name, lambda self, *args, **more: Silence())
        kind.status = lambda self, peer: None
        kind.path = lambda self, name: "/nowhere/" + name
    daemons.shutil = types.SimpleNamespace(chown=lambda *args, **more: None)
    scenarios.net = Silence()
    made = {}
    for name, scenario in scenarios.SCENARIOS.items():
        paper = Paper()
        try:
            scenario.play(paper)
        except Exception:
            pass  # what it had made until then is there all the same
        for daemon in paper.daemons:
            if isinstance(daemon, daemons.Frr):
                text = daemon.configuration["bgpd"] + (daemon.configuration["bfdd"] or "")
                made.setdefault(name, {})[daemon.address] = text
    return made


# What the FRR of a recording must find amiss where the session does stand in its configuration, beyond
# expect-state. Each is a mistake that the scenario is about.
AMISS = {
    "bad-peer-as-node": {"expect-asn"},
    "bad-peer-as-swapped": {"expect-asn"},
    "no-common-afi": {"expect-families"},
    "md5-one-sided": {"expect-md5"},
    "router-id-changed": {"expect-router-id"},
    "as4-trouble": {"expect-asn"},
    "bfd-one-way": {"expect-bfd"},
    "bfd-hop-mismatch": {"expect-bfd"},
    "bfd-auth": {"expect-bfd"},
    "bfd-admin-down": {"expect-bfd"},
}
# A healthy session all the same: FRR offers IPv4 unicast where nobody forbids it, and its peer has EVPN alone.
MORE_THAN_AGREED = {"healthy-evpn": {"expect-families"}}
# These follow from a session, or its BFD, that is down at the end.
CONSEQUENCES = {"expect-state", "expect-bfd"}


def check_frr(tap):
    configurations = lab_configurations()
    tap.ok(len(configurations) > 50, f"the lab writes its FRR configurations ({len(configurations)})")
    for name, truth, path in truths():
        for address, text in configurations.get(name, {}).items():
            session = truth["sessions"][0]
            if address not in (session["a"], session["b"]):
                continue
            run, found, findings = deviations(path, f"frr@{address}:{FILES.write(text, 'conf')}")
            what = f"{name}: the FRR of {address}"
            tap.ok(run.status != 2, f"{what}: its configuration is read", *run.complaints)
            if session["cause"] is None:
                more = MORE_THAN_AGREED.get(name, set())
                tap.equal((run.status, set(found)), (1 if more else 0, more),
                          f"{what}: a healthy session is as configured")
                continue
            if "bgp listen range" in text:
                continue  # nobody is named
            if f"neighbor {session['a']} " not in text and f"neighbor {session['b']} " not in text:
                tap.equal(set(found), {"expect-missing"}, f"{what}: its neighbor is not there")
                continue
            wanted = AMISS.get(name, set())
            tap.equal(sorted(wanted - set(found)), [], f"{what}: what is amiss is named", found)
            tap.equal(sorted(set(found) - wanted - CONSEQUENCES), [], f"{what}: and nothing else", found)
            verdict = [one["verdict"] for one in run.events("session")
                       if {one["local"], one["remote"]} == {session["a"], session["b"]}]
            if verdict == ["down"] and session["cause"] != "bfd-up-bgp-down":  # which alone tells too little of BGP
                tap.ok("expect-state" in found, f"{what}: it is down, and ought not to be", found)


# MetalLB: resources with the values of the lab's node.

METALLB = """apiVersion: metallb.io/v1beta2
kind: BGPPeer
metadata:
  name: rack1
  namespace: metallb-system
spec:
  myASN: 65009
  peerASN: 65001
  peerAddress: 192.0.2.1
  holdTime: 15s
  keepaliveTime: 5s
  routerID: 192.0.2.10
  bfdProfile: fast
---
apiVersion: metallb.io/v1beta1
kind: BFDProfile
metadata:
  name: fast
  namespace: metallb-system
spec:
  receiveInterval: 380
  transmitInterval: 270
  detectMultiplier: 3
---
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata:
  name: pool
spec:
  addresses: [198.51.100.0/24]
"""

METALLB_CHANGES = [
    ("myASN: 65009", "myASN: 65010", {"expect-asn": "myASN 65010, but 192.0.2.10 says AS 65009"}),
    ("peerASN: 65001", "peerASN: 65002", {"expect-asn": "BGPPeer rack1: peerASN 65002, but 192.0.2.1 says AS 65001"}),
    ("peerASN: 65001", "dynamicASN: internal", {"expect-asn": "dynamicASN internal"}),
    ("peerASN: 65001", "dynamicASN: external", {}),
    ("holdTime: 15s", "holdTime: 1m30s", {"expect-hold-time": "holdTime 90 s, but 192.0.2.10 offers 15 s"}),
    ("holdTime: 15s", "holdTime: 0m15s", {}),
    ("routerID: 192.0.2.10", "routerID: 10.0.0.1", {"expect-router-id": "routerID 10.0.0.1"}),
    ("bfdProfile: fast", "bfdProfile: fast\n  ebgpMultiHop: true", {"expect-bfd": "ebgpMultiHop: true"}),
    ("bfdProfile: fast", "bfdProfile: fast\n  passwordSecret:\n    name: secret", {"expect-md5": "passwordSecret"}),
    ("receiveInterval: 380", "receiveInterval: 300", {"expect-bfd-timers": "receiveInterval 300 ms"}),
    ("transmitInterval: 270", "transmitInterval: 300", {"expect-bfd-timers": "transmitInterval 300 ms"}),
    ("detectMultiplier: 3", "detectMultiplier: 5", {"expect-bfd-timers": "detectMultiplier 5, but 192.0.2.10 says 3"}),
    ("peerAddress: 192.0.2.1", "peerAddress: 192.0.2.77", {"expect-missing": "BGPPeer rack1"}),
    ("bfdProfile: fast", "bfdProfile: other", {}),
]


def as_list(text):
    """The same as `kubectl get -o yaml` gives it."""
    items = "".join("- " + document.strip().replace("\n", "\n  ") + "\n" for document in text.split("---\n"))
    return "apiVersion: v1\nitems:\n" + items + "kind: List\nmetadata:\n  resourceVersion: \"\"\n"


def check_metallb(tap):
    path = os.path.join(SOURCE, "pcaps", "healthy.pcap")
    for what, text in (("documents", METALLB), ("a List", as_list(METALLB))):
        for node in ("", "metallb:", "metallb@192.0.2.0/24:", "metallb@192.0.2.10:"):
            run, found, _ = deviations(path, node + FILES.write(text, "yaml"))
            tap.equal((run.status, found), (0, {}), f"MetalLB, {what}, {node or 'told from content'}: as expected",
                      *run.complaints)
        for old, new, wanted in METALLB_CHANGES:
            assert old in text
            # In a List everything lies two columns further to the right.
            new = new.replace("\n", "\n  ") if what == "a List" else new
            run, found, _ = deviations(path, FILES.write(text.replace(old, new), "yaml"))
            tap.equal((run.status, set(found)), (1 if wanted else 0, set(wanted)),
                      f"MetalLB, {what}: {new!r}", found, *run.complaints)
            for cause, words in wanted.items():
                tap.ok(words in found.get(cause, [""])[0], f"MetalLB, {what}: {new!r}: {words}", found)


# What cannot be verified, what nobody expects, what is not there.

def check_limits_of_knowledge(tap):
    pcaps = os.path.join(SOURCE, "pcaps")
    mid = os.path.join(pcaps, "mid-stream.pcap")
    wrong = FILES.write("peer 192.0.2.10 192.0.2.1\n asn 1 2\n router-id 1.1.1.1 *\n hold-time 99\n"
                        " families l2vpn-evpn\n graceful-restart no\n")
    run, found, findings = deviations(mid, wrong)
    tap.equal((run.status, found), (0, {}), "the OPENs are not in the capture: nobody is accused")
    unseen = [one for one in findings if one["cause"] == "expect-unverified"]
    tap.equal([(one["severity"], one["session"]) for one in unseen], [("info", 1)], "… and that is said")
    tap.ok(all(word in unseen[0]["summary"] for word in
               ("the AS of 192.0.2.10", "the AS of 192.0.2.1", "BGP identifier", "hold time", "families")),
           "… with what cannot be told", unseen)
    strict = FILES.write("unverified error\npeer 192.0.2.10 192.0.2.1\n asn 1 2\n")
    run, _, findings = deviations(mid, strict)
    tap.equal((run.status, [one["severity"] for one in findings if one["cause"] == "expect-unverified"]),
              (1, ["error"]), "unverified error: then it is an error")

    healthy = os.path.join(pcaps, "healthy.pcap")
    stranger = FILES.write("peer 192.0.2.77 *\n")
    run, found, findings = deviations(healthy, stranger)
    tap.equal((run.status, set(found)), (1, {"expect-missing"}), "a session that is not in the capture")
    missing = [one for one in findings if one["cause"] == "expect-missing"]
    tap.equal([(one["session"], one["bfd_session"]) for one in missing], [(None, None)],
              "… belongs to no session")
    tap.equal([one["severity"] for one in findings if one["cause"] == "expect-unknown-peer"], ["info"],
              "… and the other one is nobody's")
    run, found, findings = deviations(healthy, FILES.write("peer 192.0.2.77 *\n optional\n"))
    tap.equal((run.status, found), (0, {}), "an optional one may be missing")
    run, found, findings = deviations(healthy, FILES.write("strict\npeer 192.0.2.77 *\n optional\n"))
    tap.equal((run.status, [one["severity"] for one in findings if one["cause"] == "expect-unknown-peer"]),
              (1, ["error"]), "strict: a session that nobody expects is an error")
    for state, status in (("down", 1), ("any", 0), ("established", 0)):
        run, found, _ = deviations(healthy, FILES.write(f"peer * 192.0.2.1\n state {state}\n"))
        tap.equal((run.status, bool(found)), (status, bool(status)), f"healthy, state {state}")
    for passive, status in (("yes *", 1), ("* yes", 1)):
        run, found, _ = deviations(healthy, FILES.write(f"peer 192.0.2.10 192.0.2.1\n passive {passive}\n"))
        tap.equal((run.status, set(found)), (status, {"expect-passive"}), f"both call: passive {passive}")
    for md5, name, status in (("yes", "healthy-md5", 0), ("no", "healthy-md5", 1), ("no", "healthy", 0)):
        run, found, _ = deviations(os.path.join(pcaps, name + ".pcap"), FILES.write(f"peer * 192.0.2.1\n md5 {md5}\n"))
        tap.equal((run.status, set(found)), (status, {"expect-md5"} if status else set()), f"{name}: md5 {md5}")
    # BFD is nowhere in this capture, which a filter may have done.
    gobgp = os.path.join(pcaps, "healthy-gobgp.pcap")
    run, found, findings = deviations(gobgp, FILES.write("peer * 192.0.2.1\n bfd yes\n"))
    tap.equal((run.status, found), (0, {}), "no BFD at all in the capture: it may have been filtered away")
    run, found, findings = deviations(healthy, FILES.write("peer * 192.0.2.1\n bfd no\n"))
    tap.equal((run.status, set(found)), (1, {"expect-bfd"}), "BFD that nobody wants")


def check_examples(tap):
    """The files in tests/expect/ are of pcaps/healthy.pcap, and so they fit."""
    healthy = os.path.join(SOURCE, "pcaps", "healthy.pcap")
    for name in sorted(os.listdir(os.path.join(SOURCE, "tests", "expect"))):
        run, found, findings = deviations(healthy, os.path.join(SOURCE, "tests", "expect", name))
        tap.equal((run.status, found), (0, {}), f"tests/expect/{name} fits", *run.complaints)
        tap.none([one["summary"] for one in findings if one["cause"].startswith("expect-")],
                 f"tests/expect/{name}: all of it is verified")


def check_mutilated(tap, configurations):
    """A healthy capture that lacks something is as configured all the same, as far as can be told."""
    for name, truth, path in truths():
        head, records = mutilated.read(path)
        session = truth["sessions"][0]
        text = configurations.get(name, {}).get(session["a"])
        if session["cause"] is not None or not records or text is None or name in MORE_THAN_AGREED:
            continue
        conf = f"frr@{session['a']}:{FILES.write(text, 'conf')}"
        for what, kept, _ in mutilated.losses(records, random.Random(name)):
            cutting = os.path.join(FILES.folder.name, "cut.pcap")
            with open(cutting, "wb") as out:
                out.write(head + b"".join(kept))
            run, found, _ = deviations(cutting, conf)
            tap.equal((run.status == 2, found), (False, {}), f"{name}, {what}: nobody is accused")


def check_choice(tap):
    """The narrowest entry counts; of several alike, the one that fits best; each file by itself."""
    healthy = os.path.join(SOURCE, "pcaps", "healthy.pcap")
    group = "peer 192.0.2.0/24 192.0.2.0/24\n asn 1 2\n"
    for what, text, status in (
            ("the group alone", group, 1),
            ("the peer before its group", group + "peer 192.0.2.10 192.0.2.1\n asn 65009 65001\n", 0),
            ("the group fits either way round", "peer 192.0.2.0/24 192.0.2.0/24\n asn 65001 65009\n", 0),
            ("two alike, one fits", "peer * 192.0.2.1\n asn 1 2\npeer * 192.0.2.1\n asn 65009 65001\n", 0),
            ("asn external", "peer * 192.0.2.1\n asn 65009 external\n", 0),
            ("asn internal", "peer * 192.0.2.1\n asn 65009 internal\n", 1),
            ("defaults", "defaults\n hold-time 15\npeer * 192.0.2.1\n", 0),
            ("defaults that do not hold", "defaults\n hold-time 16\npeer * 192.0.2.1\n", 1),
            ("defaults, taken back", "defaults\n hold-time 16\npeer * 192.0.2.1\n hold-time *\n", 0)):
        run, found, _ = deviations(healthy, FILES.write(text))
        tap.equal(run.status, status, what, found, *run.complaints)
    good, bad = FILES.write("peer * 192.0.2.1\n hold-time 15\n"), FILES.write("peer * 192.0.2.1\n hold-time 9\n")
    run, found, _ = deviations(healthy, good, bad)
    tap.equal((run.status, len(found.get("expect-hold-time", []))), (1, 1), "two files: one deviates", found)
    run, found, _ = deviations(healthy, bad, FILES.write("peer * 192.0.2.1\n hold-time 8\n"))
    tap.equal((run.status, len(found.get("expect-hold-time", []))), (1, 2), "two files: both deviate", found)


MISTAKES = [
    ("peer 192.0.2.1\n", ":1: peer takes two addresses"),
    ("\n# so\npeer 192.0.2.1 router\n", ":3: peer: router is no address"),
    ("peer * *\n asn 65001 x\n", ":2: asn: x is not an AS number"),
    ("peer * *\n asn 1 2 3\n", ":2: asn takes one value for each side"),
    ("peer * *\n hold-time 65536\n", ":2: hold-time: 65536 is not seconds"),
    ("peer * *\n families ipv4-unicorn\n", ":2: families: ipv4-unicorn is none"),
    ("peer * *\n bfd perhaps\n", ":2: bfd: perhaps is not"),
    ("peer * *\n holdtime 9\n", ":2: holdtime is no keyword"),
    ("defaults\nasn 1 2\n", ": no peer is in it (read as text)"),
    ("asn 1 2\npeer * *\n", ":1: asn stands before the first peer or defaults"),
    ("", ": this is neither"),
    ("peer 10.0.0.0/33 *\n", ":1: peer: 10.0.0.0/33 is no address"),
    ("kind: BGPPeer\nspec:\n  peerASN: 5\n", ":1: BGPPeer without a name has no peerAddress"),
    ("kind: BGPPeer\nspec:\n  peerAddress: 192.0.2.1\n  peerASN: five\n", ":4: peerASN is not a number"),
    ("kind: BGPPeer\nspec:\n  peerAddress: 192.0.2.1\n  holdTime: 90\n", ":4: holdTime is no duration"),
    ("kind: [\n", ":2: "),
    ("kind: BGPPeer\nspec: *nowhere\n", ":2: an alias names nothing"),
    ("kind: Service\n", ": no peer is in it (read as metallb)"),
    ("router bgp many\n", ":1: router bgp: no AS number"),
    ("router bgp 1\n neighbor 192.0.2.1 remote-as two\n", ":2: two is not an AS number"),
    ("router bgp 1\n timers bgp 3\n", ":2: timers"),
    ("router bgp 1\n", ": no peer is in it (read as frr)"),
]


def check_mistakes(tap):
    healthy = os.path.join(SOURCE, "pcaps", "healthy.pcap")
    for text, words in MISTAKES:
        path = FILES.write(text)
        run = bgpwhy("-r", healthy, "--expect", path)
        complaint = " ".join(run.complaints)
        tap.ok(run.status == 2 and not run.out and f"bgpwhy: {path}{words}" in complaint,
               f"a mistake is told: {words}", run.status, complaint)
    for arguments, words in ((["--expect", "/nowhere/file"], "No such file"),
                             (["--expect", "frr@nobody:/dev/null"], "an address or prefix"),
                             (["--expect", "/dev/zero"], "more than 1048576 octets")):
        run = bgpwhy("-r", healthy, *arguments)
        tap.ok(run.status == 2 and words in " ".join(run.complaints), f"{arguments}: {words}", *run.complaints)
    run = bgpwhy("--db", "/nowhere", "--expect", "/dev/null")
    tap.equal(run.status, 2, "--expect needs packets")
    run = bgpwhy("-r", healthy, "--expect", "-", input=b"peer * 192.0.2.1\n hold-time 15\n")
    tap.equal((run.status, run.complaints), (0, []), "standard input will do")


def check_views(tap):
    """Every view shows it and exits alike; the database keeps it."""
    healthy = os.path.join(SOURCE, "pcaps", "healthy.pcap")
    path = FILES.write("peer * 192.0.2.1\n hold-time 90\npeer 192.0.2.77 192.0.2.78\n")
    database = os.path.join(FILES.folder.name, "expect.db")
    words = "hold-time 90 s, but"
    for view in ("--report", "--lines", "--json"):
        run = bgpwhy("-r", healthy, view, "--expect", path, *(["--db", database] if view == "--json" else []))
        flat = " ".join(run.text.split())
        tap.ok(run.status == 1 and words in flat and "peer 192.0.2.77 192.0.2.78" in flat, f"{view} tells it", flat[:2000])
        again = bgpwhy("--db", database, view) if os.path.exists(database) else None
        if again:
            tap.ok(again.status == 1 and words in " ".join(again.text.split()), f"{view} of the database tells it")
    for view in ("--report", "--lines"):
        again = bgpwhy("--db", database, view)
        tap.ok(again.status == 1 and words in " ".join(again.text.split()), f"{view} of the database tells it")
    live = bgpwhy("-r", healthy, "--json", "--expect", path)
    stored = bgpwhy("--db", database, "--json")
    tap.equal([one["summary"] for one in stored.events("finding")], [one["summary"] for one in live.events("finding")],
              "the database gives the same findings back")
    report = bgpwhy("-r", healthy, "--expect", path).text
    tap.ok("Not as expected" in report and "HEALTHY" in report, "the report has a section for it")


def main():
    need_program()
    use_released()
    tap = Tap()
    tap.attempt("negotiated", check_negotiated)
    tap.attempt("FRR", check_frr)
    tap.attempt("MetalLB", check_metallb)
    tap.attempt("limits of knowledge", check_limits_of_knowledge)
    tap.attempt("mutilated", check_mutilated, lab_configurations())
    tap.attempt("examples", check_examples)
    tap.attempt("choice", check_choice)
    tap.attempt("mistakes", check_mistakes)
    tap.attempt("views", check_views)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
