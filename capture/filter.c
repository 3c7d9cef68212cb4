/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BPF expressions. A file may hold several link types, and an expression means different
 * instructions on each; so it is compiled for each when that first appears.
 */
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/limits.h"
#include "capture/source_private.h"

struct filter {
	struct filter *next;
	int link_type;
	struct bpf_program program;
};

struct filter_set {
	char *expression;
	struct filter *filters;
};

struct filter_set *
filter_set_create(const char *expression)
{
	struct filter_set *set = capture_allocate(sizeof(*set));
	size_t size = strlen(expression) + 1;
	set->expression = capture_allocate(size);
	memcpy(set->expression, expression, size);
	return set;
}

void
filter_set_destroy(struct filter_set *set)
{
	if (set == NULL) {
		return;
	}
	while (set->filters != NULL) {
		struct filter *filter = set->filters;
		set->filters = filter->next;
		pcap_freecode(&filter->program);
		free(filter);
	}
	free(set->expression);
	free(set);
}

/*
 * libpcap refuses `vlan` where a link has none (SLL2, RAW), though there "X or (vlan and Y)" is
 * simply X; so that an expression fits all links, it is cut there.
 */
bool
filter_compile(void *pcap, void *program, const char *expression, struct capture_error *error)
{
	if (pcap_compile(pcap, program, expression, 1, PCAP_NETMASK_UNKNOWN) == 0) {
		return true;
	}
	capture_error_set(error, "filter \"%.200s\": %.200s", expression, pcap_geterr(pcap));
	const char *vlan = strstr(expression, ") or (vlan and (");
	if (vlan == NULL) {
		return false;
	}
	size_t size = (size_t)(vlan - expression) + 1;
	char *plain = capture_allocate(size + 1);
	memcpy(plain, expression, size);
	bool good = pcap_compile(pcap, program, plain, 1, PCAP_NETMASK_UNKNOWN) == 0;
	free(plain);
	return good;
}

const struct filter *
filter_set_get(struct filter_set *set, int link_type, struct capture_error *error)
{
	for (struct filter *filter = set->filters; filter != NULL; filter = filter->next) {
		if (filter->link_type == link_type) {
			return filter;
		}
	}
	pcap_t *dead = pcap_open_dead(link_type, LIMIT_PACKET);
	if (dead == NULL) {
		capture_error_set(error, "cannot compile the filter: out of memory");
		return NULL;
	}
	struct filter *filter = capture_allocate(sizeof(*filter));
	filter->link_type = link_type;
	if (!filter_compile(dead, &filter->program, set->expression, error)) {
		pcap_close(dead);
		free(filter);
		return NULL;
	}
	pcap_close(dead);
	filter->next = set->filters;
	set->filters = filter;
	return filter;
}

bool
filter_set_check(struct filter_set *set, struct capture_error *error)
{
	struct capture_error ignored;
	return filter_set_get(set, DLT_EN10MB, error) != NULL ||
		filter_set_get(set, DLT_RAW, &ignored) != NULL;
}

bool
filter_match(const struct filter *filter, const struct packet *packet)
{
	struct pcap_pkthdr header = {.caplen = packet->cap_len, .len = packet->wire_len};
	return pcap_offline_filter(&filter->program, &header, packet->data) != 0;
}

int
link_type_from_file(uint32_t value)
{
	/* The upper bits tell the length of the frame check sequence. */
	uint32_t type = value & 0x03ffffff;
	if (type == 101 || type == 12 || type == 14) {
		return DLT_RAW;
	}
	return (int)type;
}

uint32_t
link_type_to_file(int link_type)
{
	return link_type == DLT_RAW ? 101 : (uint32_t)link_type;
}

void
link_type_describe(int link_type, char *text, size_t size)
{
	const char *name = pcap_datalink_val_to_name(link_type);
	if (name != NULL) {
		snprintf(text, size, "%s (%d)", name, link_type);
	} else {
		snprintf(text, size, "number %d", link_type);
	}
}

/*
 * `vlan` moves the offsets of everything after it in libpcap's expressions, so the tagged case is
 * one alternative at the end, "(X) or (vlan and (X))", and a second tag one more level of it. Where
 * a link has no tags, filter_compile() leaves that alternative out.
 */
void
source_default_filter(const uint16_t *ports, size_t count, bool any_port, char *text,
	size_t size)
{
	if (size == 0) {
		return;
	}
	char terms[1024];
	size_t used = 0;
	for (size_t i = 0; i < count && !any_port && used < sizeof(terms) - 32; i++) {
		used += (size_t)snprintf(terms + used, sizeof(terms) - used, "%stcp port %u",
			i > 0 ? " or " : "", (unsigned)ports[i]);
	}
	if (any_port || count == 0) {
		snprintf(terms, sizeof(terms), any_port ? "tcp" : "tcp port 179");
	}
	char plain[1536];
	snprintf(plain, sizeof(plain),
		"%s or udp port 3784 or udp port 3785 or udp port 4784 or udp port 6784 or "
		"udp port 7784 or arp or icmp or icmp6 or "
		/* what has no ports: later fragments of either family */
		"(ip and ip[6:2] & 0x1fff != 0) or (ip6 and ip6[6] = 44)",
		terms);
	snprintf(text, size, "(%s) or (vlan and ((%s) or (vlan and (%s))))", plain, plain, plain);
}
