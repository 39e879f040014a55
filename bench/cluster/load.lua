-- SPDX-License-Identifier: MIT
-- Matches for wrk to post. From the environment:
--   LOAD_TARGETS  HOST:PORT,...  thread i of wrk talks to target i, then again from the first
--   LOAD_SIZE     matches in a request; 1: a single one
--   LOAD_KEYS     1: each match has an idempotency key of its own
--   LOAD_RATE     requests a second and connection; unset: one after the other
--   LOAD_RUN      a word that makes keys differ from those of other runs
-- Writes a line "LOAD {...}" at the end.
local AGENTS = 10000

local targets, threads = {}, {}
for host, port in os.getenv("LOAD_TARGETS"):gmatch("([^:,]+):(%d+)") do
	table.insert(targets, { host = host, port = port })
end
local size = tonumber(os.getenv("LOAD_SIZE"))
local keys = os.getenv("LOAD_KEYS") == "1"
local rate = tonumber(os.getenv("LOAD_RATE") or "")
local run = os.getenv("LOAD_RUN")
local scores = { "1", "0.5", "0" }
local prepared, count, head = {}, 0, nil
bad = 0 -- global: done() reads it from outside the thread

function setup(thread)
	local target = targets[#threads % #targets + 1]
	thread.addr = wrk.lookup(target.host, target.port)[1]
	thread:set("number", #threads)
	table.insert(threads, thread)
end

-- A match without its beginning.
local function match()
	local a = math.random(AGENTS)
	local b = (a + math.random(AGENTS - 1) - 1) % AGENTS + 1
	return string.format('"a":"agent-%05d","b":"agent-%05d","score":%s}', a, b, scores[math.random(3)])
end

local function format(body)
	return wrk.format("POST", "/v1/matches", { ["Content-Type"] = "application/json" }, body)
end

function init()
	math.randomseed(1 + number)
	for i = 1, size == 1 and 2000 or 8 do
		local matches = {}
		for j = 1, size do
			matches[j] = (keys and '",' or "{") .. match()
		end
		-- With keys the text in between is all that can be made up front.
		prepared[i] = keys and matches or format(size == 1 and matches[1] or "[" .. table.concat(matches, ",") .. "]")
	end
	head = string.format('{"id":"%s-%d-', run, number)
end

local parts = {}
function request()
	count = count + 1
	local chosen = prepared[count % #prepared + 1]
	if not keys then
		return chosen
	end
	for j = 1, size do
		parts[3 * j - 2] = j > 1 and "," .. head or head
		parts[3 * j - 1] = count * size + j
		parts[3 * j] = chosen[j]
	end
	local body = table.concat(parts)
	return format(size == 1 and body or "[" .. body .. "]")
end

if rate then
	function delay()
		return 1000 / rate
	end
end

function response(status)
	if status ~= 201 then
		bad = bad + 1
	end
end

function done(summary, latency)
	local wrong, errors = 0, summary.errors
	for _, thread in ipairs(threads) do
		wrong = wrong + thread:get("bad")
	end
	io.write(string.format('LOAD {"requests": %d, "seconds": %.6f, "bad": %d, "errors": %d, "p50_us": %d, "p99_us": %d}\n',
		summary.requests, summary.duration / 1e6, wrong, errors.connect + errors.read + errors.write + errors.timeout,
		latency:percentile(50), latency:percentile(99)))
end
