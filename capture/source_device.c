/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Live capture by libpcap, non-blocking: the caller polls source_fd(). Nanoseconds where the kernel
 * gives them. `any` is asked for SLL2, which names the interface and survives VLAN tags.
 *
 * Not in immediate mode: there the kernel's ring has slots of the largest packet, 64 KiB where the
 * interface joins segments and 256 KiB on `any`, so that 2 MiB hold 32 packets, or 8. Otherwise packets
 * are laid one behind the other, 10,000 and more of them, and are handed on when the timeout ends.
 *
 * An interface that goes down or is deleted is waited for. The socket of one that is down stays good;
 * for one that comes back under another number everything is opened anew, for which the right to
 * capture must have been kept. Its state is asked for when no packet comes: while packets come it is
 * up.
 */
#include <errno.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "capture/limits.h"
#include "capture/source_private.h"

enum {
	SNAPLEN_DEFAULT = 262144,
	TIMEOUT_MS = 10, /* no user sees it, and a burst comes in one piece */
	BUFFER_KIB_DEFAULT = 8192, /* a tenth of a second of a full table at 1 Gbit/s */
};

#define LOOK_NS (100 * LIMIT_MS) /* at the state of the interface */

enum device_state { DEVICE_UP, DEVICE_DOWN, DEVICE_GONE };

struct source_device {
	struct source source;
	pcap_t *pcap; /* NULL while it waits for the interface */
	/* What it is opened with. */
	char *filter; /* NULL: none given */
	uint16_t *ports; /* of the default one; port_count 0: none at all */
	size_t port_count;
	bool any_port;
	int snaplen, buffer_kib;
	bool promiscuous;
	/* What the expression became, and for which link type: names in it are looked up once, at the start,
	 * when that may still be done. */
	struct bpf_program program;
	int program_link_type; /* -1: not yet */
	struct filter_set *early; /* the same while it was down, for any link type; NULL: it was up */
	/* The interface; number 0: libpcap's own (`any`), which never goes. */
	unsigned number;
	enum device_state state;
	int control; /* a socket to ask for the state */
	uint64_t looked_ns;
	bool told; /* that it is away */

	uint64_t frame;
	uint64_t dropped;
	uint32_t last_drop, last_ifdrop; /* as this handle said last */
	bool nanoseconds;
};

static uint64_t
clock_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * LIMIT_S + (uint64_t)now.tv_nsec;
}

/* 0: there is none. As if_nametoindex(), which opens a socket each time. */
static unsigned
number_of(const struct source_device *device)
{
	struct ifreq request = {.ifr_ifindex = 0};
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device->source.name);
	bool good = device->control >= 0 && ioctl(device->control, SIOCGIFINDEX, &request) == 0;
	return good && request.ifr_ifindex > 0 ? (unsigned)request.ifr_ifindex : 0;
}

static enum device_state
state_of(const struct source_device *device)
{
	struct ifreq request = {.ifr_flags = 0};
	unsigned number = number_of(device);
	if (number == 0 || (device->pcap != NULL && number != device->number)) {
		return DEVICE_GONE;
	}
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device->source.name);
	if (device->control < 0 || ioctl(device->control, SIOCGIFFLAGS, &request) != 0) {
		return DEVICE_GONE;
	}
	return (request.ifr_flags & IFF_UP) != 0 ? DEVICE_UP : DEVICE_DOWN;
}

static void
note_drops(struct source_device *device)
{
	struct pcap_stat stat;
	if (device->pcap == NULL || pcap_stats(device->pcap, &stat) != 0) {
		return;
	}
	/* The kernel counts in 32 bits: the difference is right across a wrap. The interface's own
	 * count may be set back. */
	device->dropped += (uint32_t)(stat.ps_drop - device->last_drop);
	if (stat.ps_ifdrop > device->last_ifdrop) {
		device->dropped += stat.ps_ifdrop - device->last_ifdrop;
	}
	device->last_drop = stat.ps_drop;
	device->last_ifdrop = stat.ps_ifdrop;
}

static void
handle_close(struct source_device *device)
{
	if (device->pcap != NULL) {
		note_drops(device);
		pcap_close(device->pcap);
		device->pcap = NULL;
		device->last_drop = device->last_ifdrop = 0;
	}
}

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
		capture_error_set(error, "%.100s: no permission to capture: run it with sudo, or give it "
			"the right once: sudo setcap cap_net_raw+ep \"$(command -v bgpwhy)\"", name);
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
set_filter(struct source_device *device, pcap_t *pcap, int link_type, const char *expression,
	struct capture_error *error)
{
	if (device->program_link_type != link_type) {
		if (device->program_link_type >= 0) {
			pcap_freecode(&device->program);
			device->program_link_type = -1;
		}
		if (!filter_compile(pcap, &device->program, expression, error)) {
			struct capture_error ignored;
			const struct filter *filter = device->early != NULL
				? filter_set_get(device->early, link_type, &ignored) : NULL;
			return filter != NULL && filter_install(filter, pcap);
		}
		device->program_link_type = link_type;
	}
	if (pcap_setfilter(pcap, &device->program) != 0) {
		capture_error_set(error, "%.100s: cannot set the filter: %.200s", device->source.name,
			pcap_geterr(pcap));
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

/* The default expression; the kernel may not take it, then libpcap does the work itself. */
static bool
set_default_filter(struct source_device *device, pcap_t *pcap, int link_type,
	struct capture_error *error)
{
	char *text = capture_allocate(SOURCE_FILTER_MAX);
	bool good = source_default_filter(link_type, device->ports, device->port_count,
			    device->any_port, text, SOURCE_FILTER_MAX) &&
		set_filter(device, pcap, link_type, text, error);
	free(text);
	return good;
}

enum opened { OPENED, OPEN_WAITS, OPEN_FAILED };

/* Opens the device. OPEN_WAITS: the interface is down, or has just gone again. */
static enum opened
handle_open(struct source_device *device, struct capture_error *error)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	const char *name = device->source.name;
	unsigned number = number_of(device);
	pcap_t *pcap = pcap_create(name, why);
	if (pcap == NULL) {
		capture_error_set(error, "%.100s: %.300s", name, why);
		return OPEN_FAILED;
	}
	pcap_set_snaplen(pcap, device->snaplen);
	pcap_set_promisc(pcap, device->promiscuous);
	pcap_set_timeout(pcap, TIMEOUT_MS);
	int64_t buffer = (int64_t)device->buffer_kib * 1024;
	pcap_set_buffer_size(pcap, buffer < INT32_MAX ? (int)buffer : INT32_MAX);
	(void)pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO);
	int status = pcap_activate(pcap);
	if (status < 0) {
		enum opened opened = OPEN_FAILED;
		if (status == PCAP_ERROR_IFACE_NOT_UP ||
		    (status == PCAP_ERROR_NO_SUCH_DEVICE && number != 0)) {
			opened = OPEN_WAITS;
		}
		describe(error, name, status, pcap);
		pcap_close(pcap);
		return opened;
	}
	if (strcmp(name, "any") == 0) {
		prefer_sll2(pcap);
	}
	int link_type = pcap_datalink(pcap);
	char link[64];
	link_type_describe(link_type, link, sizeof(link));
	if (!source_link_known(link_type)) {
		capture_error_set(error, "%.100s: link type %s is not supported", name, link);
		pcap_close(pcap);
		return OPEN_FAILED;
	}
	if ((device->filter != NULL &&
		    !set_filter(device, pcap, link_type, device->filter, error)) ||
	    (device->filter == NULL && device->port_count > 0 &&
	     !set_default_filter(device, pcap, link_type, error))) {
		pcap_close(pcap);
		return OPEN_FAILED;
	}
	if (pcap_setnonblock(pcap, 1, why) != 0) {
		capture_error_set(error, "%.100s: %.300s", name, why);
		pcap_close(pcap);
		return OPEN_FAILED;
	}
	device->nanoseconds = pcap_get_tstamp_precision(pcap) == PCAP_TSTAMP_PRECISION_NANO;
	device->source.link_type = link_type;
	device->source.time_digits = device->nanoseconds ? 9 : 6;
	device->pcap = pcap;
	device->number = number;
	device->state = DEVICE_UP;
	return OPENED;
}

static enum source_status
tell_state(struct source_device *device, enum device_state state, struct capture_error *error)
{
	if (state == DEVICE_GONE) {
		handle_close(device);
	}
	device->state = state;
	device->told = true;
	capture_error_set(error, "%.100s: the interface is %s; waiting for it", device->source.name,
		state == DEVICE_DOWN ? "down" : "gone");
	return SOURCE_NOTICE;
}

static enum source_status
tell_back(struct source_device *device, struct capture_error *error)
{
	device->state = DEVICE_UP;
	device->told = false;
	capture_error_set(error, "%.100s: the interface is up again", device->source.name);
	return SOURCE_NOTICE;
}

/* No packet came: did the interface go, or come back? */
static enum source_status
device_look(struct source_device *device, struct capture_error *error)
{
	uint64_t now = clock_ns();
	if (device->number == 0 || now - device->looked_ns < LOOK_NS) {
		return SOURCE_AGAIN;
	}
	device->looked_ns = now;
	enum device_state state = state_of(device);
	if (device->pcap != NULL) {
		if (state == device->state) {
			return SOURCE_AGAIN;
		}
		return state == DEVICE_UP ? tell_back(device, error)
		                          : tell_state(device, state, error);
	}
	if (state != DEVICE_UP) {
		return device->told ? SOURCE_AGAIN : tell_state(device, state, error);
	}
	switch (handle_open(device, error)) {
	case OPENED:
		return tell_back(device, error);
	case OPEN_WAITS:
		return SOURCE_AGAIN;
	default:
		return number_of(device) == 0 ? SOURCE_AGAIN : SOURCE_DAMAGED;
	}
}

static enum source_status
device_next(struct source *source, struct packet *packet, struct capture_error *error)
{
	struct source_device *device = (struct source_device *)source;
	if (device->pcap == NULL) {
		return device_look(device, error);
	}
	struct pcap_pkthdr *header;
	const u_char *data;
	int rc = pcap_next_ex(device->pcap, &header, &data);
	if (rc == 1) {
		uint64_t fraction = (uint64_t)header->ts.tv_usec;
		*packet = (struct packet){
			.time_ns = (uint64_t)header->ts.tv_sec * LIMIT_S +
				(device->nanoseconds ? fraction : fraction * 1000),
			.frame = ++device->frame,
			.cap_len = header->caplen,
			.wire_len = header->len > header->caplen ? header->len : header->caplen,
			.link_type = source->link_type,
			.time_digits = source->time_digits,
			.data = data,
		};
		return SOURCE_PACKET;
	}
	if (rc == 0) {
		return device_look(device, error);
	}
	if (rc == PCAP_ERROR_BREAK) {
		return SOURCE_END;
	}
	capture_error_set(error, "%.100s: %.300s", source->name, pcap_geterr(device->pcap));
	if (device->number == 0) {
		return SOURCE_DAMAGED;
	}
	/* libpcap has given up: the interface went, or went and came back. */
	enum device_state state = state_of(device);
	if (state == DEVICE_UP && rc != PCAP_ERROR_IFACE_NOT_UP) {
		handle_close(device);
		return handle_open(device, error) == OPEN_FAILED ? SOURCE_DAMAGED : SOURCE_AGAIN;
	}
	return state == device->state && state == DEVICE_DOWN ? SOURCE_AGAIN
		: tell_state(device, state == DEVICE_UP ? DEVICE_DOWN : state, error);
}

static int
device_fd(const struct source *source)
{
	const struct source_device *device = (const struct source_device *)source;
	return device->pcap != NULL ? pcap_get_selectable_fd(device->pcap) : -1;
}

static struct source_counts
device_counts(struct source *source)
{
	struct source_device *device = (struct source_device *)source;
	note_drops(device);
	return (struct source_counts){.packets = device->frame, .dropped = device->dropped};
}

static bool
device_away(const struct source *source)
{
	return ((const struct source_device *)source)->state != DEVICE_UP;
}

static void
device_close(struct source *source)
{
	struct source_device *device = (struct source_device *)source;
	if (device->pcap != NULL) {
		pcap_close(device->pcap);
	}
	if (device->control >= 0) {
		close(device->control);
	}
	if (device->program_link_type >= 0) {
		pcap_freecode(&device->program);
	}
	filter_set_destroy(device->early);
	free(device->filter);
	free(device->ports);
	free(device);
}

static const struct source_kind device_kind = {
	.next = device_next,
	.fd = device_fd,
	.counts = device_counts,
	.away = device_away,
	.close = device_close,
};

static char *
copy_of(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = capture_allocate(size);
	memcpy(copy, text, size);
	return copy;
}

/* An interface that is down from the start is waited for; but an expression that is none is told. */
static bool
wait_from_start(struct source_device *device, struct capture_error *error)
{
	device->state = DEVICE_DOWN;
	device->number = number_of(device);
	if (device->number == 0) {
		return false;
	}
	bool good = true;
	if (device->filter != NULL) {
		device->early = filter_set_create(device->filter);
		good = filter_set_check(device->early, error);
		if (good) {
			filter_set_prepare(device->early);
		}
	}
	return good;
}

struct source *
source_open_device(const char *name, const struct source_options *options,
	struct capture_error *error)
{
	static const struct source_options defaults;
	if (options == NULL) {
		options = &defaults;
	}
	struct source_device *device = capture_allocate(sizeof(*device));
	device->source = (struct source){.kind = &device_kind, .link_type = -1, .live = true};
	device->source.name = copy_of(name);
	if (options->filter != NULL && options->filter[0] != '\0') {
		device->filter = copy_of(options->filter);
	}
	device->any_port = options->any_port;
	device->program_link_type = -1;
	device->port_count = options->port_count;
	device->ports = capture_allocate(options->port_count * sizeof(device->ports[0]));
	if (options->port_count > 0) {
		memcpy(device->ports, options->ports, options->port_count * sizeof(device->ports[0]));
	}
	device->snaplen = options->snaplen > 0 ? options->snaplen : SNAPLEN_DEFAULT;
	device->buffer_kib = options->buffer_kib > 0 ? options->buffer_kib : BUFFER_KIB_DEFAULT;
	device->promiscuous = !options->no_promiscuous;
	device->control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (device->control < 0) {
		device->control = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	}
	enum opened opened = handle_open(device, error);
	if (opened == OPENED || (opened == OPEN_WAITS && wait_from_start(device, error))) {
		return &device->source;
	}
	source_close(&device->source);
	return NULL;
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
