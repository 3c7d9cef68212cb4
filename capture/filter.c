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

enum { RESERVE = 1 << 16 };

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

bool
filter_compile(void *pcap, void *program, const char *expression, struct capture_error *error)
{
	/* Where there is no memory for its scanner, libpcap (1.10) follows a pointer to nowhere. So there is some: what
	 * is freed here is what the allocator gives next. */
	void *reserve = malloc(RESERVE);
	free(reserve);
	if (reserve == NULL) {
		capture_error_set(error, "cannot compile the filter: out of memory");
		return false;
	}
	if (pcap_compile(pcap, program, expression, 1, PCAP_NETMASK_UNKNOWN) == 0) {
		return true;
	}
	capture_error_set(error, "filter \"%.200s\": %.200s", expression, pcap_geterr(pcap));
	return false;
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

void
filter_set_prepare(struct filter_set *set)
{
	static const int usual[] = {
		DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_RAW, DLT_NULL, DLT_LOOP, DLT_PPP};
	struct capture_error ignored;
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		(void)filter_set_get(set, usual[i], &ignored);
	}
}

bool
filter_install(const struct filter *filter, void *pcap)
{
	struct bpf_program program = filter->program; /* which is copied, and not changed */
	return pcap_setfilter(pcap, &program) == 0;
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
