/* SPDX-License-Identifier: MIT */
/* Pictures of the best system, by gnuplot: histories, ratings with intervals, calibration. */
#ifndef RATE_CSV_PLOT_H
#define RATE_CSV_PLOT_H

#include "kept.h"
#include "report.h"

/* Draw in that folder, which is made if missing. False after a complaint; without gnuplot it says so and is true. */
bool plot_draw(const struct report *report, const struct kept *kept, const char *folder);

#endif
