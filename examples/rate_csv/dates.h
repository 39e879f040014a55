/* SPDX-License-Identifier: MIT */
/* Points in time as text. */
#ifndef RATE_CSV_DATES_H
#define RATE_CSV_DATES_H

#include <stdbool.h>

/* Seconds since 1970 of 2026-11-23, 2026/11/23, 2026.11.23 or 20261123, with a time of day behind T or a space, its fraction and
 * zone (Z, +01:00) or not (then UTC); or of a number of seconds, or of milliseconds if it has 12 digits and more. */
bool date_read(const char *text, double *seconds);

#endif
