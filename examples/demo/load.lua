-- SPDX-License-Identifier: MIT
-- wrk at a given mean rate: LOAD_RATE requests a second for LOAD_SECONDS, then quiet until wrk ends. One thread (-t1).
--
-- Requests come at random times, as from many clients that know nothing of each other. The quiet time at the end lets
-- every answer arrive, so that wrk and the server have counted the same requests, to the last one.
local ffi = require("ffi")
ffi.cdef("typedef struct { long seconds, nanoseconds; } demo_time; int clock_gettime(int clock, demo_time *time);")

local rate = tonumber(os.getenv("LOAD_RATE"))
local seconds = tonumber(os.getenv("LOAD_SECONDS"))
local clock = ffi.new("demo_time")
local threads = {}
local start, slot
granted, denied, other = 0, 0, 0 -- global: done() reads them from outside the thread

local function now()
	ffi.C.clock_gettime(1, clock)
	return tonumber(clock.seconds) + tonumber(clock.nanoseconds) * 1e-9
end

function setup(thread)
	table.insert(threads, thread)
end

function init()
	math.randomseed(tonumber(os.getenv("SEED")) or 1)
end

-- Milliseconds that the asking connection waits before its next request: until the next slot of the schedule.
function delay()
	local time = now()
	start = start or time
	slot = (slot or time) - math.log(1 - math.random()) / rate
	if slot - start >= seconds then
		return 3600000
	end
	return math.max(0, math.floor(1000 * (slot - time) + 0.5))
end

function response(status)
	if status == 200 then
		granted = granted + 1
	elseif status == 429 then
		denied = denied + 1
	else
		other = other + 1
	end
end

function done(summary, latency)
	local sum, errors = { granted = 0, denied = 0, other = 0 }, summary.errors
	for _, thread in ipairs(threads) do
		for name in pairs(sum) do
			sum[name] = sum[name] + thread:get(name)
		end
	end
	io.write(string.format('LOAD {"answers": %d, "granted": %d, "denied": %d, "other": %d, "errors": %d, "p99_us": %d}\n',
		summary.requests, sum.granted, sum.denied, sum.other,
		errors.connect + errors.read + errors.write + errors.timeout, latency:percentile(99)))
end
