/* SPDX-License-Identifier: MIT */
/* Everything that a running server has. */
#ifndef RATING_SERVER_SERVER_H
#define RATING_SERVER_SERVER_H

#include "admission.h"
#include "board.h"
#include "body.h"
#include "connections.h"
#include "health.h"
#include "options.h"
#include "stats.h"
#include "writer.h"

struct server {
	struct options options;
	struct health health;
	struct stats stats;
	struct admission admission;
	struct connections connections;
	struct body_budget budget;
	struct board board; /* Derived from the log. */
	struct votes votes; /* Derived from the log. */
	struct store *store;
	struct writer writer;
};

#endif
