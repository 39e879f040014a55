/* SPDX-License-Identifier: MIT */
/*
 * Files of tables: the system's side. With lib/base/clock.c, boot.c and random.c the only system calls of the library, and
 * the only file that looks at errno, which it leaves as it found it.
 *
 * A table is written in a file without a name (O_TMPFILE) and linked into place when it is whole: who is killed before
 * leaves nothing, and link() fails where a file is, so of two that make one at a time one wins. File systems without
 * O_TMPFILE get a temporary name instead; who is killed there leaves that file, which stops nobody.
 *
 * A stale file is replaced by rename() under an flock() of that very file, after another look that the path still means
 * it: of two who found it stale, the second sees the first's file and takes that. The system drops the lock of a process
 * that dies.
 */
#include "limit/limiter_map.h"
#include "openclaw/clock.h"

#if defined(__linux__)

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Only who makes a table may use it; more is for the caller to allow. The file holds the hash's seed and, if asked for,
 * the beginnings of keys. */
#define TABLE_MODE 0600

/* Names tried for a temporary file; each holds a process and a time. */
#define NAME_TRIES 16

/* Larger blocks than these are not taken for pages. */
#define BLOCK_MAX (1 << 30)

_Static_assert(OCL__MAP_PATH_MAX + 64 <= PATH_MAX, "a temporary name is a path, too");

/* The errno of a call is the caller's business only where a call says so. */
static int with_errno(int saved, int status)
{
	errno = saved;
	return status;
}

int ocl__map_find(const char *path, int is_writable, int *fd)
{
	int saved = errno, found;

	/* Without O_NONBLOCK a pipe of that name would wait for a writer. */
	do
		found = open(path, (is_writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	while (found < 0 && errno == EINTR);
	if (found < 0)
		return with_errno(saved, errno == ENOENT ? OCL_DENIED : OCL_EIO);
	*fd = found;
	return OCL_OK;
}

int ocl__map_file(int fd, int is_writable, size_t least, struct ocl__map *map)
{
	int saved = errno;
	struct stat file;
	void *memory;

	if (fstat(fd, &file) != 0)
		return with_errno(saved, OCL_EIO);
	if (!S_ISREG(file.st_mode) || file.st_size < 0 || (size_t)file.st_size < least || file.st_size == 0)
		return OCL_EFORMAT;
	memory = mmap(NULL, (size_t)file.st_size, is_writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		return with_errno(saved, OCL_EIO);
	/* Look-ups go anywhere: fewer, larger pages spare misses, if there are any for files. Without them all goes on. */
	(void)madvise(memory, (size_t)file.st_size, MADV_HUGEPAGE);
	map->memory = memory;
	map->size = (size_t)file.st_size;
	return with_errno(saved, OCL_OK);
}

/* Set bytes aside, so that no write to the mapping can fail; in whole blocks, which huge pages ask for. */
static int set_aside(int fd, size_t size)
{
	struct stat file;
	size_t block;
	int error;

	if (fstat(fd, &file) != 0)
		return OCL_EIO;
	block = file.st_blksize > 0 && file.st_blksize <= BLOCK_MAX ? (size_t)file.st_blksize : 1;
	if (size > (size_t)INT64_MAX - block)
		return OCL_EIO;
	do
		error = posix_fallocate(fd, 0, (off_t)((size + block - 1) / block * block));
	while (error == EINTR);
	return error == 0 ? OCL_OK : OCL_EIO;
}

int ocl__map_grow_empty(int fd, size_t size)
{
	int saved = errno;
	struct stat file;

	if (fstat(fd, &file) != 0)
		return with_errno(saved, OCL_EIO);
	if (!S_ISREG(file.st_mode))
		return OCL_EFORMAT;
	return with_errno(saved, file.st_size == 0 ? set_aside(fd, size) : OCL_OK);
}

/* The folder of a path, as a path. */
static void folder_of(const char *path, char *folder)
{
	const char *slash = strrchr(path, '/');
	size_t length = slash == NULL ? 0 : (size_t)(slash - path) + 1;

	memcpy(folder, path, length);
	memcpy(folder + length, ".", 2);
}

/* A file with a name that nobody else has. */
static int make_named(const char *path, struct ocl__map_new *made)
{
	for (unsigned i = 0; i < NAME_TRIES; i++) {
		unsigned long long now_ns = ocl_clock_now_ns(OCL_CLOCK_MONOTONIC);
		snprintf(made->name, sizeof made->name, "%s.new.%ld.%llx", path, (long)getpid(), now_ns);
		made->fd = open(made->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, TABLE_MODE);
		if (made->fd >= 0) {
			made->is_named = 1;
			return OCL_OK;
		}
		if (errno != EEXIST && errno != EINTR)
			break;
	}
	return OCL_EIO;
}

int ocl__map_make(const char *path, size_t size, int named, struct ocl__map_new *made)
{
	int saved = errno, status = OCL_OK;

	made->map.memory = NULL;
	made->map.size = 0;
	made->is_named = 0;
	made->fd = -1;
	if (strlen(path) >= OCL__MAP_PATH_MAX)
		return OCL_ERANGE;
	if (!named) {
		folder_of(path, made->name);
		made->fd = open(made->name, O_RDWR | O_TMPFILE | O_CLOEXEC, TABLE_MODE);
	}
	if (made->fd < 0)
		status = make_named(path, made);
	if (status == OCL_OK)
		status = set_aside(made->fd, size);
	if (status == OCL_OK)
		status = ocl__map_file(made->fd, 1, size, &made->map);
	if (status != OCL_OK)
		ocl__map_finish(made);
	return with_errno(saved, status);
}

/* Link a file without a name. The way through /proc needs no privilege. */
static int link_unnamed(int fd, const char *path)
{
	char self[64];

	snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW);
}

/* Rename, but not over another file. */
static int move_named(const char *name, const char *path)
{
	if (renameat2(AT_FDCWD, name, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	/* A file system that cannot; most of those can link. */
	if (link(name, path) != 0)
		return -1;
	(void)unlink(name);
	return 0;
}

int ocl__map_publish(struct ocl__map_new *made, const char *path)
{
	int saved = errno;
	int failed = made->is_named ? move_named(made->name, path) : link_unnamed(made->fd, path);

	if (failed != 0)
		return with_errno(saved, errno == EEXIST ? OCL_DENIED : OCL_EIO);
	made->is_named = 0;
	return with_errno(saved, OCL_OK);
}

static int is_same_file(int fd, const char *path)
{
	struct stat open_one, named;

	return fstat(fd, &open_one) == 0 && stat(path, &named) == 0 && open_one.st_dev == named.st_dev &&
	       open_one.st_ino == named.st_ino;
}

/* With the lock of the stale file held: nobody else replaces it, and nobody links over it. */
static int replace_locked(struct ocl__map_new *made, const char *path, int stale)
{
	if (!is_same_file(stale, path))
		return OCL_DENIED;
	if (!made->is_named) {
		/* One name for all who hold this lock, one after the other: the next removes what a killed one left. */
		snprintf(made->name, sizeof made->name, "%s.new", path);
		(void)unlink(made->name);
		if (link_unnamed(made->fd, made->name) != 0)
			return OCL_EIO;
		made->is_named = 1;
	}
	if (rename(made->name, path) != 0)
		return OCL_EIO;
	made->is_named = 0;
	return OCL_OK;
}

int ocl__map_replace(struct ocl__map_new *made, const char *path, int stale)
{
	int saved = errno, status;

	if (flock(stale, LOCK_EX | LOCK_NB) != 0)
		return with_errno(saved, errno == EWOULDBLOCK ? OCL_EBUSY : OCL_EIO);
	status = replace_locked(made, path, stale);
	(void)flock(stale, LOCK_UN); /* not left to close(): a child of a fork may hold the file open */
	return with_errno(saved, status);
}

void ocl__map_finish(struct ocl__map_new *made)
{
	int saved = errno;

	if (made->is_named)
		(void)unlink(made->name);
	made->is_named = 0;
	if (made->fd >= 0)
		(void)close(made->fd);
	made->fd = -1;
	errno = saved;
}

void ocl__map_close(int fd)
{
	int saved = errno;

	(void)close(fd);
	errno = saved;
}

void ocl__map_free(struct ocl__map *map)
{
	int saved = errno;

	if (map->memory != NULL)
		(void)munmap(map->memory, map->size);
	map->memory = NULL;
	map->size = 0;
	errno = saved;
}

#endif
