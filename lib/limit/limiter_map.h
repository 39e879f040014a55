/* SPDX-License-Identifier: MIT */
/*
 * Files of tables, as far as the system is concerned: find, make, put in place, map. What is in them is limiter_shared.c's.
 * Results are #ocl_status; OCL_DENIED is an ordinary no that each call explains. errno is as it was.
 */
#ifndef OCL_LIMIT_LIMITER_MAP_H
#define OCL_LIMIT_LIMITER_MAP_H

#include <stddef.h>

/* Longest path of a table, with its end: what is put behind it for a temporary name must fit, too. */
#define OCL__MAP_PATH_MAX 4032

struct ocl__map {
	void *memory; /* NULL: not mapped */
	size_t size;
};

/* A file that nobody can find yet. */
struct ocl__map_new {
	int fd;
	int is_named; /* it has the temporary name; else it has none, and the system takes it back by itself */
	struct ocl__map map;
	char name[OCL__MAP_PATH_MAX + 64];
};

/* Open a file that is there. OCL_DENIED: it is not. */
int ocl__map_find(const char *path, int is_writable, int *fd);

/* Map a regular file as long as it is now. OCL_EFORMAT: not a regular file, or shorter than `least`. */
int ocl__map_file(int fd, int is_writable, size_t least, struct ocl__map *map);

/* Give an empty file `size` bytes that the file system has set aside, so that no write to the mapping can fail. Another
 * regular file is left as it is. */
int ocl__map_grow_empty(int fd, size_t size);

/* Make such a file, with such bytes, beside `path` and map it. `named`: with a temporary name, also where it could do
 * without. */
int ocl__map_make(const char *path, size_t size, int named, struct ocl__map_new *made);

/* Give it the name `path`. OCL_DENIED: there is such a file, whatever it is. */
int ocl__map_publish(struct ocl__map_new *made, const char *path);

/* Put it in the place of `stale`, a file open as that. OCL_DENIED: `path` is another file by now. OCL_EBUSY: someone else
 * is replacing it. */
int ocl__map_replace(struct ocl__map_new *made, const char *path, int stale);

/* Close it, and remove its temporary name if it still has one. The mapping stays. */
void ocl__map_finish(struct ocl__map_new *made);

void ocl__map_close(int fd);
void ocl__map_free(struct ocl__map *map);

#endif
