/* SPDX-License-Identifier: MIT */
#include "routes.h"

#include <string.h>

#include "api.h"

static const struct route routes[ROUTE_COUNT] = {
	{ROUTE_MATCHES, "/v1/matches", "/v1/matches", "POST", PORT_MAIN, false, api_post_matches, api_finish_matches},
	{ROUTE_AGENT, "/v1/agents/{id}", "/v1/agents/", "GET", PORT_MAIN, false, api_get_agent, NULL},
	{ROUTE_LEADERBOARD, "/v1/leaderboard", "/v1/leaderboard", "GET", PORT_MAIN, false, api_get_leaderboard, NULL},
	{ROUTE_PREDICT, "/v1/predict", "/v1/predict", "GET", PORT_MAIN, false, api_get_predict, NULL},
	{ROUTE_VOTES, "/v1/votes", "/v1/votes", "POST", PORT_MAIN, false, api_post_vote, api_finish_vote},
	{ROUTE_VOTE, "/v1/votes/{id}", "/v1/votes/", "GET", PORT_MAIN, false, api_get_vote, NULL},
	{ROUTE_DIGEST, "/v1/digest", "/v1/digest", "GET", PORT_MAIN, false, api_get_digest, NULL},
	{ROUTE_HEALTHZ, "/healthz", "/healthz", "GET", PORT_MAIN | PORT_METRICS, true, probe_healthz, NULL},
	{ROUTE_READYZ, "/readyz", "/readyz", "GET", PORT_MAIN | PORT_METRICS, true, probe_readyz, NULL},
	{ROUTE_METRICS, "/metrics", "/metrics", "GET", PORT_METRICS, true, probe_metrics, NULL},
	{ROUTE_OTHER, "other", "", NULL, PORT_MAIN | PORT_METRICS, false, NULL, NULL},
};

const struct route *route_find(enum port port, const char *path, const char **rest)
{
	for (size_t i = 0; i < ROUTE_OTHER; i++) {
		const struct route *route = &routes[i];
		size_t length = strlen(route->path);
		bool takes_id = route->path[length - 1] == '/';

		*rest = path + length;
		if ((route->ports & port) != 0 && strncmp(path, route->path, length) == 0 &&
		    (takes_id || **rest == '\0'))
			return route;
	}
	*rest = "";
	return &routes[ROUTE_OTHER];
}

const char *route_allow(const struct route *route)
{
	return strcmp(route->method, "GET") == 0 ? "GET, HEAD" : route->method;
}

bool route_allows(const struct route *route, const char *method)
{
	return strcmp(method, route->method) == 0 || (strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0);
}

const struct route *route_at(enum route_id id)
{
	return &routes[id];
}
