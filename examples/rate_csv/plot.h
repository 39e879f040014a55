/* SPDX-License-Identifier: MIT */
/* Pictures of the best system, by gnuplot: histories, ratings with intervals, calibration. */
#ifndef RATE_CSV_PLOT_H
#define RATE_CSV_PLOT_H

#include "kept.h"
#include "report.h"

/* Make the folder if it is missing, and see that there is a gnuplot. False after a complaint. */
bool plot_ready(const char *folder);

/* Draw in that folder. False after a complaint. */
bool plot_draw(const struct report *report, const struct kept *kept, const char *folder);

#endif
