/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables made from keys.def. curses.h is here only for the names of its function keys.
 */
#include <curses.h>
#include <stdio.h>
#include <string.h>

#include "ui/dashboard_panel.h"
#include "ui/text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define FN(code) ((uint32_t)(code) | (uint32_t)CANVAS_FUNCTION)

static const struct {
	unsigned places;
	const char *word, *help;
} actions[ACTION_COUNT] = {
#define ACTION(id, places, word, help) [ACTION_##id] = {places, word, help},
#include "ui/keys.def"
#undef ACTION
};

static const struct {
	const char *label;
	uint32_t code;
	enum action action;
} keys[] = {
#define KEY(code, label, action) {label, code, ACTION_##action},
#include "ui/keys.def"
#undef KEY
};

enum action
keys_action(uint32_t code, enum place place)
{
	for (size_t i = 0; i < COUNT(keys); i++) {
		if (keys[i].code == code && (actions[keys[i].action].places & (unsigned)place) != 0) {
			return keys[i].action;
		}
	}
	return ACTION_NONE;
}

uint32_t
keys_code(const char *label)
{
	for (size_t i = 0; i < COUNT(keys); i++) {
		if (keys[i].label[0] != '\0' && strcmp(keys[i].label, label) == 0) {
			return keys[i].code;
		}
	}
	return label[0] != '\0' && label[1] == '\0' ? (uint32_t)(unsigned char)label[0] : 0;
}

unsigned
keys_places(enum action action)
{
	return actions[action].places;
}

const char *
keys_word(enum action action)
{
	return actions[action].word;
}

const char *
keys_help(enum action action)
{
	return actions[action].help != NULL ? actions[action].help : "";
}

const char *
keys_label(enum action action)
{
	for (size_t i = 0; i < COUNT(keys); i++) {
		if (keys[i].action == action && keys[i].label[0] != '\0') {
			return keys[i].label;
		}
	}
	return "";
}

char *
keys_labels(enum action action, enum place place, char *text, size_t room)
{
	text[0] = '\0';
	for (size_t i = 0; i < COUNT(keys); i++) {
		if (keys[i].action == action && keys[i].label[0] != '\0' &&
			keys_action(keys[i].code, place) == action) {
			text_append(text, room, "%s%s", text[0] != '\0' ? "  " : "", keys[i].label);
		}
	}
	return text;
}
