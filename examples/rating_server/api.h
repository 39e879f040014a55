/* SPDX-License-Identifier: MIT */
/* What each route does. */
#ifndef RATING_SERVER_API_H
#define RATING_SERVER_API_H

struct request;

/* api_write.c */
void api_post_matches(struct request *request);
void api_finish_matches(struct request *request);
void api_post_vote(struct request *request);
void api_finish_vote(struct request *request);

/* api_read.c */
void api_get_agent(struct request *request);
void api_get_leaderboard(struct request *request);
void api_get_predict(struct request *request);
void api_get_vote(struct request *request);
void api_get_digest(struct request *request);

/* probe.c */
void probe_healthz(struct request *request);
void probe_readyz(struct request *request);
void probe_metrics(struct request *request);

#endif
