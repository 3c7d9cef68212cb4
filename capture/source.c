/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all sources have in common. */
#include <pcap/pcap.h>
#include <stdlib.h>

#include "capture/source_private.h"

void
source_close(struct source *source)
{
	if (source == NULL) {
		return;
	}
	free(source->name);
	source->kind->close(source);
}

enum source_status
source_next(struct source *source, struct packet *packet, struct capture_error *error)
{
	return source->kind->next(source, packet, error);
}

bool
source_ahead(struct source *source, struct packet *packet)
{
	return source->kind->ahead != NULL && source->kind->ahead(source, packet);
}

int
source_fd(const struct source *source)
{
	return source->kind->fd(source);
}

const char *
source_name(const struct source *source)
{
	return source->name;
}

const char *
source_link_name(const struct source *source)
{
	const char *name = source->link_type >= 0 ? pcap_datalink_val_to_name(source->link_type) : NULL;
	return name != NULL ? name : "unknown";
}

int
source_link_type(const struct source *source)
{
	return source->link_type;
}

uint8_t
source_time_digits(const struct source *source)
{
	return source->time_digits;
}

bool
source_is_mixed(const struct source *source)
{
	return source->kind->mixed != NULL && source->kind->mixed(source);
}

bool
source_is_away(const struct source *source)
{
	return source->kind->away != NULL && source->kind->away(source);
}

bool
source_is_settled(const struct source *source)
{
	return source->kind->settled == NULL || source->kind->settled(source);
}

bool
source_reads(const struct source *source, uint64_t device, uint64_t inode)
{
	return source->kind->reads != NULL && source->kind->reads(source, device, inode);
}

bool
source_listen(struct source *source, source_listener *listener, void *ctx)
{
	return source->kind->listen != NULL && source->kind->listen(source, listener, ctx);
}

bool
source_listen_on(struct source *source)
{
	return source->kind->listen_on != NULL && source->kind->listen_on(source);
}

bool
source_is_live(const struct source *source)
{
	return source->live;
}

int
source_progress(const struct source *source)
{
	return source->kind->progress != NULL ? source->kind->progress(source) : -1;
}

struct source_counts
source_counts(struct source *source)
{
	return source->kind->counts(source);
}
