# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures made into others: the same traffic in another container, on another link, through a tunnel, cut
into other segments, or with a part of it gone. Everything here is deterministic: the same capture and the
same variant give the same octets. Nothing here knows of the program that is tested.

    packet      the packets of a capture of pcaps/, taken apart and put together again
    containers  file formats
    links       link types and tunnels
    network     IP: fragments, extension headers, offload
    transport   TCP: segments, order, loss, clocks
    oracle      which messages a capture holds, told from its segments alone
"""
