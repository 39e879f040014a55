// SPDX-License-Identifier: MIT
//! The crate throttlecrab, as a library: keyed by strings, told the time, `&mut self`, so one thread at a time.

use harness::{Draws, Loop, Peer, Request, SharedTake, Skip, TestBucket};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use throttlecrab::{AdaptiveStore, RateLimiter};

type Limiter = RateLimiter<AdaptiveStore>;

/// Time of the tests' zero: somewhere in 2023, as the store may compare with the wall clock.
fn at(now_ns: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_700_000_000) + Duration::from_nanos(now_ns)
}

/// Burst, count and period in seconds of the keyed loops: granted always, and in use always.
const KEYED: (i64, i64, i64) = (1_000_000_000, 1, 1);
const GRANTS: (i64, i64, i64) = (4_000_000_000, 1_000_000, 1);
/// A burst of two, because it stores a burst of one for no time, and so never denies it.
const DENIES: (i64, i64, i64) = (2, 1, 31_557_600);

fn take(limiter: &mut Limiter, key: &str, plan: (i64, i64, i64), now: SystemTime) -> bool {
    matches!(limiter.rate_limit(key, plan.0, plan.1, plan.2, 1, now), Ok((true, _)))
}

struct Single {
    limiter: Mutex<(Limiter, u64)>,
    granted: bool,
    mixed: bool,
    given: bool,
    coin: Vec<bool>,
}

impl Loop for Single {
    fn block(&self, _thread: usize, calls: u64) -> u64 {
        // Locked once for all calls: the limiter itself has no lock.
        let (limiter, position) = &mut *self.limiter.lock().unwrap();
        let mut granted = 0;
        for i in 0..calls {
            let now = if self.given { at(31_557_600_000_000_000 + *position + i) } else { SystemTime::now() };
            let grants = if self.mixed { self.coin[i as usize] } else { self.granted };
            let (key, plan) = if grants { ("grants", GRANTS) } else { ("denies", DENIES) };
            granted += u64::from(take(limiter, key, plan, now));
        }
        *position += calls;
        granted
    }
}

/// The keys as text, ready before the clock starts, as a server has them.
fn text(key: u64) -> String {
    format!("{key:016x}")
}

struct Hits {
    limiter: Mutex<Limiter>,
    draws: Draws,
    texts: Vec<u8>,
    bytes: u64,
}

impl Loop for Hits {
    fn block(&self, thread: usize, calls: u64) -> u64 {
        let limiter = &mut *self.limiter.lock().unwrap();
        let start = self.draws.next(thread, calls);
        let keys = self.texts[start * 16..(start + calls as usize) * 16].chunks_exact(16);
        keys.filter(|key| take(limiter, std::str::from_utf8(key).unwrap(), KEYED, SystemTime::now())).count() as u64
    }
    fn bytes(&self) -> u64 {
        self.bytes
    }
}

struct New(Mutex<(Limiter, u64)>);

impl Loop for New {
    fn block(&self, _thread: usize, calls: u64) -> u64 {
        let (limiter, next) = &mut *self.0.lock().unwrap();
        let start = *next;
        *next += calls;
        (start..start + calls).filter(|&i| take(limiter, &text(harness::key(i)), KEYED, SystemTime::now())).count() as u64
    }
}

fn keyed(request: &Request) -> Result<Arc<dyn Loop>, Skip> {
    let draws = Draws::read(request.text("draws"))?;
    let texts = draws.keys.iter().flat_map(|&key| text(key).into_bytes()).collect();
    let before = harness::resident();
    let mut limiter = RateLimiter::new(AdaptiveStore::with_capacity(request.number("keys") as usize));
    for i in 0..request.number("keys") {
        take(&mut limiter, &text(harness::key(i)), KEYED, SystemTime::now());
    }
    Ok(Arc::new(Hits { limiter: Mutex::new(limiter), draws, texts, bytes: harness::resident() - before }))
}

struct Tested {
    limiter: Limiter,
    plan: (i64, i64, i64),
}

impl TestBucket for Tested {
    fn take(&mut self, now_ns: u64) -> bool {
        take(&mut self.limiter, "key", self.plan, at(now_ns))
    }
    fn wait_ns(&mut self, now_ns: u64) -> Option<u64> {
        let (burst, count, period) = self.plan;
        let told = self.limiter.rate_limit("key", burst, count, period, 1, at(now_ns)).ok()?;
        Some(told.1.retry_after.as_nanos() as u64)
    }
}

struct Throttlecrab;

impl Peer for Throttlecrab {
    fn about(&self) -> (&'static str, &'static str) {
        ("throttlecrab", "0.4.40")
    }

    fn open_loop(&self, request: &Request) -> Result<Arc<dyn Loop>, Skip> {
        match request.text("work") {
            "hit" => return keyed(request),
            "new" => return Ok(Arc::new(New(Mutex::new((RateLimiter::new(AdaptiveStore::with_capacity(1_000_000)), 0))))),
            "granted" | "denied" | "mixed" => {}
            _ => return Err("no such work".into()),
        }
        let given = request.text("clock") == "given";
        if !given && request.text("clock") != "monotonic" {
            return Err("no such clock".into());
        }
        let mut limiter = RateLimiter::new(AdaptiveStore::new());
        let now = if given { at(31_557_600_000_000_000) } else { SystemTime::now() };
        while take(&mut limiter, "denies", DENIES, now) {}
        Ok(Arc::new(Single {
            limiter: Mutex::new((limiter, 0)),
            granted: request.text("work") == "granted",
            mixed: request.text("work") == "mixed",
            given,
            coin: harness::coin(),
        }))
    }

    fn open_bucket(&self, request: &Request) -> Result<Box<dyn TestBucket>, Skip> {
        let period_ns = request.number("period_ns");
        if period_ns % 1_000_000_000 != 0 {
            return Err("whole seconds only".into());
        }
        let plan = (
            request.number("burst") as i64,
            request.number("tokens") as i64,
            (period_ns / 1_000_000_000) as i64,
        );
        Ok(Box::new(Tested { limiter: RateLimiter::new(AdaptiveStore::new()), plan }))
    }

    fn open_shared(&self, _request: &Request) -> Result<SharedTake, Skip> {
        Err("one thread only".into())
    }
}

fn main() {
    harness::serve(&Throttlecrab);
}
