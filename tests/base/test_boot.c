/* SPDX-License-Identifier: MIT */
/*
 * Goal: two processes of one boot and time namespace read the same, others read something else, and damaged text is
 * nothing.
 * Method: the reading of text is pure and fed with good and bad text; the machine's own is compared with what the same
 * files say to stdio, and with a child in a time namespace of its own where that is allowed.
 */
#include "../check_run.h"
#include "base/boot.h"
#include "openclaw/status.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

START_TEST(boot_id_of_a_uuid_is_its_bytes)
{
	const unsigned char right[16] = {0xfe, 0x76, 0xb2, 0x86, 0x7d, 0x73, 0x4b, 0x68,
	                                 0x90, 0x10, 0xf4, 0xe1, 0x30, 0x2f, 0x39, 0x8e};
	unsigned char id[16] = {0};

	ck_assert(ocl__boot_id_of("fe76b286-7d73-4b68-9010-f4e1302f398e\n", id));
	ck_assert_mem_eq(id, right, sizeof right);
	memset(id, 0, sizeof id);
	ck_assert(ocl__boot_id_of("FE76B286-7D73-4B68-9010-F4E1302F398E", id));
	ck_assert_mem_eq(id, right, sizeof right);
}
END_TEST

START_TEST(boot_id_of_anything_else_is_refused)
{
	const char *const bad[] = {"",
	                           "\n",
	                           "fe76b286",
	                           "fe76b2867d734b689010f4e1302f398e",
	                           "fe76b286-7d73-4b68-9010-f4e1302f398",
	                           "fe76b286-7d73-4b68-9010+f4e1302f398e",
	                           "ge76b286-7d73-4b68-9010-f4e1302f398e",
	                           "fg76b286-7d73-4b68-9010-f4e1302f398e",
	                           "-fe76b286-7d73-4b68-9010-f4e1302f39"};
	unsigned char id[16], before[16];

	memset(id, 0x5a, sizeof id);
	memcpy(before, id, sizeof id);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(!ocl__boot_id_of(bad[i], id), "%s", bad[i]);
	ck_assert_mem_eq(id, before, sizeof id);
}
END_TEST

START_TEST(boot_offset_of_the_kernels_text_is_read)
{
	int64_t ns = 5;

	ck_assert(ocl__boot_offset_of("monotonic           0         0\nboottime            0         0\n", &ns));
	ck_assert_int_eq(ns, 0);
	ck_assert(ocl__boot_offset_of("monotonic      604800        21\nboottime       7 8\n", &ns));
	ck_assert_int_eq(ns, INT64_C(604800000000021));
	ck_assert(ocl__boot_offset_of("boottime 7 8\nother 9 9\nmonotonic -2 500000000\n", &ns));
	ck_assert_int_eq(ns, INT64_C(-1500000000));
}
END_TEST

START_TEST(boot_offset_of_anything_else_is_refused)
{
	const char *const bad[] = {"",
	                           "boottime 7 8\n",
	                           "monotonic\n",
	                           "monotonic 1\n",
	                           "monotonic - 1\n",
	                           "monotonic 1 -1\n",
	                           "monotonic 1 1000000000\n",
	                           "monotonic 9223372036 1\n",
	                           "monotonic -9223372036 1\n",
	                           "monotonic 1111111111111 1\n",
	                           "monotonic 18446744073709551617 1\n",
	                           "monotonic x 1\n"};
	int64_t ns = 5;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(!ocl__boot_offset_of(bad[i], &ns), "%s", bad[i]);
	ck_assert_int_eq(ns, 5);
}
END_TEST

START_TEST(boot_read_is_the_kernels_and_stays)
{
	struct ocl__boot boot, again;
	char text[64] = "", hex[33];
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (file == NULL) {
		printf("skipped: no boot_id here\n");
		return;
	}
	ck_assert_ptr_nonnull(fgets(text, sizeof text, file));
	fclose(file);
	ck_assert_int_eq(ocl__boot_read(&boot), OCL_OK);
	ck_assert_int_eq(ocl__boot_read(&again), OCL_OK);
	ck_assert_mem_eq(&boot, &again, sizeof boot);
	for (unsigned i = 0; i < 16; i++)
		snprintf(&hex[2 * i], 3, "%02x", boot.id[i]);
	for (char *to = text, *from = text; *from != '\0'; from++) { /* the UUID without its dashes */
		*to = *from;
		to += *from != '-';
	}
	ck_assert_int_eq(strncmp(text, hex, 32), 0);
}
END_TEST

/* In a namespace 1000 s ahead: what the child reads is its own, and before it is born its parent reads none. */
static int child_in_another_time(void)
{
	struct ocl__boot here, boot;
	FILE *file;
	int status = 0;

	if (ocl__boot_read(&here) != OCL_OK || unshare(CLONE_NEWTIME) != 0)
		return 77;
	file = fopen("/proc/self/timens_offsets", "we");
	if (file == NULL)
		return 77;
	if (fprintf(file, "monotonic 1000 7\n") < 0 || fclose(file) != 0)
		return 77;
	if (ocl__boot_read(&boot) != OCL_EIO)
		return 1;
	pid_t child = fork();
	if (child == 0) {
		if (ocl__boot_read(&boot) != OCL_OK || memcmp(boot.id, here.id, sizeof here.id) != 0)
			_exit(2);
		_exit(boot.monotonic_ns == here.monotonic_ns + INT64_C(1000000000007) ? 0 : 3);
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 4;
}

START_TEST(boot_read_in_another_time_namespace_says_so)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0)
		_exit(child_in_another_time());
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		printf("skipped: no time namespace may be made here\n");
	else
		ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

static Suite *boot_suite(void)
{
	Suite *suite = suite_create("boot");
	TCase *cases = tcase_create("boot");

	tcase_add_test(cases, boot_id_of_a_uuid_is_its_bytes);
	tcase_add_test(cases, boot_id_of_anything_else_is_refused);
	tcase_add_test(cases, boot_offset_of_the_kernels_text_is_read);
	tcase_add_test(cases, boot_offset_of_anything_else_is_refused);
	tcase_add_test(cases, boot_read_is_the_kernels_and_stays);
	tcase_add_test(cases, boot_read_in_another_time_namespace_says_so);
	suite_add_tcase(suite, cases);
	return suite;
}

int main(void)
{
	return check_run(boot_suite());
}
