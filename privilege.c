/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From root to a user without rights, for good: groups, group and user, all three of each, and no way
 * back through a program that is run (PR_SET_NO_NEW_PRIVS). A capability outlives the change of user
 * only where PR_SET_KEEPCAPS asks for it, and leaves the effective set even so; so the sets are
 * written afterwards.
 */
#include "privilege.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#endif

static const char *const default_users[] = {"tcpdump", "nobody"};

static bool
set_capabilities(bool net_raw)
{
	static const cap_value_t kept[] = {CAP_NET_RAW};
	cap_t set = cap_init();
	if (set == NULL) {
		return false;
	}
	bool good = true;
	if (net_raw) {
		good = cap_set_flag(set, CAP_PERMITTED, 1, kept, CAP_SET) == 0 &&
			cap_set_flag(set, CAP_EFFECTIVE, 1, kept, CAP_SET) == 0;
	}
	good = good && cap_set_proc(set) == 0;
	cap_free(set);
	return good;
}

/* Whether this process may capture at all; a container may have taken it. */
static bool
has_net_raw(void)
{
	cap_flag_value_t value = CAP_CLEAR;
	cap_t set = cap_get_proc();
	if (set != NULL) {
		(void)cap_get_flag(set, CAP_NET_RAW, CAP_PERMITTED, &value);
		cap_free(set);
	}
	return value == CAP_SET;
}

static bool
drop_to(const struct passwd *entry, bool keep_net_raw)
{
	bool keep = keep_net_raw && has_net_raw();
	gid_t group = entry->pw_gid;
	if (keep && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) {
		return false;
	}
	if (setgroups(1, &group) != 0 || setresgid(group, group, group) != 0 ||
	    setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) != 0 ||
	    !set_capabilities(keep) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		return false;
	}
#ifdef SANITIZED
	/* The leak checker looks at its own process from outside. */
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
#endif
	return true;
}

/* Out of the file, before anybody else is asked (`elsewhere`): most have no other place for users, and the C library
 * aborts where memory runs out while it loads what asks there. */
static const struct passwd *
find_user(const char *name, bool elsewhere)
{
	const struct passwd *entry = NULL;
	errno = 0;
	FILE *file = fopen("/etc/passwd", "re");
	while (file != NULL && (entry = fgetpwent(file)) != NULL && strcmp(entry->pw_name, name) != 0) {
	}
	bool no_memory = entry == NULL && errno == ENOMEM;
	if (file != NULL) {
		fclose(file);
	}
	return entry == NULL && elsewhere && !no_memory ? getpwnam(name) : entry;
}

enum privilege
privilege_drop(const char *user, bool keep_net_raw, char *why, size_t size)
{
	if (geteuid() != 0 || (user != NULL && strcmp(user, "root") == 0)) {
		return PRIVILEGE_DONE;
	}
	const struct passwd *entry = NULL;
	errno = 0;
	if (user != NULL) {
		entry = find_user(user, true);
		if (entry == NULL) {
			snprintf(why, size, "-Z %.64s: no such user", user);
			return PRIVILEGE_FAILED;
		}
	}
	for (size_t i = 0; i < sizeof(default_users) / sizeof(default_users[0]) && entry == NULL; i++) {
		entry = find_user(default_users[i], false);
	}
	if (entry == NULL) {
		snprintf(why, size, "stays root: there is no user tcpdump or nobody to become (-Z USER)");
		return PRIVILEGE_KEPT;
	}
	if (entry->pw_uid == 0 || drop_to(entry, keep_net_raw)) {
		return PRIVILEGE_DONE;
	}
	int error = errno;
	if (user != NULL) {
		snprintf(why, size, "-Z %.64s: %s", user, strerror(error));
		return PRIVILEGE_FAILED;
	}
	/* Half a change is worse than none: nothing of root may be left by halves. */
	if (geteuid() != 0) {
		snprintf(why, size, "cannot give up root: %s", strerror(error));
		return PRIVILEGE_FAILED;
	}
	snprintf(why, size, "stays root: cannot become %.64s: %s (-Z root says that this is meant)",
		entry->pw_name, strerror(error));
	return PRIVILEGE_KEPT;
}

bool
privilege_target(const char *user, unsigned *uid, unsigned *gid)
{
	const struct passwd *entry = NULL;
	if (geteuid() != 0) {
		return false;
	}
	if (user != NULL) {
		entry = find_user(user, true);
	}
	for (size_t i = 0; user == NULL && i < sizeof(default_users) / sizeof(default_users[0]) && entry == NULL; i++) {
		entry = find_user(default_users[i], false);
	}
	if (entry == NULL || entry->pw_uid == 0) {
		return false;
	}
	*uid = entry->pw_uid;
	*gid = entry->pw_gid;
	return true;
}
