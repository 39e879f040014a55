/* SPDX-License-Identifier: MIT */
/*
 * Which boot of which machine this is, and which time namespace: what a time of CLOCK_MONOTONIC that was stored must be
 * kept beside, since it means nothing anywhere else.
 */
#ifndef OCL_BASE_BOOT_H
#define OCL_BASE_BOOT_H

#include <stddef.h>
#include <stdint.h>

struct ocl__boot {
	unsigned char id[16]; /* the kernel's random number of this boot, a UUID, as its bytes */
	int64_t monotonic_ns; /* by how much this process's time namespace moves CLOCK_MONOTONIC */
};

/* Ask the kernel. OCL_OK; OCL_EIO when /proc does not say; OCL_ENOTSUP on a system without one. Some microseconds. */
int ocl__boot_read(struct ocl__boot *boot);

/* The pure parts. A UUID as text, with whatever follows it; 1 when it is one. */
int ocl__boot_id_of(const char *text, unsigned char id[16]);

/* The line "monotonic SECONDS NANOSECONDS" of /proc/self/timens_offsets; 1 when it is there. */
int ocl__boot_offset_of(const char *text, int64_t *monotonic_ns);

#endif
