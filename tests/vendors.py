# SPDX-License-Identifier: GPL-2.0-or-later
"""Messages in the manner of many implementations, which the lab does not have: octets as their makers lay them
out, by RFC and by what is known of them. Whitespace is for the eye; N*HH is that octet N times.

Each conversation is (name, capabilities of the OPENs, UPDATEs of the client, further messages of it).
"""
import re

import packets


def octets(text):
    text = re.sub(r"(\d+)\*([0-9a-f]{2})", lambda match: match.group(2) * int(match.group(1)), text)
    return bytes.fromhex("".join(text.split()))


def parameters(text):
    """Optional parameters; one for each capability where they are separated by '|', else one for all."""
    return b"".join(b"\2" + bytes([len(one)]) + one for one in map(octets, text.split("|")))


def open_body(text, asn=65001, my_as=None, hold=180, identifier="c0000201", raw=False):
    field = octets(text) if raw else parameters(text)
    assert len(field) < 256
    return (b"\4" + (my_as or asn).to_bytes(2, "big") + hold.to_bytes(2, "big") + bytes.fromhex(identifier) +
            bytes([len(field)]) + field)


AS4 = "4104 0000fde9"
IPV4 = "0104 00010001"
ALL_FAMILIES = "".join(f"0104 {afi:04x}00{safi:02x} " for afi, safi in (
    (1, 1), (1, 2), (1, 4), (1, 5), (1, 66), (1, 73), (1, 85), (1, 128), (1, 129), (1, 132), (1, 133), (1, 134), (2, 1), (2, 2),
    (2, 4), (2, 73), (2, 128), (2, 133), (25, 65), (25, 70), (16388, 71), (16388, 72)))

# What the OPENs of these implementations have: (who, capabilities, as raw parameters)
OPENS = [
    ("Cisco IOS", f"{IPV4}|8000|0200|4600|{AS4}", False),
    ("Cisco IOS XE, several families", f"{IPV4}|0104 00010080|0104 00190046|8000|0200|4600|8301 00|{AS4}|4508 00010103 00020103", False),
    ("Cisco IOS XR", f"{IPV4} 0104 00020001 8000 0200 {AS4} 4006 8078 00010100 0506 000100010002", False),
    ("Cisco NX-OS", f"4600|8000|0200|{AS4}|{IPV4}|4002 4078|4302 0140", False),
    ("Cisco, ORF by its old number", f"{IPV4}|8207 00010001 01 8003|0307 00010001 01 4003|0200|{AS4}", False),
    ("Junos", f"{IPV4} 8000 0200 4002 0078 {AS4} 4700", False),
    ("Junos, restart and LLGR", f"{IPV4} 0200 400a c078 00010180 00010180 {AS4} 4707 00010180000e10", False),
    ("Arista EOS", f"{IPV4}|{AS4}|0200|4600|0506 000100010002|4504 00010101|0600", False),
    ("Nokia SR OS", f"{IPV4}|0200|{AS4}|4002 0000|0901 03", False),
    ("Huawei VRP", f"{IPV4} 0200 {AS4} 4006 0096 00010180", False),
    ("MikroTik RouterOS 7", f"{IPV4} 0200 0600 {AS4} 4500", False),
    ("Quagga", f"{IPV4}|8000|0200|{AS4}|4002 0078", False),
    ("FRR 10", f"{IPV4}|8000|0200|4600|{AS4}|0600|4504 00010101|4906 04 6e6f6465 00|4002 4078|4b0b 0a 4652522f31302e302e30|4c05 0001010005|4d00", False),
    ("BIRD 2", f"{IPV4} 0200 4002 0078 {AS4} 4600 4700 0600 0901 00", False),
    ("OpenBGPD", f"{IPV4} 0200 4002 005a {AS4} 4600", False),
    ("XORP", f"{IPV4}|0200|4104 0000fde9", False),
    ("holo, rustybgp", f"{IPV4} 0200 {AS4} 4600 4504 00010103", False),
    ("every capability", f"{IPV4} 0200 0307 00010001 01 4001 0500 0600 0703 08 0001 0804 00010103 0901 04 4002 0078 {AS4} 4200 "
     "4300 4401 00 4500 4600 4707 00010100000e10 4804 00010b03 4902 0000 4a00 4b01 00 4c00 4d00 8000 8207 00010001 01 8001 "
     "8300 b802 0000 b900", False),
    ("unknown capabilities", f"{IPV4} {AS4} 0a00 63020102 ef00 fe04 01020304 c900", False),
    ("a parameter of none", f"0200 0206 {IPV4} 0206 {AS4}", True),
    ("the same family twice", f"{IPV4}|{IPV4}|{AS4}", False),
    ("a name of 64 octets", f"{IPV4} {AS4} 4942 40 64*61 00", False),
    ("host and domain", f"{IPV4} {AS4} 490c 04 6e6f6465 06 782e74657374", False),
    ("a version without a length", f"{IPV4} {AS4} 4b08 4a756e6f7320 3233", False),
    ("hold time and labels", f"{IPV4} 0104 00010004 {AS4} 0808 00010403 00020403", False),
]

ORIGIN = "4001 01 02 "
PATH = "4002 06 0201 0000fde9 "
HOP = "4003 04 c0000201 "
GOOD = ORIGIN + PATH + HOP
V6, LL = "20010db8 11*00 01", "fe80 13*00 01"


def mp(afi, safi, hop, nlri):
    value = f"{afi:04x} {safi:02x} {len(octets(hop)):02x} {hop} 00 {nlri}"
    return f"900e {len(octets(value)):04x} {value} "


def gone(afi, safi, nlri):
    value = f"{afi:04x} {safi:02x} {nlri}"
    return f"800f {len(octets(value)):02x} {value} "


RD = "0000 fde9 00000064 "
# (what, withdrawn, attributes, NLRI)
UPDATES = [
    ("MP_REACH last, and both fields", "18 cb0071", GOOD + mp(2, 1, V6, "30 20010db80001"), "18 c63364 20 c6336401"),
    ("MP_REACH first", "", mp(2, 1, V6 + " " + LL, "30 20010db80001") + ORIGIN + PATH, ""),
    ("withdrawals and announcements in one", "18 cb0071", gone(2, 1, "30 20010db80002") + GOOD + mp(2, 1, V6, "00"), "08 0a"),
    ("IPv4 in MP_REACH", "", ORIGIN + PATH + mp(1, 1, "c0000201", "18 c63364"), ""),
    ("IPv4 behind an IPv6 next hop", "", ORIGIN + PATH + mp(1, 1, V6, "18 c63364"), ""),
    ("and behind two", "", ORIGIN + PATH + mp(1, 1, V6 + " " + LL, "18 c63364"), ""),
    ("multicast", "", ORIGIN + PATH + mp(1, 2, "c0000201", "18 c63364") + gone(2, 2, "30 20010db80002"), ""),
    ("VPN, IPv4", "", ORIGIN + PATH + "c010 08 0002fde900000064 " + mp(1, 128, "8*00 c0000201", f"70 000641 {RD} cb0071"), ""),
    ("VPN, IPv6 behind an IPv4-mapped next hop", "", ORIGIN + PATH + mp(2, 128, "8*00 10*00 ffff c0000201", f"88 000641 {RD} 20010db80001"), ""),
    ("VPN, two next hops", "", ORIGIN + PATH + mp(2, 128, "8*00 " + V6 + " 8*00 " + LL, f"88 000641 {RD} 20010db80001"), ""),
    ("VPN, withdrawn with the label 0x800000", "", gone(1, 128, f"70 800000 {RD} cb0071"), ""),
    ("VPN, withdrawn with the label 0", "", gone(1, 128, f"70 000000 {RD} cb0071"), ""),
    ("labelled, IPv6 over IPv4 (6PE)", "", ORIGIN + PATH + mp(2, 4, "10*00 ffff c0000201", "48 000021 20010db80001"), ""),
    ("labelled, withdrawn", "", gone(1, 4, "30 800000 cb0071"), ""),
    ("AS_PATH: a set, and confederations", "", ORIGIN + "4002 1a 0302 0000fdea 0000fdeb 0201 0000fde9 0102 0000fdec 0000fded " + HOP, "18 c63364"),
    ("AS_PATH of 300 numbers", "", ORIGIN + "5002 04b4 02ff " + "0000fde9" * 255 + " 022d " + "0000fdea" * 45 + HOP, "18 c63364"),
    ("an empty AS_PATH", "", ORIGIN + "4002 00 " + HOP + "4005 04 00000064 ", "18 c63364"),
    ("every attribute of RFC 4271, extended lengths", "", "5001 0001 00 5002 0006 0201 0000fde9 5003 0004 c0000201 9004 0004 00000007 "
     "4006 00 c007 08 0000fde9 c0000201 ", "18 c63364"),
    ("reflected", "", GOOD + "4005 04 00000064 8009 04 c0000209 800a 08 c0000201 c0000202 ", "18 c63364"),
    ("communities, partial", "", GOOD + "e008 0c fde90001 ffffff01 ffff029a e020 18 0000fde9 00000001 00000002 0000fde9 00000003 00000004 ", "18 c63364"),
    ("extended communities", "", GOOD + "c010 70 0002fde900000064 0102c00002010064 02020000fde90064 0003fde900000001 030b000000000064 "
     "030c000000000008 4004fde94b189680 060000000000002a 0600010000000001 060200005e005301 060300005e0053aa 4300000000000002 "
     "8006fde900000000 800a130005dc0000 ", "18 c63364"),
    ("attributes of the past, and unknown ones", "", GOOD + "c00b 06 fde9 00000001 c014 0a 0001 c0000201 00000001 c015 05 01 0000fde9 "
     "c01c 00 c063 02 abcd 80ff 01 00 c081 00 ", "18 c63364"),
    ("AIGP and OTC", "", GOOD + "801a 0b 01 000b 0000000000000064 c023 04 0000fde9 ", "18 c63364"),
    ("PMSI tunnels: ingress replication", "", ORIGIN + PATH + "c016 09 00 06 000641 c0000201 " + mp(25, 70, "c0000201", f"03 11 {RD} 0000000a 20 c0000201"), ""),
    ("PMSI tunnels: RSVP-TE", "", ORIGIN + PATH + "c016 11 01 01 000000 00000000 00000001 c0000201 " + mp(1, 5, "c0000201", f"01 0c {RD} c0000201"), ""),
    ("PMSI tunnels: mLDP", "", ORIGIN + PATH + "c016 16 00 02 000000 06 0001 04 c0000201 0007 01 0004 00000009 " + mp(1, 5, "c0000201", f"01 0c {RD} c0000201"), ""),
    ("PMSI tunnels: PIM-SSM", "", ORIGIN + PATH + "c016 0d 00 03 000000 c0000201 e8010101 " + mp(1, 5, "c0000201", f"01 0c {RD} c0000201"), ""),
    ("Prefix-SID", "", ORIGIN + PATH + "c028 15 01 0007 00 0000 00000064 03 0008 0000 003e80 001f40 " + mp(1, 4, "c0000201", "38 003e91 c0000202"), ""),
    ("tunnels", "", GOOD + "c017 28 0008 000e 010c c0000064 00005e005301 0000 0002 0012 0104 00000007 060a 00000000 0001 c0000201 ", "18 c63364"),
    ("ATTR_SET", "", GOOD + "c080 11 0000fdea 400101 00 4002 06 0201 0000fdeb ", "18 c63364"),
    ("RT constraint, a part and the default", "", ORIGIN + PATH + mp(1, 132, "c0000201", "00 60 0000fde9 0002fde900000064 20 0000fde9"), ""),
    ("MDT", "", ORIGIN + PATH + mp(1, 66, "c0000201", f"80 {RD} c0000201 e8010101"), ""),
    ("VPLS by RFC 6074", "", ORIGIN + PATH + mp(25, 65, "c0000201", f"000c {RD} c0000201"), ""),
    ("EVPN, multicast by RFC 9251", "", ORIGIN + PATH + mp(25, 70, "c0000201", f"06 1c {RD} 0000000a 20 c0000209 20 e8010101 20 c0000201 02"), ""),
    ("End-of-RIB", "", "", ""),
    ("End-of-RIB, VPN", "", gone(1, 128, ""), ""),
]

MORE = [
    ("ROUTE-REFRESH", 5, "0001 00 01"), ("BoRR", 5, "0001 01 01"), ("EoRR", 5, "0002 02 80"), ("its old number", 128, "0001 00 01"),
    ("ORF: two entries", 5, "0001 00 01 01 40 0016 00 00000005 00 20 18 cb0071 20 0000000a 19 1a 18 c63364"),
    ("ORF: all gone", 5, "0001 00 01 02 40 0001 80"), ("ORF: all gone, as Quagga has it", 5, "0001 00 01 02 80 0001 c0"),
]

# RFC 7606 sections 7.5, 7.9 and 7.10: what is reflected is not for an external peer.
FAULTS = {"UPDATEs of many": ["attribute-internal-only"]}


def update(withdrawn, attributes, nlri):
    gone_octets, field = octets(withdrawn), octets(attributes)
    return (len(gone_octets).to_bytes(2, "big") + gone_octets + len(field).to_bytes(2, "big") + field + octets(nlri))


def conversations():
    """(name, pcap) of each OPEN, and of all UPDATEs and further messages."""
    for who, text, raw in OPENS:
        talk = packets.Conversation()
        talk.handshake()
        talk.say(packets.SERVER, packets.message(1, open_body(text, raw=raw)))
        talk.say(packets.CLIENT, packets.message(1, open_body(f"{IPV4} 0200 4104 0000fdf1", asn=65009, identifier="c000020a")))
        talk.say(packets.SERVER, packets.KEEPALIVE)
        talk.say(packets.CLIENT, packets.KEEPALIVE)
        yield f"OPEN of {who}", talk.pcap()
    talk = packets.Conversation()
    talk.handshake()
    capabilities = f"{ALL_FAMILIES} 0200 4600 4104 0000fde9"
    talk.say(packets.SERVER, packets.message(1, open_body(capabilities)))
    talk.say(packets.CLIENT, packets.message(1, open_body(f"{capabilities}".replace("0000fde9", "0000fdf1"), asn=65009, identifier="c000020a")))
    talk.say(packets.SERVER, packets.KEEPALIVE)
    talk.say(packets.CLIENT, packets.KEEPALIVE)
    for _, withdrawn, attributes, nlri in UPDATES:
        talk.say(packets.SERVER, packets.message(2, update(withdrawn, attributes, nlri)))
    for _, kind, body in MORE:
        talk.say(packets.SERVER, packets.message(kind, octets(body)))
    yield "UPDATEs of many", talk.pcap()
