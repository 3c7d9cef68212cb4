/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sandbox from inside: a child for each attempt enters it, as the program does, and tries. What must fail
 * is what somebody who has taken the program over would try first; what must go on is what the program does.
 * Speaks TAP. No Criterion: its own talk with the child would not get through.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED true
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

static char folder[] = "/tmp/bgpwhy-walls-XXXXXX";
static int known_fd; /* was open before */
static bool whole;   /* this kernel has all of it */

static const char *
at(const char *name)
{
	static char path[8][128];
	static unsigned next;
	char *made = path[next++ % 8];
	snprintf(made, sizeof(path[0]), "%s/%s", folder, name);
	return made;
}

/* An attempt: 0, or the errno of its failure. */

static int
verdict(long rc)
{
	return rc < 0 ? errno : 0;
}

static int
open_as(const char *path, int flags)
{
	return verdict(open(path, flags, 0600));
}

static int
read_passwd(void)
{
	return open_as("/etc/passwd", O_RDONLY);
}

static int
open_memory(void)
{
	return open_as("/proc/self/mem", O_RDWR);
}

static int
make_file(void)
{
	return open_as(at("made"), O_WRONLY | O_CREAT | O_EXCL);
}

static int
overwrite(void)
{
	return open_as(at("there"), O_WRONLY | O_TRUNC);
}

static int
append(void)
{
	return open_as(at("there"), O_WRONLY | O_APPEND);
}

static int
open_or_make(void)
{
	return open_as(at("there"), O_WRONLY | O_CREAT);
}

static int
read_there(void)
{
	return open_as(at("there"), O_RDONLY);
}

static int
read_replaced(void)
{
	return open_as(at("later"), O_RDONLY);
}

static int
open_by_openat2(void)
{
	const struct {
		uint64_t flags, mode, resolve;
	} how = {.flags = O_RDONLY};
	return verdict(syscall(437, AT_FDCWD, "/etc/passwd", &how, sizeof(how)));
}

static int
remove_there(void)
{
	return verdict(unlink(at("there")));
}

static int
remove_log(void)
{
	return verdict(unlink(at("a.db-wal")));
}

static int
make_journal(void)
{
	int error = open_as(at("b.db-journal"), O_RDWR | O_CREAT);
	return error != 0 ? error : verdict(unlink(at("b.db-journal")));
}

static int
rename_there(void)
{
	return verdict(rename(at("there"), at("elsewhere")));
}

static int
record(void)
{
	int error = open_as(at("record/part"), O_WRONLY | O_CREAT | O_TRUNC);
	error = error != 0 ? error : verdict(rename(at("record/part"), at("record/whole")));
	return error != 0 ? error : verdict(unlink(at("record/whole")));
}

static int
make_folder(void)
{
	return verdict(mkdir(at("folder"), 0700));
}

static int
make_link(void)
{
	return verdict(symlink("/etc/passwd", at("link")));
}

static int
change_mode(void)
{
	return verdict(chmod(at("there"), 0777));
}

static int
socket_of(int domain, int type)
{
	return verdict(socket(domain, type, 0));
}

static int
inet_socket(void)
{
	return socket_of(AF_INET, SOCK_STREAM);
}

static int
inet6_socket(void)
{
	return socket_of(AF_INET6, SOCK_DGRAM);
}

static int
unix_socket(void)
{
	return socket_of(AF_UNIX, SOCK_STREAM);
}

static int
netlink_socket(void)
{
	return socket_of(AF_NETLINK, SOCK_RAW);
}

static int
packet_socket(void)
{
	return socket_of(AF_PACKET, SOCK_RAW);
}

static int
connect_anything(void)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "/run/dbus/system_bus_socket"};
	return verdict(connect(known_fd, (struct sockaddr *)&to, sizeof(to)));
}

static int
send_anything(void)
{
	return verdict(send(known_fd, "x", 1, 0));
}

static int
run_shell(void)
{
	char *words[] = {(char[]){"sh"}, NULL};
	char *environment[] = {NULL};
	return verdict(execve("/bin/sh", words, environment));
}

static int
run_by_descriptor(void)
{
	char *words[] = {(char[]){"sh"}, NULL};
	char *environment[] = {NULL};
	return verdict(fexecve(known_fd, words, environment));
}

static int
make_process(void)
{
	pid_t child = fork();
	if (child == 0) {
		_exit(0);
	}
	return verdict(child);
}

static int
signal_parent(void)
{
	return verdict(kill(getppid(), SIGCONT));
}

static int
trace_parent(void)
{
	return verdict(ptrace(PTRACE_SEIZE, getppid(), NULL, NULL));
}

static int
become_root(void)
{
	return verdict(setuid(0));
}

static int
new_namespace(void)
{
	return verdict(syscall(SYS_unshare, 0x10000000)); /* of users */
}

static int
type_for_the_user(void)
{
	return verdict(ioctl(known_fd, TIOCSTI, "x"));
}

static int
run_memory(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return page == MAP_FAILED ? errno : 0;
}

static int
make_memory_run(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return page == MAP_FAILED ? 0 : verdict(mprotect(page, 4096, PROT_READ | PROT_EXEC));
}

static int
load_bpf(void)
{
	return verdict(syscall(SYS_bpf, 0, NULL, 0));
}

static int
make_ring(void)
{
	char parameters[120] = "";
	return verdict(syscall(425, 4, parameters)); /* io_uring_setup */
}

static int
make_memory_file(void)
{
	return verdict(syscall(SYS_memfd_create, "x", 0));
}

static int
leave_root_folder(void)
{
	return verdict(syscall(SYS_chroot, folder));
}

static int
has_capabilities(void)
{
	cap_t now = cap_get_proc(), none = cap_init();
	int same = now != NULL && none != NULL ? cap_compare(now, none) : -1;
	cap_free(now);
	cap_free(none);
	return same == 0 ? EPERM : 0;
}

static int
may_gain(void)
{
	/* prctl() is not there any more, but the file is, where it was opened before. */
	char text[4096];
	ssize_t n = pread(known_fd, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	return strstr(text, "NoNewPrivs:\t1") != NULL && strstr(text, "Seccomp:\t2") != NULL ? EPERM : 0;
}

static void *
in_thread(void *value)
{
	*(int *)value = open_as("/etc/passwd", O_RDONLY);
	return NULL;
}

static int
open_in_thread(void)
{
	int error = 0;
	pthread_t thread;
	int rc = pthread_create(&thread, NULL, in_thread, &error);
	return rc != 0 || pthread_join(thread, NULL) != 0 ? 0 : error;
}

static int
work(void)
{
	char *memory = malloc(64 << 20);
	if (memory == NULL) {
		return ENOMEM;
	}
	memset(memory, 1, 64 << 20);
	memory = realloc(memory, 96 << 20);
	free(memory);
	struct stat st;
	struct timespec moment = {.tv_nsec = 1000};
	int value = 0;
	pthread_t thread;
	bool good = stat("/", &st) == 0 && nanosleep(&moment, NULL) == 0 &&
		pthread_create(&thread, NULL, in_thread, &value) == 0 &&
		pthread_join(thread, NULL) == 0 && write(known_fd, "x", 1) == 1 &&
		fsync(known_fd) == 0 && raise(SIGCONT) == 0 && kill(getpid(), SIGCONT) == 0 &&
		signal(SIGTERM, SIG_IGN) != SIG_ERR;
	return good ? 0 : errno != 0 ? errno : EIO;
}

static int
read_statistics(void)
{
	return open_as("/sys/class/net/lo/statistics/rx_dropped", O_RDONLY);
}

static int
enter_again(void)
{
	char why[128];
	const struct sandbox_needs wider = {.save = "/"};
	(void)sandbox_enter(&wider, why, sizeof(why));
	return read_passwd();
}

enum known { NOTHING, FILE_THERE, STATUS, SOCKET, SHELL, TERMINAL };

static const struct attempt {
	const char *name;
	int (*try)(void);
	enum known known;
	bool allowed;
	bool sanitizers; /* need it themselves */
} offline[] = {
	{"open /etc/passwd", read_passwd, NOTHING, false, false},
	{"open /etc/passwd by openat2", open_by_openat2, NOTHING, false, false},
	{"open /etc/passwd in a thread that began later", open_in_thread, NOTHING, false, false},
	{"enter a wider sandbox and open /etc/passwd", enter_again, NOTHING, false, false},
	{"open its own memory", open_memory, NOTHING, false, false},
	{"make a file", make_file, NOTHING, false, false},
	{"write over a file", overwrite, NOTHING, false, false},
	{"remove a file", remove_there, NOTHING, false, false},
	{"rename a file", rename_there, NOTHING, false, false},
	{"make a folder", make_folder, NOTHING, false, false},
	{"make a link", make_link, NOTHING, false, false},
	{"change a mode", change_mode, NOTHING, false, false},
	{"an IPv4 socket", inet_socket, NOTHING, false, false},
	{"an IPv6 socket", inet6_socket, NOTHING, false, false},
	{"a Unix socket", unix_socket, NOTHING, false, false},
	{"a netlink socket", netlink_socket, NOTHING, false, false},
	{"a packet socket", packet_socket, NOTHING, false, false},
	{"connect a socket that is open", connect_anything, SOCKET, false, false},
	{"send by a socket that is open", send_anything, SOCKET, false, false},
	{"execve a shell", run_shell, NOTHING, false, false},
	{"execve what is open", run_by_descriptor, SHELL, false, false},
	{"fork", make_process, NOTHING, false, true},
	{"signal another process", signal_parent, NOTHING, false, true},
	{"trace another process", trace_parent, NOTHING, false, true},
	{"setuid", become_root, NOTHING, false, false},
	{"make a namespace", new_namespace, NOTHING, false, false},
	{"chroot", leave_root_folder, NOTHING, false, false},
	{"type into the terminal", type_for_the_user, TERMINAL, false, false},
	{"memory that runs", run_memory, NOTHING, false, true},
	{"make memory run", make_memory_run, NOTHING, false, true},
	{"load BPF", load_bpf, NOTHING, false, false},
	{"make an io_uring", make_ring, NOTHING, false, false},
	{"make a memory file", make_memory_file, NOTHING, false, false},
	{"have a capability", has_capabilities, NOTHING, false, false},
	{"go without no-new-privs or seccomp", may_gain, STATUS, false, false},
	{"memory, threads, time, signals to itself, what is open", work, FILE_THERE, true, false},
};

static const struct attempt saving[] = {
	{"make a file", make_file, NOTHING, true, false},
	{"write over a file", overwrite, NOTHING, false, false},
	{"append to a file", append, NOTHING, false, false},
	{"open or make a file", open_or_make, NOTHING, false, false},
	{"read a file", read_there, NOTHING, false, true},
	{"remove a file", remove_there, NOTHING, false, false},
	{"rename a file", rename_there, NOTHING, false, false},
	{"open /etc/passwd", read_passwd, NOTHING, false, false},
	{"execve a shell", run_shell, NOTHING, false, false},
};

static const struct attempt following[] = {
	{"read what took its place", read_replaced, NOTHING, true, false},
	{"write over a file", overwrite, NOTHING, false, false},
	{"make a file", make_file, NOTHING, false, false},
	{"remove a file", remove_there, NOTHING, false, false},
	{"open /etc/passwd", read_passwd, NOTHING, false, false},
};

static const struct attempt storing[] = {
	{"remove its log", remove_log, NOTHING, true, false},
	{"write over a file", overwrite, NOTHING, false, false},
	{"make a file", make_file, NOTHING, false, false},
	{"read another file of its folder", read_there, NOTHING, false, false},
	{"open /etc/passwd", read_passwd, NOTHING, false, false},
};

static const struct attempt storing_without_log[] = {
	{"make and remove a journal", make_journal, NOTHING, true, false},
	{"open /etc/passwd", read_passwd, NOTHING, false, false},
	{"an IPv4 socket", inet_socket, NOTHING, false, false},
	{"execve a shell", run_shell, NOTHING, false, false},
};

static const struct attempt recording[] = {
	{"make, rename and remove files of its folder", record, NOTHING, true, false},
	{"make a file beside it", make_file, NOTHING, false, false},
	{"remove a file beside it", remove_there, NOTHING, false, false},
	{"open /etc/passwd", read_passwd, NOTHING, false, false},
};

static const struct attempt capturing[] = {
	{"a packet socket", packet_socket, NOTHING, true, false},
	{"read what a card dropped", read_statistics, NOTHING, true, false},
	{"an IPv4 socket", inet_socket, NOTHING, false, false},
	{"a netlink socket", netlink_socket, NOTHING, false, false},
	{"connect a Unix socket", connect_anything, SOCKET, false, false},
	{"send by a socket that is open", send_anything, SOCKET, false, false},
	{"open /etc/passwd", read_passwd, NOTHING, false, false},
	{"execve a shell", run_shell, NOTHING, false, false},
	{"setuid", become_root, NOTHING, false, false},
};

static bool
can_capture(void)
{
	int fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (fd >= 0) {
		close(fd);
	}
	return fd >= 0;
}

static void
write_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0644);
	if (fd < 0 || write(fd, "x", 1) != 1) {
		exit(2);
	}
	close(fd);
}

static void
prepare_folder(void)
{
	(void)unlink(at("made"));
	(void)unlink(at("elsewhere"));
	(void)unlink(at("link"));
	(void)rmdir(at("folder"));
	write_file(at("there"));
	write_file(at("later"));
	write_file(at("a.db"));
	write_file(at("a.db-wal"));
	write_file(at("b.db"));
	(void)mkdir(at("record"), 0700);
}

static int
open_known(enum known known)
{
	int pair[2];
	switch (known) {
	case FILE_THERE:
		return open(at("there"), O_RDWR | O_CLOEXEC);
	case STATUS:
		return open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	case SOCKET:
		return socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0 ? pair[0] : -1;
	case SHELL:
		return open("/bin/sh", O_RDONLY);
	case TERMINAL:
		return posix_openpt(O_RDWR | O_NOCTTY);
	default:
		return -1;
	}
}

/* The errno that the attempt ends with in a child of its own; 255: the sandbox was refused. Without needs
 * it does not enter one. */
static int
attempt_in_child(const struct attempt *attempt, const struct sandbox_needs *needs)
{
	prepare_folder();
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		char why[128];
		alarm(20);
		known_fd = open_known(attempt->known);
		if (needs != NULL && sandbox_enter(needs, why, sizeof(why)) == SANDBOX_FAILED) {
			printf("# %s\n", why);
			fflush(stdout);
			_exit(255);
		}
		errno = 0;
		_exit(attempt->try());
	}
	int status = 0;
	if (child < 0 || waitpid(child, &status, 0) != child) {
		exit(2);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

static unsigned count, failures;

static void
check(const char *kind, const struct attempt *attempts, size_t size, const struct sandbox_needs *needs)
{
	for (size_t i = 0; i < size; i++) {
		const struct attempt *attempt = &attempts[i];
		count++;
		if (!whole || (SANITIZED && attempt->sanitizers)) {
			printf("ok %u - %s: %s # SKIP %s\n", count, kind, attempt->name,
				whole ? "the sanitizers need it" : "this kernel has not all of the sandbox");
			continue;
		}
		int error = attempt_in_child(attempt, needs);
		bool good = attempt->allowed ? error == 0
			: error == EPERM || error == EACCES || error == ENOSYS;
		failures += !good;
		printf("%sok %u - %s: %s %s\n", good ? "" : "not ", count, kind, attempt->name,
			attempt->allowed ? "goes on" : "fails");
		if (!good) {
			printf("#   %s\n", error == 0 ? "it was allowed" : error < 255 ? strerror(error)
				: error == 255 ? "the sandbox was refused" : "it was killed");
		}
	}
}

/* That they fail inside says something only if they do not outside. */
static void
check_outside(void)
{
	int (*const tries[])(void) = {read_passwd, make_file, overwrite, remove_there, rename_there,
		inet_socket, unix_socket, netlink_socket, run_shell, make_process, run_memory};
	bool good = true;
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		const struct attempt attempt = {.name = "", .try = tries[i]};
		int error = attempt_in_child(&attempt, NULL);
		if (error != 0) {
			good = false;
			printf("# number %zu: %s\n", i, strerror(error));
		}
	}
	failures += !good;
	printf("%sok %u - outside of the sandbox the same attempts go on\n", good ? "" : "not ", ++count);
}

#define CHECK(kind, attempts, ...)                                                       \
	check((kind), (attempts), sizeof(attempts) / sizeof((attempts)[0]),               \
		&(const struct sandbox_needs){__VA_ARGS__})

int
main(void)
{
	if (mkdtemp(folder) == NULL) {
		return 2;
	}
	if (freopen("/dev/null", "r", stdin) == NULL) {
		return 2; /* a shell would read it */
	}
	char why[128] = "";
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		_exit(sandbox_enter(&(const struct sandbox_needs){.as_root = false}, why, sizeof(why)) ==
			SANDBOX_WHOLE ? 0 : 1);
	}
	int status = 1;
	waitpid(child, &status, 0);
	whole = status == 0;

	const char *followed[] = {at("there")};
	char save[128], record_folder[128], with_log[128], without_log[128];
	snprintf(save, sizeof(save), "%s", folder);
	snprintf(record_folder, sizeof(record_folder), "%s", at("record"));
	snprintf(with_log, sizeof(with_log), "%s", at("a.db"));
	snprintf(without_log, sizeof(without_log), "%s", at("b.db"));
	char there[128];
	snprintf(there, sizeof(there), "%s", followed[0]);
	followed[0] = there;

	check_outside();
	CHECK("a file", offline, .as_root = false);
	CHECK("saving", saving, .save = save);
	CHECK("following", following, .followed = followed, .followed_count = 1);
	CHECK("a database", storing, .database = with_log);
	CHECK("a database that is read", storing, .database = without_log, .database_read = true);
	CHECK("a database without a log", storing_without_log, .database = without_log);
	CHECK("recording", recording, .record = record_folder);
	if (can_capture()) {
		CHECK("an interface", capturing, .capture = true);
	} else {
		printf("ok %u - an interface # SKIP needs the right to capture\n", ++count);
	}
	char command[160];
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	int removed = system(command);
	printf("1..%u\n", count);
	return failures > 0 || removed != 0;
}
