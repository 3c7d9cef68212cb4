/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bar: a loop of libpcap's own, that looks at the last octet of each packet and does no more. */
#include <pcap/pcap.h>
#include <stdio.h>

static void
look(u_char *total, const struct pcap_pkthdr *header, const u_char *packet)
{
	if (header->caplen > 0) {
		*(unsigned long *)(void *)total += packet[header->caplen - 1];
	}
}

int
main(int argc, char **argv)
{
	char error[PCAP_ERRBUF_SIZE] = "usage: loop FILE";
	pcap_t *pcap = argc == 2 ? pcap_open_offline(argv[1], error) : NULL;
	unsigned long total = 0;
	if (pcap == NULL) {
		fprintf(stderr, "%s\n", error);
		return 2;
	}
	int rc = pcap_dispatch(pcap, -1, look, (u_char *)&total);
	pcap_close(pcap);
	printf("%lu\n", total);
	return rc < 0;
}
