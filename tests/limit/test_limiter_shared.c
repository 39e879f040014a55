/* SPDX-License-Identifier: MIT */
/*
 * Goal: a table in a file is one table for all processes that open it, is never seen half made, and is refused when it is
 * not a table, not of this boot and time, or not what was asked for; and processes that are killed cost nothing that the
 * header does not say.
 * Method: files in a folder of their own, which must hold nothing else in the end; tampering with the bytes where the
 * contract names a field; children that do the same at the same time; a time namespace, a full file system (a limit on
 * the size of files) and SIGKILL where the system allows them. Killing who takes: test_limiter_kill.c.
 */
#include "../check_run.h"
#include "../seed.h"
#include "limit/limiter_map.h"
#include "limit/limiter_state.h"
#include "openclaw/limiter_shared.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

#define CHILDREN 8

static char folder[64], path[96];
static struct ocl_bucket_options plans[2];
static struct ocl_limiter first, second;

/* ---- files */

static void make_folder(void)
{
	snprintf(folder, sizeof folder, "%s/ocl-test-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/table", folder);
	for (unsigned i = 0; i < 2; i++)
		plans[i] = (struct ocl_bucket_options)OCL_BUCKET_OPTIONS(5 + i, 1, OCL_HOUR_NS);
	memset(&first, 0, sizeof first);
	memset(&second, 0, sizeof second);
}

/* Files in the folder. */
static unsigned files(void)
{
	DIR *directory = opendir(folder);
	unsigned count = 0;

	ck_assert_ptr_nonnull(directory);
	while (readdir(directory) != NULL)
		count++;
	closedir(directory);
	return count - 2;
}

static void remove_folder(void)
{
	DIR *directory = opendir(folder);
	const struct dirent *entry;
	char name[400];

	while (directory != NULL && (entry = readdir(directory)) != NULL) {
		snprintf(name, sizeof name, "%s/%s", folder, entry->d_name);
		if (unlink(name) != 0)
			rmdir(name);
	}
	if (directory != NULL)
		closedir(directory);
	rmdir(folder);
}

static struct ocl_limiter_snapshot snapshot_of_all(void)
{
	struct ocl_limiter_snapshot snapshot;

	memset(&snapshot, 0, sizeof snapshot);
	snapshot.struct_size = sizeof snapshot;
	return snapshot;
}

static struct ocl_limiter_options options_of(uint64_t keys)
{
	struct ocl_limiter_options options = OCL_LIMITER_OPTIONS(keys, plans, 2);

	options.denied_keys = 4;
	return options;
}

/* An open table at `path`, to which nobody has come yet. */
static void make_table(void)
{
	struct ocl_limiter_options options = options_of(100);

	ck_assert_int_eq(ocl_limiter_open(&first, path, &options, OCL_LIMITER_CREATE), OCL_OK);
}

/* The head of the table at `path`, to tamper with. */
static struct ocl__table *map_head(void)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	void *memory = mmap(NULL, sizeof(struct ocl__table), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_ptr_ne(memory, MAP_FAILED);
	close(fd);
	return (struct ocl__table *)memory;
}

/* A table left from another boot, which nobody has open. */
static void make_stale(void)
{
	struct ocl__table *table;

	make_table();
	ck_assert_int_eq(ocl_limiter_take(&first, 0, "k", 1, 5), OCL_OK);
	ck_assert_int_eq(ocl_limiter_close(&first), OCL_OK);
	table = map_head();
	table->host[0] ^= 1;
	munmap(table, sizeof *table);
}

static size_t read_file(unsigned char *bytes, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = read(fd, bytes, size);

	close(fd);
	ck_assert_int_ge(length, 0);
	return (size_t)length;
}

static void write_file(const void *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
	close(fd);
}

static int granted(struct ocl_limiter *limiter, const char *key, unsigned tries)
{
	int count = 0;

	while (tries-- > 0)
		count += ocl_limiter_take(limiter, 0, key, strlen(key), 1) == OCL_OK;
	return count;
}

/* Run `work` in CHILDREN processes that begin together; the sum of what they return, or -1 if one did not. */
static int together(int (*work)(void))
{
	int start[2], sum = 0;
	char byte;

	ck_assert_int_eq(pipe(start), 0);
	for (int i = 0; i < CHILDREN; i++) {
		pid_t child = fork();
		ck_assert_int_ge(child, 0);
		if (child == 0) {
			close(start[1]);
			_exit(read(start[0], &byte, 1) == 0 ? work() : 255);
		}
	}
	close(start[1]);
	close(start[0]);
	for (int i = 0; i < CHILDREN; i++) {
		int status = 0;
		wait(&status);
		if (!WIFEXITED(status) || WEXITSTATUS(status) > 100)
			sum = -1;
		else if (sum >= 0)
			sum += WEXITSTATUS(status);
	}
	return sum;
}

/* ---- make and attach */

START_TEST(shared_open_nothing_there_is_refused)
{
	struct ocl_limiter_options options = options_of(100);
	struct ocl_limiter before = first;

	ck_assert_int_eq(ocl_limiter_open(&first, path, NULL, 0), OCL_EIO);
	ck_assert_int_eq(ocl_limiter_open(&first, path, &options, 0), OCL_EIO);
	ck_assert_int_eq(ocl_limiter_open(&first, path, NULL, OCL_LIMITER_READ_ONLY), OCL_EIO);
	ck_assert_uint_eq(files(), 0);
	snprintf(path, sizeof path, "%s/no/such", folder);
	ck_assert_int_eq(ocl_limiter_open(&first, path, &options, OCL_LIMITER_CREATE), OCL_EIO);
	ck_assert_uint_eq(files(), 0);
	ck_assert_mem_eq(&before, &first, sizeof first);
}
END_TEST

START_TEST(shared_open_wrong_arguments_are_refused)
{
	struct ocl_limiter_options options = options_of(100), bad;
	static char far[OCL__MAP_PATH_MAX + 8], shifted[sizeof first + 8];
	struct ocl_limiter *odd = (struct ocl_limiter *)(void *)(shifted + 4);
	const uint32_t create = OCL_LIMITER_CREATE;

	ck_assert_int_eq(ocl_limiter_open(NULL, path, &options, create), OCL_EINVAL);
	ck_assert_int_eq(ocl_limiter_open(&first, NULL, &options, create), OCL_EINVAL);
	ck_assert_int_eq(ocl_limiter_open(&first, path, NULL, create), OCL_EINVAL);
	ck_assert_int_eq(ocl_limiter_open(&first, path, &options, 8 | create), OCL_EINVAL);
	ck_assert_int_eq(ocl_limiter_open(&first, path, &options, create | OCL_LIMITER_READ_ONLY), OCL_EINVAL);
	ck_assert_int_eq(ocl_limiter_open(&first, path, &options, OCL_LIMITER_REPLACE_STALE), OCL_EINVAL);
	ck_assert_int_eq(ocl_limiter_open_fd(&first, -1, &options, create), OCL_EINVAL);
	ck_assert_int_eq(ocl_limiter_open_fd(&first, 0, &options, create | OCL_LIMITER_REPLACE_STALE), OCL_EINVAL);
	if ((uintptr_t)odd % _Alignof(struct ocl_limiter) != 0)
		ck_assert_int_eq(ocl_limiter_open(odd, path, &options, create), OCL_EALIGN);
	memset(far, 'x', sizeof far - 1);
	ck_assert_int_eq(ocl_limiter_open(&first, far, &options, create), OCL_ERANGE);
	bad = options;
	bad.keys = 0;
	ck_assert_int_eq(ocl_limiter_open(&first, path, &bad, create), OCL_ERANGE);
	bad = options;
	bad.struct_size = 3;
	ck_assert_int_eq(ocl_limiter_open(&first, path, &bad, create), OCL_ESIZE);
	bad = options;
	bad.clock = OCL_CLOCK_TSC;
	ck_assert_int_eq(ocl_limiter_open(&first, path, &bad, create), OCL_ENOTSUP);
	ck_assert_uint_eq(files(), 0);
}
END_TEST

START_TEST(shared_open_two_handles_are_one_table)
{
	struct ocl_limiter_options options = options_of(100);
	struct stat file;

	make_table();
	ck_assert_int_eq(ocl_limiter_open(&second, path, &options, OCL_LIMITER_CREATE), OCL_OK);
	ck_assert_int_eq(granted(&first, "key", 3) + granted(&second, "key", 9), 5);
	ck_assert_int_eq(ocl_limiter_take(&first, 1, "key", 3, 6), OCL_OK);
	ck_assert_int_eq(ocl_limiter_take(&second, 1, "key", 3, 1), OCL_DENIED);
	ck_assert_int_eq(ocl_limiter_close(&first), OCL_OK);
	/* It outlives its handles. */
	ck_assert_int_eq(ocl_limiter_close(&second), OCL_OK);
	ck_assert_int_eq(ocl_limiter_open(&first, path, NULL, 0), OCL_OK);
	ck_assert_int_eq(granted(&first, "key", 1), 0);
	ck_assert_int_eq(granted(&first, "other", 9), 5);
	ocl_limiter_close(&first);
	ck_assert_uint_eq(files(), 1);
	ck_assert_int_eq(stat(path, &file), 0);
	ck_assert_uint_eq(file.st_mode & 0777, 0600);
	/* Every byte is set aside. */
	ck_assert_int_ge(file.st_blocks * 512, file.st_size);
}
END_TEST

static int open_and_take(void)
{
	struct ocl_limiter_options options = options_of(100);

	if (ocl_limiter_open(&first, path, &options, OCL_LIMITER_CREATE | OCL_LIMITER_REPLACE_STALE) != OCL_OK)
		return 255;
	int count = granted(&first, "key", 3);
	return ocl_limiter_close(&first) == OCL_OK ? count : 255;
}

START_TEST(shared_open_race_makes_one_table)
{
	for (unsigned i = 0; i < seed_rounds(60); i++) {
		ck_assert_int_eq(together(open_and_take), 5);
		ck_assert_uint_eq(files(), 1);
		ck_assert_int_eq(unlink(path), 0);
	}
}
END_TEST

START_TEST(shared_open_leaves_errno)
{
	struct ocl_limiter_options options = options_of(100);

	errno = 4711;
	ck_assert_int_eq(ocl_limiter_open(&first, path, NULL, 0), OCL_EIO);
	ck_assert_int_eq(ocl_limiter_open(&first, path, &options, OCL_LIMITER_CREATE), OCL_OK);
	ck_assert_int_eq(ocl_limiter_open(&second, path, &options, 0), OCL_OK);
	ocl_limiter_close(&first);
	ocl_limiter_close(&second);
	ck_assert_int_eq(errno, 4711);
}
END_TEST

START_TEST(shared_close_hands_in_and_ends)
{
	static _Alignas(64) unsigned char memory[1 << 20];
	struct ocl_limiter_options options = options_of(100);
	struct ocl_limiter_snapshot snapshot = snapshot_of_all();
	static struct ocl_limiter plain, zero;

	make_table();
	ck_assert_int_eq(ocl_limiter_open(&second, path, NULL, OCL_LIMITER_READ_ONLY), OCL_OK);
	ck_assert_int_eq(granted(&first, "key", 9), 5);
	ck_assert_int_eq(ocl_limiter_close(&first), OCL_OK);
	ck_assert_int_eq(ocl_limiter_snapshot(&second, &snapshot), OCL_OK);
	ck_assert_uint_eq(snapshot.granted, 5);
	ck_assert_uint_eq(snapshot.denied, 4);
	ck_assert_uint_eq(snapshot.tokens_granted, 5);
	ck_assert_int_eq(ocl_limiter_close(&first), OCL_EINVAL);
	ck_assert_int_eq(ocl_limiter_take(&first, 0, "key", 3, 1), OCL_EINVAL);
	ck_assert_int_eq(ocl_limiter_snapshot(&first, &snapshot), OCL_EINVAL);
	ck_assert_int_eq(ocl_limiter_close(&second), OCL_OK);
	ck_assert_int_eq(ocl_limiter_close(NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_limiter_close(&zero), OCL_EINVAL);
	ck_assert_int_eq(ocl_limiter_init(&plain, memory, sizeof memory, &options), OCL_OK);
	ck_assert_int_eq(ocl_limiter_close(&plain), OCL_EINVAL);
	ck_assert_int_eq(ocl_limiter_take(&plain, 0, "key", 3, 1), OCL_OK);
}
END_TEST

/* ---- what is not the table that was meant */

/* Whatever is asked, the answer is `status` and the file stays. */
static void check_refused(int status)
{
	static unsigned char before[1 << 16], after[1 << 16];
	struct ocl_limiter_options options = options_of(100);
	size_t size = read_file(before, sizeof before);

	ck_assert_int_eq(ocl_limiter_open(&second, path, NULL, 0), status);
	ck_assert_int_eq(ocl_limiter_open(&second, path, NULL, OCL_LIMITER_READ_ONLY), status);
	ck_assert_int_eq(ocl_limiter_open(&second, path, &options, OCL_LIMITER_CREATE), status);
	ck_assert_uint_eq(read_file(after, sizeof after), size);
	ck_assert_mem_eq(before, after, size);
	ck_assert_uint_eq(files(), 1);
}

START_TEST(shared_open_of_other_files_is_refused)
{
	static const size_t sizes[] = {0, 1, 8, 63, 64, 100, 4096, 50000};
	static unsigned char bytes[50000];
	struct seed random = seed_start("shared_open_of_other_files");

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		for (size_t j = 0; j < sizes[i]; j++)
			bytes[j] = (unsigned char)seed_next(&random);
		write_file(bytes, sizes[i]);
		check_refused(OCL_EFORMAT);
	}
	memset(bytes, 0xff, sizeof bytes);
	write_file(bytes, sizeof bytes);
	check_refused(OCL_EFORMAT);
}
END_TEST

START_TEST(shared_open_of_what_is_no_file_is_refused)
{
	struct ocl_limiter_options options = options_of(100);

	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(ocl_limiter_open(&first, path, NULL, OCL_LIMITER_READ_ONLY), OCL_EFORMAT);
	ck_assert_int_eq(ocl_limiter_open(&first, path, &options, OCL_LIMITER_CREATE), OCL_EFORMAT);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(ocl_limiter_open(&first, path, NULL, OCL_LIMITER_READ_ONLY), OCL_EFORMAT);
	ck_assert_int_eq(ocl_limiter_open(&first, path, &options, OCL_LIMITER_CREATE), OCL_EIO);
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert_int_eq(symlink("nowhere", path), 0);
	ck_assert_int_eq(ocl_limiter_open(&first, path, NULL, 0), OCL_EIO);
	ck_assert_int_lt(ocl_limiter_open(&first, path, &options, OCL_LIMITER_CREATE), 0);
	ck_assert_uint_eq(files(), 1);
}
END_TEST

START_TEST(shared_open_of_a_table_cut_short_is_refused)
{
	struct stat file;

	make_table();
	ocl_limiter_close(&first);
	ck_assert_int_eq(stat(path, &file), 0);
	size_t needed = (size_t)file.st_size;
	struct ocl__table *table = map_head();
	needed = (size_t)table->memory_size;
	munmap(table, sizeof *table);
	for (size_t size = needed - 1; size > 0; size -= size > 2000 ? 777 : 1) {
		ck_assert_int_eq(truncate(path, (off_t)size), 0);
		ck_assert_int_eq(ocl_limiter_open(&second, path, NULL, 0), OCL_EFORMAT);
	}
	ck_assert_int_eq(truncate(path, 0), 0);
	check_refused(OCL_EFORMAT);
}
END_TEST

START_TEST(shared_open_of_a_longer_file_works)
{
	struct stat file;

	make_table();
	ocl_limiter_close(&first);
	ck_assert_int_eq(stat(path, &file), 0);
	ck_assert_int_eq(truncate(path, file.st_size + 12345), 0);
	ck_assert_int_eq(ocl_limiter_open(&second, path, NULL, 0), OCL_OK);
	ck_assert_int_eq(granted(&second, "key", 9), 5);
	ocl_limiter_close(&second);
}
END_TEST

START_TEST(shared_open_of_another_layout_is_refused)
{
	make_table();
	ocl_limiter_close(&first);
	struct ocl__table *table = map_head();
	table->layout++;
	check_refused(OCL_EFORMAT);
	table->layout--;
	table->magic ^= 1;
	check_refused(OCL_EFORMAT);
	table->magic ^= 1;
	ocl_store_release(&table->state, OCL__TABLE_SETTING_UP);
	check_refused(OCL_EBUSY);
	munmap(table, sizeof *table);
}
END_TEST

START_TEST(shared_open_with_other_settings_is_refused)
{
	struct ocl_limiter_options options = options_of(100), other;
	struct ocl_bucket_options changed[2];

	options.seed[0] = 3;
	ck_assert_int_eq(ocl_limiter_open(&first, path, &options, OCL_LIMITER_CREATE), OCL_OK);
	for (int i = 0; i < 9; i++) {
		other = options;
		memcpy(changed, plans, sizeof changed);
		other.plans = changed;
		other.keys += i == 0 ? 1000 : 0;
		other.overflow_chance = i == 1 ? 0.0001 : 0;
		other.plan_count -= i == 2;
		other.clock += i == 3; /* the coarse one */
		other.overflow += i == 4;
		other.denied_keys += i == 5 ? 60 : 0;
		other.seed[0] += i == 6;
		changed[1].capacity_tokens += i == 7;
		changed[0].refill_tokens += i == 8;
		ck_assert_msg(ocl_limiter_open(&second, path, &other, 0) == OCL_EEXIST, "%d", i);
		ck_assert_msg(ocl_limiter_open(&second, path, &other, OCL_LIMITER_CREATE) == OCL_EEXIST, "%d", i);
	}
	other = options;
	other.seed[0] = 0; /* any */
	other.start_ns = 5;
	ck_assert_int_eq(ocl_limiter_open(&second, path, &other, 0), OCL_OK);
	ocl_limiter_close(&second);
	ocl_limiter_close(&first);
}
END_TEST

START_TEST(shared_open_after_a_change_wants_the_plans_in_force)
{
	struct ocl_limiter_options options = options_of(100);
	struct ocl_bucket_options unlimited = plans[0];

	make_table();
	plans[1].capacity_tokens = 77;
	plans[1].refill_tokens = 1000003;
	plans[1].refill_period_ns = 999999937;
	ck_assert_int_eq(ocl_limiter_open(&second, path, &options, 0), OCL_EEXIST);
	ck_assert_int_eq(ocl_limiter_plan_change(&first, 1, &plans[1]), OCL_OK);
	ck_assert_int_eq(ocl_limiter_open(&second, path, &options, 0), OCL_OK);
	ck_assert_int_eq(ocl_limiter_take(&second, 1, "key", 3, 77), OCL_OK);
	unlimited.flags = OCL_BUCKET_UNLIMITED;
	ck_assert_int_eq(ocl_limiter_plan_change(&second, 0, &unlimited), OCL_OK);
	ocl_limiter_close(&second);
	ck_assert_int_eq(ocl_limiter_open(&second, path, &options, 0), OCL_EEXIST);
	plans[0].flags = OCL_BUCKET_UNLIMITED;
	ck_assert_int_eq(ocl_limiter_open(&second, path, &options, 0), OCL_OK);
	ocl_limiter_close(&second);
	ck_assert_int_eq(ocl_limiter_open(&second, path, NULL, 0), OCL_OK);
	ocl_limiter_close(&second);
	ocl_limiter_close(&first);
}
END_TEST

/* ---- boots and times */

START_TEST(shared_open_of_another_boot_is_stale)
{
	struct ocl_limiter_options options = options_of(100);
	const uint32_t replace = OCL_LIMITER_CREATE | OCL_LIMITER_REPLACE_STALE;

	make_stale();
	check_refused(OCL_ESTALE);
	ck_assert_int_eq(ocl_limiter_open(&first, path, &options, replace), OCL_OK);
	ck_assert_int_eq(granted(&first, "k", 9), 5);
	/* It is in place, and is not replaced again. */
	ck_assert_int_eq(ocl_limiter_open(&second, path, &options, replace), OCL_OK);
	ck_assert_int_eq(granted(&second, "k", 1), 0);
	ck_assert_uint_eq(files(), 1);
	ocl_limiter_close(&first);
	ocl_limiter_close(&second);
}
END_TEST

START_TEST(shared_open_of_another_time_is_stale_and_kept)
{
	struct ocl_limiter_options options = options_of(100);

	make_table();
	struct ocl__table *table = map_head();
	table->host[2]++;
	check_refused(OCL_ESTALE);
	ck_assert_int_eq(ocl_limiter_open(&second, path, &options, OCL_LIMITER_CREATE | OCL_LIMITER_REPLACE_STALE),
	                 OCL_ESTALE);
	/* So is one that does not say of which boot it is. */
	memset(table->host, 0, sizeof table->host);
	ck_assert_int_eq(ocl_limiter_open(&second, path, &options, OCL_LIMITER_CREATE | OCL_LIMITER_REPLACE_STALE),
	                 OCL_ESTALE);
	munmap(table, sizeof *table);
	ocl_limiter_close(&first);
}
END_TEST

/* In a namespace that is 1000 s ahead: 0 when the table is refused there, 77 when there is no such namespace. */
static int open_in_another_time(void)
{
	int status = 0;

	if (unshare(CLONE_NEWTIME) != 0)
		return 77;
	FILE *file = fopen("/proc/self/timens_offsets", "we");
	if (file == NULL || fprintf(file, "monotonic 1000 0\n") < 0 || fclose(file) != 0)
		return 77;
	pid_t child = fork();
	if (child == 0)
		_exit(ocl_limiter_open(&second, path, NULL, OCL_LIMITER_READ_ONLY) == OCL_ESTALE ? 0 : 1);
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}

START_TEST(shared_open_from_another_time_namespace_is_stale)
{
	int status = 0;

	make_table();
	pid_t child = fork();
	if (child == 0)
		_exit(open_in_another_time());
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		printf("skipped: no time namespace may be made here\n");
	else
		ck_assert_int_eq(WEXITSTATUS(status), 0);
	ocl_limiter_close(&first);
}
END_TEST

START_TEST(shared_replace_race_makes_one_table)
{
	for (unsigned i = 0; i < seed_rounds(60); i++) {
		make_stale();
		int sum = together(open_and_take);
		/* Told to try again, a child did not take: never more than one table's tokens. */
		ck_assert_int_le(sum, 5);
		ck_assert_uint_eq(files(), 1);
		ck_assert_int_eq(ocl_limiter_open(&first, path, NULL, 0), OCL_OK);
		int rest = granted(&first, "key", 9);
		ck_assert(sum < 0 || sum + rest == 5);
		ocl_limiter_close(&first);
		ck_assert_int_eq(unlink(path), 0);
	}
}
END_TEST

START_TEST(shared_replace_while_another_does_is_told_to_wait)
{
	struct ocl_limiter_options options = options_of(100);
	const uint32_t replace = OCL_LIMITER_CREATE | OCL_LIMITER_REPLACE_STALE;
	char left[128];

	make_stale();
	int fd = open(path, O_RDWR | O_CLOEXEC);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	ck_assert_int_eq(ocl_limiter_open(&first, path, &options, replace), OCL_EBUSY);
	ck_assert_uint_eq(files(), 1);
	/* Killed while it did, it leaves a file that the next removes, and the lock is the system's to undo. */
	snprintf(left, sizeof left, "%s.new", path);
	ck_assert_int_eq(close(open(left, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)), 0);
	close(fd);
	ck_assert_int_eq(ocl_limiter_open(&first, path, &options, replace), OCL_OK);
	ck_assert_uint_eq(files(), 1);
	ocl_limiter_close(&first);
}
END_TEST

/* ---- file systems */

START_TEST(shared_map_named_files_do_the_same)
{
	struct ocl__map_new made, other;
	struct stat file;
	int fd = -1;

	ck_assert_int_eq(ocl__map_make(path, 5000, 1, &made), OCL_OK);
	ck_assert_int_eq(ocl__map_make(path, 5000, 1, &other), OCL_OK);
	ck_assert_uint_eq(files(), 2);
	ck_assert_uint_ge(made.map.size, 5000);
	memset(made.map.memory, 'm', 5000);
	ck_assert_int_eq(ocl__map_publish(&made, path), OCL_OK);
	ck_assert_int_eq(ocl__map_publish(&other, path), OCL_DENIED);
	ocl__map_finish(&made);
	ck_assert_uint_eq(files(), 2);
	/* Over the first, as over a stale one; then over one that has moved on. */
	ck_assert_int_eq(ocl__map_find(path, 1, &fd), OCL_OK);
	ck_assert_int_eq(ocl__map_replace(&other, path, fd), OCL_OK);
	ocl__map_finish(&other);
	ck_assert_uint_eq(files(), 1);
	ck_assert_int_eq(stat(path, &file), 0);
	ck_assert_int_ge(file.st_size, 5000);
	ocl__map_free(&made.map);
	ocl__map_free(&other.map);
	ck_assert_int_eq(ocl__map_make(path, 5000, 1, &made), OCL_OK);
	ck_assert_int_eq(ocl__map_replace(&made, path, fd), OCL_DENIED);
	ocl__map_finish(&made);
	ocl__map_free(&made.map);
	ocl__map_close(fd);
	ck_assert_uint_eq(files(), 1);
}
END_TEST

START_TEST(shared_open_without_room_is_refused)
{
	struct ocl_limiter_options options = options_of(1000000);
	struct rlimit small = {1 << 20, 1 << 20}, old;
	void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);

	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	int status = ocl_limiter_open(&first, path, &options, OCL_LIMITER_CREATE);
	int fd = memfd_create("test", MFD_CLOEXEC);
	int fd_status = ocl_limiter_open_fd(&first, fd, &options, OCL_LIMITER_CREATE);
	setrlimit(RLIMIT_FSIZE, &old);
	signal(SIGXFSZ, handler);
	ck_assert_int_eq(status, OCL_EIO);
	ck_assert_int_eq(fd_status, OCL_EIO);
	ck_assert_uint_eq(files(), 0);
	close(fd);
}
END_TEST

/* On a file system of 64 KiB: 0 when a larger table is refused, and a small one made; 77 when there can be none. */
static int open_where_it_is_narrow(void)
{
	struct ocl_limiter_options options = options_of(100000);

	if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, "") != 0 ||
	    mount("narrow", folder, "tmpfs", 0, "size=65536") != 0)
		return 77;
	/* Sparse, it would be made, and whoever first wrote to it killed by SIGBUS. */
	if (ocl_limiter_open(&first, path, &options, OCL_LIMITER_CREATE) != OCL_EIO || files() != 0)
		return 1;
	options = options_of(100);
	return ocl_limiter_open(&first, path, &options, OCL_LIMITER_CREATE) == OCL_OK && files() == 1 ? 0 : 2;
}

START_TEST(shared_open_on_a_full_file_system_is_refused)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0)
		_exit(open_where_it_is_narrow());
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFEXITED(status), "killed by signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status) == 77)
		printf("skipped: no file system may be mounted here\n");
	else
		ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

START_TEST(shared_open_fd_empty_becomes_a_table)
{
	struct ocl_limiter_options options = options_of(100);
	int fd = memfd_create("test", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ocl_limiter_open_fd(&first, fd, NULL, 0), OCL_EFORMAT);
	ck_assert_int_eq(ocl_limiter_open_fd(&first, fd, &options, 0), OCL_EFORMAT);
	ck_assert_int_eq(ocl_limiter_open_fd(&first, fd, &options, OCL_LIMITER_CREATE), OCL_OK);
	ck_assert_int_eq(ocl_limiter_open_fd(&second, fd, &options, OCL_LIMITER_CREATE), OCL_OK);
	ck_assert_int_eq(close(fd), 0);
	ck_assert_int_eq(granted(&first, "key", 3) + granted(&second, "key", 9), 5);
	ocl_limiter_close(&first);
	ck_assert_int_eq(granted(&second, "other", 9), 5);
	ocl_limiter_close(&second);
}
END_TEST

START_TEST(shared_open_fd_blank_is_busy_or_becomes_a_table)
{
	struct ocl_limiter_options options = options_of(100);
	int fd = memfd_create("test", MFD_CLOEXEC);

	/* Someone may be about to make one in it; too small for it is another matter. */
	ck_assert_int_eq(ftruncate(fd, 1024), 0);
	ck_assert_int_eq(ocl_limiter_open_fd(&first, fd, NULL, 0), OCL_EBUSY);
	ck_assert_int_eq(ocl_limiter_open_fd(&first, fd, &options, OCL_LIMITER_CREATE), OCL_EFORMAT);
	ck_assert_int_eq(ftruncate(fd, 1 << 20), 0);
	ck_assert_int_eq(ocl_limiter_open_fd(&first, fd, &options, OCL_LIMITER_CREATE), OCL_OK);
	ck_assert_int_eq(ocl_limiter_open_fd(&second, fd, &options, 0), OCL_OK);
	ck_assert_int_eq(granted(&first, "key", 3) + granted(&second, "key", 9), 5);
	ocl_limiter_close(&first);
	ocl_limiter_close(&second);
	close(fd);
	int pipes[2];
	ck_assert_int_eq(pipe(pipes), 0);
	ck_assert_int_eq(ocl_limiter_open_fd(&first, pipes[0], &options, OCL_LIMITER_CREATE), OCL_EFORMAT);
	close(pipes[0]);
	close(pipes[1]);
	ck_assert_int_eq(ocl_limiter_open_fd(&first, pipes[0], &options, OCL_LIMITER_CREATE), OCL_EIO);
}
END_TEST

/* ---- only looking */

START_TEST(shared_read_only_reads)
{
	struct ocl_limiter_snapshot snapshot = snapshot_of_all();
	struct ocl_bucket_options plan;
	struct ocl_limiter_denied denied[4];
	struct ocl_decision decision = {0, 0, 0, 0};
	size_t count = 0;

	make_table();
	ck_assert_int_eq(granted(&first, "key", 9), 5);
	ocl_limiter_close(&first);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(ocl_limiter_open_fd(&first, fd, NULL, 0), OCL_EIO);
	ck_assert_int_eq(ocl_limiter_open_fd(&first, fd, NULL, OCL_LIMITER_READ_ONLY), OCL_OK);
	close(fd);
	ck_assert_int_eq(ocl_limiter_snapshot(&first, &snapshot), OCL_OK);
	ck_assert_uint_eq(snapshot.granted, 5);
	ck_assert_uint_eq(snapshot.busy_cells, 1);
	plan.struct_size = sizeof plan;
	ck_assert_int_eq(ocl_limiter_plan_options(&first, 1, &plan), OCL_OK);
	ck_assert_uint_eq(plan.capacity_tokens, 6);
	ck_assert_uint_eq(plan.refill_period_ns, OCL_HOUR_NS);
	ck_assert_int_eq(ocl_limiter_denied_keys(&first, denied, 4, &count), OCL_OK);
	ck_assert_uint_eq(count, 1);
	ck_assert_mem_eq(denied[0].key, "key", 3);
	ck_assert_int_eq(ocl_limiter_peek(&first, 0, "key", 3, 1, &decision), OCL_DENIED);
	ck_assert_int_eq(decision.remaining, 0);
	ck_assert_int_eq(ocl_limiter_peek(&first, 0, "new", 3, 5, &decision), OCL_OK);
	ck_assert_int_eq(ocl_limiter_close(&first), OCL_OK);
}
END_TEST

/* Every call that would write is refused, also those that would find nothing to do. */
START_TEST(shared_read_only_refuses_to_write)
{
	static unsigned char before[1 << 16], after[1 << 16];
	struct ocl_limiter_request request = {"key", 3, 1, 0, 99};
	struct ocl_reservation slot;
	struct ocl_decision decision = {9, 9, 9, 9};

	memset(&slot, 0, sizeof slot);
	make_table();
	ck_assert_int_eq(granted(&first, "key", 2), 2);
	ck_assert_int_eq(ocl_limiter_reserve(&first, 0, "key", 3, 1, 0, &slot), OCL_OK);
	size_t size = read_file(before, sizeof before);
	ck_assert_int_eq(ocl_limiter_open(&second, path, NULL, OCL_LIMITER_READ_ONLY), OCL_OK);
	for (unsigned i = 0; i < 2; i++) {
		const char *key = i == 0 ? "key" : "new";
		ck_assert_int_eq(ocl_limiter_take(&second, 0, key, 3, 1), OCL_EINVAL);
		ck_assert_int_eq(ocl_limiter_take(&second, 0, key, 3, 0), OCL_EINVAL);
		ck_assert_int_eq(ocl_limiter_take_at(&second, 0, key, 3, 1, 5, &decision), OCL_EINVAL);
		ck_assert_int_eq(ocl_limiter_take_many(&second, &request, 1), OCL_EINVAL);
		ck_assert_int_eq(ocl_limiter_take_many_at(&second, &request, 1, 5), OCL_EINVAL);
		ck_assert_int_eq(ocl_limiter_reserve(&second, 0, key, 3, 1, 0, &slot), OCL_EINVAL);
		ck_assert_int_eq(ocl_limiter_cancel(&second, 0, key, 3, &slot), OCL_EINVAL);
		ck_assert_int_eq(ocl_limiter_settle(&second, 0, key, 3, 1, 2), OCL_EINVAL);
		ck_assert_int_eq(ocl_limiter_settle(&second, 0, key, 3, 1, 1), OCL_EINVAL);
		ck_assert_int_eq(ocl_limiter_refund(&second, 0, key, 3, 1), OCL_EINVAL);
		ck_assert_int_eq(ocl_limiter_forget(&second, 0, key, 3), OCL_EINVAL);
		ck_assert_int_eq(ocl_limiter_plan_change(&second, 0, &plans[1]), OCL_EINVAL);
		ck_assert_int_eq(ocl_limiter_plan_change_at(&second, 0, &plans[1], 5), OCL_EINVAL);
	}
	ck_assert_int_eq(request.status, 99);
	ck_assert_uint_eq(decision.limit, 9);
	ck_assert_int_eq(ocl_limiter_close(&second), OCL_OK);
	ck_assert_uint_eq(read_file(after, sizeof after), size);
	ck_assert_mem_eq(before, after, size);
	ocl_limiter_close(&first);
}
END_TEST

/* ---- death */

/* One or two children that make or open the table; killed a moment after they began. */
static void makers_killed(struct seed *random)
{
	unsigned count = 1 + (unsigned)seed_below(random, 2);
	pid_t children[2] = {0, 0};

	for (unsigned i = 0; i < count; i++) {
		children[i] = fork();
		ck_assert_int_ge(children[i], 0);
		if (children[i] == 0)
			_exit(open_and_take());
	}
	/* A sleep would take longer than a child does. */
	uint64_t end_ns = ocl_clock_now_ns(OCL_CLOCK_MONOTONIC) + seed_below(random, 350) * OCL_MICROSECOND_NS;
	while (ocl_clock_now_ns(OCL_CLOCK_MONOTONIC) < end_ns)
		;
	for (unsigned i = 0; i < count; i++)
		kill(children[i], SIGKILL);
	for (unsigned i = 0; i < count; i++)
		waitpid(children[i], NULL, 0);
}

/* They leave nothing, or the table, whole. */
START_TEST(shared_kill_of_makers_leaves_no_half_table)
{
	struct seed random = seed_start("shared_kill_of_makers");
	unsigned made = 0, rounds = seed_rounds(300);

	for (unsigned i = 0; i < rounds; i++) {
		makers_killed(&random);
		unsigned found = files();
		ck_assert_uint_eq(found, access(path, F_OK) == 0);
		made += found;
		make_table();
		int rest = granted(&first, "key", 9);
		ck_assert_int_le(rest, 5);
		ck_assert(found != 0 || rest == 5);
		ocl_limiter_close(&first);
		ck_assert_int_eq(unlink(path), 0);
	}
	printf("%u of %u tables were made\n", made, rounds);
}
END_TEST

/* Nor do those who replace a stale one: that, or the new one is in place, and at most one name is left beside it. */
START_TEST(shared_kill_of_replacers_leaves_one_table)
{
	struct seed random = seed_start("shared_kill_of_replacers");
	struct ocl_limiter_options options = options_of(100);
	unsigned replaced = 0, rounds = seed_rounds(200);

	for (unsigned i = 0; i < rounds; i++) {
		make_stale();
		makers_killed(&random);
		ck_assert_uint_le(files(), 2);
		int status = ocl_limiter_open(&first, path, NULL, 0);
		ck_assert(status == OCL_OK || status == OCL_ESTALE);
		if (status == OCL_OK)
			ocl_limiter_close(&first);
		replaced += status == OCL_OK;
		status = ocl_limiter_open(&first, path, &options, OCL_LIMITER_CREATE | OCL_LIMITER_REPLACE_STALE);
		ck_assert_int_eq(status, OCL_OK);
		ck_assert_int_le(granted(&first, "key", 9), 5);
		ocl_limiter_close(&first);
		ck_assert_int_eq(unlink(path), 0);
	}
	printf("%u of %u tables were replaced\n", replaced, rounds);
}
END_TEST

static Suite *shared_suite(void)
{
	Suite *suite = suite_create("limiter_shared");
	TCase *cases = tcase_create("files"), *kills = tcase_create("kills");

	tcase_add_checked_fixture(cases, make_folder, remove_folder);
	tcase_add_test(cases, shared_open_nothing_there_is_refused);
	tcase_add_test(cases, shared_open_wrong_arguments_are_refused);
	tcase_add_test(cases, shared_open_two_handles_are_one_table);
	tcase_add_test(cases, shared_open_race_makes_one_table);
	tcase_add_test(cases, shared_open_leaves_errno);
	tcase_add_test(cases, shared_close_hands_in_and_ends);
	tcase_add_test(cases, shared_open_of_other_files_is_refused);
	tcase_add_test(cases, shared_open_of_what_is_no_file_is_refused);
	tcase_add_test(cases, shared_open_of_a_table_cut_short_is_refused);
	tcase_add_test(cases, shared_open_of_a_longer_file_works);
	tcase_add_test(cases, shared_open_of_another_layout_is_refused);
	tcase_add_test(cases, shared_open_with_other_settings_is_refused);
	tcase_add_test(cases, shared_open_after_a_change_wants_the_plans_in_force);
	tcase_add_test(cases, shared_open_of_another_boot_is_stale);
	tcase_add_test(cases, shared_open_of_another_time_is_stale_and_kept);
	tcase_add_test(cases, shared_open_from_another_time_namespace_is_stale);
	tcase_add_test(cases, shared_replace_race_makes_one_table);
	tcase_add_test(cases, shared_replace_while_another_does_is_told_to_wait);
	tcase_add_test(cases, shared_map_named_files_do_the_same);
	tcase_add_test(cases, shared_open_without_room_is_refused);
	tcase_add_test(cases, shared_open_on_a_full_file_system_is_refused);
	tcase_add_test(cases, shared_open_fd_empty_becomes_a_table);
	tcase_add_test(cases, shared_open_fd_blank_is_busy_or_becomes_a_table);
	tcase_add_test(cases, shared_read_only_reads);
	tcase_add_test(cases, shared_read_only_refuses_to_write);
	suite_add_tcase(suite, cases);
	tcase_add_checked_fixture(kills, make_folder, remove_folder);
	tcase_add_test(kills, shared_kill_of_makers_leaves_no_half_table);
	tcase_add_test(kills, shared_kill_of_replacers_leaves_one_table);
	tcase_set_timeout(kills, 120);
	suite_add_tcase(suite, kills);
	return suite;
}

int main(void)
{
	return check_run(shared_suite());
}
