/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MetalLB: the resources BGPPeer (v1beta1, v1beta2) and BFDProfile, as written by hand or as `kubectl get
 * -o yaml` gives them; others are passed over. The nodes' addresses are in none of them: a BGPPeer is
 * held against every session with its peerAddress.
 */
#include "expect/reader.h"

#include <stdio.h>
#include <string.h>

#include "expect/tree.h"

enum { PROFILES_MAX = 256 };

struct profile {
	const char *name; /* in the tree */
	const struct tree_node *spec;
};

struct metallb {
	struct reader *r;
	struct profile profiles[PROFILES_MAX];
	size_t profile_count;
};

/* A member that is a number; absent is no failure. */
static bool
get_number(struct reader *r, const struct tree_node *spec, const char *key, uint32_t min,
	uint32_t max, uint32_t *value, uint32_t *line)
{
	const struct tree_node *node = tree_get(spec, key);
	*line = 0;
	if (node == NULL) {
		return true;
	}
	if (!read_number(tree_text(node), min, max, value)) {
		return reader_fail(r, node->line, "%s is not a number from %u to %u", key, min, max);
	}
	*line = node->line;
	return true;
}

/* A Go duration in whole seconds: "90s", "1m30s". */
static bool
read_duration(const char *text, uint32_t *seconds)
{
	double sum = 0;
	if (text == NULL || *text == '\0') {
		return false;
	}
	while (*text != '\0') {
		double n = 0, place = 1;
		size_t digits = 0;
		for (; *text >= '0' && *text <= '9' && digits < 9; text++, digits++) {
			n = n * 10 + (*text - '0');
		}
		if (digits > 0 && *text == '.') {
			for (text++; *text >= '0' && *text <= '9'; text++) {
				place /= 10;
				n += place * (*text - '0');
			}
		}
		double unit = strncmp(text, "ms", 2) == 0 ? 0.001
			      : *text == 's'              ? 1
			      : *text == 'm'              ? 60
			      : *text == 'h'              ? 3600
							  : 0;
		if (digits == 0 || unit == 0) {
			return false;
		}
		text += strncmp(text, "ms", 2) == 0 ? 2 : 1;
		sum += n * unit;
	}
	if (sum > 65535) {
		return false;
	}
	*seconds = (uint32_t)sum;
	return (double)*seconds == sum;
}

static bool
is_true(const struct tree_node *node)
{
	const char *text = tree_text(node);
	return text != NULL && (strcmp(text, "true") == 0 || strcmp(text, "True") == 0);
}

static const char *
name_of(const struct tree_node *resource)
{
	const char *name = tree_text(tree_get(tree_get(resource, "metadata"), "name"));
	return name != NULL ? name : "without a name";
}

static bool
read_asns(struct metallb *m, const struct tree_node *spec, struct expectation *e)
{
	uint32_t own = 0, other = 0, own_line, other_line;
	const struct tree_node *dynamic = tree_get(spec, "dynamicASN");
	if (!get_number(m->r, spec, "myASN", 0, UINT32_MAX, &own, &own_line) ||
	    !get_number(m->r, spec, "peerASN", 0, UINT32_MAX, &other, &other_line)) {
		return false;
	}
	if (own != 0) {
		expect_set(&e->side[0].asn, own_line, "myASN", own);
	}
	if (other != 0) {
		expect_set(&e->side[1].asn, other_line, "peerASN", other);
	} else if (dynamic != NULL && own != 0) {
		const char *text = tree_text(dynamic);
		if (text == NULL || (strcmp(text, "internal") != 0 && strcmp(text, "external") != 0)) {
			return reader_fail(m->r, dynamic->line, "dynamicASN is not internal or external");
		}
		e->side[1].asn_unlike = text[0] == 'e';
		expect_set(&e->side[1].asn, dynamic->line,
			text[0] == 'e' ? "dynamicASN external" : "dynamicASN internal", own);
	}
	return true;
}

static bool
read_where(struct metallb *m, const struct tree_node *resource, const struct tree_node *spec,
	struct expectation *e)
{
	const struct tree_node *address = tree_get(spec, "peerAddress");
	const struct tree_node *source = tree_get(spec, "sourceAddress");
	uint32_t port = 179, line;
	e->side[0].where = m->r->local;
	if (address != NULL && !read_prefix(tree_text(address), &e->side[1].where)) {
		return reader_fail(m->r, address->line, "peerAddress is no address");
	}
	if (address == NULL && tree_get(spec, "interface") == NULL) {
		return reader_fail(m->r, resource->line, "BGPPeer %.60s has no peerAddress",
			name_of(resource));
	}
	if (address == NULL) { /* unnumbered: link-local addresses, fe80::/10 */
		e->side[1].where = (struct expect_prefix){
			.addr = {.family = 6, .octets = {0xfe, 0x80}}, .bits = 10};
	}
	if (source != NULL && !read_prefix(tree_text(source), &e->side[0].where)) {
		return reader_fail(m->r, source->line, "sourceAddress is no address");
	}
	return get_number(m->r, spec, "peerPort", 1, 65535, &port, &line) &&
	       reader_add_port(m->r, port);
}

static bool
read_profile(struct metallb *m, const struct tree_node *spec, struct expectation *e)
{
	const struct tree_node *wanted = tree_get(spec, "bfdProfile");
	const char *name = tree_text(wanted);
	uint32_t value, line;
	if (name == NULL || name[0] == '\0') {
		return true;
	}
	expect_set(&e->bfd, wanted->line, "bfdProfile", 1);
	const struct tree_node *hops = tree_get(spec, "ebgpMultiHop");
	bool external = e->side[0].asn.line != 0 && e->side[1].asn.line != 0 &&
		(e->side[1].asn_unlike || e->side[0].asn.value != e->side[1].asn.value);
	if (external) { /* so FRR chooses the port */
		expect_set(&e->multihop, hops != NULL ? hops->line : wanted->line,
			is_true(hops) ? "ebgpMultiHop: true" : "no ebgpMultiHop", is_true(hops));
	}
	const struct tree_node *profile = NULL;
	for (size_t i = 0; i < m->profile_count; i++) {
		if (strcmp(m->profiles[i].name, name) == 0) {
			profile = m->profiles[i].spec;
		}
	}
	if (is_true(tree_get(profile, "echoMode"))) {
		return true; /* then control packets slow down (RFC 5880 section 6.8.9) */
	}
	const struct {
		const char *key;
		struct expect_value *to;
		uint32_t min, max, unit;
	} timers[] = {
		{"receiveInterval", &e->side[0].bfd_rx_us, 10, 60000, 1000},
		{"transmitInterval", &e->side[0].bfd_tx_us, 10, 60000, 1000},
		{"detectMultiplier", &e->side[0].bfd_mult, 2, 255, 1},
	};
	for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
		if (!get_number(m->r, profile, timers[i].key, timers[i].min, timers[i].max, &value,
			    &line)) {
			return false;
		}
		if (line != 0) {
			expect_set(timers[i].to, line, timers[i].key, value * timers[i].unit);
		}
	}
	return true;
}

static bool
read_peer(struct metallb *m, const struct tree_node *resource)
{
	const struct tree_node *spec = tree_get(resource, "spec");
	struct expectation *e = reader_peer(m->r, resource->line);
	uint32_t value;
	if (e == NULL) {
		return false;
	}
	reader_name(e, "BGPPeer", name_of(resource));
	expect_set(&e->established, resource->line, "Established is expected", 1);
	if (!read_where(m, resource, spec, e) || !read_asns(m, spec, e)) {
		return false;
	}
	const struct tree_node *hold = tree_get(spec, "holdTime");
	if (hold != NULL) {
		if (!read_duration(tree_text(hold), &value)) {
			return reader_fail(m->r, hold->line,
				"holdTime is no duration in whole seconds (90s, 1m30s)");
		}
		expect_set(&e->side[0].hold_s, hold->line, "holdTime", value);
	}
	const struct tree_node *id = tree_get(spec, "routerID");
	if (id != NULL && tree_text(id) != NULL && tree_text(id)[0] != '\0') {
		if (!read_router_id(tree_text(id), &value)) {
			return reader_fail(m->r, id->line, "routerID is no IPv4 address");
		}
		expect_set(&e->side[0].router_id, id->line, "routerID", value);
	}
	const struct tree_node *secret = tree_get(spec, "passwordSecret");
	const struct tree_node *password = tree_get(spec, "password");
	if (tree_text(tree_get(secret, "name")) != NULL && tree_text(tree_get(secret, "name"))[0]) {
		expect_set(&e->md5, secret->line, "passwordSecret", 1);
	} else if (tree_text(password) != NULL && tree_text(password)[0] != '\0') {
		expect_set(&e->md5, password->line, "password", 1);
	} else {
		expect_set(&e->md5, resource->line, "password or passwordSecret", 0);
	}
	const struct tree_node *restart = tree_get(spec, "enableGracefulRestart");
	if (is_true(restart)) {
		expect_set(&e->side[0].restart, restart->line, "enableGracefulRestart", 1);
	}
	return read_profile(m, spec, e);
}

/* Profiles first: a peer may stand before the one that it names. */
static bool
read_resource(struct metallb *m, const struct tree_node *resource, bool peers)
{
	const char *kind = tree_text(tree_get(resource, "kind"));
	const struct tree_node *items = tree_get(resource, "items");
	if (items != NULL && items->kind == TREE_LIST) {
		for (const struct tree_item *i = items->first; i != NULL; i = i->next) {
			const char *of = tree_text(tree_get(i->node, "kind"));
			/* A List in a List is nobody's; so is the recursion. */
			if (of != NULL && tree_get(i->node, "items") == NULL &&
			    !read_resource(m, i->node, peers)) {
				return false;
			}
		}
		return true;
	}
	if (kind != NULL && strcmp(kind, "BFDProfile") == 0 && !peers) {
		if (m->profile_count == PROFILES_MAX) {
			return reader_fail(m->r, resource->line, "more than %d BFDProfiles",
				PROFILES_MAX);
		}
		m->profiles[m->profile_count++] =
			(struct profile){name_of(resource), tree_get(resource, "spec")};
	}
	return kind == NULL || strcmp(kind, "BGPPeer") != 0 || !peers || read_peer(m, resource);
}

bool
read_metallb(struct reader *r)
{
	struct tree tree = {.nodes = 0};
	struct metallb m = {.r = r};
	uint32_t line;
	char wrong[160];
	bool good = true;
	if (!tree_read(&tree, r->at, (size_t)(r->end - r->at), &line, wrong, sizeof(wrong))) {
		tree_finish(&tree);
		return reader_fail(r, line, "%s", wrong);
	}
	for (int peers = 0; good && peers < 2; peers++) {
		for (const struct tree_item *i = tree.first; good && i != NULL; i = i->next) {
			good = read_resource(&m, i->node, peers != 0);
		}
	}
	tree_finish(&tree);
	return good;
}
