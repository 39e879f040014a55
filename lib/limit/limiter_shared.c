/* SPDX-License-Identifier: MIT */
/*
 * Tables in files: which file is the table, and is it ours to use.
 *
 * State          the file, as limiter_state.h lays it out, and the name that it has. In the head this file adds host[]:
 *                the boot and the time namespace in which the table was made. Written before anyone can find the file.
 * Invariant      a file found under a path was whole when it got that name, and stays the table of that name until it is
 *                replaced as stale, by one process at a time (limiter_map.c).
 * Linearization  to make: link(); to replace: rename(); to attach: open().
 * Ordering       the system's: what was written to a file before it got its name is there for whoever opens that name.
 *                In a descriptor that is passed around, state's release and acquire (limiter.c).
 * Progress       an open that finds the file just made or just replaced by another looks again, at most TRIES times.
 * Trust          of the file's bytes ocl_limiter_attach() checks all that could lead out of the mapping, host[] is only
 *                compared, and the plans are compared as numbers.
 */
#include "openclaw/limiter_shared.h"
#include "base/boot.h"
#include "limit/limiter_map.h"
#include "limit/limiter_state.h"

#include <string.h>

#define FLAGS ((uint32_t)(OCL_LIMITER_CREATE | OCL_LIMITER_READ_ONLY | OCL_LIMITER_REPLACE_STALE))

/* Each further try means that someone made, replaced or removed the file between two looks. */
#define TRIES 16

/* host[3]: the rest of host[] was written, by ocl_limiter_open() or ocl_limiter_open_fd(). */
#define HOST_IS_KNOWN UINT64_C(1)

#if defined(__linux__)

struct opening {
	const struct ocl_limiter_options *given; /* NULL: whatever is there */
	struct ocl_limiter_options options;      /* as read */
	struct ocl__table geometry;              /* what the head of such a table says */
	uint64_t host[4];
	uint32_t flags;
	struct ocl_limiter limiter;
};

static int read_host(uint64_t host[4])
{
	struct ocl__boot boot;
	int status = ocl__boot_read(&boot);

	if (status != OCL_OK)
		return status;
	memcpy(host, boot.id, sizeof boot.id);
	host[2] = (uint64_t)boot.monotonic_ns;
	host[3] = HOST_IS_KNOWN;
	return OCL_OK;
}

/* What can be told before any file is looked at. */
static int check(struct opening *opening, const struct ocl_limiter *limiter, const struct ocl_limiter_options *options,
                 uint32_t flags)
{
	int status = OCL_OK;

	if (limiter == NULL || (flags & ~FLAGS) != 0)
		return OCL_EINVAL;
	if ((uintptr_t)limiter % _Alignof(struct ocl_limiter) != 0)
		return OCL_EALIGN;
	if ((flags & OCL_LIMITER_CREATE) != 0 && options == NULL)
		return OCL_EINVAL;
	if ((flags & OCL_LIMITER_READ_ONLY) != 0 && flags != OCL_LIMITER_READ_ONLY)
		return OCL_EINVAL;
	if ((flags & OCL_LIMITER_REPLACE_STALE) != 0 && (flags & OCL_LIMITER_CREATE) == 0)
		return OCL_EINVAL;
	opening->given = options;
	opening->flags = flags;
	if (options != NULL)
		status = ocl__limiter_geometry(options, &opening->options, &opening->geometry);
	if (status == OCL_OK && options != NULL && opening->options.clock == OCL_CLOCK_TSC)
		status = OCL_ENOTSUP;
	if (status == OCL_OK)
		status = read_host(opening->host);
	return status;
}

static int is_same_plan(const struct ocl_bucket_options *a, const struct ocl_bucket_options *b)
{
	if (a->flags != b->flags)
		return 0;
	if ((a->flags & OCL_BUCKET_UNLIMITED) != 0)
		return 1; /* nothing else of it matters */
	return a->capacity_tokens == b->capacity_tokens && a->refill_tokens == b->refill_tokens &&
	       a->refill_period_ns == b->refill_period_ns;
}

/* The table has what was asked for. */
static int agrees(const struct opening *opening)
{
	const struct ocl__table *table = ocl__limiter_of_const(&opening->limiter)->table, *wanted = &opening->geometry;
	const struct ocl_limiter_options *options = &opening->options;
	struct ocl_bucket_options plan, there;

	if (table->memory_size != wanted->memory_size || table->sets != wanted->sets ||
	    table->overflow_words != wanted->overflow_words || table->denied_entries != wanted->denied_entries ||
	    table->denied_keys != wanted->denied_keys || table->plan_count != wanted->plan_count ||
	    table->clock != wanted->clock)
		return 0;
	if ((options->seed[0] | options->seed[1]) != 0 &&
	    (table->seed[0] != options->seed[0] || table->seed[1] != options->seed[1]))
		return 0;
	for (uint32_t i = 0; i < options->plan_count; i++) {
		there.struct_size = sizeof there;
		if (ocl__bucket_options_read(&options->plans[i], &plan) != OCL_OK ||
		    ocl_limiter_plan_options(&opening->limiter, i, &there) != OCL_OK || !is_same_plan(&plan, &there))
			return 0;
	}
	return 1;
}

/* Use the table in a mapping, if it is one of here and now. */
static int attach(struct opening *opening, struct ocl__map *map)
{
	struct ocl__limiter *handle = ocl__limiter_of(&opening->limiter);
	int status = ocl_limiter_attach(&opening->limiter, map->memory, map->size);

	if (status == OCL_ESIZE) /* cut short */
		status = OCL_EFORMAT;
	if (status == OCL_OK && memcmp(handle->table->host, opening->host, sizeof opening->host) != 0)
		status = OCL_ESTALE;
	if (status == OCL_OK && opening->given != NULL && !agrees(opening))
		status = OCL_EEXIST;
	if (status != OCL_OK)
		return status;
	if ((opening->flags & OCL_LIMITER_READ_ONLY) != 0)
		handle->state = OCL__LIMITER_READ_ONLY;
	handle->mapping = map->memory;
	handle->mapping_size = map->size;
	return OCL_OK;
}

/* Make a table in a mapping. */
static int make(struct opening *opening, struct ocl__map *map)
{
	struct ocl__limiter *handle = ocl__limiter_of(&opening->limiter);
	int status = ocl_limiter_init(&opening->limiter, map->memory, map->size, opening->given);

	if (status != OCL_OK)
		return status;
	memcpy(handle->table->host, opening->host, sizeof opening->host);
	handle->mapping = map->memory;
	handle->mapping_size = map->size;
	return OCL_OK;
}

/* Use the table in an open file. */
static int attach_file(struct opening *opening, int fd)
{
	struct ocl__map map = {NULL, 0};
	int status = ocl__map_file(fd, (opening->flags & OCL_LIMITER_READ_ONLY) == 0, sizeof(struct ocl__table), &map);

	if (status == OCL_OK)
		status = attach(opening, &map);
	if (status != OCL_OK)
		ocl__map_free(&map);
	return status;
}

/* A new table for a path, in its place: that of `stale`, or where no file is (-1). OCL_DENIED: someone was faster. */
static int make_file(struct opening *opening, const char *path, int stale)
{
	struct ocl__map_new made;
	int status = ocl__map_make(path, (size_t)opening->geometry.memory_size, 0, &made);

	if (status != OCL_OK)
		return status;
	status = make(opening, &made.map);
	if (status == OCL_OK)
		status = stale < 0 ? ocl__map_publish(&made, path) : ocl__map_replace(&made, path, stale);
	if (status != OCL_OK)
		ocl__map_free(&made.map);
	ocl__map_finish(&made);
	return status;
}

/* The table in a file is of another boot, so nobody on this machine can be using it. */
static int is_of_another_boot(const struct opening *opening, int fd)
{
	struct ocl__map map = {NULL, 0};
	int is_other;

	if (ocl__map_file(fd, 0, sizeof(struct ocl__table), &map) != OCL_OK)
		return 0;
	const struct ocl__table *table = (const struct ocl__table *)map.memory;
	is_other =
		table->host[3] == HOST_IS_KNOWN && memcmp(table->host, opening->host, 2 * sizeof table->host[0]) != 0;
	ocl__map_free(&map);
	return is_other;
}

/* One look at a path and what follows from it. OCL_DENIED: it has changed meanwhile, look again. */
static int open_once(struct opening *opening, const char *path)
{
	int fd = -1, status = ocl__map_find(path, (opening->flags & OCL_LIMITER_READ_ONLY) == 0, &fd);

	if (status == OCL_DENIED)
		return (opening->flags & OCL_LIMITER_CREATE) != 0 ? make_file(opening, path, -1) : OCL_EIO;
	if (status != OCL_OK)
		return status;
	status = attach_file(opening, fd);
	if (status == OCL_ESTALE && (opening->flags & OCL_LIMITER_REPLACE_STALE) != 0 &&
	    is_of_another_boot(opening, fd))
		status = make_file(opening, path, fd);
	ocl__map_close(fd);
	return status;
}

int ocl_limiter_open(struct ocl_limiter *limiter, const char *path, const struct ocl_limiter_options *options,
                     uint32_t flags)
{
	struct opening opening;
	int status = path != NULL ? check(&opening, limiter, options, flags) : OCL_EINVAL;

	if (status == OCL_OK && strlen(path) >= OCL__MAP_PATH_MAX)
		status = OCL_ERANGE;
	if (status != OCL_OK)
		return status;
	status = OCL_DENIED;
	for (unsigned i = 0; i < TRIES && status == OCL_DENIED; i++)
		status = open_once(&opening, path);
	if (status == OCL_DENIED)
		return OCL_EBUSY;
	if (status == OCL_OK)
		memcpy(limiter, &opening.limiter, sizeof *limiter);
	return status;
}

/* Nothing was ever written where the head would be. */
static int is_blank(const struct ocl__map *map)
{
	const unsigned char *bytes = (const unsigned char *)map->memory;

	for (size_t i = 0; i < sizeof(struct ocl__table); i++) {
		if (bytes[i] != 0)
			return 0;
	}
	return 1;
}

/* The table of an open file, which may be blank. */
static int open_file(struct opening *opening, int fd)
{
	struct ocl__map map = {NULL, 0};
	int may_create = (opening->flags & OCL_LIMITER_CREATE) != 0, status;

	if (may_create) {
		status = ocl__map_grow_empty(fd, (size_t)opening->geometry.memory_size);
		if (status != OCL_OK)
			return status;
	}
	status = ocl__map_file(fd, (opening->flags & OCL_LIMITER_READ_ONLY) == 0, sizeof(struct ocl__table), &map);
	if (status != OCL_OK)
		return status;
	if (!is_blank(&map))
		status = attach(opening, &map);
	else if (!may_create)
		status = OCL_EBUSY;
	else
		status = map.size >= opening->geometry.memory_size ? make(opening, &map) : OCL_EFORMAT;
	if (status != OCL_OK)
		ocl__map_free(&map);
	return status;
}

int ocl_limiter_open_fd(struct ocl_limiter *limiter, int fd, const struct ocl_limiter_options *options, uint32_t flags)
{
	struct opening opening;
	int status;

	if (fd < 0 || (flags & OCL_LIMITER_REPLACE_STALE) != 0)
		return OCL_EINVAL;
	status = check(&opening, limiter, options, flags);
	if (status == OCL_OK)
		status = open_file(&opening, fd);
	if (status == OCL_OK)
		memcpy(limiter, &opening.limiter, sizeof *limiter);
	return status;
}

int ocl_limiter_close(struct ocl_limiter *limiter)
{
	struct ocl__map map;

	if (!ocl__limiter_is_open(limiter) || ocl__limiter_of(limiter)->mapping == NULL)
		return OCL_EINVAL;
	if (ocl__limiter_is_ready(limiter))
		ocl__limiter_flush(ocl__limiter_of(limiter));
	map.memory = ocl__limiter_of(limiter)->mapping;
	map.size = ocl__limiter_of(limiter)->mapping_size;
	memset(limiter, 0, sizeof *limiter);
	ocl__map_free(&map);
	return OCL_OK;
}

#else

int ocl_limiter_open(struct ocl_limiter *limiter, const char *path, const struct ocl_limiter_options *options,
                     uint32_t flags)
{
	(void)options;
	return limiter == NULL || path == NULL || (flags & ~FLAGS) != 0 ? OCL_EINVAL : OCL_ENOTSUP;
}

int ocl_limiter_open_fd(struct ocl_limiter *limiter, int fd, const struct ocl_limiter_options *options, uint32_t flags)
{
	(void)options;
	return limiter == NULL || fd < 0 || (flags & ~FLAGS) != 0 ? OCL_EINVAL : OCL_ENOTSUP;
}

int ocl_limiter_close(struct ocl_limiter *limiter)
{
	(void)limiter;
	return OCL_EINVAL;
}

#endif
