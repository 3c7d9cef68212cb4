/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The writer on a thread of its own, for runs whose packets do not wait. A commit writes into the page cache, and
 * now and then a checkpoint waits for the disk: seconds, where that is slow or busy, and for as long the capture
 * would stand still (tests/test_durable.py measures it with a disk that takes two seconds). So what is told is
 * copied into a ring of fixed size, and the thread takes it from there. Where the ring is full events are let go,
 * never waited for; they are counted as lost, a line tells the user once, and an event each second how many.
 * When the last packet has come there is time, and room is waited for.
 *
 * An entry lies in one piece, with all that the event points to behind it, so that its pointers are set when it is
 * made and hold until it is taken. There is one lock, held for moments only. The thread begins with the first
 * event: then root was given up and the walls of the sandbox are up, and it lives within them. Signals stay with
 * the main thread. For a file that is read nothing has to be fast, and all this is left out.
 */
#include "store/queue.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/limits.h"
#include "track/memory.h"

enum { ALIGN = 16 };

enum entry_kind { ENTRY_EVENT, ENTRY_FLUSH, ENTRY_END, ENTRY_FILLER };

struct entry {
	uint32_t size; /* of all of it, a multiple of ALIGN */
	uint32_t kind;
	uint64_t lost; /* events that were let go before this one */
	struct event event;
};

struct queue {
	struct sink inner;
	store_lost *lose;
	store_complain *complain;
	store_let_go *let_go;
	void *ctx;
	char *path;
	pthread_t thread;
	bool started, no_thread;
	uint64_t lost;   /* since the last entry */
	uint64_t untold; /* since the last event that told so */
	bool full_told;
	bool patient; /* nothing comes any more: it waits where there is no room */
	pthread_mutex_t lock;
	pthread_cond_t came, went;
	/* Under the lock. */
	uint64_t head, tail; /* octets ever written and taken */
	bool has_line;
	char line[STORE_ERROR_MAX];
	/* The ring. */
	uint8_t *octets;
};

static struct entry *
place(struct queue *q, uint64_t position)
{
	return (struct entry *)(void *)(q->octets + position % QUEUE_OCTETS);
}

static void *
run(void *arg)
{
	struct queue *q = arg;
	bool end = false;
	while (!end) {
		pthread_mutex_lock(&q->lock);
		while (q->head == q->tail) {
			pthread_cond_wait(&q->came, &q->lock);
		}
		struct entry *entry = place(q, q->tail);
		pthread_mutex_unlock(&q->lock);
		if (entry->kind != ENTRY_FILLER && entry->lost > 0) {
			q->lose(q->inner.self, entry->lost);
		}
		switch (entry->kind) {
		case ENTRY_EVENT:
			q->inner.on_event(q->inner.self, &entry->event);
			break;
		case ENTRY_FLUSH:
			q->inner.flush(q->inner.self);
			break;
		case ENTRY_END:
			end = true;
			break;
		default:
			break;
		}
		pthread_mutex_lock(&q->lock);
		q->tail += entry->size;
		pthread_cond_signal(&q->went);
		pthread_mutex_unlock(&q->lock);
	}
	return NULL;
}

static void
start(struct queue *q)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	q->started = pthread_create(&q->thread, NULL, run, q) == 0;
	q->no_thread = !q->started; /* then without one */
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Room for an entry of this size, in one piece; NULL where there is none now. */
static struct entry *
room(struct queue *q, size_t size, bool wait)
{
	struct entry *entry = NULL;
	pthread_mutex_lock(&q->lock);
	for (;;) {
		size_t to_end = QUEUE_OCTETS - q->head % QUEUE_OCTETS;
		size_t filler = to_end < size ? to_end : 0;
		if (q->head + filler + size <= q->tail + QUEUE_OCTETS) {
			if (filler > 0) {
				struct entry *gap = place(q, q->head);
				gap->size = (uint32_t)filler;
				gap->kind = ENTRY_FILLER;
				q->head += filler;
			}
			entry = place(q, q->head);
			break;
		}
		if (!wait) {
			break;
		}
		pthread_cond_wait(&q->went, &q->lock);
	}
	pthread_mutex_unlock(&q->lock);
	return entry;
}

static void
hand_over(struct queue *q, struct entry *entry, enum entry_kind kind, size_t size)
{
	entry->size = (uint32_t)size;
	entry->kind = kind;
	entry->lost = q->lost;
	q->lost = 0;
	pthread_mutex_lock(&q->lock);
	q->head += size;
	pthread_cond_signal(&q->came);
	pthread_mutex_unlock(&q->lock);
}

/* Without an event. */
static void
send_word(struct queue *q, enum entry_kind kind, bool wait)
{
	size_t size = (offsetof(struct entry, event) + ALIGN - 1) / ALIGN * ALIGN;
	struct entry *entry = room(q, size, wait);
	if (entry != NULL) {
		hand_over(q, entry, kind, size);
	}
}

/* What the writer has to say is said by the main thread. */
static void
hear(void *ctx, const char *line)
{
	struct queue *q = ctx;
	pthread_mutex_lock(&q->lock);
	if (!q->has_line) {
		q->has_line = true;
		snprintf(q->line, sizeof(q->line), "%s", line);
	}
	pthread_mutex_unlock(&q->lock);
}

static void
pass_line_on(struct queue *q)
{
	char line[STORE_ERROR_MAX] = "";
	pthread_mutex_lock(&q->lock);
	if (q->has_line) {
		q->has_line = false;
		memcpy(line, q->line, sizeof(line));
	}
	pthread_mutex_unlock(&q->lock);
	if (line[0] != '\0' && q->complain != NULL) {
		q->complain(q->ctx, line);
	}
}

/* Copies behind an entry: first they are counted, with `at` NULL, then made. */
struct copier {
	uint8_t *at;
	size_t size;
};

static const void *
copy(struct copier *c, const void *octets, size_t size)
{
	void *to = NULL;
	if (octets == NULL) {
		return NULL;
	}
	if (c->at != NULL) {
		to = c->at + c->size;
		memcpy(to, octets, size);
	}
	c->size += (size + ALIGN - 1) / ALIGN * ALIGN;
	return to;
}

static const char *
copy_text(struct copier *c, const char *text)
{
	return text != NULL ? copy(c, text, strlen(text) + 1) : NULL;
}

/* A cursor into octets that were copied. */
static void
move(struct cursor *cursor, const uint8_t *from, const uint8_t *to)
{
	if (cursor->base != NULL) {
		cursor->base = to + (cursor->base - from);
		cursor->at = to + (cursor->at - from);
		cursor->end = to + (cursor->end - from);
	}
}

static void
move_message(struct bgp_message *m, const uint8_t *from, const uint8_t *to)
{
	move(&m->raw, from, to);
	m->faults = NULL;
	if (!m->body_read) {
		return;
	}
	switch (m->type) {
	case BGP_OPEN:
		move(&m->open.parameters, from, to);
		break;
	case BGP_UPDATE:
		move(&m->update.withdrawn, from, to);
		move(&m->update.attributes, from, to);
		move(&m->update.nlri, from, to);
		break;
	case BGP_NOTIFICATION:
		move(&m->notification.data, from, to);
		move(&m->notification.text, from, to);
		break;
	case BGP_ROUTE_REFRESH:
	case BGP_ROUTE_REFRESH_CISCO:
		move(&m->route_refresh.rest, from, to);
		break;
	default:
		break;
	}
}

static void
copy_message(struct copier *c, struct event_message *e)
{
	const struct bgp_message *m = e->message;
	const uint8_t *from = m->raw.base;
	const uint8_t *to = copy(c, from, (size_t)(m->raw.end - from));
	struct bgp_message *mine = (struct bgp_message *)(uintptr_t)copy(c, m, sizeof(*m));
	e->context = copy(c, e->context, e->context != NULL ? sizeof(*e->context) : 0);
	if (mine != NULL) {
		move_message(mine, from, to);
		e->message = mine;
	}
}

static void
copy_bfd(struct copier *c, struct event_bfd *e)
{
	const struct bfd_packet *p = e->packet;
	const uint8_t *from = p->raw.base;
	const uint8_t *to = copy(c, from, from != NULL ? (size_t)(p->raw.end - from) : 0);
	struct bfd_packet *mine = (struct bfd_packet *)(uintptr_t)copy(c, p, sizeof(*p));
	if (mine != NULL) {
		move(&mine->raw, from, to);
		e->packet = mine;
	}
}

static void
copy_finding(struct copier *c, struct event_finding *e)
{
	const char *texts[FINDING_FIX_MAX];
	for (size_t i = 0; i < e->fix_count; i++) {
		texts[i] = copy_text(c, e->fix[i]);
	}
	e->fix = copy(c, texts, e->fix_count * sizeof(texts[0]));
	e->summary = copy_text(c, e->summary);
	e->evidence = copy(c, e->evidence, e->evidence_count * sizeof(*e->evidence));
}

/* Whatever an event points to that is not there for good. */
static void
copy_parts(struct copier *c, struct event *event)
{
	switch (event->kind) {
	case EVENT_MESSAGE:
		copy_message(c, &event->message);
		break;
	case EVENT_FAULT:
		event->fault.text = copy_text(c, event->fault.text);
		event->fault.detail = copy_text(c, event->fault.detail);
		break;
	case EVENT_BFD:
		copy_bfd(c, &event->bfd);
		break;
	case EVENT_TRANSITION:
		event->transition.reason = copy_text(c, event->transition.reason);
		break;
	case EVENT_ALERT:
	case EVENT_FINDING:
		copy_finding(c, &event->finding);
		break;
	case EVENT_SESSION:
		event->session.agreement = copy(c, event->session.agreement,
			event->session.agreement != NULL ? bgp_agreement_size(event->session.agreement) : 0);
		event->session.families = copy(c, event->session.families,
			event->session.family_count * sizeof(*event->session.families));
		for (size_t i = 0; i < 2; i++) {
			struct event_session_side *side = &event->session.side[i];
			side->restart = copy(c, side->restart, side->restart != NULL ? sizeof(*side->restart) : 0);
			side->end_of_rib = copy(c, side->end_of_rib,
				side->end_of_rib_count * sizeof(*side->end_of_rib));
		}
		break;
	case EVENT_CAPTURE:
		event->capture.link_type = copy_text(c, event->capture.link_type);
		break;
	case EVENT_RECORDING:
		event->recording.file = copy_text(c, event->recording.file);
		break;
	default: /* names of inputs and of causes are there for good */
		break;
	}
}

static void
let_go(struct queue *q, const struct event *event)
{
	char line[STORE_ERROR_MAX];
	if (event->snapshot) {
		return; /* there will be another one */
	}
	q->lost++;
	q->untold++;
	if (!q->full_told) {
		q->full_told = true;
		snprintf(line, sizeof(line),
			"%s: the database is slower than what comes: events are let go until it has caught up", q->path);
		if (q->complain != NULL) {
			q->complain(q->ctx, line);
		}
	}
}

static void
on_event(void *self, const struct event *event)
{
	struct queue *q = self;
	if (!q->started && !q->no_thread) {
		start(q);
	}
	if (q->no_thread) {
		q->inner.on_event(q->inner.self, event);
		return;
	}
	struct copier count = {.at = NULL};
	struct event probe = *event;
	copy_parts(&count, &probe);
	size_t head = (sizeof(struct entry) + ALIGN - 1) / ALIGN * ALIGN;
	struct entry *entry = count.size <= QUEUE_EVENT_MAX ? room(q, head + count.size, q->patient) : NULL;
	if (entry == NULL) {
		let_go(q, event);
		return;
	}
	struct copier copier = {.at = (uint8_t *)entry + head};
	entry->event = *event;
	copy_parts(&copier, &entry->event);
	assert(copier.size == count.size);
	hand_over(q, entry, ENTRY_EVENT, head + count.size);
}

/* As an event of its own, which comes here, too. */
static void
tell_lost(struct queue *q)
{
	uint64_t events = q->untold;
	if (events > 0 && q->let_go != NULL) {
		q->untold = 0;
		q->let_go(q->ctx, events, "queue-full");
	}
}

/* What was seen is to be stored: whoever waits now loses no packets. */
static void
on_ending(void *self)
{
	struct queue *q = self;
	q->patient = true;
	tell_lost(q);
}

static void
on_flush(void *self)
{
	struct queue *q = self;
	tell_lost(q);
	if (q->started) {
		send_word(q, ENTRY_FLUSH, false);
	} else {
		q->inner.flush(q->inner.self);
	}
	pass_line_on(q);
}

static bool
on_close(void *self)
{
	struct queue *q = self;
	if (q->started) {
		send_word(q, ENTRY_END, true);
		pthread_join(q->thread, NULL);
	}
	bool good = q->inner.close(q->inner.self) && !q->full_told;
	pass_line_on(q);
	pthread_mutex_destroy(&q->lock);
	pthread_cond_destroy(&q->came);
	pthread_cond_destroy(&q->went);
	free(q->octets);
	free(q->path);
	free(q);
	return good;
}

struct queue *
queue_create(const char *path, store_let_go *told, store_complain *complain, void *ctx)
{
	struct queue *q = memory_zero(1, sizeof(*q));
	q->path = memory_copy(path, strlen(path) + 1);
	q->complain = complain;
	q->let_go = told;
	q->ctx = ctx;
	q->octets = memory_zero(QUEUE_OCTETS, 1);
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->came, NULL);
	pthread_cond_init(&q->went, NULL);
	return q;
}

store_complain *
queue_complain(void)
{
	return hear;
}

struct sink
queue_sink(struct queue *q, const struct sink *inner, store_lost *lose)
{
	q->inner = *inner;
	q->lose = lose;
	struct sink sink = *inner;
	sink.self = q;
	sink.on_event = on_event;
	sink.flush = on_flush;
	sink.ending = on_ending;
	sink.close = on_close;
	return sink;
}
