/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_EXPECT_TREE_H
#define BGPWHY_EXPECT_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * YAML as a tree, by libyaml, for documents that nobody vouches for: depth and number of nodes are bounded, an
 * alias is the node itself and no copy. Everything lives until tree_finish().
 */

enum { TREE_DEPTH_MAX = 64, TREE_NODES_MAX = 200000, TREE_ANCHORS_MAX = 256 };

enum tree_kind { TREE_TEXT, TREE_LIST, TREE_MAP };

struct tree_item {
	const char *key; /* of a map; NULL in a list, and where the key is no text */
	const struct tree_node *node;
	struct tree_item *next;
};

struct tree_node {
	enum tree_kind kind;
	uint32_t line;
	const char *text; /* of TREE_TEXT */
	struct tree_item *first, *last;
};

struct tree {
	struct tree_item *first, *last; /* the documents */
	struct tree_block *blocks;
	size_t nodes;
};

/* False: `error` says what is wrong, and `line` where (0: nowhere). Call tree_finish() all the same. */
bool tree_read(struct tree *tree, const char *bytes, size_t size, uint32_t *line, char *error,
	size_t error_size);
void tree_finish(struct tree *tree);

/* The member of a map; NULL where there is none, where it is null, and where `node` is no map. */
const struct tree_node *tree_get(const struct tree_node *node, const char *key);

/* The text of a scalar; NULL for anything else. */
const char *tree_text(const struct tree_node *node);

#endif
