// SPDX-License-Identifier: MIT
//! The crate governor, timed as bench/bench_bucket.c times ours: the same cases, the same rounds, the same table.

use governor::clock::{Clock, MonotonicClock, QuantaClock};
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use std::hint::black_box;
use std::num::NonZeroU32;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

const ROUNDS: usize = 31;
const CALLS: u32 = 1_000_000;

type Limiter<C> = RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<<C as Clock>::Instant>>;

/// A quota that always grants here (the fastest that whole nanoseconds allow), or one that never does.
fn quota(grants: bool) -> Quota {
    if grants {
        Quota::per_second(NonZeroU32::new(1_000_000_000).unwrap()).allow_burst(NonZeroU32::MAX)
    } else {
        Quota::with_period(Duration::from_secs(86_400 * 365)).unwrap()
    }
}

fn run<C: Clock>(limiter: &Limiter<C>) -> u32 {
    (0..CALLS).filter(|_| black_box(limiter).check().is_ok()).count() as u32
}

fn time_once<C>(limiter: &Arc<Limiter<C>>, threads: usize) -> f64
where
    C: Clock + Send + Sync + 'static,
    C::Instant: Send + Sync,
{
    let barrier = Arc::new(Barrier::new(threads));
    let others: Vec<_> = (1..threads)
        .map(|_| {
            let (limiter, barrier) = (limiter.clone(), barrier.clone());
            std::thread::spawn(move || {
                barrier.wait();
                black_box(run(&limiter));
            })
        })
        .collect();
    barrier.wait();
    let start = Instant::now();
    black_box(run(limiter));
    for other in others {
        other.join().unwrap();
    }
    start.elapsed().as_nanos() as f64 / f64::from(CALLS)
}

type Case = (&'static str, Box<dyn Fn() -> f64>);

fn case<C>(name: &'static str, clock: C, grants: bool, threads: usize) -> Case
where
    C: Clock + Send + Sync + 'static,
    C::Instant: Send + Sync,
{
    let limiter = Arc::new(RateLimiter::direct_with_clock(quota(grants), clock));
    let _ = limiter.check();
    (name, Box::new(move || time_once(&limiter, threads)))
}

fn main() {
    let cases: Vec<Case> = vec![
        case("take, denied, monotonic", MonotonicClock, false, 1),
        case("take, denied, TSC", QuantaClock::default(), false, 1),
        case("take, granted, monotonic", MonotonicClock, true, 1),
        case("take, granted, TSC", QuantaClock::default(), true, 1),
        case("take, granted, TSC, 2 threads", QuantaClock::default(), true, 2),
    ];
    let mut ns = vec![Vec::new(); cases.len()];
    for _ in 0..ROUNDS {
        for (case, ns) in cases.iter().zip(ns.iter_mut()) {
            ns.push(case.1());
        }
    }
    for ((name, _), mut ns) in cases.into_iter().zip(ns) {
        ns.sort_by(f64::total_cmp);
        println!("{name}\t{:.2}\t{:.2}", ns[0], ns[ROUNDS / 2]);
    }
}
