# SPDX-License-Identifier: GPL-2.0-or-later
"""What the daemons' logs and the packets cannot agree on, for each scenario, with the reason.

A row: `what` is "late" (then `seconds`: the daemon acts later or earlier than the packets show),
"unseen" (it is in the log and leaves no trace on the wire) or "extra" (it is on the wire, or follows
from it, and is not in the log); `protocol`, `speaker` and `change` say of what; `count` how many (1).
"""
NODE, ROUTER = "192.0.2.10", "192.0.2.1"


def bgp_exit(what, speaker, reason, **more):
    return {"what": what, "protocol": "bgp", "speaker": speaker, "change": "from Established",
            "reason": reason, **more}


def bfd(what, speaker, change, reason, **more):
    return {"what": what, "protocol": "bfd", "speaker": speaker, "change": change, "reason": reason, **more}


KILLED = "the daemon is killed before it can log that it leaves the session"
UNHEARD = "it is cut off: that it leaves the session is not on the wire until it is heard again"
NO_BFD_LOG = "BIRD drops its BFD session with its BGP session and logs no change of state"

TOLERANCES = {
    "bfd-admin-down": [
        bfd("extra", NODE, "from Up", "FRR's bfdd does not log its own AdminDown")],
    "bfd-detect-expired": [
        bfd("extra", NODE, "from Up", "bfdd is stopped: it does not see that its peer says Down", count=2),
        bfd("unseen", NODE, "from Up", "bfdd notices after it goes on", count=2),
        bfd("extra", NODE, "to Up", "bfdd goes on where it was stopped, in Up, and its peer was Down", count=2)],
    "bfd-discriminator": [bfd("extra", NODE, "from Up", "bfdd is killed before it can log")],
    "bfd-restarted-bird": [bfd("extra", NODE, "from Up", "bfdd is killed before it can log")],
    "capture-one-way": [
        {"what": "late", "seconds": 2, "protocol": "bgp", "change": "to Established",
         "reason": "the KEEPALIVE that confirms is in the direction that was not captured"},
        {"what": "unseen", "protocol": "bgp", "speaker": NODE, "count": 4,
         "reason": "nothing that it sends is in the capture"}],
    "cease-rejected": [
        {"what": "unseen", "protocol": "bgp", "speaker": NODE, "change": "to OpenSent",
         "reason": "the capture ends with its last call"}],
    "closed-without-notification": [bgp_exit("extra", NODE, KILLED)],
    "graceful-restart": [bgp_exit("extra", NODE, KILLED)],
    "graceful-restart-expired": [bgp_exit("extra", NODE, KILLED)],
    "graceful-restart-long-lived": [bgp_exit("extra", ROUTER, KILLED)],
    "graceful-restart-not-kept": [bgp_exit("extra", NODE, KILLED)],
    "crash-loop": [bgp_exit("extra", ROUTER, KILLED, count=3)],
    "healthy-unnumbered": [
        {"what": what, "protocol": "bgp", "count": 12, "reason": "FRR's log names the interface, not the address, of an unnumbered neighbor"}
        for what in ("unseen", "extra")],
    "idle-firewall": [bgp_exit("late", "198.51.100.1", "BIRD's hold timer is jittered, 22 to 30 s of 30", seconds=9)],
    "md5-cut": [bgp_exit("unseen", ROUTER, UNHEARD), bgp_exit("late", ROUTER, "BIRD's hold timer is jittered, 7 to 9 s of 9", seconds=4)],
    "gtsm-mismatch": [
        bgp_exit("late", ROUTER, "BIRD's hold timer is jittered, 11 to 15 s of 15", seconds=4)],
    "hold-timer-expired": [
        bgp_exit("unseen", ROUTER, UNHEARD)],
    "hold-timer-sigstop": [
        bgp_exit("extra", ROUTER, "the daemon is stopped: its kernel takes the NOTIFICATION, it does not")],
    "link-down": [
        bgp_exit("late", ROUTER, UNHEARD, seconds=10),
        bfd("extra", ROUTER, "from Up", NO_BFD_LOG)],
    "no-family-activated": [
        bfd("extra", ROUTER, "from Up", NO_BFD_LOG, count=3)],
    "peer-rebooted": [
        bgp_exit("late", ROUTER, UNHEARD, seconds=10),
        bfd("extra", ROUTER, "from Up", NO_BFD_LOG)],
    "healthy-two-addresses": [
        {"what": "unseen", "protocol": "bgp", "speaker": NODE, "change": "to OpenSent", "count": 4,
         "reason": "FRR takes the calls to both addresses of the node, and its log does not say which one was called"},
        {"what": "extra", "protocol": "bgp", "speaker": "192.0.2.11", "change": "to OpenSent", "count": 4,
         "reason": "FRR takes the calls to both addresses of the node; the log of this speaker is ExaBGP's"}],
    "source-address-gone": [
        bgp_exit("late", ROUTER, "BIRD's hold timer is jittered, 11 to 15 s of 15", seconds=4),
        bgp_exit("unseen", NODE, "it has no address to say so from"),
        {"what": "unseen", "protocol": "bgp", "speaker": NODE, "change": "to OpenSent", "count": 4,
         "reason": "its calls come from the new address, 192.0.2.11, and the log knows the neighbor only"}],
    "stale-connection": [
        bgp_exit("late", ROUTER, UNHEARD, seconds=6)],
    "two-daemons": [
        bgp_exit("extra", NODE, "the second daemon's end is not in the first one's log")],
}
