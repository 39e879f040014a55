// SPDX-License-Identifier: MIT

// The Go module golang.org/x/time/rate, beside libopenclaw in `make bench-peers`.
package main

import (
	"errors"
	"time"

	"golang.org/x/time/rate"
)

const year = 31557600 * time.Second

type xtime struct{}

func (xtime) about() (string, string) { return "golang.org/x/time/rate", "0.16.0" }

func takes(limiter *rate.Limiter, calls int) (granted int) {
	for range calls {
		if limiter.Allow() {
			granted++
		}
	}
	return granted
}

func takesAt(limiter *rate.Limiter, now time.Time, calls int) (granted int) {
	for range calls {
		now = now.Add(1)
		if limiter.AllowN(now, 1) {
			granted++
		}
	}
	return granted
}

func (xtime) openLoop(r request) (loop, error) {
	grants := rate.NewLimiter(1e6, 4_000_000_000)
	denies := rate.NewLimiter(rate.Every(year), 1)
	denies.Allow()
	given := r.words["clock"] == "given"
	if !given && r.words["clock"] != "monotonic" {
		return nil, errors.New("no such clock")
	}
	one := map[string]*rate.Limiter{"granted": grants, "denied": denies}[r.words["work"]]
	// Each thread's time, apart from the other's.
	var now [8]struct {
		time time.Time
		_    [128]byte
	}
	for i := range now {
		now[i].time = time.Now()
	}
	switch {
	case r.words["work"] == "clock" && !given:
		return func(_, calls int) int {
			var sum int64
			for range calls {
				sum += int64(time.Now().Nanosecond())
			}
			if sum == 0 {
				return 0
			}
			return calls
		}, nil
	case r.words["work"] == "mixed":
		both := [2]*rate.Limiter{denies, grants}
		var coin [4096]uint8
		for i := range coin {
			coin[i] = uint8(mix(uint64(i)) & 1)
		}
		return func(thread, calls int) (granted int) {
			for i := range calls {
				limiter := both[coin[i]]
				var ok bool
				if given {
					now[thread].time = now[thread].time.Add(1)
					ok = limiter.AllowN(now[thread].time, 1)
				} else {
					ok = limiter.Allow()
				}
				if ok {
					granted++
				}
			}
			return granted
		}, nil
	case one == nil:
		return nil, errors.New("no such work")
	case given:
		return func(thread, calls int) int {
			granted := takesAt(one, now[thread].time, calls)
			now[thread].time = now[thread].time.Add(time.Duration(calls))
			return granted
		}, nil
	}
	return func(_, calls int) int { return takes(one, calls) }, nil
}

type tested struct {
	limiter *rate.Limiter
	zero    time.Time
}

func (t tested) at(now int64) time.Time { return t.zero.Add(time.Duration(now)) }

func (t tested) take(now int64) bool { return t.limiter.AllowN(t.at(now), 1) }

func (t tested) waitNS(now int64) int64 {
	reservation := t.limiter.ReserveN(t.at(now), 1)
	told := reservation.DelayFrom(t.at(now))
	reservation.CancelAt(t.at(now))
	return int64(told)
}

func limiter(r request) *rate.Limiter {
	perSecond := float64(r.number("tokens")) * 1e9 / float64(r.number("period_ns"))
	return rate.NewLimiter(rate.Limit(perSecond), int(r.number("burst")))
}

func (xtime) openBucket(r request) (testBucket, error) {
	return tested{limiter(r), time.Unix(1_700_000_000, 0)}, nil
}

func (xtime) openShared(r request) (func() bool, error) {
	return limiter(r).Allow, nil
}

func main() {
	serve(xtime{})
}
