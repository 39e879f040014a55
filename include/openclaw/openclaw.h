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
#include "openclaw/convert.h"
#include "openclaw/dwz.h"
#include "openclaw/ecf.h"
#include "openclaw/egf.h"
#include "openclaw/elo.h"
#include "openclaw/elo_mmr.h"
#include "openclaw/evaluate.h"
#include "openclaw/feedback.h"
#include "openclaw/fifa.h"
#include "openclaw/gaussian.h"
#include "openclaw/glicko.h"
#include "openclaw/glicko2.h"
#include "openclaw/glicko_boost.h"
#include "openclaw/history.h"
#include "openclaw/ingo.h"
#include "openclaw/match_check.h"
#include "openclaw/pairwise.h"
#include "openclaw/ranking_fit.h"
#include "openclaw/rating.h"
#include "openclaw/stephenson.h"
#include "openclaw/uscf.h"
#include "openclaw/weng_lin.h"
#include "openclaw/yuksel.h"

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
