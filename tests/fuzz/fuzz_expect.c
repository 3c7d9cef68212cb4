/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The readers of --expect: the first octet tells the format (told from content, text, MetalLB, FRR), the rest is
 * the file. What was read must be in bounds, and a failure must say why.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "expect/expect_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(int good)
{
	if (!good) {
		abort();
	}
}

static void
check_value(const struct expect_value *value)
{
	check(value->line == 0 || (value->word != NULL && strlen(value->word) <= EXPECT_WORD_MAX));
}

static void
check_peer(const struct expect *expect, const struct expectation *e)
{
	check(e->file < expect->file_count && e->line > 0);
	check(memchr(e->what, '\0', sizeof(e->what)) != NULL && e->what[0] != '\0');
	for (const char *c = e->what; *c != '\0'; c++) {
		check(*c >= ' ' && *c <= '~');
	}
	check(e->family_count <= EXPECT_FAMILIES_MAX);
	const struct expect_value *both[] = {
		&e->established, &e->hold_s, &e->families, &e->md5, &e->bfd, &e->multihop};
	for (size_t i = 0; i < sizeof(both) / sizeof(both[0]); i++) {
		check_value(both[i]);
	}
	for (unsigned i = 0; i < 2; i++) {
		const struct expect_side *s = &e->side[i];
		const struct expect_value *values[] = {&s->asn, &s->hold_s, &s->router_id, &s->passive,
			&s->restart, &s->bfd_tx_us, &s->bfd_rx_us, &s->bfd_mult};
		for (size_t k = 0; k < sizeof(values) / sizeof(values[0]); k++) {
			check_value(values[k]);
		}
		check(s->where.bits <= (s->where.addr.family == 4 ? 32 : 128));
		expect_prefix_holds(&s->where, &s->where.addr);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0) {
		return 0;
	}
	struct expect expect = {.count = 0};
	char error[512] = "";
	bool good = expect_parse(&expect, "file", data[0] % 4, NULL, (const char *)data + 1, size - 1,
		error, sizeof(error));
	check(good ? expect.count > 0 : strncmp(error, "file:", 5) == 0);
	for (size_t i = 0; good && i < expect.count; i++) {
		check_peer(&expect, &expect.items[i]);
	}
	expect_finish(&expect);
	return 0;
}
