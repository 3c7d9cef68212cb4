/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_SANDBOX_H
#define BGPWHY_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What is left to the program once everything is open: it reads hostile octets, and whoever takes it over
 * through them shall find nothing to use. SECURITY.md says in words what this promises and what not.
 */

/* What a run needs after its start; all else is taken from it. Paths are as given, and borrowed. */
struct sandbox_needs {
	bool capture;   /* an interface that was deleted and made again is opened again: CAP_NET_RAW, packet sockets */
	bool as_root;   /* who stays root does so for its files: CAP_DAC_OVERRIDE */
	const char *database; /* its log is removed at the end; NULL: none */
	bool database_read;   /* it is read only: nothing will be made beside it */
	const char *const *followed; /* captures that may be replaced: files of their folders may be read */
	size_t followed_count;
	const char *save;   /* a folder for new files; none that is there is written over; NULL: none */
	const char *record; /* a folder whose files are made, replaced and removed; NULL: none */
};

enum sandbox {
	SANDBOX_WHOLE,
	SANDBOX_PARTLY, /* this kernel lacks a part of it, which `why` names in one line */
	SANDBOX_FAILED, /* it has the part and refused it; `why` says what */
};

/*
 * For good. Before any thread is started: what follows is only true of threads that begin later.
 * `why` is "" where there is nothing to say.
 */
enum sandbox sandbox_enter(const struct sandbox_needs *needs, char *why, size_t size);

#endif
