// SPDX-License-Identifier: MIT
//! The crate governor: one limiter on each of its clocks, and keyed in its DashMap.

use governor::clock::{Clock, MonotonicClock, QuantaClock, QuantaUpkeepClock};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DashMapStateStore;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use harness::{Draws, Loop, Peer, Request, SharedTake, Skip, TestBucket};
use std::hint::black_box;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

type Direct<C> = RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<<C as Clock>::Instant>>;
type Keyed = RateLimiter<u64, DashMapStateStore<u64>, QuantaClock, NoOpMiddleware<<QuantaClock as Clock>::Instant>>;

/// A clock that is told the time. (governor's own FakeRelativeClock is the same, but cannot go back.)
#[derive(Clone, Default)]
struct GivenClock(Arc<AtomicU64>);

impl Clock for GivenClock {
    type Instant = Nanos;
    fn now(&self) -> Nanos {
        self.0.load(Ordering::Relaxed).into()
    }
}

/// The clock that a thread writes; a process has one.
fn upkeep() -> QuantaUpkeepClock {
    static CLOCK: OnceLock<QuantaUpkeepClock> = OnceLock::new();
    CLOCK.get_or_init(|| QuantaUpkeepClock::from_interval(Duration::from_millis(1)).unwrap()).clone()
}

fn grants() -> Quota {
    Quota::per_second(NonZeroU32::new(1_000_000).unwrap()).allow_burst(NonZeroU32::new(4_000_000_000).unwrap())
}

fn denies() -> Quota {
    Quota::with_period(Duration::from_secs(31_557_600)).unwrap()
}

// ---- one limiter

#[derive(Clone, Copy)]
enum Work {
    Clock,
    Granted,
    Denied,
    Mixed,
}

struct Single<C: Clock> {
    work: Work,
    clock: C,
    grants: Box<Direct<C>>,
    denies: Box<Direct<C>>,
    coin: Vec<bool>,
}

fn takes<C: Clock>(limiter: &Direct<C>, calls: u64) -> u64 {
    (0..calls).filter(|_| black_box(limiter).check().is_ok()).count() as u64
}

impl<C> Loop for Single<C>
where
    C: Clock + Send + Sync,
    C::Instant: Send + Sync,
{
    fn block(&self, _thread: usize, calls: u64) -> u64 {
        match self.work {
            Work::Clock => {
                (0..calls).for_each(|_| {
                    black_box(self.clock.now());
                });
                calls
            }
            Work::Granted => takes(&self.grants, calls),
            Work::Denied => takes(&self.denies, calls),
            Work::Mixed => (0..calls as usize)
                .filter(|&i| black_box(if self.coin[i] { &self.grants } else { &self.denies }).check().is_ok())
                .count() as u64,
        }
    }
}

fn single<C>(request: &Request, clock: C) -> Result<Arc<dyn Loop>, Skip>
where
    C: Clock + Clone + Send + Sync + 'static,
    C::Instant: Send + Sync,
{
    let work = match request.text("work") {
        "clock" => Work::Clock,
        "granted" => Work::Granted,
        "denied" => Work::Denied,
        "mixed" => Work::Mixed,
        _ => return Err("no such work".into()),
    };
    let single = Single {
        work,
        grants: Box::new(RateLimiter::direct_with_clock(grants(), clock.clone())),
        denies: Box::new(RateLimiter::direct_with_clock(denies(), clock.clone())),
        clock,
        coin: harness::coin(),
    };
    while single.denies.check().is_ok() {}
    Ok(Arc::new(single))
}

/// Three limiters asked one after the other, as governor has no way to ask them all or nothing.
struct Bundle(Vec<Box<Direct<QuantaClock>>>);

impl Loop for Bundle {
    fn block(&self, _thread: usize, calls: u64) -> u64 {
        (0..calls).filter(|_| self.0.iter().all(|limiter| black_box(limiter).check().is_ok())).count() as u64
    }
}

fn bundle() -> Arc<dyn Loop> {
    Arc::new(Bundle((0..3).map(|_| Box::new(RateLimiter::direct_with_clock(grants(), QuantaClock::default()))).collect()))
}

// ---- keyed

/// A billion tokens a key and one a second: every call is granted, and every key stays in use.
fn keyed_quota() -> Quota {
    Quota::per_second(NonZeroU32::new(1).unwrap()).allow_burst(NonZeroU32::new(1_000_000_000).unwrap())
}

struct Hits {
    limiter: Keyed,
    draws: Draws,
    bytes: u64,
}

impl Loop for Hits {
    fn block(&self, thread: usize, calls: u64) -> u64 {
        let start = self.draws.next(thread, calls);
        let keys = &self.draws.keys[start..start + calls as usize];
        keys.iter().filter(|key| self.limiter.check_key(key).is_ok()).count() as u64
    }
    fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// One key that is denied.
struct Hot(Keyed, u64);

impl Loop for Hot {
    fn block(&self, _thread: usize, calls: u64) -> u64 {
        (0..calls).filter(|_| black_box(&self.0).check_key(&self.1).is_ok()).count() as u64
    }
}

/// Keys that were never seen.
struct New(Keyed, AtomicU64);

impl Loop for New {
    fn block(&self, _thread: usize, calls: u64) -> u64 {
        let start = self.1.fetch_add(calls, Ordering::Relaxed);
        (start..start + calls).filter(|&i| self.0.check_key(&harness::key(i)).is_ok()).count() as u64
    }
}

fn keyed(request: &Request) -> Result<Arc<dyn Loop>, Skip> {
    match request.text("work") {
        "hit" => {
            let draws = Draws::read(request.text("draws"))?;
            let before = harness::resident();
            let limiter = RateLimiter::dashmap(keyed_quota());
            for i in 0..request.number("keys") {
                let _ = limiter.check_key(&harness::key(i));
            }
            Ok(Arc::new(Hits { limiter, draws, bytes: harness::resident() - before }))
        }
        "hot" => {
            let limiter = RateLimiter::dashmap(denies());
            for i in 0..request.number("keys").max(1) {
                while limiter.check_key(&harness::key(i)).is_ok() {}
            }
            Ok(Arc::new(Hot(limiter, harness::key(0))))
        }
        "new" => Ok(Arc::new(New(RateLimiter::dashmap(keyed_quota()), AtomicU64::new(0)))),
        _ => Err("its memory has no bound, so nothing overflows".into()),
    }
}

// ---- exactness

fn quota(request: &Request) -> Result<Quota, Skip> {
    let (tokens, period_ns) = (request.number("tokens"), request.number("period_ns"));
    let tokens = u32::try_from(tokens).ok().and_then(NonZeroU32::new).ok_or("a rate it cannot say")?;
    let burst = u32::try_from(request.number("burst")).ok().and_then(NonZeroU32::new).ok_or("a burst it cannot say")?;
    let quota = match (tokens.get(), period_ns) {
        (1, _) => Quota::with_period(Duration::from_nanos(period_ns)).ok_or("a period it cannot say")?,
        (_, 1_000_000_000) => Quota::per_second(tokens),
        (_, 60_000_000_000) => Quota::per_minute(tokens),
        (_, 3_600_000_000_000) => Quota::per_hour(tokens),
        _ => return Err("a rate it cannot say".into()),
    };
    Ok(quota.allow_burst(burst))
}

struct Tested(Direct<GivenClock>, GivenClock);

impl TestBucket for Tested {
    fn take(&mut self, now_ns: u64) -> bool {
        self.1 .0.store(now_ns, Ordering::Relaxed);
        self.0.check().is_ok()
    }
    fn wait_ns(&mut self, now_ns: u64) -> Option<u64> {
        self.1 .0.store(now_ns, Ordering::Relaxed);
        let denied = self.0.check().err()?;
        Some(denied.wait_time_from(now_ns.into()).as_nanos() as u64)
    }
}

struct Governor;

impl Peer for Governor {
    fn about(&self) -> (&'static str, &'static str) {
        ("governor", "0.10.4")
    }

    fn open_loop(&self, request: &Request) -> Result<Arc<dyn Loop>, Skip> {
        if request.text("work") == "bundle" {
            return Ok(bundle());
        }
        if ["hit", "hot", "new", "overflow"].contains(&request.text("work")) {
            return keyed(request);
        }
        match request.text("clock") {
            "monotonic" => single(request, MonotonicClock),
            "tsc" => single(request, QuantaClock::default()),
            "given" => single(request, GivenClock::default()),
            "coarse" => single(request, upkeep()),
            _ => Err("no such clock".into()),
        }
    }

    fn open_bucket(&self, request: &Request) -> Result<Box<dyn TestBucket>, Skip> {
        let clock = GivenClock::default();
        Ok(Box::new(Tested(RateLimiter::direct_with_clock(quota(request)?, clock.clone()), clock)))
    }

    fn open_shared(&self, request: &Request) -> Result<SharedTake, Skip> {
        let limiter = RateLimiter::direct_with_clock(quota(request)?, MonotonicClock);
        Ok(Arc::new(move || limiter.check().is_ok()))
    }
}

fn main() {
    harness::serve(&Governor);
}
