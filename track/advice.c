/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sentences of advice.def with the real values in them. */
#include "track/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "track/memory.h"

struct advice_row {
	enum finding_cause cause;
	const char *sentence;
};

static const struct advice_row rows[] = {
#define ADVICE(id, sentence) {FINDING_##id, sentence},
#include "track/advice.def"
#undef ADVICE
};

struct values {
	const struct track *track;
	const struct session *session; /* NULL: there is none */
	struct address addr[2]; /* x, y */
	const struct speaker *speaker[2];
	bool general; /* no session: words stand in */
};

static void
values_of(const struct track *t, const struct session *s, const struct bfd_session *b, const struct address *subject,
	struct values *v)
{
	*v = (struct values){.track = t, .session = s};
	unsigned x = 0;
	if (s != NULL) {
		x = session_side(s, subject);
		for (unsigned i = 0; i < 2; i++) {
			v->speaker[i] = &s->side[i == 0 ? x : 1 - x];
			v->addr[i] = v->speaker[i]->addr;
		}
	} else if (b != NULL) {
		x = address_equal(&b->end[1].addr, subject) ? 1 : 0;
		v->addr[0] = b->end[x].addr;
		v->addr[1] = b->end[1 - x].addr;
	}
}

/* Without a session: a word to put in its place. */
static void
stand_in(const char *name, char text[ADDRESS_TEXT_MAX])
{
	const char *what = strncmp(name + 1, "_as", 3) == 0   ? "ASN_"
			   : strncmp(name + 1, "_id", 3) == 0   ? "ID_"
			   : strncmp(name + 1, "_hold", 5) == 0 ? "HOLD_"
			   : strncmp(name + 1, "_fam", 4) == 0  ? "FAMILY_"
			   : strncmp(name + 1, "_chan", 5) == 0 ? "CHANNEL_"
								: "";
	snprintf(text, ADDRESS_TEXT_MAX, "%s%c", what, name[0] == 'x' ? 'X' : 'Y');
}

/* The value of `name`, or false where it is not known. */
static bool
value_of(const struct values *v, const char *name, size_t size, char text[ADDRESS_TEXT_MAX])
{
	unsigned who = name[0] == 'x' ? 0 : 1;
	if (name[0] == 'p') {
		char ports[PORTS_TEXT_MAX];
		snprintf(text, ADDRESS_TEXT_MAX, "%.*s", ADDRESS_TEXT_MAX - 1, session_ports(v->track, v->session, ports));
		return true;
	}
	if (v->general) {
		stand_in(name, text);
		return true;
	}
	const struct speaker *speaker = v->speaker[who];
	if (size == 1) {
		address_text(&v->addr[who], text);
		return v->addr[who].family != 0;
	}
	if (speaker == NULL || !speaker->has_open) {
		return false;
	}
	if (strncmp(name + 1, "_as", 3) == 0) {
		snprintf(text, ADDRESS_TEXT_MAX, "%u", speaker->asn);
	} else if (strncmp(name + 1, "_id", 3) == 0) {
		struct address id = address_from_u32(speaker->bgp_id);
		address_text(&id, text);
	} else if (strncmp(name + 1, "_fam", 4) == 0 || strncmp(name + 1, "_chan", 5) == 0) {
		const char *version = speaker->family.afi == 2 ? "ipv6" : "ipv4";
		if (speaker->family.afi < 1 || speaker->family.afi > 2 || speaker->family.safi != 1) {
			return false;
		}
		snprintf(text, ADDRESS_TEXT_MAX, name[1] == '_' && name[2] == 'f' ? "%s unicast" : "%s", version);
	} else {
		snprintf(text, ADDRESS_TEXT_MAX, "%u", speaker->hold_time_s);
	}
	return true;
}

/* False where a value is not known. */
static bool
expand(const struct values *v, const char *sentence, char *out, size_t room)
{
	size_t size = 0;
	while (*sentence != '\0' && size + ADDRESS_TEXT_MAX < room) {
		size_t plain = strcspn(sentence, "{");
		if (plain > 0) {
			size_t left = room - ADDRESS_TEXT_MAX - size;
			plain = plain < left ? plain : left;
			memcpy(out + size, sentence, plain);
			size += plain;
			sentence += plain;
			continue;
		}
		const char *end;
		if (sentence[1] != '\0' && strchr("xyp", sentence[1]) != NULL && (end = strchr(sentence, '}')) != NULL) {
			char text[ADDRESS_TEXT_MAX];
			size_t length = (size_t)(end - sentence - 1);
			const char *otherwise = memchr(sentence + 1, '|', length);
			size_t name = otherwise != NULL ? (size_t)(otherwise - sentence - 1) : length;
			if (!value_of(v, sentence + 1, name, text)) {
				if (otherwise == NULL) {
					return false;
				}
				snprintf(text, sizeof(text), "%.*s", (int)(length - name - 1), otherwise + 1);
			}
			size += (size_t)snprintf(out + size, room - size, "%s", text);
			sentence = end + 1;
			continue;
		}
		out[size++] = *sentence++;
	}
	out[size] = '\0';
	return true;
}

size_t
advice_make(const struct track *t, enum finding_cause cause, const struct session *session, const struct bfd_session *bfd,
	const struct address *subject, char *out[FINDING_FIX_MAX])
{
	struct values v;
	values_of(t, session, bfd, subject, &v);
	v.general = session == NULL && bfd == NULL;
	size_t count = 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && count < FINDING_FIX_MAX; i++) {
		if (rows[i].cause != cause) {
			continue;
		}
		char text[1024]; /* a build that zeroes what it declares does so here only */
		if (expand(&v, rows[i].sentence, text, sizeof(text))) {
			out[count++] = memory_copy(text, strlen(text) + 1);
		}
	}
	return count;
}
