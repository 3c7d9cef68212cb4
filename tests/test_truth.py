#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every capture in pcaps/ against what was true of it when it was recorded.

The truth beside a capture comes from the configuration and the logs of the daemons, not from this
program. What the packets cannot show as the logs do is named in the truth file itself, each with its
reason, in `tolerance`: a list of

    {"reason": "…", "what": "unseen" | "extra" | "late", "count": 1, "seconds": 2.5,
     "protocol": "bgp", "speaker": ADDRESS, "change": "to Established"}

`unseen`: up to `count` changes of the log that we need not find; `extra`: up to `count` of ours that the
log need not have; `late`: the two may lie `seconds` apart. Members that are left out mean any.
"""
import sys

from support import Tap, bgpwhy, clock, epoch, need_program, truths

SECONDS = 1.0              # how far apart a log entry and our transition may lie
NOTIFICATION_SECONDS = 1e-3
BGP_STATES = ("OpenSent", "OpenConfirm", "Established")


def pair(a, b):
    return frozenset((a, b))


def one_of(tap, found, what):
    """The only element, or None and a failure."""
    tap.equal(len(found), 1, f"{what}: there is one")
    return found[0] if len(found) == 1 else None


def among(tap, got, allowed, name, *details):
    tap.ok(got in allowed, name, f"expected {' or '.join(map(repr, allowed))}", f"got      {got!r}", *details)


def family_name(family):
    """A family as text, however it is written down."""
    if isinstance(family, str):
        return family
    afi = {1: "ipv4", 2: "ipv6", 25: "l2vpn", 16388: "link-state"}.get(family["afi"], family["afi"])
    safi = {1: "unicast", 2: "multicast", 4: "labeled-unicast", 70: "evpn", 128: "vpn-unicast", 132: "rt-constraint",
            65: "vpls", 71: "bgp-ls", 73: "sr-policy", 85: "mup", 133: "flowspec", 134: "vpn-flowspec"}.get(family["safi"], family["safi"])
    return family.get("name") or f"{afi}-{safi}"


# What one transition means: "to STATE" and "from STATE", of the states that a log and the packets share.

def changes(transition):
    if transition["protocol"] == "bfd":
        return [f"{way} Up" for way in ("to", "from")
                if transition[way] == "Up" and transition["from"] != "Unknown"]
    late = transition["from"] == "Unknown"  # the capture, and so our machine, begins in the middle
    found = [f"to {transition['to']}"] if transition["to"] in BGP_STATES and not late else []
    return found + (["from Established"] if transition["from"] == "Established" else [])


class Tolerance:
    """The allowances of one truth file; `unseen` and `extra` are used up."""

    def __init__(self, rows):
        self.rows = [dict(row) for row in rows]
        for row in self.rows:
            if not row.get("reason"):
                raise ValueError("a tolerance without a reason")

    @staticmethod
    def _fits(row, what, key):
        protocol, speaker, _, change = key
        return (row["what"] == what and row.get("protocol", protocol) == protocol and
                row.get("speaker", speaker) == speaker and row.get("change", change) == change)

    def seconds(self, key):
        return max([SECONDS] + [row["seconds"] for row in self.rows if self._fits(row, "late", key)])

    def allows(self, what, key):
        for row in self.rows:
            if self._fits(row, what, key) and row.get("count", 1) > 0:
                row["count"] = row.get("count", 1) - 1
                return True
        return False


def timelines(transitions, when):
    """{(protocol, speaker, peer, change): [(time, precision, transition), …]} in order of time."""
    lines = {}
    for transition in transitions:
        for change in changes(transition):
            key = (transition["protocol"], transition["speaker"], transition["peer"], change)
            lines.setdefault(key, []).append(
                (when(transition), transition.get("precision_s", 0), transition))
    for line in lines.values():
        line.sort(key=lambda entry: entry[0])
    return lines


def align(logged, ours, seconds):
    """Match two time lines in order; (log entries without ours, ours without a log entry)."""
    unseen, extra = [], []
    i = j = 0
    while i < len(logged) and j < len(ours):
        early, late = logged[i][0] - seconds, logged[i][0] + logged[i][1] + seconds
        if ours[j][0] < early:
            extra.append(ours[j])
            j += 1
        elif ours[j][0] > late:
            unseen.append(logged[i])
            i += 1
        else:
            i += 1
            j += 1
    return unseen + logged[i:], extra + ours[j:]


class Score:
    """How much of the logs is found and how much of ours is in them, tolerances left out of account."""

    def __init__(self):
        self.rows = {}

    def count(self, key, logged, unseen, ours, extra):
        row = self.rows.setdefault((key[0], key[3]), [0, 0, 0, 0])
        for i, value in enumerate((logged, unseen, ours, extra)):
            row[i] += value

    @staticmethod
    def share(good, all_of_them):
        return 100.0 * good / all_of_them if all_of_them else 100.0

    def tell(self, tap, what):
        """The measure of issue 5: 99 % each way; a row of its own for each change."""
        total = [sum(row[i] for row in self.rows.values()) for i in range(4)]
        for name, (logged, unseen, ours, extra) in [*sorted(self.rows.items()), (("all", ""), total)]:
            print(f"# {what}: {' '.join(name).strip():22} {logged - unseen}/{logged} of the logs found"
                  f" ({self.share(logged - unseen, logged):.1f} %), {ours - extra}/{ours} of ours in the logs"
                  f" ({self.share(ours - extra, ours):.1f} %)")
        return (self.share(total[0] - total[1], total[0]), self.share(total[2] - total[3], total[2]))


STRICT, FAIR = Score(), Score()  # without the tolerances, and with them


def check_transitions(tap, name, truth, events):
    tolerance = Tolerance(truth.get("tolerance", []))
    logged = timelines(truth["transitions"], lambda one: one["time"])
    ours = timelines(events["transition"], lambda one: epoch(one["time"]))
    # A speaker without a log (a daemon that keeps none) is not compared.
    speakers = {(one["protocol"], one["speaker"]) for one in truth["transitions"]}
    problems = []
    for key in sorted(set(logged) | set(ours)):
        protocol, speaker, peer, change = key
        if (protocol, speaker) not in speakers:
            continue
        unseen, extra = align(logged.get(key, []), ours.get(key, []), tolerance.seconds(key))
        what = f"{protocol} {speaker} (peer {peer}) {change}"
        before = len(problems)
        bare = align(logged.get(key, []), ours.get(key, []), SECONDS)
        STRICT.count(key, len(logged.get(key, [])), len(bare[0]), len(ours.get(key, [])), len(bare[1]))
        unseen = [one for one in unseen if not tolerance.allows("unseen", key)]
        extra = [one for one in extra if not tolerance.allows("extra", key)]
        FAIR.count(key, len(logged.get(key, [])), len(unseen), len(ours.get(key, [])), len(extra))
        for time, _, one in unseen:
            problems.append(f"{what}: {one.get('log', 'the log')} has it at {clock(time)}"
                            f" ({one['from']} -> {one['to']}), we do not")
        for time, _, one in extra:
            problems.append(f"{what}: we have it at {clock(time)} (frame {one['frame']}, "
                            f"{one['from']} -> {one['to']}, {one['basis']}: {one['reason']}),"
                            " the log does not")
        if len(problems) > before:
            for side, line in (("log ", logged.get(key, [])), ("ours", ours.get(key, []))):
                problems.append(f"    {side}: " + " ".join(clock(entry[0]) for entry in line))
    tap.none(problems, f"{name}: state transitions are those of the logs", limit=40)


def check_notifications(tap, name, truth, events):
    ours = [(epoch(one["time"]), one["src"], one["dst"], one["notification"]["code"],
             one["notification"]["subcode"], one["frame"])
            for one in events["message"] if one["type"] == "NOTIFICATION"]
    ours.sort()
    expected = [(one["time"], one["src"], one["dst"], one["code"], one["subcode"])
                for one in truth["notifications"]]
    good = (len(ours) == len(expected) and
            all(one[1:5] == other[1:] and abs(one[0] - other[0]) <= NOTIFICATION_SECONDS
                for one, other in zip(ours, expected)))
    tap.ok(good, f"{name}: NOTIFICATIONs",
           *[f"expected {clock(t)} {s} > {d} {c}/{sc}" for t, s, d, c, sc in expected],
           *[f"got      {clock(t)} {s} > {d} {c}/{sc} (frame {f})" for t, s, d, c, sc, f in ours])


def check_negotiated(tap, what, expected, session, messages):
    """What the OPENs say, of those whose OPENs are in the capture."""
    spoke = {one["src"] for one in messages if one["type"] == "OPEN" and
             pair(one["src"], one["dst"]) == pair(session["local"], session["remote"])}
    for member in ("asn", "bgp_id"):
        wanted = {address: value for address, value in expected[member].items() if address in spoke}
        got = {address: value for address, value in (session[member] or {}).items()
               if value is not None and address in expected[member]}
        tap.equal(got, wanted, f"{what}: {member}")
    if expected.get("hold_time_s") is None:
        return
    hold, families = expected["hold_time_s"], sorted(expected["families"])
    if len(spoke) < 2:
        hold, families = None, []
    tap.equal(session["hold_time_s"], hold, f"{what}: hold time")
    tap.equal(session["keepalive_s"], hold // 3 or None if hold else None, f"{what}: keepalive time")
    tap.equal(sorted(map(family_name, session["families"] or [])), families, f"{what}: families")


def check_session(tap, name, expected, events):
    a, b = expected["a"], expected["b"]
    what = f"{name}: {a} {b}"
    session = one_of(tap, [one for one in events["session"]
                           if pair(one["local"], one["remote"]) == pair(a, b)], f"{what}: session")
    if session is None:
        return
    served = {one["bfd_session"] for one in events["bfd_session"] if one["session"] == session["session"]}
    mine = [one for one in events["finding"]
            if one["session"] == session["session"] or one["bfd_session"] in served]
    findings = [f"{one['severity']} {one['cause']} ({one['confidence']}, blame {one['blame']}): "
                f"{one['summary']}" for one in mine]
    causes = [expected["cause"], *expected.get("also_primary", [])]
    among(tap, session["primary_cause"], causes, f"{what}: primary cause", *findings)
    among(tap, session["verdict"], [expected["verdict"], *expected.get("also_verdicts", [])],
          f"{what}: verdict", *findings)
    allowed = {*causes, *expected["also_allowed"]}
    tap.equal(sorted({one["cause"] for one in mine if one["severity"] == "error"} - allowed), [],
              f"{what}: no other error", *findings)
    if expected.get("blame") and session["primary_cause"] == expected["cause"]:
        blamed = {one["blame"] for one in mine if one["cause"] == expected["cause"]}
        tap.equal(blamed, {expected["blame"]}, f"{what}: blame", *findings)
    check_negotiated(tap, what, expected, session, events["message"])


def check_bfd(tap, name, expected, events):
    a, b = expected["a"], expected["b"]
    what = f"{name}: BFD {a} {b}"
    session = one_of(tap, [one for one in events["bfd_session"]
                           if pair(one["local"], one["remote"]) == pair(a, b)], what)
    if session is None:
        return
    for member in ("negotiated_tx_us", "detection_time_us"):
        if expected[member] is not None:
            tap.equal(session[member], expected[member], f"{what}: {member}")


def check_capture(tap, name, truth, path):
    run = bgpwhy("-r", path, "--json")
    everything = run.events()
    events = {kind: [one for one in everything if one["event"] == kind] for kind in
              ("session", "bfd_session", "finding", "message", "transition")}
    healthy = all(one["verdict"] == "healthy" for one in truth["sessions"])
    ours = [one["verdict"] for one in events["session"]]
    tap.equal(run.status, int(any(verdict != "healthy" for verdict in ours)),
              f"{name}: exit status, with sessions that are {', '.join(ours)}", *run.complaints)
    for expected in truth["sessions"]:
        check_session(tap, name, expected, events)
    known = {pair(one["a"], one["b"]) for one in truth["sessions"]}
    tap.equal([f"{one['local']} {one['remote']}" for one in events["session"]
               if pair(one["local"], one["remote"]) not in known], [], f"{name}: no session beyond those")
    tap.equal([f"{one['cause']}: {one['summary']}" for one in events["finding"]
               if healthy and one["severity"] == "error"], [], f"{name}: no error where all is healthy")
    check_notifications(tap, name, truth, events)
    for expected in truth["bfd"]:
        check_bfd(tap, name, expected, events)
    check_transitions(tap, name, truth, events)


def main():
    need_program()
    tap = Tap()
    wanted = sys.argv[1:]
    for name, truth, path in truths():
        if wanted and name not in wanted:
            continue
        if tap.ok(path is not None, f"{name}: its capture is there"):
            tap.attempt(name, check_capture, name, truth, path)
    tap.ok(tap.count, "pcaps/ holds truths")
    if not wanted:
        STRICT.tell(tap, "within 1 s")
        found, ours = FAIR.tell(tap, "with the tolerances")
        tap.ok(found >= 99 and ours >= 99, "99 % of the logs' changes are found, and 99 % of ours are in the logs",
               f"{found:.2f} % and {ours:.2f} %")
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
