"""pcaps/README.md, made from the truth files, in the order of scenarios.py."""
import json
import os

HEAD = """# Captures to learn from

Each is a real session of real routing daemons (a few have a puppet on one side, and say so), recorded in network
namespaces with documentation addresses. Open one in Wireshark or tcpdump, or run `bgpwhy -r pcaps/NAME.pcap`, read the
line about it here, and find in the packets what it says. They are in the order of a course: first what health looks
like, then sessions that get no TCP, then the OPEN, then what ends an Established session, BFD, and last what a capture
itself can do to you. (This file is made by `tests/lab/record --readme`; do not edit it.)

Beside each capture NAME.truth.json holds what is known of it from another source than the packets: the configuration, the
logs of the daemons and their status output.

| member | meaning |
|---|---|
| `made` | command, date, vantage point, daemons and their versions |
| `sessions` | one for each pair of addresses. `cause`: the key that explains it best, null when healthy; `also_primary`: keys that would do as well; `also_allowed`: further findings that are true here; `verdict` and `also_verdicts` likewise; `blame`: the side at fault, null where that is not decided. `hold_time_s`, `keepalive_s`, `families`: as the daemons reported them while Established, null and empty where they never were; `asn` and `bgp_id`: as configured, whether or not the packets show them |
| `notifications` | each NOTIFICATION on the wire (tshark), without retransmissions |
| `transitions` | the state machines by the daemons' own logs, while the capture ran; times are those of the logs, good to some milliseconds unless `precision_s` says otherwise. BIRD keeps a machine for each connection, FRR sometimes too, and neither log says which one a line belongs to |
| `bfd` | what the daemons reported while Up: interval in use and detection time; null where it never was Up or nobody asked |
| `shows`, `look_alike_of` | findings that it shows besides, and those that a reader may take it for and that it must not raise (tests/test_catalogue.py) |
| `notes` | what was done when, and what is odd, such as a NOTIFICATION that was logged as sent and never reached the wire |
"""


def peers(truth):
    daemons = truth["made"]["daemons"]
    return " – ".join(dict.fromkeys(daemons.get(address, "nothing")
                                    for session in truth["sessions"][:1] for address in (session["a"], session["b"])))


def entry(truth, file, size):
    session = truth["sessions"][0]
    cause = f"`{session['cause']}`" if session["cause"] else "no fault"
    lines = [f"### [{truth['name']}]({file})", "", f"**{truth['title']}.** {truth['teaches']}", "",
             f"*{cause}, {session['verdict']}; {peers(truth)}; {truth['made']['vantage']}; {size // 1024 + 1} kB; "
             f"`{truth['made']['command']}`*", ""]
    return lines


def write(folder, scenarios):
    """Write README.md; returns its path."""
    chapters = {}
    for scenario in scenarios:
        path = os.path.join(folder, f"{scenario.name}.truth.json")
        capture = os.path.join(folder, scenario.file)
        if os.path.exists(path) and os.path.exists(capture):
            with open(path, encoding="utf-8") as file:
                truth = json.load(file)
            chapters.setdefault(scenario.chapter, []).extend(
                entry(truth, scenario.file, os.path.getsize(capture)))
    lines = [HEAD]
    for title, entries in chapters.items():
        lines += [f"## {title}", "", *entries]
    target = os.path.join(folder, "README.md")
    with open(target, "w", encoding="utf-8") as file:
        file.write("\n".join(lines).rstrip() + "\n")
    return target
