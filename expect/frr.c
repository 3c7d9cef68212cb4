/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * FRR: what its configuration says of neighbors and BFD, as vtysh writes it (FRR 8 to 10). Lines that say
 * nothing of a session are passed over. What a neighbor does not say, its peer-group does; defaults of FRR
 * are nobody's intent and expected of nobody, but for the address family that is active without a word: it
 * may be there.
 */
#include "expect/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "track/memory.h"

enum { NAME_MAX_ = 64, LISTS_MAX = 4096 };

struct named { /* timers and mode of BFD: a profile, or a peer of its own */
	char name[NAME_MAX_];
	char profile[NAME_MAX_];
	uint32_t line;
	bool is_peer, multihop, echo, shutdown;
	struct expect_prefix local;
	struct expect_value tx, rx, mult;
	bool used;
};

struct neighbor {
	char name[NAME_MAX_]; /* an address, an interface or a group */
	char group[NAME_MAX_];
	char profile[NAME_MAX_];
	uint32_t instance; /* which router bgp, from 1 */
	uint32_t line;     /* of its remote-as, or the first that names it */
	bool is_group, is_interface, is_range;
	struct expect_value remote_as, local_as, hold, bfd, multihop, password, passive, shutdown,
		restart, tx, rx, mult;
	bool external, internal;
	struct expect_prefix source;
	struct expect_value family; /* the line of the first one */
	struct bgp_family active[EXPECT_FAMILIES_MAX];
	size_t active_count;
	bool no_ipv4; /* taken back */
};

struct instance {
	uint32_t asn, asn_line;
	struct expect_value router_id, hold, restart;
	bool no_default_ipv4;
	struct bgp_family default_more[2];
	size_t default_count;
};

struct own { /* an address of an interface */
	char name[NAME_MAX_];
	struct expect_prefix prefix;
};

struct list {
	void *items;
	size_t count, room;
};

enum context { TOP, BGP, FAMILY, BFD, INTERFACE };

struct frr {
	struct reader *r;
	struct list neighbors, instances, named, owns;
	enum context context;
	struct bgp_family family; /* of FAMILY; afi 0: none that counts */
	struct named *bfd;        /* of BFD: what the lines are about; NULL: none */
	char interface[NAME_MAX_];
};

static void *
add(struct frr *f, struct list *list, size_t size)
{
	if (list->count == LISTS_MAX) {
		reader_fail(f->r, f->r->line, "more than %d neighbors, profiles or addresses", LISTS_MAX);
		return NULL;
	}
	if (list->count == list->room) {
		list->room = list->room == 0 ? 16 : 2 * list->room;
		list->items = memory_resize(list->items, list->room * size);
	}
	void *item = (char *)list->items + list->count++ * size;
	memset(item, 0, size);
	return item;
}

static void
copy_name(char name[NAME_MAX_], const char *word)
{
	snprintf(name, NAME_MAX_, "%s", word);
}

static struct instance *
instance_of(struct frr *f)
{
	return (struct instance *)f->instances.items + f->instances.count - 1;
}

static struct neighbor *
neighbor_find(struct frr *f, uint32_t instance, const char *name)
{
	struct neighbor *n = f->neighbors.items;
	for (size_t i = 0; i < f->neighbors.count; i++) {
		if (n[i].instance == instance && strcmp(n[i].name, name) == 0) {
			return &n[i];
		}
	}
	return NULL;
}

static struct neighbor *
neighbor_get(struct frr *f, const char *word)
{
	char name[NAME_MAX_];
	copy_name(name, word);
	struct neighbor *n = neighbor_find(f, (uint32_t)f->instances.count, name);
	if (n == NULL) {
		n = add(f, &f->neighbors, sizeof(*n));
		if (n != NULL) {
			copy_name(n->name, name);
			n->instance = (uint32_t)f->instances.count;
			n->line = f->r->line;
		}
	}
	return n;
}

static struct named *
named_find(struct frr *f, const char *name, bool is_peer)
{
	struct named *n = f->named.items;
	for (size_t i = 0; i < f->named.count; i++) {
		if (n[i].is_peer == is_peer && strcmp(n[i].name, name) == 0) {
			return &n[i];
		}
	}
	return NULL;
}

static bool
is(const char *word, const char *what)
{
	return word != NULL && strcmp(word, what) == 0;
}

static bool
bad(struct frr *f, const char *what)
{
	return reader_fail(f->r, f->r->line, "%s is not %s", f->r->word[f->r->count - 1], what);
}

static bool
read_remote_as(struct frr *f, struct neighbor *n, char **word)
{
	uint32_t asn = 0;
	n->external = is(word[0], "external");
	n->internal = is(word[0], "internal");
	if (is(word[0], "auto")) {
		return true;
	}
	if (!n->external && !n->internal && !read_asn(word[0], &asn)) {
		return bad(f, "an AS number, internal or external");
	}
	n->line = f->r->line;
	expect_set(&n->remote_as, f->r->line,
		n->external   ? "remote-as external"
		: n->internal ? "remote-as internal"
			      : "remote-as",
		asn);
	return true;
}

static bool
read_hold(struct frr *f, struct expect_value *hold, char **word)
{
	uint32_t keepalive, seconds;
	if (!is(word[0], "timers") || word[1] == NULL || word[1][0] < '0' || word[1][0] > '9') {
		return true; /* connect, delayopen */
	}
	if (!read_number(word[1], 0, 65535, &keepalive) || !read_number(word[2], 0, 65535, &seconds)) {
		return reader_fail(f->r, f->r->line,
			"timers: the keepalive and the hold time in seconds are wanted");
	}
	expect_set(hold, f->r->line, "timers", seconds);
	return true;
}

static bool
read_neighbor_bfd(struct frr *f, struct neighbor *n, char **word)
{
	uint32_t mult, rx, tx, line = f->r->line;
	expect_set(&n->bfd, line, "neighbor bfd", 1);
	if (is(word[0], "profile") && word[1] != NULL) {
		copy_name(n->profile, word[1]);
		return true;
	}
	if (word[0] == NULL || word[0][0] < '0' || word[0][0] > '9') {
		return true;
	}
	if (!read_number(word[0], 1, 255, &mult) || !read_number(word[1], 1, 60000, &rx) ||
	    !read_number(word[2], 1, 60000, &tx)) {
		return reader_fail(f->r, line,
			"neighbor bfd: multiplier, receive and transmit interval (ms) are wanted");
	}
	expect_set(&n->mult, line, "neighbor bfd multiplier", mult);
	expect_set(&n->rx, line, "neighbor bfd receive interval", rx * 1000);
	expect_set(&n->tx, line, "neighbor bfd transmit interval", tx * 1000);
	return true;
}

static void
read_source(struct frr *f, struct neighbor *n, const char *word)
{
	const struct own *own = f->owns.items;
	if (read_prefix(word, &n->source)) {
		return;
	}
	for (size_t i = 0; i < f->owns.count; i++) {
		if (strcmp(own[i].name, word) == 0 && n->source.addr.family == 0) {
			n->source = own[i].prefix;
			n->source.bits = own[i].prefix.addr.family == 4 ? 32 : 128;
		}
	}
}

/* `neighbor NAME …` inside router bgp; `word` is what follows the name. */
static bool
read_neighbor(struct frr *f, struct neighbor *n, char **word)
{
	uint32_t line = f->r->line, value = 0;
	if (is(word[0], "interface")) {
		n->is_interface = true;
		word += is(word[1], "v6only") ? 2 : 1;
	}
	if (is(word[0], "peer-group")) {
		if (word[1] == NULL) {
			n->is_group = true;
		} else {
			copy_name(n->group, word[1]);
		}
	} else if (is(word[0], "remote-as")) {
		return read_remote_as(f, n, word + 1);
	} else if (is(word[0], "local-as")) {
		if (!read_asn(word[1], &value)) {
			return bad(f, "an AS number");
		}
		expect_set(&n->local_as, line, "local-as", value);
	} else if (is(word[0], "timers")) {
		return read_hold(f, &n->hold, word);
	} else if (is(word[0], "bfd")) {
		return read_neighbor_bfd(f, n, word + 1);
	} else if (is(word[0], "ebgp-multihop")) {
		value = 255;
		if (word[1] != NULL && !read_number(word[1], 1, 255, &value)) {
			return bad(f, "a number of hops");
		}
		expect_set(&n->multihop, line, "ebgp-multihop", value > 1);
	} else if (is(word[0], "ttl-security") && is(word[1], "hops")) {
		if (!read_number(word[2], 1, 254, &value)) {
			return bad(f, "a number of hops");
		}
		expect_set(&n->multihop, line, "ttl-security hops", value > 1);
	} else if (is(word[0], "password")) {
		expect_set(&n->password, line, "password", 1);
	} else if (is(word[0], "passive")) {
		expect_set(&n->passive, line, "passive", 1);
	} else if (is(word[0], "shutdown")) {
		expect_set(&n->shutdown, line, "shutdown", 1);
	} else if (is(word[0], "graceful-restart")) {
		expect_set(&n->restart, line, "graceful-restart", 1);
	} else if (is(word[0], "graceful-restart-disable")) {
		expect_set(&n->restart, line, "graceful-restart (it is disabled)", 0);
	} else if (is(word[0], "update-source") && word[1] != NULL) {
		read_source(f, n, word[1]);
	} else if (is(word[0], "port")) {
		return read_number(word[1], 1, 65535, &value) ? reader_add_port(f->r, value)
							       : bad(f, "a TCP port");
	}
	return true;
}

static bool
activate(struct neighbor *n, struct bgp_family family, uint32_t line, bool on)
{
	size_t i = 0;
	while (i < n->active_count && !bgp_family_equal(n->active[i], family)) {
		i++;
	}
	if (on && i == n->active_count && i < EXPECT_FAMILIES_MAX) {
		n->active[n->active_count++] = family;
		if (n->family.line == 0) {
			expect_set(&n->family, line, "activate", 0);
		}
	} else if (!on && i < n->active_count) {
		n->active[i] = n->active[--n->active_count];
	}
	if (family.afi == 1 && family.safi == 1) {
		n->no_ipv4 = !on;
	}
	return true;
}

static bool
read_listen(struct frr *f, char **word)
{
	struct neighbor *n;
	struct expect_prefix range;
	if (!is(word[0], "range") || !is(word[2], "peer-group") || word[3] == NULL) {
		return true; /* limit */
	}
	if (!read_prefix(word[1], &range)) {
		return reader_fail(f->r, f->r->line, "bgp listen range: no prefix");
	}
	n = neighbor_get(f, word[1]);
	if (n == NULL) {
		return false;
	}
	n->is_range = true;
	copy_name(n->group, word[3]);
	return true;
}

static bool
read_bgp(struct frr *f, bool no, char **word)
{
	struct instance *instance = instance_of(f);
	uint32_t line = f->r->line, value;
	if (is(word[0], "neighbor") && word[1] != NULL && word[2] != NULL) {
		if (no) {
			return true;
		}
		struct neighbor *n = neighbor_get(f, word[1]);
		return n != NULL && read_neighbor(f, n, word + 2);
	}
	if (is(word[0], "timers") && is(word[1], "bgp") && !no) {
		word[1] = word[0];
		return read_hold(f, &instance->hold, word + 1);
	}
	if (!is(word[0], "bgp")) {
		return true;
	}
	if (is(word[1], "router-id") && !no) {
		if (!read_router_id(word[2], &value)) {
			return bad(f, "a BGP identifier");
		}
		expect_set(&instance->router_id, line, "bgp router-id", value);
	} else if (is(word[1], "default") && is(word[2], "ipv4-unicast")) {
		instance->no_default_ipv4 = no;
	} else if (is(word[1], "default") && word[2] != NULL && !no && instance->default_count < 2 &&
		   read_family(word[2], &instance->default_more[instance->default_count])) {
		instance->default_count++;
	} else if (is(word[1], "graceful-restart") && word[2] == NULL && !no) {
		expect_set(&instance->restart, line, "bgp graceful-restart", 1);
	} else if (is(word[1], "listen") && !no) {
		return read_listen(f, word + 2);
	}
	return true;
}

static struct bgp_family
family_of(char **word)
{
	struct bgp_family family = {.afi = 0};
	char text[64];
	const char *safi = word[1] == NULL           ? "unicast"
			   : is(word[1], "vpn")       ? "vpn-unicast"
			   : is(word[1], "labeled-unicast") ? "labeled-unicast"
						      : word[1];
	snprintf(text, sizeof(text), "%.20s-%.40s", word[0] != NULL ? word[0] : "", safi);
	if (!read_family(text, &family)) {
		family.afi = 0;
	}
	return family;
}

static bool
read_bfd_line(struct frr *f, char **word)
{
	struct named *n = f->bfd;
	uint32_t value, line = f->r->line;
	bool peer = is(word[0], "peer");
	if ((peer || is(word[0], "profile")) && word[1] != NULL && (peer || n == NULL || !n->is_peer)) {
		n = f->bfd = add(f, &f->named, sizeof(*n));
		if (n == NULL) {
			return false;
		}
		copy_name(n->name, word[1]);
		n->is_peer = peer;
		n->line = line;
		for (char **w = word + 2; peer && *w != NULL; w++) {
			n->multihop = n->multihop || is(*w, "multihop");
			if (is(*w, "local-address") && w[1] != NULL) {
				read_prefix(w[1], &n->local);
			}
		}
		return true;
	}
	if (n == NULL) {
		return true;
	}
	struct expect_value *to = is(word[0], "transmit-interval")  ? &n->tx
				  : is(word[0], "receive-interval")  ? &n->rx
				  : is(word[0], "detect-multiplier") ? &n->mult
								     : NULL;
	if (to == &n->mult && to != NULL) {
		if (!read_number(word[1], 1, 255, &value)) {
			return bad(f, "a multiplier");
		}
		expect_set(to, line, "detect-multiplier", value);
	} else if (to != NULL) {
		if (!read_number(word[1], 1, UINT32_MAX / 1000, &value)) {
			return bad(f, "an interval in milliseconds");
		}
		expect_set(to, line, to == &n->tx ? "transmit-interval" : "receive-interval",
			value * 1000);
	} else if (is(word[0], "profile") && word[1] != NULL) {
		copy_name(n->profile, word[1]);
	} else if (is(word[0], "echo-mode")) {
		n->echo = true;
	} else if (is(word[0], "shutdown")) {
		n->shutdown = true;
	}
	return true;
}

static bool
read_interface(struct frr *f, char **word)
{
	struct expect_prefix prefix;
	if ((is(word[0], "ip") || is(word[0], "ipv6")) && is(word[1], "address") &&
	    read_prefix(word[2], &prefix)) {
		struct own *own = add(f, &f->owns, sizeof(*own));
		if (own == NULL) {
			return false;
		}
		copy_name(own->name, f->interface);
		own->prefix = prefix;
	}
	return true;
}

/* A line that begins a context, or ends one; false where it is neither. */
static bool
read_context(struct frr *f, char **word, bool *good)
{
	uint32_t asn;
	*good = true;
	if (is(word[0], "router")) {
		f->context = TOP;
		if (is(word[1], "bgp")) {
			struct instance *instance = add(f, &f->instances, sizeof(*instance));
			*good = instance != NULL;
			if (*good && !read_asn(word[2], &asn)) {
				*good = reader_fail(f->r, f->r->line, "router bgp: no AS number");
			} else if (*good) {
				f->context = BGP;
				instance->asn = asn;
				instance->asn_line = f->r->line;
			}
		}
	} else if (is(word[0], "bfd") && word[1] == NULL) {
		f->context = BFD;
		f->bfd = NULL;
	} else if (is(word[0], "interface") && word[1] != NULL) {
		f->context = INTERFACE;
		copy_name(f->interface, word[1]);
	} else if (is(word[0], "address-family") && (f->context == BGP || f->context == FAMILY)) {
		f->context = FAMILY;
		f->family = family_of(word + 1);
	} else if (is(word[0], "exit-address-family")) {
		f->context = f->context == FAMILY ? BGP : f->context;
	} else if (is(word[0], "exit")) {
		/* Out of a profile or peer, out of a family, or to the top. */
		if (f->context == BFD && f->bfd != NULL) {
			f->bfd = NULL;
		} else {
			f->context = f->context == FAMILY ? BGP : TOP;
		}
	} else if (is(word[0], "end") || is(word[0], "line") || is(word[0], "route-map") ||
		   is(word[0], "vrf") || is(word[0], "exit-vrf")) {
		f->context = TOP;
	} else {
		return false;
	}
	return true;
}

static bool
read_line(struct frr *f)
{
	char **word = f->r->word;
	bool no = is(word[0], "no");
	bool good;
	if (read_context(f, word, &good)) {
		return good;
	}
	word += no ? 1 : 0;
	if (word[0] == NULL) {
		return true;
	}
	switch (f->context) {
	case BGP:
		return read_bgp(f, no, word);
	case FAMILY:
		if (is(word[0], "neighbor") && is(word[2], "activate") && f->family.afi != 0) {
			struct neighbor *n = neighbor_get(f, word[1]);
			return n != NULL && activate(n, f->family, f->r->line, !no);
		}
		return true;
	case BFD:
		return no || read_bfd_line(f, word);
	case INTERFACE:
		return no || read_interface(f, word);
	case TOP:
		break;
	}
	return true;
}

/* The neighbor's own word, or its group's. */
static struct expect_value
either(const struct expect_value *own, const struct expect_value *group)
{
	return own->line != 0 || group == NULL ? *own : *group;
}

#define EITHER(member) either(&n->member, group != NULL ? &group->member : NULL)

static void
add_family(struct expectation *e, struct bgp_family family, bool needless)
{
	for (size_t i = 0; i < e->family_count; i++) {
		if (bgp_family_equal(e->family[i], family)) {
			return;
		}
	}
	if (e->family_count < EXPECT_FAMILIES_MAX) {
		e->family_free[e->family_count] = needless;
		e->family[e->family_count++] = family;
	}
}

static void
set_families(struct expectation *e, const struct instance *instance, const struct neighbor *n,
	const struct neighbor *group)
{
	e->families = EITHER(family);
	if (e->families.line == 0) {
		return;
	}
	for (size_t i = 0; i < n->active_count; i++) {
		add_family(e, n->active[i], false);
	}
	for (size_t i = 0; group != NULL && i < group->active_count; i++) {
		add_family(e, group->active[i], false);
	}
	if (!instance->no_default_ipv4 && !n->no_ipv4 && (group == NULL || !group->no_ipv4)) {
		add_family(e, (struct bgp_family){.afi = 1, .safi = 1}, true);
	}
	for (size_t i = 0; i < instance->default_count; i++) {
		add_family(e, instance->default_more[i], true);
	}
}

static void
set_timers(struct expectation *e, const struct named *from)
{
	if (from == NULL || from->echo) {
		return; /* with echo, control packets slow down (RFC 5880 section 6.8.9) */
	}
	if (from->tx.line != 0) {
		e->side[0].bfd_tx_us = from->tx;
	}
	if (from->rx.line != 0) {
		e->side[0].bfd_rx_us = from->rx;
	}
	if (from->mult.line != 0) {
		e->side[0].bfd_mult = from->mult;
	}
}

static void
set_bfd(struct frr *f, struct expectation *e, const struct neighbor *n, const struct neighbor *group)
{
	e->bfd = EITHER(bfd);
	if (e->bfd.line == 0) {
		return;
	}
	const char *profile = n->profile[0] != '\0' ? n->profile
			      : group != NULL       ? group->profile
						    : "";
	e->side[0].bfd_tx_us = EITHER(tx);
	e->side[0].bfd_rx_us = EITHER(rx);
	e->side[0].bfd_mult = EITHER(mult);
	set_timers(e, named_find(f, profile, false));
	struct named *peer = named_find(f, n->name, true);
	if (peer != NULL) {
		peer->used = true;
		set_timers(e, named_find(f, peer->profile, false));
		set_timers(e, peer);
	}
	/* FRR chooses the port by the hops that it allows to eBGP. */
	bool external = e->side[1].asn.line != 0 &&
		(e->side[1].asn_unlike || e->side[0].asn.value != e->side[1].asn.value);
	struct expect_value hops = EITHER(multihop);
	if (external && hops.line != 0) {
		e->multihop = hops;
	} else if (external) {
		expect_set(&e->multihop, e->bfd.line, "no ebgp-multihop", 0);
	}
}

static void
set_local(struct frr *f, struct expectation *e, const struct expect_prefix *source)
{
	const struct own *own = f->owns.items;
	e->side[0].where = f->r->local;
	if (source->addr.family != 0) {
		e->side[0].where = *source;
		return;
	}
	for (size_t i = 0; i < f->owns.count; i++) { /* the address on the link that both share */
		if (e->side[1].where.addr.family != 0 &&
		    expect_prefix_holds(&own[i].prefix, &e->side[1].where.addr)) {
			e->side[0].where = own[i].prefix;
			e->side[0].where.bits = own[i].prefix.addr.family == 4 ? 32 : 128;
		}
	}
}

static bool
make_peer(struct frr *f, const struct neighbor *n)
{
	const struct instance *instance = (struct instance *)f->instances.items + n->instance - 1;
	const struct neighbor *group =
		n->group[0] != '\0' ? neighbor_find(f, n->instance, n->group) : NULL;
	struct expect_value remote = EITHER(remote_as), local = EITHER(local_as);
	bool external = n->remote_as.line != 0 || group == NULL ? n->external : group->external;
	bool internal = n->remote_as.line != 0 || group == NULL ? n->internal : group->internal;
	struct expectation *e = reader_peer(f->r, n->line);
	if (e == NULL) {
		return false;
	}
	reader_name(e, n->is_range ? "listen range" : "neighbor", n->name);
	if (!read_prefix(n->name, &e->side[1].where)) { /* an interface: link-local, fe80::/10 */
		e->side[1].where = (struct expect_prefix){
			.addr = {.family = 6, .octets = {0xfe, 0x80}}, .bits = 10};
	}
	set_local(f, e, n->source.addr.family != 0 || group == NULL ? &n->source : &group->source);
	expect_set(&e->side[0].asn, local.line != 0 ? local.line : instance->asn_line,
		local.line != 0 ? "local-as" : "router bgp",
		local.line != 0 ? local.value : instance->asn);
	e->side[1].asn = remote;
	if (external || internal) {
		e->side[1].asn.value = instance->asn;
		e->side[1].asn_unlike = external;
	}
	e->side[0].router_id = instance->router_id;
	e->side[0].hold_s = EITHER(hold).line != 0 ? EITHER(hold) : instance->hold;
	e->side[0].passive = EITHER(passive);
	e->side[0].restart = EITHER(restart).line != 0 ? EITHER(restart) : instance->restart;
	expect_set(&e->established, n->line, "Established is expected", 1);
	struct expect_value shutdown = EITHER(shutdown);
	if (shutdown.line != 0) {
		expect_set(&e->established, shutdown.line, "shutdown", 0);
	}
	e->optional = n->is_range;
	e->md5 = EITHER(password);
	if (e->md5.line == 0) {
		expect_set(&e->md5, n->line, "password", 0);
	}
	set_families(e, instance, n, group);
	set_bfd(f, e, n, group);
	return true;
}

/* BFD for something else than BGP: it must be Up all the same. */
static bool
make_bfd_peer(struct frr *f, const struct named *n)
{
	struct expect_prefix where;
	if (!n->is_peer || n->used || n->shutdown || !read_prefix(n->name, &where)) {
		return true;
	}
	struct expectation *e = reader_peer(f->r, n->line);
	if (e == NULL) {
		return false;
	}
	reader_name(e, "bfd peer", n->name);
	e->side[1].where = where;
	set_local(f, e, &n->local);
	expect_set(&e->bfd, n->line, "bfd peer", 1);
	expect_set(&e->multihop, n->line, n->multihop ? "bfd peer multihop" : "bfd peer", n->multihop);
	set_timers(e, named_find(f, n->profile, false));
	set_timers(e, n);
	return true;
}

static bool
make_peers(struct frr *f)
{
	const struct neighbor *n = f->neighbors.items;
	const struct named *named = f->named.items;
	for (size_t i = 0; i < f->neighbors.count; i++) {
		const struct neighbor *group = n[i].group[0] != '\0'
			? neighbor_find(f, n[i].instance, n[i].group) : NULL;
		bool real = n[i].is_range || n[i].remote_as.line != 0 ||
			(group != NULL && group->remote_as.line != 0);
		if (!n[i].is_group && real && !make_peer(f, &n[i])) {
			return false;
		}
	}
	for (size_t i = 0; i < f->named.count; i++) {
		if (!make_bfd_peer(f, &named[i])) {
			return false;
		}
	}
	return true;
}

bool
read_frr(struct reader *r)
{
	struct frr f = {.r = r};
	bool good = true;
	while (good && reader_line(r, '!')) {
		good = read_line(&f);
	}
	good = good && make_peers(&f);
	free(f.neighbors.items);
	free(f.instances.items);
	free(f.named.items);
	free(f.owns.items);
	return good;
}
