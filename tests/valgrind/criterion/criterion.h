/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_TESTS_VALGRIND_CRITERION_H
#define BGPWHY_TESTS_VALGRIND_CRITERION_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * What the unit tests use of Criterion, in its place, for scripts/check units. Criterion starts a program for
 * each test, and under valgrind that takes longer than most tests take; here it is a fork() of one that runs already.
 */
struct valgrind_test {
	void (*init)(void), (*fini)(void);
	double timeout;
	const char *name;
	void (*run)(void);
	struct valgrind_test *next;
};

static struct valgrind_test *valgrind_tests, **valgrind_last = &valgrind_tests;
static struct valgrind_test valgrind_suite; /* one in a file */

/* Loops over all values of an octet are as long as the native machine is fast. */
#define UNDER_VALGRIND 1

#define TestSuite(suite, ...) \
	__attribute__((constructor(101))) static void suite##_suite(void) \
	{ \
		valgrind_suite = (struct valgrind_test){__VA_ARGS__}; \
	} \
	struct valgrind_test

#define Test(suite, title, ...) \
	static void valgrind_##suite##_##title(void); \
	__attribute__((constructor(102))) static void valgrind_add_##valgrind_##suite##_##title(void) \
	{ \
		static struct valgrind_test test = {.name = #suite "::" #title, .run = valgrind_##suite##_##title, ##__VA_ARGS__}; \
		test.init = test.init != NULL ? test.init : valgrind_suite.init; \
		test.fini = test.fini != NULL ? test.fini : valgrind_suite.fini; \
		*valgrind_last = &test; \
		valgrind_last = &test.next; \
	} \
	static void valgrind_##suite##_##title(void)

#define valgrind_check(good, ...) \
	do { \
		if (!(good)) { \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #good); \
			exit(1); \
		} \
	} while (0)

#define cr_assert(good, ...) valgrind_check(good)
#define cr_assert_not(bad, ...) valgrind_check(!(bad))
#define cr_assert_null(p, ...) valgrind_check((p) == NULL)
#define cr_assert_not_null(p, ...) valgrind_check((p) != NULL)
#define cr_assert_eq(a, b, ...) valgrind_check((a) == (b))
#define cr_assert_neq(a, b, ...) valgrind_check((a) != (b))
#define cr_assert_lt(a, b, ...) valgrind_check((a) < (b))
#define cr_assert_leq(a, b, ...) valgrind_check((a) <= (b))
#define cr_assert_gt(a, b, ...) valgrind_check((a) > (b))
#define cr_assert_geq(a, b, ...) valgrind_check((a) >= (b))
#define cr_assert_str_eq(a, b, ...) valgrind_check(strcmp(a, b) == 0)
#define cr_expect cr_assert
#define cr_expect_not cr_assert_not
#define cr_expect_null cr_assert_null
#define cr_expect_not_null cr_assert_not_null
#define cr_expect_eq cr_assert_eq
#define cr_expect_neq cr_assert_neq
#define cr_expect_lt cr_assert_lt
#define cr_expect_leq cr_assert_leq
#define cr_expect_gt cr_assert_gt
#define cr_expect_geq cr_assert_geq
#define cr_expect_str_eq cr_assert_str_eq
#define cr_log_warn(...) ((void)fprintf(stderr, __VA_ARGS__))

int
main(void)
{
	int failed = 0;
	for (const struct valgrind_test *test = valgrind_tests; test != NULL; test = test->next) {
		int status = 0;
		fflush(NULL);
		pid_t pid = fork();
		if (pid == 0) {
			if (test->init != NULL) {
				test->init();
			}
			test->run();
			if (test->fini != NULL) {
				test->fini();
			}
			exit(0);
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
			printf("%s: failed\n", test->name);
			failed++;
		}
	}
	return failed > 0;
}

#endif
