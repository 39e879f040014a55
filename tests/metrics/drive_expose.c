/* SPDX-License-Identifier: MIT */
/* Prints a registry with everything in it: `drive_expose text` or `drive_expose openmetrics`. For the oracles. */
#include "rich.h"

static struct rich rich;

static int print(void *context, const char *bytes, size_t size)
{
	return fwrite(bytes, 1, size, (FILE *)context) == size ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc != 2 || (strcmp(argv[1], "text") != 0 && strcmp(argv[1], "openmetrics") != 0)) {
		fprintf(stderr, "usage: drive_expose text|openmetrics\n");
		return 2;
	}
	rich_open(&rich);
	enum ocl_format format = argv[1][0] == 't' ? OCL_FORMAT_TEXT : OCL_FORMAT_OPENMETRICS;
	return ocl_metrics_write_at(&rich.metrics, format, print, stdout, RICH_NOW_NS) == OCL_OK ? 0 : 1;
}
