// SPDX-License-Identifier: MIT

package main

// What a Go program of `make bench-peers` does: one command a line in, one line of JSON out. The protocol is told in
// bench/peers/README.md; bench/peers/harness.h does the same in C.

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Calls between two looks at the time.
const block = 1000

// A request is a command: its first word, and the "name=value" words behind it.
type request struct {
	command string
	words   map[string]string
}

func parse(line string) (request, bool) {
	words := strings.Fields(line)
	if len(words) == 0 {
		return request{}, false
	}
	r := request{words[0], map[string]string{}}
	for _, word := range words[1:] {
		name, value, found := strings.Cut(word, "=")
		if !found {
			return request{}, false
		}
		r.words[name] = value
	}
	return r, true
}

func (r request) number(name string) int64 {
	n, _ := strconv.ParseInt(r.words[name], 10, 64)
	return n
}

// Loops stay open from round to round: the line less its threads and time names them.
func (r request) loopName() string {
	w := r.words
	return strings.Join([]string{w["work"], w["clock"], w["variant"], w["keys"], w["batch"], w["draws"]}, " ")
}

// A loop makes calls for one thread and says how many were granted.
type loop func(thread int, calls int) (granted int)

// A testBucket is told the time.
type testBucket interface {
	take(now int64) bool
	waitNS(now int64) int64
}

type peer interface {
	about() (name, version string)
	openLoop(r request) (loop, error)
	openBucket(r request) (testBucket, error)
	openShared(r request) (func() bool, error)
}

// mix is the last step of SplitMix64 (Steele, Lea, Flood, 2014).
func mix(i uint64) uint64 {
	z := i + 0x9e3779b97f4a7c15
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

func timed(run loop, r request) string {
	threads := max(1, int(r.number("threads")))
	span := time.Duration(r.number("ms")) * time.Millisecond
	calls, granted, elapsed := make([]int, threads), make([]int, threads), make([]time.Duration, threads)
	var ready, done sync.WaitGroup
	ready.Add(threads)
	for thread := range threads {
		done.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			ready.Done()
			ready.Wait()
			var myCalls, myGranted int
			start := time.Now()
			for myCalls == 0 || time.Since(start) < span {
				myGranted += run(thread, block)
				myCalls += block
			}
			calls[thread], granted[thread], elapsed[thread] = myCalls, myGranted, time.Since(start)
		})
	}
	done.Wait()
	var allCalls, allGranted int
	var all time.Duration
	for thread := range threads {
		allCalls, allGranted, all = allCalls+calls[thread], allGranted+granted[thread], all+elapsed[thread]
	}
	return fmt.Sprintf(`{"ns": %.4f, "calls": %d, "granted": %d, "bytes": 0}`,
		float64(all.Nanoseconds())/float64(allCalls), allCalls, allGranted)
}

// empty takes until denied, at most so many times.
func empty(b testBucket, now, most int64) (taken int64) {
	for taken < most && b.take(now) {
		taken++
	}
	return taken
}

func window(b testBucket, r request) string {
	now, limit := r.number("uptime_ns"), r.number("cap")
	if now > 0 {
		b.take(0)
	}
	drained := empty(b, now, 2*r.number("burst")+100)
	var admitted int64
	for i := r.number("steps"); i > 0 && admitted < limit; i-- {
		now += r.number("step_ns")
		admitted += empty(b, now, limit-admitted)
	}
	return fmt.Sprintf(`{"drained": %d, "admitted": %d}`, drained, admitted)
}

func back(b testBucket, r request) string {
	now, limit := r.number("uptime_ns"), r.number("cap")
	before := empty(b, now, r.number("burst")-1)
	earlier := empty(b, now-r.number("step_ns"), limit)
	again := empty(b, now, limit)
	return fmt.Sprintf(`{"admitted": %d}`, before+earlier+again)
}

func wait(b testBucket, r request) string {
	now := r.number("uptime_ns")
	empty(b, now, 2*r.number("burst")+100)
	told := b.waitNS(now)
	granted := 0
	if b.take(now + told) {
		granted = 1
	}
	return fmt.Sprintf(`{"wait_ns": %d, "granted": %d}`, told, granted)
}

func shared(p peer, r request) string {
	start := time.Now()
	take, err := p.openShared(r)
	if err != nil {
		return skipped(err)
	}
	span := time.Duration(r.number("ms")) * time.Millisecond
	threads := int(r.number("threads"))
	calls, admitted := make([]int, threads), make([]int, threads)
	var done sync.WaitGroup
	for thread := range threads {
		done.Go(func() {
			for time.Since(start) < span {
				for range 100 {
					if take() {
						admitted[thread]++
					}
				}
				calls[thread] += 100
			}
		})
	}
	done.Wait()
	var allCalls, allAdmitted int
	for thread := range threads {
		allCalls, allAdmitted = allCalls+calls[thread], allAdmitted+admitted[thread]
	}
	return fmt.Sprintf(`{"admitted": %d, "calls": %d, "elapsed_ns": %d}`, allAdmitted, allCalls, time.Since(start))
}

func skipped(err error) string {
	return fmt.Sprintf(`{"skip": %q}`, err.Error())
}

func answer(p peer, loops map[string]loop, r request) string {
	switch r.command {
	case "about":
		name, version := p.about()
		return fmt.Sprintf(`{"peer": %q, "version": %q, "toolchain": %q}`, name, version, runtime.Version())
	case "drop":
		clear(loops)
		runtime.GC()
		return "{}"
	case "shared":
		return shared(p, r)
	case "time":
		run, found := loops[r.loopName()]
		if !found {
			var err error
			if run, err = p.openLoop(r); err != nil {
				return skipped(err)
			}
			loops[r.loopName()] = run
		}
		return timed(run, r)
	}
	b, err := p.openBucket(r)
	switch {
	case err != nil:
		return skipped(err)
	case r.command == "window":
		return window(b, r)
	case r.command == "back":
		return back(b, r)
	case r.command == "wait":
		return wait(b, r)
	}
	return `{"skip": "no such command"}`
}

// serve answers until the end of the input.
func serve(p peer) {
	loops := map[string]loop{}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if r, ok := parse(lines.Text()); ok {
			fmt.Println(answer(p, loops, r))
		} else {
			fmt.Println(`{"error": "not understood"}`)
		}
	}
}
