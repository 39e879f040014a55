// SPDX-License-Identifier: MIT
// The crate skillratings on the inputs of bench/bench_rating.c: ns a call, best and median of the rounds.
use skillratings::{
    elo::{elo, EloConfig, EloRating},
    glicko2::{glicko2, Glicko2Config, Glicko2Rating},
    Outcomes,
};
use std::hint::black_box;
use std::time::Instant;

const PAIRS: usize = 1024;

/// The same numbers as in the C bench: splitmix64.
struct Random(u64);

impl Random {
    fn within(&mut self, low: f64, high: f64) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^= x >> 31;
        low + (high - low) * ((x >> 11) as f64 / (1u64 << 53) as f64)
    }
}

fn report(name: &str, rounds: usize, repeats: usize, mut work: impl FnMut()) {
    let mut times: Vec<f64> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..repeats {
                work();
            }
            start.elapsed().as_nanos() as f64 / (repeats * PAIRS) as f64
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("{name}\t{:.2}\t{:.2}", times[0], times[rounds / 2]);
}

fn main() {
    let quick = std::env::var_os("BENCH_QUICK").is_some();
    let (rounds, repeats) = if quick { (3, 20) } else { (201, 100) };
    let mut random = Random(1);
    let outcome = |x: f64| match x {
        x if x < 1.0 => Outcomes::WIN,
        x if x < 2.0 => Outcomes::DRAW,
        _ => Outcomes::LOSS,
    };
    let pairs: Vec<(Glicko2Rating, Glicko2Rating, Outcomes)> = (0..PAIRS)
        .map(|_| {
            let mut one = || Glicko2Rating {
                rating: random.within(1000.0, 2000.0),
                deviation: random.within(30.0, 350.0),
                volatility: random.within(0.04, 0.08),
            };
            let (first, second) = (one(), one());
            (first, second, outcome(random.within(0.0, 3.0)))
        })
        .collect();

    let config = EloConfig::new();
    report("elo", rounds, repeats, || {
        for (first, second, outcome) in &pairs {
            let (a, b) = (EloRating { rating: first.rating }, EloRating { rating: second.rating });
            black_box(elo(black_box(&a), black_box(&b), black_box(outcome), &config));
        }
    });
    let config = Glicko2Config::new();
    report("glicko2", rounds, repeats, || {
        for (first, second, outcome) in &pairs {
            black_box(glicko2(black_box(first), black_box(second), black_box(outcome), &config));
        }
    });
    let fresh = Glicko2Rating::new();
    report("glicko2-fresh", rounds, repeats, || {
        for (_, _, outcome) in &pairs {
            black_box(glicko2(black_box(&fresh), black_box(&fresh), black_box(outcome), &config));
        }
    });
}
