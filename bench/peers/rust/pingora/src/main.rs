// SPDX-License-Identifier: MIT
//! The crate pingora-limits: counts of keys in the current interval, by a count-min sketch. It counts approximately and
//! leaves the limit to the caller, so it is timed, and no test of exactness applies.

use harness::{Draws, Loop, Peer, Request, SharedTake, Skip, TestBucket};
use pingora_limits::rate::Rate;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::Duration;

struct Hits {
    rate: Rate,
    draws: Draws,
    bytes: u64,
}

impl Loop for Hits {
    fn block(&self, thread: usize, calls: u64) -> u64 {
        let start = self.draws.next(thread, calls);
        let keys = &self.draws.keys[start..start + calls as usize];
        keys.iter().filter(|key| self.rate.observe(*key, 1) > 0).count() as u64
    }
    fn bytes(&self) -> u64 {
        self.bytes
    }
}

struct Hot(Rate);

impl Loop for Hot {
    fn block(&self, _thread: usize, calls: u64) -> u64 {
        (0..calls).filter(|_| black_box(&self.0).observe(&1u64, 1) <= 0).count() as u64
    }
}

struct New(Rate, AtomicU64);

impl Loop for New {
    fn block(&self, _thread: usize, calls: u64) -> u64 {
        let start = self.1.fetch_add(calls, Ordering::Relaxed);
        (start..start + calls).filter(|&i| self.0.observe(&harness::key(i), 1) > 0).count() as u64
    }
}

struct Pingora;

const NO_LIMIT: &str = "counts approximately, and limits nothing";

impl Peer for Pingora {
    fn about(&self) -> (&'static str, &'static str) {
        ("pingora-limits", "0.9.1")
    }

    fn open_loop(&self, request: &Request) -> Result<Arc<dyn Loop>, Skip> {
        let before = harness::resident();
        let rate = Rate::new(Duration::from_secs(1));
        match request.text("work") {
            "hit" => {
                for i in 0..request.number("keys") {
                    rate.observe(&harness::key(i), 1);
                }
                let bytes = harness::resident() - before;
                Ok(Arc::new(Hits { rate, draws: Draws::read(request.text("draws"))?, bytes }))
            }
            "hot" => Ok(Arc::new(Hot(rate))),
            "new" => Ok(Arc::new(New(rate, AtomicU64::new(0)))),
            _ => Err(NO_LIMIT.into()),
        }
    }

    fn open_bucket(&self, _request: &Request) -> Result<Box<dyn TestBucket>, Skip> {
        Err(NO_LIMIT.into())
    }

    fn open_shared(&self, _request: &Request) -> Result<SharedTake, Skip> {
        Err(NO_LIMIT.into())
    }
}

fn main() {
    harness::serve(&Pingora);
}
