"""The lab: real routing daemons in network namespaces, recorded packet by packet.

net        namespaces, cables, nftables, the user-space relay
daemons    FRR, BIRD, GoBGP, OpenBGPD, ExaBGP: start, ask, signal, stop
capture    tcpdump, and what tshark reads out of the file
logs       what the daemons' own logs say of their state machines
lab        one recording: puts the above together and writes the truth
scenarios  the table of recordings
readme     pcaps/README.md, made from the truth files
"""
