/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Live capture by libpcap, non-blocking: the caller polls source_fd(). Immediate mode, so that a
 * packet is shown when it comes; nanoseconds where the kernel gives them. `any` is asked for SLL2,
 * which names the interface and survives VLAN tags.
 */
#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/source_private.h"

enum { SNAPLEN_DEFAULT = 262144, TIMEOUT_MS = 100 };

struct source_device {
	struct source source;
	pcap_t *pcap;
	uint64_t frame;
	uint64_t dropped;
	bool nanoseconds;
};

static enum source_status
device_next(struct source *source, struct packet *packet, struct capture_error *error)
{
	struct source_device *device = (struct source_device *)source;
	struct pcap_pkthdr *header;
	const u_char *data;
	int rc = pcap_next_ex(device->pcap, &header, &data);
	if (rc == 1) {
		uint64_t fraction = (uint64_t)header->ts.tv_usec;
		*packet = (struct packet){
			.time_ns = (uint64_t)header->ts.tv_sec * 1000000000u +
				(device->nanoseconds ? fraction : fraction * 1000),
			.frame = ++device->frame,
			.cap_len = header->caplen,
			.wire_len = header->len > header->caplen ? header->len : header->caplen,
			.link_type = source->link_type,
			.time_digits = device->nanoseconds ? 9 : 6,
			.data = data,
		};
		return SOURCE_PACKET;
	}
	if (rc == 0) {
		return SOURCE_AGAIN;
	}
	if (rc == PCAP_ERROR_BREAK) {
		return SOURCE_END;
	}
	if (rc == PCAP_ERROR_IFACE_NOT_UP) {
		capture_error_set(error, "%.100s: the interface is down", source->name);
	} else {
		capture_error_set(error, "%.100s: %.300s", source->name, pcap_geterr(device->pcap));
	}
	return SOURCE_DAMAGED;
}

static int
device_fd(const struct source *source)
{
	return pcap_get_selectable_fd(((const struct source_device *)source)->pcap);
}

static struct source_counts
device_counts(struct source *source)
{
	struct source_device *device = (struct source_device *)source;
	struct pcap_stat stat;
	if (pcap_stats(device->pcap, &stat) == 0) {
		/* The kernel counts in 32 bits: the difference is right across a wrap. */
		uint32_t now = stat.ps_drop + stat.ps_ifdrop;
		device->dropped += (uint32_t)(now - (uint32_t)device->dropped);
	}
	return (struct source_counts){.packets = device->frame, .dropped = device->dropped};
}

static void
device_close(struct source *source)
{
	struct source_device *device = (struct source_device *)source;
	if (device->pcap != NULL) {
		pcap_close(device->pcap);
	}
	free(device);
}

static const struct source_kind device_kind = {
	.next = device_next,
	.fd = device_fd,
	.counts = device_counts,
	.close = device_close,
};

/* What libpcap's status means to a person. */
static void
describe(struct capture_error *error, const char *name, int status, pcap_t *pcap)
{
	switch (status) {
	case PCAP_ERROR_NO_SUCH_DEVICE:
		capture_error_set(error, "%.100s: no such interface (bgpwhy -D lists them)", name);
		break;
	case PCAP_ERROR_PERM_DENIED:
	case PCAP_ERROR_PROMISC_PERM_DENIED:
		capture_error_set(error, "%.100s: no permission to capture: run with sudo, or: "
			"setcap cap_net_raw,cap_net_admin+ep bgpwhy", name);
		break;
	case PCAP_ERROR_IFACE_NOT_UP:
		capture_error_set(error, "%.100s: the interface is down", name);
		break;
	default: {
		const char *text = pcap_geterr(pcap);
		capture_error_set(error, "%.100s: %.300s", name,
			text[0] != '\0' ? text : pcap_statustostr(status));
		break;
	}
	}
}

static bool
set_filter(struct source_device *device, const char *expression, struct capture_error *error)
{
	struct bpf_program program;
	if (!filter_compile(device->pcap, &program, expression, error)) {
		return false;
	}
	int rc = pcap_setfilter(device->pcap, &program);
	pcap_freecode(&program);
	if (rc != 0) {
		capture_error_set(error, "%.100s: cannot set the filter: %.200s", device->source.name,
			pcap_geterr(device->pcap));
		return false;
	}
	return true;
}

static void
prefer_sll2(pcap_t *pcap)
{
	int *types;
	int count = pcap_list_datalinks(pcap, &types);
	if (count < 0) {
		return;
	}
	for (int i = 0; i < count; i++) {
		if (types[i] == DLT_LINUX_SLL2) {
			(void)pcap_set_datalink(pcap, DLT_LINUX_SLL2);
		}
	}
	pcap_free_datalinks(types);
}

struct source *
source_open_device(const char *name, const struct source_options *options,
	struct capture_error *error)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	static const struct source_options defaults;
	if (options == NULL) {
		options = &defaults;
	}
	pcap_t *pcap = pcap_create(name, why);
	if (pcap == NULL) {
		capture_error_set(error, "%.100s: %.300s", name, why);
		return NULL;
	}
	struct source_device *device = capture_allocate(sizeof(*device));
	device->source = (struct source){.kind = &device_kind, .link_type = -1, .live = true};
	device->source.name = capture_allocate(strlen(name) + 1);
	memcpy(device->source.name, name, strlen(name) + 1);
	device->pcap = pcap;
	pcap_set_snaplen(pcap, options->snaplen > 0 ? options->snaplen : SNAPLEN_DEFAULT);
	pcap_set_promisc(pcap, !options->no_promiscuous);
	pcap_set_timeout(pcap, TIMEOUT_MS);
	pcap_set_immediate_mode(pcap, 1);
	if (options->buffer_kib > 0) {
		int kib = options->buffer_kib < (1 << 20) ? options->buffer_kib : 1 << 20;
		pcap_set_buffer_size(pcap, kib * 1024 > 0 ? kib * 1024 : INT32_MAX);
	}
	device->nanoseconds = pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO) == 0;
	int status = pcap_activate(pcap);
	if (status < 0) {
		describe(error, name, status, pcap);
		source_close(&device->source);
		return NULL;
	}
	device->nanoseconds = pcap_get_tstamp_precision(pcap) == PCAP_TSTAMP_PRECISION_NANO;
	if (strcmp(name, "any") == 0) {
		prefer_sll2(pcap);
	}
	device->source.link_type = pcap_datalink(pcap);
	if (!source_link_known(device->source.link_type)) {
		char link[64];
		link_type_describe(device->source.link_type, link, sizeof(link));
		capture_error_set(error, "%.100s: link type %s is not supported", name, link);
		source_close(&device->source);
		return NULL;
	}
	if ((options->filter != NULL && options->filter[0] != '\0' &&
	     !set_filter(device, options->filter, error))) {
		source_close(&device->source);
		return NULL;
	}
	if (pcap_setnonblock(pcap, 1, why) != 0) {
		capture_error_set(error, "%.100s: %.300s", name, why);
		source_close(&device->source);
		return NULL;
	}
	return &device->source;
}

bool
source_list_devices(void *out, struct capture_error *error)
{
	FILE *file = out;
	char why[PCAP_ERRBUF_SIZE] = "";
	pcap_if_t *devices;
	if (pcap_findalldevs(&devices, why) != 0) {
		capture_error_set(error, "cannot list the interfaces: %.300s", why);
		return false;
	}
	int number = 1;
	for (const pcap_if_t *device = devices; device != NULL; device = device->next) {
		fprintf(file, "%d.%s", number++, device->name);
		if (device->description != NULL) {
			fprintf(file, " (%s)", device->description);
		}
		const char *up = (device->flags & PCAP_IF_UP) != 0 ? "Up" : "Down";
		fprintf(file, " [%s%s%s]\n", up,
			(device->flags & PCAP_IF_RUNNING) != 0 ? ", Running" : "",
			(device->flags & PCAP_IF_LOOPBACK) != 0 ? ", Loopback" : "");
	}
	pcap_freealldevs(devices);
	return true;
}
