/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The catalogue (--explain): a list of the causes, or entries, on the report's paper; or as JSON. */
#include <stdlib.h>
#include <string.h>

#include "track/explain.h"
#include "track/json.h"
#include "ui/report_page.h"

static void
put_list(struct page *page)
{
	const char *part = "";
	size_t width = 0;
	for (size_t i = 1; i < FINDING_CAUSE_COUNT; i++) {
		size_t length = strlen(finding_key((enum finding_cause)i));
		width = length > width ? length : width;
	}
	for (size_t i = 1; i < FINDING_CAUSE_COUNT; i++) {
		enum finding_cause cause = (enum finding_cause)i;
		if (strcmp(part, explain_part(cause)) != 0) {
			part = explain_part(cause);
			page_subheading(page, part);
		}
		const struct page_cell row[] = {
			{.width = width, .text = finding_key(cause)},
			{.width = 0, .text = finding_title(cause)},
		};
		page_row(page, 4, row, 2);
	}
	page_blank(page);
	page_text(page, 2, 2, "bgpwhy --explain CAUSE tells how it looks, what the daemons say and what mends it.");
}

/* `placeholders` turns true where X and Y stand in a sentence. */
static void
put_fix(struct page *page, enum finding_cause cause, bool *placeholders)
{
	char *fix[FINDING_FIX_MAX];
	size_t count = explain_fix(cause, fix);
	if (count > 0) {
		page_subheading(page, "What to do");
	}
	for (size_t i = 0; i < count; i++) {
		page_text(page, 4, 6, "• %s", fix[i]);
		for (const char *c = fix[i]; *c != '\0'; c++) {
			bool first = c == fix[i] || c[-1] == ' ' || c[-1] == '(' || c[-1] == '_';
			*placeholders = *placeholders || (first && (*c == 'X' || *c == 'Y') &&
				strchr(" .,:;)'", c[1]) != NULL);
		}
		free(fix[i]);
	}
}

static void
put_entry(struct page *page, enum finding_cause cause)
{
	bool placeholders = false;
	page_heading(page, "%s", finding_key(cause));
	page_blank(page);
	page_text(page, 2, 2, STYLE_BOLD "%s" STYLE_END " (%s; %s)", finding_title(cause),
		severity_name(finding_severity(cause)), explain_part(cause));
	page_subheading(page, "In the packets");
	page_text(page, 4, 4, "%s", explain_signature(cause));
	const struct explain_log *log;
	for (size_t i = 0; (log = explain_log(cause, i)) != NULL; i++) {
		if (i == 0) {
			page_subheading(page, "What operators see");
		}
		const struct page_cell row[] = {
			{.width = 8, .text = log->who},
			{.width = 0, .text = log->words},
		};
		page_row(page, 4, row, 2);
	}
	put_fix(page, cause, &placeholders);
	if (placeholders) {
		page_text(page, 4, 6,
			"X is the speaker that does what the title tells, Y the other one; ASN, ID and HOLD "
			"are what their OPENs say.");
	}
	if (explain_rfc(cause)[0] != '\0') {
		page_subheading(page, "See");
		page_text(page, 4, 4, "%s", explain_rfc(cause));
	}
	page_blank(page);
}

static void
put_json(struct page *page, enum finding_cause cause)
{
	struct json j;
	char *fix[FINDING_FIX_MAX];
	size_t count = explain_fix(cause, fix);
	const struct explain_log *log;
	json_init(&j);
	json_object(&j, NULL);
	json_string(&j, "cause", finding_key(cause));
	json_string(&j, "title", finding_title(cause));
	json_string(&j, "severity", severity_name(finding_severity(cause)));
	json_string(&j, "part", explain_part(cause));
	json_string(&j, "signature", explain_signature(cause));
	json_array(&j, "logs");
	for (size_t i = 0; (log = explain_log(cause, i)) != NULL; i++) {
		json_object(&j, NULL);
		json_string(&j, "who", log->who);
		json_string(&j, "words", log->words);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_array(&j, "fix");
	for (size_t i = 0; i < count; i++) {
		json_string(&j, NULL, fix[i]);
		free(fix[i]);
	}
	json_array_end(&j);
	json_string(&j, "rfc", explain_rfc(cause)[0] != '\0' ? explain_rfc(cause) : NULL);
	json_object_end(&j);
	if (fwrite(j.text, 1, j.size, page->out) != j.size || putc('\n', page->out) == EOF) {
		page->failed = true;
	}
	json_finish(&j);
}

bool
ui_explain(const struct ui_options *options, const enum finding_cause *causes, size_t count, bool json)
{
	struct page page;
	page_init(&page, options);
	if (count == 0 && !json) {
		put_list(&page);
	}
	for (size_t i = 1; i < FINDING_CAUSE_COUNT && count == 0 && json; i++) {
		put_json(&page, (enum finding_cause)i);
	}
	for (size_t i = 0; i < count; i++) {
		if (json) {
			put_json(&page, causes[i]);
		} else {
			put_entry(&page, causes[i]);
		}
	}
	return fflush(options->out) == 0 && !page.failed;
}
