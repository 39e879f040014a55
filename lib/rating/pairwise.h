/* SPDX-License-Identifier: MIT */
/*
 * What the files of the pairwise fits share: checked input, memory cut from one block, what one pair says of its two
 * strengths. The parameters of a fit stand in one column: the strengths, then, as far as they are fitted, the advantage of
 * being first, the features' coefficients, the tie parameter (ln nu, or ln t).
 */
#ifndef OCL_RATING_PAIRWISE_H
#define OCL_RATING_PAIRWISE_H

#include "openclaw/pairwise.h"

#include <stdbool.h>

#define OCL__NOWHERE SIZE_MAX

/* Cuts a block of memory into arrays. Without a base it only adds up what is needed. */
struct ocl__block {
	unsigned char *base;
	size_t used;
};

/* Room for `count` things of `size` bytes, aligned to 8; NULL without a base. */
static inline void *ocl__block_take(struct ocl__block *block, size_t count, size_t size)
{
	void *taken = block->base != NULL ? block->base + block->used : NULL;

	block->used += (count * size + 7) & ~(size_t)7;
	return taken;
}

/* Is the caller's memory there, aligned and large enough? */
static inline int ocl__block_status(const void *memory, size_t given, size_t needed)
{
	if (memory == NULL)
		return OCL_EINVAL;
	if ((uintptr_t)memory % 8 != 0)
		return OCL_EALIGN;
	return given < needed ? OCL_ESIZE : OCL_OK;
}

/* A problem and settings, checked, and where each parameter stands. */
struct ocl__pairwise {
	const struct ocl_pairwise_problem *problem;
	struct ocl_pairwise_settings settings;
	size_t items;
	size_t pairs;
	size_t features;
	size_t parameters;
	size_t advantage_at; /* index, or OCL__NOWHERE */
	size_t features_at;  /* index of the first */
	size_t tie_at;       /* index, or OCL__NOWHERE */
	bool sparse;
	bool grounded; /* something says where 0 lies */
};

/* Items and counts of a pair in their ranges, or the counts alone? */
int ocl__pairwise_pair_status(const struct ocl_pairwise_pair *pair, size_t items);
int ocl__pairwise_counts_status(const struct ocl_pairwise_pair *pair);

/* The numbers of a problem only, for the `_size` calls: pointers are not followed. */
int ocl__pairwise_read_sizes(const struct ocl_pairwise_problem *problem, const struct ocl_pairwise_settings *settings,
                             struct ocl__pairwise *pairwise);

/* All of it. */
int ocl__pairwise_read(const struct ocl_pairwise_problem *problem, const struct ocl_pairwise_settings *settings,
                       struct ocl__pairwise *pairwise);

/* With a tie parameter to be fitted: does it have a maximum? Without ties it has not, and is left out of the fit. */
void ocl__pairwise_drop_ties(struct ocl__pairwise *pairwise);

int ocl__pairwise_report_status(const struct ocl_pairwise_report *report);

/* The derivatives of what a pair adds to the loss (less the log-likelihood), by the difference of its two sides and by the
 * tie parameter. `g` are the negative first ones: the way up. */
struct ocl__pair_terms {
	double g, g_tie;
	double h, h_mixed, h_tie;
};

struct ocl__pair_terms ocl__pairwise_terms(uint32_t ties, const struct ocl_pairwise_pair *pair, double difference,
                                           double tie_log);

/* The loss itself. */
double ocl__pairwise_pair_loss(uint32_t ties, const struct ocl_pairwise_pair *pair, double difference, double tie_log);

/* The squares of the scores, summed over the games, as h, h_mixed and h_tie. */
struct ocl__pair_terms ocl__pairwise_squares(uint32_t ties, const struct ocl_pairwise_pair *pair, double difference,
                                             double tie_log);

/* The losses of many pairs in a row. */
void ocl__pairwise_losses(uint32_t ties, const struct ocl_pairwise_pair *pairs, size_t count, const double *differences,
                          double tie_log, double *losses);

/* ocl__pairwise_terms() of many pairs in a row, with ties as halves. */
void ocl__pairwise_terms_half(const struct ocl_pairwise_pair *pairs, size_t count, const double *differences, double *g,
                              double *h);

/* The logistic function, 1 / (1 + exp(-x)), of x and of -x. */
struct ocl__chances {
	double yes, no;
};

struct ocl__chances ocl__chances_of(double x);

static inline double ocl__pairwise_games(const struct ocl_pairwise_pair *pair)
{
	return (pair->first_wins + pair->second_wins) + pair->ties;
}

/* Of all pairs, whatever they count. */
double ocl__pairwise_all_games(const struct ocl__pairwise *pairwise);

/* What a pair counts. */
static inline double ocl__pairwise_weight(const struct ocl__pairwise *pairwise, size_t pair)
{
	const double *weights = pairwise->problem->pair_weights;

	return weights != NULL ? weights[pair] : 1.0;
}

static inline const double *ocl__pairwise_features(const struct ocl__pairwise *pairwise, size_t pair)
{
	return pairwise->features > 0 ? pairwise->problem->features + pair * pairwise->features : NULL;
}

/* The product of a pair's row of the design with the parameters x: x_first - x_second + advantage + features. */
double ocl__pairwise_along(const struct ocl__pairwise *pairwise, size_t pair, const double *x);

/* The same and the settings' fixed advantage: the difference of the sides at x. */
static inline double ocl__pairwise_difference(const struct ocl__pairwise *pairwise, size_t pair, const double *x)
{
	double fixed = pairwise->advantage_at == OCL__NOWHERE ? pairwise->settings.first_advantage : 0.0;

	return ocl__pairwise_along(pairwise, pair, x) + fixed;
}

/* matrix += the pair's second derivatives, upper half. */
void ocl__pairwise_add_square(const struct ocl__pairwise *pairwise, size_t pair, double h, double h_mixed, double h_tie,
                              double *matrix);

/* vector += along times the pair's row of the design, and tie at the tie parameter. */
void ocl__pairwise_add_row(const struct ocl__pairwise *pairwise, size_t pair, double along, double tie, double *vector);

/* The working memory of a fit. */
struct ocl__pairwise_work {
	double *x;         /* parameters */
	double *trial;     /* parameters, one step on */
	double *gradient;  /* the way up at x */
	double *lost;      /* what its additions lost */
	double *direction; /* Newton's step */
	double *precision; /* of each parameter's normal prior */
	double *pull;      /* that times its mean */
	uint8_t *held;     /* one a parameter: it does not move */
	double *matrix;    /* dense: second derivatives, upper half; then their factor */
	size_t ground;     /* dense: the strength that the factor holds, or OCL__NOWHERE */
	double *diagonal;  /* sparse: their diagonal */
	double *curves;    /* sparse: three numbers a pair: h, h_mixed, h_tie */
	double *columns;   /* sparse: three columns for the conjugate gradients */
	void *connect;     /* memory of ocl__pairwise_connect() */
};

void ocl__pairwise_work_cut(const struct ocl__pairwise *pairwise, struct ocl__block *block,
                            struct ocl__pairwise_work *work);

/* The priors as quadratics, and which strengths are held; sets these strengths in `x`. */
void ocl__pairwise_priors(const struct ocl__pairwise *pairwise, struct ocl__pairwise_work *work);

/* What a point is worth (pairwise_slope.c). */
struct ocl__pairwise_loss {
	double pairs;  /* less the log-likelihood */
	double priors; /* what the priors take off */
};

struct ocl__pairwise_loss ocl__pairwise_loss(const struct ocl__pairwise *pairwise,
                                             const struct ocl__pairwise_work *work, const double *x);

/* The way up at `x`, to work->gradient; with `curves` also the second derivatives, to work->matrix, or diagonal and
 * curves. */
void ocl__pairwise_slopes(const struct ocl__pairwise *pairwise, struct ocl__pairwise_work *work, const double *x,
                          bool curves);

/* Where nothing says where 0 lies: takes the mean of the strengths off each. */
void ocl__pairwise_centre(const struct ocl__pairwise *pairwise, double *x);

/* direction := Newton's step for the sparse equations, by conjugate gradients: to some five digits `near` the end, else to
 * two. */
void ocl__pairwise_solve_sparse(const struct ocl__pairwise *pairwise, struct ocl__pairwise_work *work, bool near);

/* Holds one strength, the one of which most is known, where nothing says where 0 lies. Its index, or OCL__NOWHERE. */
size_t ocl__pairwise_ground(const struct ocl__pairwise *pairwise, double *matrix);

/* Rows and columns of what is held become those of the identity. */
void ocl__pairwise_mask(const uint8_t *held, size_t n, double *matrix);

/* The whole of a fit, from `start` (all parameters) or from 0: connectivity, Newton, the report. */
int ocl__pairwise_run(struct ocl__pairwise *pairwise, struct ocl__pairwise_work *work, const double *start,
                      struct ocl_pairwise_report *report);

/* The parameters of a fit that was handed back, checked. */
int ocl__pairwise_point(const struct ocl__pairwise *pairwise, const double *theta, const double *coefficients,
                        const struct ocl_pairwise_report *report, double *x);

/* Components of a directed graph whose edges go from winners to losers (pairwise_connect.c). */
struct ocl__components {
	uint32_t nodes;
	size_t *starts; /* one a node and two more: where its edges begin */
	size_t *next;
	uint32_t *targets;   /* the edges */
	uint32_t *component; /* found, one a node */
	uint32_t *low, *stack, *path;
};

void ocl__components_cut(struct ocl__components *graph, size_t nodes, size_t edges, struct ocl__block *block);

/* The edges come twice: they are counted one row on, summed up, filled in; then each row begins where its start has come to. */
void ocl__components_begin(struct ocl__components *graph);

static inline void ocl__components_edge(struct ocl__components *graph, bool fill, uint32_t from, uint32_t to)
{
	size_t *at = graph->starts + 1;

	if (fill)
		graph->targets[at[from]] = to;
	at[from + (fill ? 0 : 1)]++;
}

void ocl__components_counted(struct ocl__components *graph);

/* To graph->component and the report; `low` is then free for other use. */
void ocl__components_find(struct ocl__components *graph, struct ocl_pairwise_report *report);

/* What each item did, bit 0 it won or tied, bit 1 it lost or tied, to the report. */
void ocl__records_report(const uint32_t *did, size_t items, struct ocl_pairwise_report *report);

/* Two items are of one island; `parents` lead to its lowest item. */
void ocl__islands_join(uint32_t *parents, uint32_t a, uint32_t b);

/* The part of a report that the data alone give; `components` and `islands` one an item, or NULL. */
size_t ocl__pairwise_connect_bytes(size_t items, size_t pairs, size_t anchors);
void ocl__pairwise_connect(const struct ocl__pairwise *pairwise, void *memory, uint32_t *components, uint32_t *islands,
                           struct ocl_pairwise_report *report);

#endif
