/* SPDX-License-Identifier: MIT */
/*
 * One limit for two processes. The table is in a memfd, which the workers inherit as a server's would; a path given to
 * ocl_limiter_open() does for processes that are no kin. Together they try 160 takes of a key that has 100 tokens.
 */
#define _GNU_SOURCE /* memfd_create */
#include <openclaw/limiter_shared.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKERS 2
#define TAKES   80

static const char key[] = "tenant 17";

/* Each process opens a handle of its own. What it was granted is its exit code. */
static int work(int fd)
{
	static struct ocl_limiter limiter;
	int granted = 0;

	if (ocl_limiter_open_fd(&limiter, fd, NULL, 0) != OCL_OK)
		return 255;
	for (int i = 0; i < TAKES; i++)
		granted += ocl_limiter_take(&limiter, 0, key, strlen(key), 1) == OCL_OK;
	ocl_limiter_close(&limiter);
	return granted;
}

int main(void)
{
	static struct ocl_limiter limiter;
	struct ocl_bucket_options plan = OCL_BUCKET_OPTIONS(100, 0, OCL_SECOND_NS);
	struct ocl_limiter_options options = OCL_LIMITER_OPTIONS(1000, &plan, 1);
	struct ocl_limiter_snapshot all;
	int fd = memfd_create("limits", MFD_CLOEXEC | MFD_ALLOW_SEALING), sum = 0;

	if (fd < 0 || ocl_limiter_open_fd(&limiter, fd, &options, OCL_LIMITER_CREATE) != OCL_OK)
		return 1;
	fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK); /* nobody can take memory away from under it */
	for (int i = 0; i < WORKERS; i++) {
		pid_t child = fork();
		if (child < 0)
			return 1;
		if (child == 0)
			_exit(work(fd));
		printf("worker %d begins\n", i + 1);
		fflush(stdout);
	}
	for (int i = 0; i < WORKERS; i++) {
		int status = 0;
		if (wait(&status) < 0 || !WIFEXITED(status))
			return 1;
		printf("a worker ends: %d of %d takes granted\n", WEXITSTATUS(status), TAKES);
		sum += WEXITSTATUS(status);
	}
	memset(&all, 0, sizeof all);
	all.struct_size = sizeof all;
	if (ocl_limiter_snapshot(&limiter, &all) != OCL_OK)
		return 1;
	printf("together: %d; the table says %llu granted, %llu denied\n", sum, (unsigned long long)all.granted,
	       (unsigned long long)all.denied);
	ocl_limiter_close(&limiter);
	close(fd);
	return sum == 100 && all.granted == 100 ? 0 : 1;
}
