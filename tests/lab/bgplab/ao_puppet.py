#!/usr/bin/python3
"""A caller that signs its SYNs with TCP-AO (RFC 5925), which Linux 6.6 and older do not have.

    ao_puppet.py ADDRESS PEER KEY-ID NEXT-KEY-ID

The digest is random: who checks it does not answer, as who has another key does not. It never hears
anything either: its host's kernel knows nothing of the connection, and its RST is kept off the wire
by the scenario.
"""
import os
import random
import socket
import struct
import sys
import time

SYN, ATTEMPTS_AT_S, RETRY_S = 2, (0, 1, 3, 7), 13


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def syn(source, target, port, isn, options):
    head = struct.pack(">HHIIBBHHH", port, 179, isn, 0, (20 + len(options)) // 4 << 4, SYN, 64240, 0, 0) + options
    pseudo = socket.inet_aton(source) + socket.inet_aton(target) + struct.pack(">BBH", 0, 6, len(head))
    return head[:16] + struct.pack(">H", checksum(pseudo + head)) + head[18:]


def main():
    source, target, key_id, next_key_id = sys.argv[1:]
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP) as sock:
        sock.bind((source, 0))
        while True:
            port, isn, began = random.randrange(32768, 60000), random.randrange(1 << 32), time.monotonic()
            for at in ATTEMPTS_AT_S:
                time.sleep(max(0, began + at - time.monotonic()))
                options = struct.pack(">BBH", 2, 4, 1460) + struct.pack(">BBBB", 29, 16, int(key_id), int(next_key_id)) + os.urandom(12)
                sock.sendto(syn(source, target, port, isn, options), (target, 0))
            time.sleep(max(0, began + RETRY_S - time.monotonic()))


main()
