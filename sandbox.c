/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Three walls, each for what the others cannot see. Capabilities: none but what an interface that comes
 * back asks for. Landlock: which files a path may reach, whatever the user could. seccomp: which system
 * calls there are, and of open(), ioctl(), socket() and fcntl() which kinds.
 *
 * It is entered after the start, since starting needs much and going on needs little: what was opened
 * stays open, so most runs need no path at all. A folder is allowed where a name in it will be made or
 * replaced: nobody can know the file itself before. Writing over what is there is refused by the flags
 * of open() wherever the run makes new files only: a folder of saved files may be somebody's home.
 *
 * What is refused fails with EPERM (EACCES from Landlock) and does not kill: libraries have a second way
 * for many things, and a reader who is denied a word in his own language has not been attacked.
 *
 * The sanitizers look at their own process from outside, so they are given what that takes.
 */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <locale.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum {
	FILTER_INSTRUCTIONS = 4096, /* the kernel's bound */
	FILTER_SECONDS = 10, /* that a child may take, which takes milliseconds */
	FILTER_PROCESSOR_SECONDS = 1,
};

/* A library loads its tables when they are needed first: now is when it still can. */
static void
warm_up(void)
{
	mbstate_t state = {0};
	wchar_t wide;
	char narrow[64];
	(void)mbrtowc(&wide, "a", 1, &state);
	memset(&state, 0, sizeof(state));
	(void)!wcrtomb(narrow, L'a', &state);
	(void)strerror(EPERM);
	tzset();
}

static bool
drop_capabilities(const struct sandbox_needs *needs)
{
	static const cap_value_t capture[] = {CAP_NET_RAW}, files[] = {CAP_DAC_OVERRIDE};
	cap_t set = cap_init(), now = cap_get_proc();
	cap_flag_value_t has = CAP_CLEAR;
	bool good = set != NULL && now != NULL;
	const struct {
		bool wanted;
		const cap_value_t *value;
	} kept[] = {{needs->capture, capture}, {needs->as_root, files}};
	for (size_t i = 0; good && i < sizeof(kept) / sizeof(kept[0]); i++) {
		if (kept[i].wanted &&
			cap_get_flag(now, kept[i].value[0], CAP_PERMITTED, &has) == 0 && has == CAP_SET) {
			good = cap_set_flag(set, CAP_PERMITTED, 1, kept[i].value, CAP_SET) == 0 &&
				cap_set_flag(set, CAP_EFFECTIVE, 1, kept[i].value, CAP_SET) == 0;
		}
	}
	good = good && cap_set_proc(set) == 0;
	cap_free(set);
	cap_free(now);
	return good;
}

/* Rights and fields that are younger than the headers this may be built with. */
#define FS_REFER      (UINT64_C(1) << 13)
#define FS_TRUNCATE   (UINT64_C(1) << 14)
#define FS_IOCTL_DEV  (UINT64_C(1) << 15)
#define NET_ALL       UINT64_C(3) /* bind and connect TCP */
#define SCOPE_ALL     UINT64_C(3) /* abstract Unix sockets, signals */
#define FS_FIRST      ((UINT64_C(1) << 13) - 1)

#define FS_READ_FILE  ((uint64_t)LANDLOCK_ACCESS_FS_READ_FILE)
#define FS_READ_DIR   ((uint64_t)LANDLOCK_ACCESS_FS_READ_DIR)
#define FS_WRITE_FILE ((uint64_t)LANDLOCK_ACCESS_FS_WRITE_FILE)
#define FS_MAKE_REG   ((uint64_t)LANDLOCK_ACCESS_FS_MAKE_REG)
#define FS_REMOVE     ((uint64_t)LANDLOCK_ACCESS_FS_REMOVE_FILE)

struct ruleset_attribute {
	uint64_t fs, net, scoped;
};

struct landlock {
	int fd;
	uint64_t handled;
};

static void
allow_beneath(const struct landlock *landlock, const char *path, uint64_t rights)
{
	struct stat st;
	int fd = open(path, O_PATH | O_CLOEXEC);
	/* What cannot be reached now, after root was given up, cannot be reached later. */
	if (fd < 0 || fstat(fd, &st) != 0) {
		if (fd >= 0) {
			close(fd);
		}
		return;
	}
	if (!S_ISDIR(st.st_mode)) {
		rights &= FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE;
	}
	struct landlock_path_beneath_attr rule = {
		.allowed_access = rights & landlock->handled,
		.parent_fd = fd,
	};
	(void)syscall(SYS_landlock_add_rule, landlock->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(fd);
}

/* The folder that a file is in. */
static void
allow_around(const struct landlock *landlock, const char *path, uint64_t rights)
{
	char *copy = strdup(path);
	if (copy != NULL) {
		allow_beneath(landlock, dirname(copy), rights);
		free(copy);
	}
}

/* Whether a database has a log beside it: without one (a file system that cannot map it) SQLite makes a
 * journal for each transaction, and needs to go on doing so. */
static bool
makes_journals(const char *database)
{
	struct stat st;
	size_t size = strlen(database) + sizeof("-wal");
	char *log = malloc(size);
	if (log == NULL) {
		return true;
	}
	snprintf(log, size, "%s-wal", database);
	bool has = stat(log, &st) == 0;
	free(log);
	return !has;
}

enum { WALL_BUILT, WALL_LACKING, WALL_REFUSED };

static int
confine_paths(const struct sandbox_needs *needs, bool journals)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (abi < 1) {
		return WALL_LACKING;
	}
	struct ruleset_attribute all = {
		.fs = FS_FIRST | (abi >= 2 ? FS_REFER : 0) | (abi >= 3 ? FS_TRUNCATE : 0) |
			(abi >= 5 ? FS_IOCTL_DEV : 0),
		.net = abi >= 4 ? NET_ALL : 0,
		.scoped = abi >= 6 ? SCOPE_ALL : 0,
	};
	size_t size = abi >= 6 ? sizeof(all) : abi >= 4 ? offsetof(struct ruleset_attribute, scoped)
							: offsetof(struct ruleset_attribute, net);
	struct landlock landlock = {
		.fd = (int)syscall(SYS_landlock_create_ruleset, &all, size, 0),
		.handled = all.fs,
	};
	if (landlock.fd < 0) {
		return WALL_REFUSED;
	}
	if (needs->capture) {
		/* libpcap reads there what the card dropped; the second is where the first leads to. */
		allow_beneath(&landlock, "/sys/class/net", FS_READ_FILE | FS_READ_DIR);
		allow_beneath(&landlock, "/sys/devices", FS_READ_FILE | FS_READ_DIR);
	}
	if (needs->database != NULL) {
		/* The folder is opened to make the names in it durable. */
		allow_around(&landlock, needs->database, FS_READ_DIR | FS_REMOVE |
			(journals ? FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE | FS_MAKE_REG : 0));
	}
	for (size_t i = 0; i < needs->followed_count; i++) {
		allow_around(&landlock, needs->followed[i], FS_READ_FILE);
	}
	if (needs->save != NULL) {
		allow_beneath(&landlock, needs->save, FS_WRITE_FILE | FS_MAKE_REG | FS_READ_DIR);
	}
	if (needs->record != NULL) {
		allow_beneath(&landlock, needs->record, FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE |
			FS_MAKE_REG | FS_REMOVE | FS_READ_DIR);
	}
	if (SANITIZED) {
		static const char *const own[] = {"/proc", "/usr", "/lib", "/lib64"};
		for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
			allow_beneath(&landlock, own[i], FS_READ_FILE | FS_READ_DIR);
		}
	}
	long rc = syscall(SYS_landlock_restrict_self, landlock.fd, 0);
	close(landlock.fd);
	return rc == 0 ? WALL_BUILT : WALL_REFUSED;
}

/* Always: reading and writing what is open, memory, time, signals, the end. */
static const int calls_always[] = {
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(preadv),
	SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(pwrite64), SCMP_SYS(pwritev),
	SCMP_SYS(lseek), SCMP_SYS(close), SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(ftruncate),
	SCMP_SYS(fallocate), SCMP_SYS(fadvise64), SCMP_SYS(flock), SCMP_SYS(dup),
	SCMP_SYS(fstat), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(newfstatat), SCMP_SYS(statx),
	SCMP_SYS(fstatfs), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
	SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getcwd),
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select), SCMP_SYS(pselect6),
	SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(msync), SCMP_SYS(brk),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigtimedwait), SCMP_SYS(rt_sigsuspend), SCMP_SYS(rt_sigpending), SCMP_SYS(sigaltstack),
	SCMP_SYS(restart_syscall), SCMP_SYS(pause),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrusage), SCMP_SYS(times),
	SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(gettid), SCMP_SYS(getpgrp), SCMP_SYS(getpgid),
	SCMP_SYS(getsid), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
	SCMP_SYS(capget), SCMP_SYS(uname), SCMP_SYS(sysinfo), SCMP_SYS(getrandom), SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity),
	/* Threads: clone() itself is looked at below. */
	SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(set_tid_address),
	SCMP_SYS(exit), SCMP_SYS(exit_group),
};

/* An interface that is opened anew. There is no connect() and no sendto(): its sockets only listen. */
static const int calls_capture[] = {
	SCMP_SYS(bind), SCMP_SYS(setsockopt), SCMP_SYS(getsockopt), SCMP_SYS(getsockname),
	SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(eventfd2),
};

static const int calls_remove[] = {SCMP_SYS(unlink), SCMP_SYS(unlinkat)};

/* Names that change in a folder of the program's own. */
static const int calls_names[] = {
	SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(getdents64),
	SCMP_SYS(fchmod), SCMP_SYS(fchown),
};

/* What the leak checker and a report of the address sanitizer take. */
static const int calls_sanitizer[] = {
	SCMP_SYS(clone), SCMP_SYS(wait4), SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(prctl),
	SCMP_SYS(arch_prctl), SCMP_SYS(getdents), SCMP_SYS(getdents64), SCMP_SYS(kill), SCMP_SYS(tgkill), SCMP_SYS(mmap),
	SCMP_SYS(mprotect), SCMP_SYS(prlimit64), SCMP_SYS(getrlimit), SCMP_SYS(setrlimit), SCMP_SYS(pipe2),
	SCMP_SYS(fcntl),
};

/* Not TIOCSTI, by which a terminal is made to believe that its user has typed something. */
static const unsigned long ioctls_always[] = {
	TCGETS, TCSETS, TCSETSW, TCSETSF, TCFLSH, TCSBRK, TCXONC, TIOCGWINSZ, TIOCGPGRP, FIONREAD,
};

static const unsigned long ioctls_capture[] = {
	SIOCGIFFLAGS, SIOCGIFINDEX, SIOCGIFNAME, SIOCGIFHWADDR, SIOCGIFMTU, SIOCETHTOOL, SIOCGSTAMP,
	SIOCINQ,
};

static const int fcntls[] = {
	F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETLK, F_SETLKW, F_DUPFD_CLOEXEC,
#ifdef F_OFD_SETLK
	F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW,
#endif
};

static bool
allow(scmp_filter_ctx filter, const int *calls, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0) != 0) {
			return false;
		}
	}
	return true;
}

static bool
allow_masked(scmp_filter_ctx filter, int call, unsigned argument, uint64_t mask, uint64_t value)
{
	const struct scmp_arg_cmp compare = {
		.arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};
	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &compare) == 0;
}

static bool
allow_exactly(scmp_filter_ctx filter, int call, unsigned argument, uint64_t value)
{
	/* The kernel takes an int or an unsigned of these, so the upper half is whatever. */
	return allow_masked(filter, call, argument, UINT32_MAX, value & UINT32_MAX);
}

#define ALLOW(filter, list) allow((filter), (list), sizeof(list) / sizeof((list)[0]))

/* Threads, and no processes; glibc asks clone3() first, whose flags cannot be seen here. */
static bool
allow_threads(scmp_filter_ctx filter)
{
	return allow_masked(filter, SCMP_SYS(clone), 0, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD,
		       CLONE_VM | CLONE_SIGHAND | CLONE_THREAD) &&
		seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0;
}

/* Memory that is data; limits that are asked for and not set. */
static bool
allow_memory(scmp_filter_ctx filter)
{
	return allow_masked(filter, SCMP_SYS(mmap), 2, PROT_EXEC, 0) &&
		allow_masked(filter, SCMP_SYS(mprotect), 2, PROT_EXEC, 0) &&
		allow_masked(filter, SCMP_SYS(prlimit64), 2, UINT64_MAX, 0);
}

/* Signals to itself: abort(), and the terminal's stop key. */
static bool
allow_signals(scmp_filter_ctx filter, pid_t self)
{
	return allow_exactly(filter, SCMP_SYS(kill), 0, (uint64_t)self) &&
		allow_exactly(filter, SCMP_SYS(tgkill), 0, (uint64_t)self);
}

static bool
allow_kinds(scmp_filter_ctx filter, const struct sandbox_needs *needs)
{
	bool good = true;
	for (size_t i = 0; good && i < sizeof(ioctls_always) / sizeof(ioctls_always[0]); i++) {
		good = allow_exactly(filter, SCMP_SYS(ioctl), 1, ioctls_always[i]);
	}
	for (size_t i = 0; good && needs->capture &&
		i < sizeof(ioctls_capture) / sizeof(ioctls_capture[0]); i++) {
		good = allow_exactly(filter, SCMP_SYS(ioctl), 1, ioctls_capture[i]);
	}
	for (size_t i = 0; good && i < sizeof(fcntls) / sizeof(fcntls[0]); i++) {
		good = allow_exactly(filter, SCMP_SYS(fcntl), 1, (uint64_t)fcntls[i]);
	}
	/* libpcap asks the card for its clocks through a Unix socket. */
	if (good && needs->capture) {
		good = allow_exactly(filter, SCMP_SYS(socket), 0, AF_PACKET) &&
			allow_exactly(filter, SCMP_SYS(socket), 0, AF_UNIX);
	}
	return good;
}

/* Which opening there is: none, for reading, of what is new, or (`over`) of anything. Landlock says where. */
static bool
allow_opening(scmp_filter_ctx filter, bool reading, bool making, bool over)
{
	const struct {
		int call;
		unsigned flags; /* which argument they are */
	} calls[] = {{SCMP_SYS(open), 1}, {SCMP_SYS(openat), 2}};
	const uint64_t changes = O_ACCMODE | O_CREAT | O_TRUNC;
	bool good = true;
	for (size_t i = 0; good && i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (over) {
			good = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i].call, 0) == 0;
			continue;
		}
		if (reading) {
			good = allow_masked(filter, calls[i].call, calls[i].flags, changes, O_RDONLY);
		}
		if (good && making) {
			good = allow_masked(filter, calls[i].call, calls[i].flags, O_CREAT | O_EXCL,
				O_CREAT | O_EXCL);
		}
	}
	return good;
}

static bool
add_rules(scmp_filter_ctx filter, const struct sandbox_needs *needs, bool journals, pid_t self)
{
	bool names = journals || needs->record != NULL;
	bool reading = needs->capture || needs->followed_count > 0 || needs->database != NULL || names ||
		SANITIZED;
	bool good = ALLOW(filter, calls_always) && allow_threads(filter) && allow_kinds(filter, needs) &&
		allow_opening(filter, reading, needs->save != NULL, names);
	if (SANITIZED) {
		good = good && ALLOW(filter, calls_sanitizer);
	} else {
		good = good && allow_memory(filter) && allow_signals(filter, self);
	}
	if (needs->capture) {
		good = good && ALLOW(filter, calls_capture);
	}
	if (needs->database != NULL || names) {
		good = good && ALLOW(filter, calls_remove);
	}
	if (names) {
		good = good && ALLOW(filter, calls_names);
	}
	return good;
}

/* In the child: the instructions go into the pipe, or it ends badly. Descriptors and memory die with it. */
static _Noreturn void
write_filter(int to, const struct sandbox_needs *needs, bool journals, pid_t self)
{
	static const int fatal[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM};
	const struct rlimit no_core = {0}, little_time = {FILTER_PROCESSOR_SECONDS, FILTER_PROCESSOR_SECONDS};
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++) {
		signal(fatal[i], SIG_DFL);
	}
	(void)setrlimit(RLIMIT_CORE, &no_core);
	(void)setrlimit(RLIMIT_CPU, &little_time);
	close(STDERR_FILENO); /* of what libc says when it aborts */
	alarm(FILTER_SECONDS);
	/* Twice, for them to be compared. */
	for (int i = 0; i < 2; i++) {
		scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
		if (filter == NULL || !add_rules(filter, needs, journals, self) ||
			seccomp_export_bpf(filter, to) != 0) {
			_exit(1);
		}
		seccomp_release(filter);
	}
	_exit(0);
}

/* The instructions out of the child; how many octets, 0 where it could not make them. */
static size_t
make_filter(const struct sandbox_needs *needs, bool journals, uint8_t *octets, size_t room)
{
	int ends[2];
	pid_t self = getpid();
	if (pipe2(ends, O_CLOEXEC) != 0) {
		return 0;
	}
	pid_t child = fork();
	if (child == 0) {
		write_filter(ends[1], needs, journals, self);
	}
	close(ends[1]);
	size_t used = 0;
	ssize_t n;
	while (child > 0 && used < room &&
		((n = read(ends[0], octets + used, room - used)) > 0 || (n < 0 && errno == EINTR))) {
		used += n > 0 ? (size_t)n : 0;
	}
	close(ends[0]);
	int status = 1;
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
	}
	return status == 0 ? used : 0;
}

/*
 * The filter is made in a child of its own, and twice: where memory runs out libseccomp (2.5) frees twice,
 * does not end, or leaves rules out without a word, exit_group() among them.
 */
static int
confine_calls(const struct sandbox_needs *needs, bool journals)
{
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL) == 0 || errno != EFAULT) {
		return WALL_LACKING;
	}
	static struct sock_filter code[2 * FILTER_INSTRUCTIONS];
	size_t size = make_filter(needs, journals, (uint8_t *)code, sizeof(code)) / 2;
	if (size == 0 || size % sizeof(code[0]) != 0 ||
		memcmp(code, code + size / sizeof(code[0]), size) != 0) {
		return WALL_REFUSED;
	}
	const struct sock_fprog program = {
		.len = (unsigned short)(size / sizeof(code[0])), .filter = code};
	/* Not slower for it: older kernels switch off the processor's guesses otherwise; the oldest do not
	 * know the flag. */
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program) == 0 ||
		syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0) {
		return WALL_BUILT;
	}
	return WALL_REFUSED;
}

enum sandbox
sandbox_enter(const struct sandbox_needs *needs, char *why, size_t size)
{
	why[0] = '\0';
	warm_up();
	if (!drop_capabilities(needs)) {
		snprintf(why, size, "cannot give up capabilities: %s", strerror(errno));
		return SANDBOX_FAILED;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		snprintf(why, size, "cannot forgo new privileges: %s", strerror(errno));
		return SANDBOX_FAILED;
	}
	bool journals = needs->database != NULL && !needs->database_read &&
		makes_journals(needs->database);
	int paths = confine_paths(needs, journals);
	int calls = confine_calls(needs, journals);
	if (paths == WALL_BUILT && calls == WALL_BUILT) {
		return SANDBOX_WHOLE;
	}
	bool refused = paths == WALL_REFUSED || calls == WALL_REFUSED;
	snprintf(why, size, "the sandbox is not whole: %s%s%s %s",
		paths != WALL_BUILT ? "Landlock (paths)" : "",
		paths != WALL_BUILT && calls != WALL_BUILT ? ", " : "",
		calls != WALL_BUILT ? "seccomp (system calls)" : "",
		refused ? "was refused" : "is not in this kernel");
	return refused ? SANDBOX_FAILED : SANDBOX_PARTLY;
}
