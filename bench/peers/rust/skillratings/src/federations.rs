// SPDX-License-Identifier: MIT
//! The systems of the federations. Works and players are told in bench/peers/ours_federations.h.

use crate::{each, order, Inputs, Player};
use harness::Loop;
use skillratings::dwz::{dwz, dwz_rating_period, DWZRating};
use skillratings::egf::{egf, egf_rating_period, EGFConfig, EGFRating};
use skillratings::fifa::{fifa, FifaConfig, FifaRating};
use skillratings::ingo::{ingo, ingo_rating_period, IngoRating};
use skillratings::uscf::{uscf, uscf_rating_period, USCFConfig, USCFRating};
use skillratings::Outcomes;
use std::hint::black_box;
use std::sync::Arc;

const USCF: USCFConfig = USCFConfig { t: 10.0 }; // of 2020, as ours

fn age(p: &Player) -> usize {
    p[3] as usize
}

fn dwz_player(p: &Player) -> DWZRating {
    DWZRating { rating: p[0], index: (p[1] / 10.0) as usize, age: age(p) }
}

fn ingo_player(p: &Player) -> IngoRating {
    IngoRating { rating: (2840.0 - p[0]) / 8.0, age: age(p) }
}

fn egf_player(p: &Player) -> EGFRating {
    EGFRating { rating: p[0] }
}

pub fn work(work: &str, inputs: &Inputs) -> Option<Arc<dyn Loop>> {
    let new = work.starts_with("uscf-new");
    let uscf_player = |p: &Player| USCFRating { rating: p[0], games: if new { p[1] / 50.0 } else { p[1] } as usize };
    Some(match work {
        "dwz" | "dwz-elo" => each(inputs.pairs(dwz_player), |(a, b, o)| {
            black_box(dwz(a, b, o));
        }),
        "dwz-period" | "dwz-elo-period" => each(inputs.periods(dwz_player, |r, o| (r, o)), |(player, results)| {
            black_box(dwz_rating_period(player, results));
        }),
        "uscf" | "uscf-new" => each(inputs.pairs(uscf_player), |(a, b, o)| {
            black_box(uscf(a, b, o, &USCF));
        }),
        "uscf-period" | "uscf-new-period" => {
            each(inputs.periods(uscf_player, |r, o| (r, o)), |(player, results)| {
                black_box(uscf_rating_period(player, results, &USCF));
            })
        }
        "egf" => {
            let config = EGFConfig::new();
            each(inputs.pairs(egf_player), move |(a, b, o)| {
                black_box(egf(a, b, o, &config));
            })
        }
        "egf-period" => {
            each(inputs.periods(egf_player, |r, o| (r, o, EGFConfig::new())), |(player, results)| {
                black_box(egf_rating_period(player, results));
            })
        }
        "ingo" => each(inputs.pairs(ingo_player), |(a, b, o)| {
            black_box(ingo(a, b, o));
        }),
        "ingo-period" => each(inputs.periods(ingo_player, |r, o| (r, o)), |(player, results)| {
            black_box(ingo_rating_period(player, results));
        }),
        "fifa" => {
            let config = FifaConfig::new();
            each(inputs.pairs(|p| FifaRating { rating: p[0] }), move |(a, b, o)| {
                black_box(fifa(a, b, o, &config));
            })
        }
        _ => return None,
    })
}

/// One game of two, or, by a work "...-period", the first's against all others, who stay.
pub fn rate(work: &str, told: &[[f64; 3]], ranks: &[usize]) -> Option<Vec<[f64; 3]>> {
    let outcome = order(ranks);
    let outcomes = || ranks[1..].iter().map(|&rank| order(&[ranks[0], rank]));
    let dwz_of = |p: &[f64; 3]| DWZRating { rating: p[0], index: p[1] as usize, age: p[2] as usize };
    let uscf_of = |p: &[f64; 3]| USCFRating { rating: p[0], games: p[1] as usize };
    let egf_of = |p: &[f64; 3]| EGFRating { rating: p[0] };
    let ingo_of = |p: &[f64; 3]| IngoRating { rating: p[0], age: p[2] as usize };
    let dwz_told = |r: DWZRating| [r.rating, r.index as f64, r.age as f64];
    let uscf_told = |r: USCFRating| [r.rating, r.games as f64, 0.0];
    let egf_told = |r: EGFRating| [r.rating, 0.0, 0.0];
    let ingo_told = |r: IngoRating| [r.rating, 0.0, r.age as f64];
    let fifa_of = |p: &[f64; 3]| FifaRating { rating: p[0] };
    Some(match work {
        "dwz" | "dwz-elo" => {
            let (a, b) = dwz(&dwz_of(&told[0]), &dwz_of(&told[1]), &outcome);
            vec![dwz_told(a), dwz_told(b)]
        }
        "dwz-period" | "dwz-elo-period" => {
            vec![dwz_told(dwz_rating_period(&dwz_of(&told[0]), &met(told, outcomes(), dwz_of)))]
        }
        "uscf" => {
            let (a, b) = uscf(&uscf_of(&told[0]), &uscf_of(&told[1]), &outcome, &USCF);
            vec![uscf_told(a), uscf_told(b)]
        }
        "uscf-period" => {
            vec![uscf_told(uscf_rating_period(&uscf_of(&told[0]), &met(told, outcomes(), uscf_of), &USCF))]
        }
        "egf" => {
            let (a, b) = egf(&egf_of(&told[0]), &egf_of(&told[1]), &outcome, &EGFConfig::new());
            vec![egf_told(a), egf_told(b)]
        }
        "egf-period" => {
            let results: Vec<_> =
                met(told, outcomes(), egf_of).into_iter().map(|(r, o)| (r, o, EGFConfig::new())).collect();
            vec![egf_told(egf_rating_period(&egf_of(&told[0]), &results))]
        }
        "ingo" => {
            let (a, b) = ingo(&ingo_of(&told[0]), &ingo_of(&told[1]), &outcome);
            vec![ingo_told(a), ingo_told(b)]
        }
        "ingo-period" => vec![ingo_told(ingo_rating_period(&ingo_of(&told[0]), &met(told, outcomes(), ingo_of)))],
        "fifa" => {
            let (a, b) = fifa(&fifa_of(&told[0]), &fifa_of(&told[1]), &outcome, &FifaConfig::new());
            vec![[a.rating, 0.0, 0.0], [b.rating, 0.0, 0.0]]
        }
        _ => return None,
    })
}

/// The opponents of a tournament and what came of each game.
fn met<R>(
    told: &[[f64; 3]],
    outcomes: impl Iterator<Item = Outcomes>,
    make: impl Fn(&[f64; 3]) -> R,
) -> Vec<(R, Outcomes)> {
    told[1..].iter().map(make).zip(outcomes).collect()
}
