/* SPDX-License-Identifier: MIT */
/**
 * @file openclaw.h
 * @brief All of the library: limits, ratings, metrics.
 */
#ifndef OPENCLAW_OPENCLAW_H
#define OPENCLAW_OPENCLAW_H

/* Limits. */
#include "openclaw/bucket.h"
#include "openclaw/bundle.h"
#include "openclaw/clock.h"
#include "openclaw/headers.h"
#include "openclaw/lease.h"
#include "openclaw/limiter.h"
#include "openclaw/limiter_shared.h"
#include "openclaw/meter.h"
#include "openclaw/settings.h"
#include "openclaw/tally.h"

/* Ratings. */
#include "openclaw/elo.h"
#include "openclaw/feedback.h"
#include "openclaw/glicko2.h"
#include "openclaw/rating.h"

/* Metrics. */
#include "openclaw/counter.h"
#include "openclaw/format.h"
#include "openclaw/gauge.h"
#include "openclaw/histogram.h"
#include "openclaw/metrics.h"

/* Common. */
#include "openclaw/export.h"
#include "openclaw/status.h"
#include "openclaw/version.h"

#endif
