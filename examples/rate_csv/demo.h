/* SPDX-License-Identifier: MIT */
/* Made-up results, for those who have none at hand. */
#ifndef RATE_CSV_DEMO_H
#define RATE_CSV_DEMO_H

#include <stdio.h>

/* A CSV of so many games (date, white, black, result) of 24 players whose strengths wander; always the same. */
void demo_write(FILE *file, unsigned long long results);

#endif
