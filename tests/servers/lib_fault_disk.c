/* SPDX-License-Identifier: MIT */
/*
 * A disk that fails when told to, for LD_PRELOAD: while the file $FAULT_DISK exists, writing, growing and syncing
 * regular files fails with the error number that is in it (ENOSPC, EROFS, EIO, ...). "sync:5" lets writes pass and fails
 * only the sync.
 */
#define _GNU_SOURCE 1
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The error to fail with, or 0. */
static int fault(int descriptor, int is_sync)
{
	const char *path = getenv("FAULT_DISK");
	char text[32] = "";
	struct stat about;
	int control;
	int saved = errno;
	const char *number = text;

	if (path == NULL || fstat(descriptor, &about) != 0 || !S_ISREG(about.st_mode))
		return 0;
	control = open(path, O_RDONLY | O_CLOEXEC);
	errno = saved;
	if (control < 0)
		return 0;
	if (read(control, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(control);
	if (strncmp(text, "sync:", 5) == 0)
		number = is_sync ? text + 5 : "0";
	return atoi(number);
}

#define FAIL_IF_TOLD(descriptor, is_sync)                  \
	do {                                               \
		int told = fault((descriptor), (is_sync)); \
		if (told != 0) {                           \
			errno = told;                      \
			return -1;                         \
		}                                          \
	} while (0)

ssize_t pwrite64(int descriptor, const void *bytes, size_t size, off64_t offset)
{
	ssize_t (*real)(int, const void *, size_t, off64_t);

	*(void **)&real = dlsym(RTLD_NEXT, "pwrite64");
	FAIL_IF_TOLD(descriptor, 0);
	return real(descriptor, bytes, size, offset);
}

int ftruncate64(int descriptor, off64_t size)
{
	int (*real)(int, off64_t);

	*(void **)&real = dlsym(RTLD_NEXT, "ftruncate64");
	FAIL_IF_TOLD(descriptor, 0);
	return real(descriptor, size);
}

int fdatasync(int descriptor)
{
	int (*real)(int);

	*(void **)&real = dlsym(RTLD_NEXT, "fdatasync");
	FAIL_IF_TOLD(descriptor, 1);
	return real(descriptor);
}

int fsync(int descriptor)
{
	int (*real)(int);

	*(void **)&real = dlsym(RTLD_NEXT, "fsync");
	FAIL_IF_TOLD(descriptor, 1);
	return real(descriptor);
}
