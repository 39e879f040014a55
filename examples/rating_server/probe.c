/* SPDX-License-Identifier: MIT */
/* What machines ask: is it alive, may I send requests, what are its metrics. */
#include "api.h"
#include "http.h"

/* Alive: it answers. A store that fails is no reason to be killed. */
void probe_healthz(struct request *request)
{
	reply_json(&request->reply, 200, json_pack("{s:s}", "status", "ok"));
}

void probe_readyz(struct request *request)
{
	char reason[600];

	if (health_is_ready(&request->server->health, reason, sizeof(reason)))
		reply_json(&request->reply, 200, json_pack("{s:s}", "status", "ready"));
	else
		reply_json(&request->reply, 503, json_pack("{s:s, s:s}", "status", "unavailable", "reason", reason));
}

void probe_metrics(struct request *request)
{
	const char *accept = MHD_lookup_connection_value(request->http, MHD_HEADER_KIND, "Accept");
	enum ocl_format format = ocl_format_from_accept(accept);
	struct reply *reply = &request->reply;

	reply->bytes = stats_write(&request->server->stats, format, &reply->length);
	reply->status = reply->bytes != NULL ? 200 : 500;
	reply->length = reply->bytes != NULL ? reply->length : 0;
	reply->content_type = ocl_format_content_type(format);
	reply->vary = "Accept";
}
