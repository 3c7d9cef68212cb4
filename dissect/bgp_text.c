/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts in buffers of fixed size: what does not fit is told to be missing. */
#include "dissect/bgp_text.h"

#include <stdarg.h>
#include <stdio.h>

void
bgp_text_put(struct bgp_text *w, const char *format, ...)
{
	static const char more[] = "...";
	va_list arguments;
	if (w->full) {
		return;
	}
	size_t room = w->size - w->length - (sizeof(more) - 1);
	va_start(arguments, format);
	int written = vsnprintf(w->text + w->length, room, format, arguments);
	va_end(arguments);
	if (written < 0 || (size_t)written >= room) {
		w->full = true;
		memcpy(w->text + w->length, more, sizeof(more));
		return;
	}
	w->length += (size_t)written;
}

double
bgp_read_float(struct cursor *c)
{
	_Static_assert(sizeof(float) == sizeof(uint32_t), "IEEE 754 single");
	uint32_t bits = cursor_u32(c);
	float value;
	memcpy(&value, &bits, sizeof(value));
	return (double)value;
}

void
bgp_text_put_hex(struct bgp_text *w, struct cursor value)
{
	while (cursor_left(&value) > 0 && !w->full) {
		bgp_text_put(w, "%02x", cursor_u8(&value));
	}
}
