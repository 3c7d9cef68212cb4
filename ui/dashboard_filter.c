/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The filter of the list of sessions: a few words, or where each of them is to be looked for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ui/dashboard_panel.h"
#include "ui/text.h"

enum { WORD_MAX = 64, TEXT_MAX = 512 };

static void
append_peers(const struct session_row *row, char *text, size_t room)
{
	char address[ADDRESS_TEXT_MAX];
	for (size_t side = 0; side < 2; side++) {
		text_append(text, room, "%s ",
			address_text(session_row_address(row, side), address));
	}
}

static void
append_states(const struct session_row *row, char *text, size_t room)
{
	text_append(text, room, "%s %s %s %s ", session_row_state(row, 0), session_row_state(row, 1),
		row->has_session ? verdict_name(row->info.verdict) : "",
		session_row_is_up(row) ? "up" : "down");
}

static void
append_bfd(const struct session_row *row, char *text, size_t room)
{
	for (size_t side = 0; row->has_bfd && side < 2; side++) {
		text_append(text, room, "BFD %s ",
			track_state_name(PROTOCOL_BFD, row->bfd.side[side].state));
	}
}

static void
append_cause(const struct session_row *row, char *text, size_t room)
{
	char cause[ROW_TEXT_MAX];
	const char *key = finding_key(row->cause);
	text_append(text, room, "%s %s ", session_row_cause(row, cause), key != NULL ? key : "");
}

static bool
has_asn(const struct session_row *row, const char *word)
{
	char *end;
	unsigned long asn = strtoul(word, &end, 10);
	for (size_t side = 0; row->has_session && side < 2; side++) {
		if (end != word && *end == '\0' && row->info.side[side].has_asn &&
			row->info.side[side].asn == asn) {
			return true;
		}
	}
	return false;
}

static bool
fits_anywhere(const struct session_row *row, const char *word)
{
	char text[TEXT_MAX] = "";
	append_peers(row, text, sizeof(text));
	append_states(row, text, sizeof(text));
	append_bfd(row, text, sizeof(text));
	append_cause(row, text, sizeof(text));
	for (size_t side = 0; row->has_session && side < 2; side++) {
		if (row->info.side[side].has_asn) {
			text_append(text, sizeof(text), "AS%u ", row->info.side[side].asn);
		}
	}
	return strcasestr(text, word) != NULL;
}

/* One value of "state:idle,active". */
static bool
fits_in(const struct session_row *row, const char *where, size_t size, const char *word)
{
	static const struct {
		const char *name;
		void (*append)(const struct session_row *row, char *text, size_t room);
	} places[] = {
		{"peer", append_peers},
		{"state", append_states},
		{"bfd", append_bfd},
		{"cause", append_cause},
	};
	if (size == 2 && strncasecmp(where, "as", 2) == 0) {
		return has_asn(row, word);
	}
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (strlen(places[i].name) == size && strncasecmp(where, places[i].name, size) == 0) {
			char text[TEXT_MAX] = "";
			places[i].append(row, text, sizeof(text));
			return strcasestr(text, word) != NULL;
		}
	}
	return false;
}

static bool
is_place(const char *where, size_t size)
{
	static const char *const names[] = {"as", "peer", "state", "bfd", "cause"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strlen(names[i]) == size && strncasecmp(where, names[i], size) == 0) {
			return true;
		}
	}
	return false;
}

static bool
fits(const struct session_row *row, char *word)
{
	bool not = word[0] == '-' && word[1] != '\0';
	word += not ? 1 : 0;
	char *colon = strchr(word, ':');
	size_t size = colon != NULL ? (size_t)(colon - word) : 0;
	if (colon == NULL || !is_place(word, size)) { /* an address of IPv6 has colons, too */
		return fits_anywhere(row, word) != not;
	}
	char *rest = NULL;
	bool any = false, asked = false;
	for (char *value = strtok_r(colon + 1, ",", &rest); value != NULL;
		value = strtok_r(NULL, ",", &rest)) {
		asked = true;
		any |= fits_in(row, word, size, value);
	}
	return !asked || any != not; /* "state:" while it is being typed */
}

bool
session_row_matches(const struct session_row *row, const char *text)
{
	char words[2 * WORD_MAX], *rest = NULL;
	snprintf(words, sizeof(words), "%s", text);
	for (char *word = strtok_r(words, " ", &rest); word != NULL;
		word = strtok_r(NULL, " ", &rest)) {
		if (!fits(row, word)) {
			return false;
		}
	}
	return true;
}
