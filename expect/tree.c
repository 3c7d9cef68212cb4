/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libyaml's events become a tree; see the header. */
#include "expect/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "track/memory.h"

enum { BLOCK_SIZE = 1 << 16 };

/* Nodes and texts come out of blocks that are freed together. */
struct tree_block {
	struct tree_block *next;
	size_t used, room;
	_Alignas(max_align_t) char bytes[];
};

struct anchor {
	const char *name;
	const struct tree_node *node;
};

struct build {
	struct tree *tree;
	struct tree_node *open[TREE_DEPTH_MAX]; /* the lists and maps that the next node lies in */
	const char *key[TREE_DEPTH_MAX];        /* of a map: of the value that comes next */
	bool has_key[TREE_DEPTH_MAX];
	const char *anchor[TREE_DEPTH_MAX]; /* NULL: none */
	size_t depth;
	struct anchor anchors[TREE_ANCHORS_MAX];
	size_t anchor_count;
	const char *wrong; /* NULL: nothing */
};

static void *
take(struct tree *tree, size_t size)
{
	size = (size + 15) & ~(size_t)15;
	if (tree->blocks == NULL || tree->blocks->room - tree->blocks->used < size) {
		size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
		struct tree_block *block = memory_zero(1, sizeof(*block) + room);
		block->room = room;
		block->next = tree->blocks;
		tree->blocks = block;
	}
	void *taken = tree->blocks->bytes + tree->blocks->used;
	tree->blocks->used += size;
	return taken;
}

static const char *
keep(struct tree *tree, const yaml_char_t *text, size_t size)
{
	char *copy = take(tree, size + 1);
	memcpy(copy, text, size);
	return copy;
}

static void
put(struct tree *tree, struct tree_item **first, struct tree_item **last, const char *key,
	const struct tree_node *node)
{
	struct tree_item *item = take(tree, sizeof(*item));
	*item = (struct tree_item){.key = key, .node = node};
	*(*last != NULL ? &(*last)->next : first) = item;
	*last = item;
}

/* A node is there; in a map it is a key and a value in turn. */
static void
place(struct build *b, const struct tree_node *node)
{
	if (b->depth == 0) {
		put(b->tree, &b->tree->first, &b->tree->last, NULL, node);
		return;
	}
	size_t top = b->depth - 1;
	struct tree_node *open = b->open[top];
	if (open->kind == TREE_LIST) {
		put(b->tree, &open->first, &open->last, NULL, node);
	} else if (!b->has_key[top]) {
		b->has_key[top] = true;
		b->key[top] = tree_text(node);
	} else {
		b->has_key[top] = false;
		put(b->tree, &open->first, &open->last, b->key[top], node);
	}
}

static const char *
keep_name(struct build *b, const yaml_char_t *name)
{
	return name != NULL ? keep(b->tree, name, strlen((const char *)name)) : NULL;
}

static void
remember(struct build *b, const char *name, const struct tree_node *node)
{
	if (name == NULL) {
		return;
	}
	if (b->anchor_count == TREE_ANCHORS_MAX) {
		b->wrong = "there are too many anchors";
		return;
	}
	b->anchors[b->anchor_count++] = (struct anchor){name, node};
}

static struct tree_node *
new_node(struct build *b, enum tree_kind kind, const yaml_event_t *event)
{
	if (++b->tree->nodes > TREE_NODES_MAX) {
		b->wrong = "it has too many nodes";
	}
	struct tree_node *node = take(b->tree, sizeof(*node));
	node->kind = kind;
	node->line = (uint32_t)event->start_mark.line + 1;
	return node;
}

static void
open_node(struct build *b, enum tree_kind kind, const yaml_event_t *event, const yaml_char_t *anchor)
{
	struct tree_node *node = new_node(b, kind, event);
	place(b, node);
	if (b->depth == TREE_DEPTH_MAX) {
		b->wrong = "it is nested too deeply";
		return;
	}
	b->open[b->depth] = node;
	b->has_key[b->depth] = false;
	b->anchor[b->depth] = keep_name(b, anchor);
	b->key[b->depth++] = NULL;
}

/* Itself, no copy; one that holds itself is never complete, and so never found. */
static void
alias(struct build *b, const char *name)
{
	for (size_t i = b->anchor_count; i-- > 0;) {
		if (strcmp(b->anchors[i].name, name) == 0) {
			place(b, b->anchors[i].node);
			return;
		}
	}
	b->wrong = "an alias names nothing that is complete before it";
}

static void
hear(struct build *b, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT: {
		struct tree_node *node = new_node(b, TREE_TEXT, event);
		bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
		const char *text =
			keep(b->tree, event->data.scalar.value, event->data.scalar.length);
		bool null = plain && (text[0] == '\0' || strcmp(text, "~") == 0 ||
				strcmp(text, "null") == 0);
		node->text = null ? NULL : text;
		remember(b, keep_name(b, event->data.scalar.anchor), node);
		place(b, node);
		break;
	}
	case YAML_SEQUENCE_START_EVENT:
		open_node(b, TREE_LIST, event, event->data.sequence_start.anchor);
		break;
	case YAML_MAPPING_START_EVENT:
		open_node(b, TREE_MAP, event, event->data.mapping_start.anchor);
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		b->depth--;
		remember(b, b->anchor[b->depth], b->open[b->depth]);
		break;
	case YAML_ALIAS_EVENT:
		alias(b, (const char *)event->data.alias.anchor);
		break;
	case YAML_DOCUMENT_START_EVENT:
		b->anchor_count = 0;
		break;
	default:
		break;
	}
}

bool
tree_read(struct tree *tree, const char *bytes, size_t size, uint32_t *line, char *error,
	size_t error_size)
{
	struct build *b = memory_zero(1, sizeof(*b));
	b->tree = tree;
	yaml_parser_t parser;
	if (yaml_parser_initialize(&parser) == 0) {
		memory_zero(SIZE_MAX, 1); /* out of memory is told in one place */
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, size);
	bool end = false;
	*line = 0;
	while (!end && b->wrong == NULL) {
		yaml_event_t event;
		if (yaml_parser_parse(&parser, &event) == 0) {
			b->wrong = parser.problem != NULL ? parser.problem : "it is no YAML";
			*line = (uint32_t)parser.problem_mark.line + 1;
			break;
		}
		*line = (uint32_t)event.start_mark.line + 1;
		end = event.type == YAML_STREAM_END_EVENT;
		hear(b, &event);
		yaml_event_delete(&event);
	}
	bool good = b->wrong == NULL;
	if (!good) {
		snprintf(error, error_size, "%s", b->wrong);
	}
	yaml_parser_delete(&parser);
	free(b);
	return good;
}

void
tree_finish(struct tree *tree)
{
	while (tree->blocks != NULL) {
		struct tree_block *block = tree->blocks;
		tree->blocks = block->next;
		free(block);
	}
	*tree = (struct tree){.nodes = 0};
}

const struct tree_node *
tree_get(const struct tree_node *node, const char *key)
{
	if (node == NULL || node->kind != TREE_MAP) {
		return NULL;
	}
	for (const struct tree_item *item = node->first; item != NULL; item = item->next) {
		if (item->key != NULL && strcmp(item->key, key) == 0) {
			bool null = item->node->kind == TREE_TEXT && item->node->text == NULL;
			return null ? NULL : item->node;
		}
	}
	return NULL;
}

const char *
tree_text(const struct tree_node *node)
{
	return node != NULL && node->kind == TREE_TEXT ? node->text : NULL;
}
