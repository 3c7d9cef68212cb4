/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_CAPTURE_SOURCE_PRIVATE_H
#define BGPWHY_CAPTURE_SOURCE_PRIVATE_H

#include "capture/input.h"
#include "capture/source.h"

/* What a kind of source must be able to do; `struct source` is the first member of each kind. */
struct source_kind {
	enum source_status (*next)(struct source *source, struct packet *packet,
		struct capture_error *error);
	bool (*ahead)(struct source *source, struct packet *packet); /* may be NULL */
	int (*fd)(const struct source *source);
	int (*progress)(const struct source *source); /* percent, -1 unknown; may be NULL */
	struct source_counts (*counts)(struct source *source);
	bool (*mixed)(const struct source *source);   /* these four may be NULL: false (settled: true) */
	bool (*away)(const struct source *source);
	bool (*settled)(const struct source *source);
	bool (*reads)(const struct source *source, uint64_t device, uint64_t inode);
	bool (*listen)(struct source *source, source_listener *listener, void *ctx); /* may be NULL */
	bool (*listen_on)(struct source *source); /* … likewise */
	void (*close)(struct source *source);
};

struct source {
	const struct source_kind *kind;
	char *name;
	int link_type; /* DLT_… of the first interface, -1 before it is known */
	uint8_t time_digits; /* of the first interface; 0 before it is known */
	bool live;
};

/* A file's link type (LINKTYPE_…) as a DLT_… value, and back. They differ for raw IP only. */
int link_type_from_file(uint32_t value);
uint32_t link_type_to_file(int link_type);

/* "EN10MB", or "number 999" for one that libpcap does not know either. */
void link_type_describe(int link_type, char *text, size_t size);

/* Compiles into a struct bpf_program for the pcap_t: void, since pcap.h stays in .c files. */
bool filter_compile(void *pcap, void *program, const char *expression,
	struct capture_error *error);

/* The BPF expression, compiled once for each link type. */
struct filter_set;
struct filter;

struct filter_set *filter_set_create(const char *expression);
void filter_set_destroy(struct filter_set *set);
/* NULL and an error where the expression does not compile for this link type. */
const struct filter *filter_set_get(struct filter_set *set, int link_type,
	struct capture_error *error);
bool filter_match(const struct filter *filter, const struct packet *packet);
/* Whether the expression can be one, while no link type is known yet. */
bool filter_set_check(struct filter_set *set, struct capture_error *error);
/* Looks up the names in it, for the usual link types, while that may be done: later on nobody answers. */
void filter_set_prepare(struct filter_set *set);
/* As the kernel's filter of an open handle (a pcap_t). */
bool filter_install(const struct filter *filter, void *pcap);

#endif
