/* SPDX-License-Identifier: MIT */
/*
 * Boot and time namespace, from Linux's /proc: random(4) has boot_id, time_namespaces(7) the offsets.
 *
 * The file of the offsets is that of the namespace which the process's children will be born into. It is the process's
 * own, too, except between unshare(CLONE_NEWTIME) and the fork or exec after it; such a process is told that the machine
 * does not say.
 */
#include "base/boot.h"
#include "openclaw/clock.h"

#include <string.h>

static int hex_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int ocl__boot_id_of(const char *text, unsigned char id[16])
{
	unsigned char bytes[16];

	for (unsigned i = 0; i < 16; i++) {
		int high, low;
		if ((i == 4 || i == 6 || i == 8 || i == 10) && *text++ != '-')
			return 0;
		high = hex_of(text[0]);
		low = high < 0 ? -1 : hex_of(text[1]);
		if (low < 0)
			return 0;
		bytes[i] = (unsigned char)(high << 4 | low);
		text += 2;
	}
	memcpy(id, bytes, sizeof bytes);
	return 1;
}

static const char *skip_spaces(const char *text)
{
	while (*text == ' ' || *text == '\t')
		text++;
	return text;
}

/* A decimal number of at most 12 digits, perhaps negative; NULL when there is none. */
static const char *read_number(const char *text, int64_t *number)
{
	int negative;
	unsigned digits = 0;

	text = skip_spaces(text);
	negative = *text == '-';
	text += negative;
	*number = 0;
	for (; *text >= '0' && *text <= '9'; text++) {
		if (++digits > 12)
			return NULL;
		*number = *number * 10 + (*text - '0');
	}
	if (negative)
		*number = -*number;
	return digits != 0 ? text : NULL;
}

int ocl__boot_offset_of(const char *text, int64_t *monotonic_ns)
{
	static const char name[] = "monotonic";
	const int64_t second_ns = (int64_t)OCL_SECOND_NS;
	int64_t seconds, ns;

	while (strncmp(text, name, sizeof name - 1) != 0) {
		text = strchr(text, '\n');
		if (text == NULL)
			return 0;
		text++;
	}
	text = read_number(text + sizeof name - 1, &seconds);
	if (text == NULL || read_number(text, &ns) == NULL)
		return 0;
	/* The kernel takes no offset that moves the clock beyond some 146 years. */
	if (seconds > INT64_MAX / second_ns - 1 || seconds < -(INT64_MAX / second_ns - 1) || ns < 0 || ns >= second_ns)
		return 0;
	*monotonic_ns = seconds * second_ns + ns;
	return 1;
}

#if defined(__linux__)

#include <fcntl.h>
#include <unistd.h>

/* A small file as a string; 0 when it cannot be read. */
static int read_text(const char *path, char *text, size_t size)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (file < 0)
		return 0;
	length = read(file, text, size - 1);
	close(file);
	if (length <= 0)
		return 0;
	text[length] = '\0';
	return 1;
}

/* 1 when this process lives in the namespace that its children will. */
static int is_in_the_time_of_its_children(void)
{
	char own[64], of_children[64];
	ssize_t own_length = readlink("/proc/self/ns/time", own, sizeof own);
	ssize_t length = readlink("/proc/self/ns/time_for_children", of_children, sizeof of_children);

	return own_length > 0 && own_length == length && memcmp(own, of_children, (size_t)length) == 0;
}

int ocl__boot_read(struct ocl__boot *boot)
{
	char text[256];

	memset(boot, 0, sizeof *boot);
	if (!read_text("/proc/sys/kernel/random/boot_id", text, sizeof text) || !ocl__boot_id_of(text, boot->id))
		return OCL_EIO;
	/* A kernel without time namespaces has no such file, and every clock is the same. */
	if (access("/proc/self/timens_offsets", F_OK) != 0)
		return OCL_OK;
	if (!is_in_the_time_of_its_children() || !read_text("/proc/self/timens_offsets", text, sizeof text) ||
	    !ocl__boot_offset_of(text, &boot->monotonic_ns))
		return OCL_EIO;
	return OCL_OK;
}

#else

int ocl__boot_read(struct ocl__boot *boot)
{
	memset(boot, 0, sizeof *boot);
	return OCL_ENOTSUP;
}

#endif
