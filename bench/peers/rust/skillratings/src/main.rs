// SPDX-License-Identifier: MIT
//! The crate skillratings: pure functions over ratings, each with its own types. Inputs and works are told in
//! bench/bench_peer_ratings.c, the command `rate` in bench/peers/ours_match.h.

mod federations;

use harness::{Draws, Loop, Peer, Request, Skip};
use skillratings::elo::{elo, EloConfig, EloRating};
use skillratings::glicko::{glicko, glicko_rating_period, GlickoConfig, GlickoRating};
use skillratings::glicko2::{glicko2, glicko2_rating_period, Glicko2Config, Glicko2Rating};
use skillratings::glicko_boost::{glicko_boost, glicko_boost_rating_period, GlickoBoostConfig, GlickoBoostRating};
use skillratings::sticko::{sticko, sticko_rating_period, StickoConfig, StickoRating};
use skillratings::trueskill::{
    trueskill, trueskill_multi_team, trueskill_two_teams, TrueSkillConfig, TrueSkillRating,
};
use skillratings::weng_lin::{weng_lin, weng_lin_multi_team, weng_lin_two_teams, WengLinConfig, WengLinRating};
use skillratings::yuksel::{yuksel, YukselConfig, YukselRating};
use skillratings::{MultiTeamOutcome, Outcomes};
use std::hint::black_box;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Arc;

const PLAYERS: usize = 10240;
const GAMES: usize = 1024;

/// A player as the file has it: value, deviation, volatility on the scale of chess; mean, deviation on that of 25.
type Player = [f64; 5];

struct Inputs {
    players: Vec<Player>,
    outcomes: Vec<Outcomes>,
}

fn outcome(score: f64) -> Outcomes {
    match score {
        s if s == 1.0 => Outcomes::WIN,
        s if s == 0.5 => Outcomes::DRAW,
        _ => Outcomes::LOSS,
    }
}

impl Inputs {
    fn read(path: &str) -> Result<Self, Skip> {
        let numbers: Vec<f64> = Draws::read(path)?.keys.into_iter().map(f64::from_bits).collect();
        if numbers.len() != PLAYERS * 5 + GAMES {
            return Err("not the inputs".into());
        }
        let (players, scores) = numbers.split_at(PLAYERS * 5);
        Ok(Inputs {
            players: players.chunks_exact(5).map(|five| five.try_into().unwrap()).collect(),
            outcomes: scores.iter().map(|&score| outcome(score)).collect(),
        })
    }

    /// Games of two, of ratings made by `make`.
    fn pairs<R>(&self, make: impl Fn(&Player) -> R) -> Vec<(R, R, Outcomes)> {
        let games = self.players.chunks_exact(2).zip(&self.outcomes);
        games.map(|(two, &outcome)| (make(&two[0]), make(&two[1]), outcome)).collect()
    }

    /// Periods of ten games: a player made by `make`, and what `met` makes of each opponent and outcome.
    fn periods<R, M>(&self, make: impl Fn(&Player) -> R, met: impl Fn(R, Outcomes) -> M) -> Vec<(R, Vec<M>)> {
        let period = |i: usize| {
            let results = (0..10).map(|j| met(make(&self.players[2 * i + 1 + j]), self.outcomes[j]));
            (make(&self.players[2 * i]), results.collect())
        };
        (0..GAMES).map(period).collect()
    }
}

/// `call` for each of the prepared games, from the first on.
struct Each<G, F>(Vec<G>, F);

impl<G: Send + Sync, F: Fn(&G) + Send + Sync> Loop for Each<G, F> {
    fn block(&self, _thread: usize, calls: u64) -> u64 {
        self.0[..calls as usize].iter().for_each(|game| (self.1)(black_box(game)));
        calls
    }
}

fn each<G: Send + Sync + 'static>(games: Vec<G>, call: impl Fn(&G) + Send + Sync + 'static) -> Arc<dyn Loop> {
    Arc::new(Each(games, call))
}

fn chess(p: &Player) -> GlickoRating {
    GlickoRating { rating: p[0], deviation: p[1] }
}

fn chess_boost(p: &Player) -> GlickoBoostRating {
    GlickoBoostRating { rating: p[0], deviation: p[1] }
}

fn chess_sticko(p: &Player) -> StickoRating {
    StickoRating { rating: p[0], deviation: p[1] }
}

fn chess2(p: &Player) -> Glicko2Rating {
    Glicko2Rating { rating: p[0], deviation: p[1], volatility: p[2] }
}

fn skill(p: &Player) -> TrueSkillRating {
    TrueSkillRating { rating: p[3], uncertainty: p[4] }
}

fn strength(p: &Player) -> WengLinRating {
    WengLinRating { rating: p[3], uncertainty: p[4] }
}

fn two_players(work: &str, inputs: &Inputs) -> Option<Arc<dyn Loop>> {
    Some(match work {
        "elo" => {
            let config = EloConfig::new();
            each(inputs.pairs(|p| EloRating { rating: p[0] }), move |(a, b, o)| {
                black_box(elo(a, b, o, &config));
            })
        }
        "glicko" => {
            let config = GlickoConfig::new();
            each(inputs.pairs(chess), move |(a, b, o)| {
                black_box(glicko(a, b, o, &config));
            })
        }
        "glicko-period" => {
            let config = GlickoConfig::new();
            each(inputs.periods(chess, |r, o| (r, o)), move |(player, results)| {
                black_box(glicko_rating_period(player, results, &config));
            })
        }
        "glicko-boost" => {
            let config = GlickoBoostConfig::new();
            each(inputs.pairs(chess_boost), move |(a, b, o)| {
                black_box(glicko_boost(a, b, o, &config));
            })
        }
        "glicko-boost-period" => {
            let config = GlickoBoostConfig::new();
            each(inputs.periods(chess_boost, |r, o| (r, o, true)), move |(player, results)| {
                black_box(glicko_boost_rating_period(player, results, &config));
            })
        }
        "stephenson" => {
            let config = StickoConfig::new();
            each(inputs.pairs(chess_sticko), move |(a, b, o)| {
                black_box(sticko(a, b, o, &config));
            })
        }
        "stephenson-period" => {
            let config = StickoConfig::new();
            each(inputs.periods(chess_sticko, |r, o| (r, o, true)), move |(player, results)| {
                black_box(sticko_rating_period(player, results, &config));
            })
        }
        "glicko2" | "glicko2-new" => {
            let config = Glicko2Config::new();
            let new = work == "glicko2-new";
            each(inputs.pairs(|p| if new { Glicko2Rating::new() } else { chess2(p) }), move |(a, b, o)| {
                black_box(glicko2(a, b, o, &config));
            })
        }
        "glicko2-period" => {
            let config = Glicko2Config::new();
            each(inputs.periods(chess2, |r, o| (r, o)), move |(player, results)| {
                black_box(glicko2_rating_period(player, results, &config));
            })
        }
        "yuksel" => {
            let config = YukselConfig::new();
            let mut games = inputs.pairs(|p| YukselRating { rating: p[0], ..YukselRating::new() });
            for (a, b, o) in &mut games {
                for _ in 0..3 {
                    (*a, *b) = yuksel(a, b, o, &config);
                }
            }
            each(games, move |(a, b, o)| {
                black_box(yuksel(a, b, o, &config));
            })
        }
        "gaussian-1v1" => {
            let config = TrueSkillConfig::new();
            each(inputs.pairs(skill), move |(a, b, o)| {
                black_box(trueskill(a, b, o, &config));
            })
        }
        "bt-1v1" => {
            let config = WengLinConfig::new();
            each(inputs.pairs(strength), move |(a, b, o)| {
                black_box(weng_lin(a, b, o, &config));
            })
        }
        _ => return None,
    })
}

/// Matches of `size` ratings each.
fn free_for_all<R: Copy>(inputs: &Inputs, size: usize, make: fn(&Player) -> R) -> Vec<Vec<R>> {
    inputs.players.chunks_exact(size).take(GAMES).map(|some| some.iter().map(make).collect()).collect()
}

type Ranked<R> = Vec<(&'static [R], MultiTeamOutcome)>;

/// The same as teams of one and their ranks, first place first. Kept for good, since the crate borrows them.
fn ranked<R: Copy>(inputs: &Inputs, size: usize, make: fn(&Player) -> R) -> Vec<Ranked<R>> {
    let matches = free_for_all(inputs, size, make).into_iter().map(Vec::leak);
    let rank = |(i, team): (usize, &'static [R])| (team, MultiTeamOutcome::new(i + 1));
    matches.map(|players| (*players).chunks_exact(1).enumerate().map(rank).collect()).collect()
}

fn teams(work: &str, inputs: &Inputs) -> Option<Arc<dyn Loop>> {
    let size = if work.ends_with("ffa100") { 100 } else { 10 };
    let (trueskill_config, weng_lin_config) = (TrueSkillConfig::new(), WengLinConfig::new());
    Some(match work {
        "gaussian-5v5" => each(free_for_all(inputs, 10, skill), move |ten| {
            black_box(trueskill_two_teams(&ten[..5], &ten[5..], &Outcomes::WIN, &trueskill_config));
        }),
        "bt-5v5" => each(free_for_all(inputs, 10, strength), move |ten| {
            black_box(weng_lin_two_teams(&ten[..5], &ten[5..], &Outcomes::WIN, &weng_lin_config));
        }),
        "gaussian-ffa10" | "gaussian-ffa100" => each(ranked(inputs, size, skill), move |teams| {
            black_box(trueskill_multi_team(teams, &trueskill_config, None).ok());
        }),
        "bt-ffa10" | "bt-ffa100" => each(ranked(inputs, size, strength), move |teams| {
            black_box(weng_lin_multi_team(teams, &weng_lin_config));
        }),
        _ => return None,
    })
}

// ---- one match

type Told = Vec<Vec<[f64; 3]>>;

fn read_teams(text: &str) -> Told {
    let player = |text: &str| {
        let mut three = [0.0; 3];
        text.split(':').zip(&mut three).for_each(|(number, at)| *at = number.parse().unwrap());
        three
    };
    text.split(';').map(|team| team.split(',').map(player).collect()).collect()
}

fn rate_pair(work: &str, told: &Told, outcome: Outcomes) -> Vec<[f64; 3]> {
    let (a, b) = (told[0][0], told[1][0]);
    match work {
        "elo" => {
            let make = |p: [f64; 3]| EloRating { rating: p[0] };
            let (a, b) = elo(&make(a), &make(b), &outcome, &EloConfig::new());
            vec![[a.rating, 0.0, 0.0], [b.rating, 0.0, 0.0]]
        }
        "glicko" => {
            let make = |p: [f64; 3]| GlickoRating { rating: p[0], deviation: p[1] };
            let (a, b) = glicko(&make(a), &make(b), &outcome, &GlickoConfig::new());
            vec![[a.rating, a.deviation, 0.0], [b.rating, b.deviation, 0.0]]
        }
        _ => {
            let make = |p: [f64; 3]| Glicko2Rating { rating: p[0], deviation: p[1], volatility: p[2] };
            let (a, b) = glicko2(&make(a), &make(b), &outcome, &Glicko2Config::new());
            vec![[a.rating, a.deviation, a.volatility], [b.rating, b.deviation, b.volatility]]
        }
    }
}

fn rate_gaussian(request: &Request, told: &Told, ranks: &[usize]) -> Vec<[f64; 3]> {
    let number = |name: &str| request.text(name).parse().unwrap();
    let config = TrueSkillConfig { beta: number("beta"), dynamics_factor: number("tau"), ..TrueSkillConfig::new() };
    let make = |p: &[f64; 3]| TrueSkillRating { rating: p[0], uncertainty: p[1] };
    let teams: Vec<Vec<_>> = told.iter().map(|team| team.iter().map(make).collect()).collect();
    if request.text("variant") == "pair" {
        let (a, b) = trueskill(&teams[0][0], &teams[1][0], &order(ranks), &config);
        return vec![[a.rating, a.uncertainty, 0.0], [b.rating, b.uncertainty, 0.0]];
    }
    let ranked: Vec<_> =
        teams.iter().zip(ranks).map(|(team, &rank)| (team.as_slice(), MultiTeamOutcome::new(rank))).collect();
    let after = trueskill_multi_team(&ranked, &config, None).unwrap();
    after.iter().flatten().map(|p| [p.rating, p.uncertainty, 0.0]).collect()
}

fn rate_weng_lin(request: &Request, told: &Told, ranks: &[usize]) -> Vec<[f64; 3]> {
    let config = WengLinConfig { beta: request.text("beta").parse().unwrap(), ..WengLinConfig::new() };
    let make = |p: &[f64; 3]| WengLinRating { rating: p[0], uncertainty: p[1] };
    let teams: Vec<Vec<_>> = told.iter().map(|team| team.iter().map(make).collect()).collect();
    let ranked: Vec<_> =
        teams.iter().zip(ranks).map(|(team, &rank)| (team.as_slice(), MultiTeamOutcome::new(rank))).collect();
    let after = weng_lin_multi_team(&ranked, &config);
    after.iter().flatten().map(|p| [p.rating, p.uncertainty, 0.0]).collect()
}

fn order(ranks: &[usize]) -> Outcomes {
    match ranks[0].cmp(&ranks[1]) {
        std::cmp::Ordering::Less => Outcomes::WIN,
        std::cmp::Ordering::Equal => Outcomes::DRAW,
        std::cmp::Ordering::Greater => Outcomes::LOSS,
    }
}

fn rate(request: &Request) -> String {
    let told = read_teams(request.text("teams"));
    let ranks: Result<Vec<usize>, _> = request.text("ranks").split(',').map(str::parse).collect();
    let Ok(ranks) = ranks else { return "{\"skip\": \"whole ranks only\"}".into() };
    let work = request.text("work");
    let after = match catch_unwind(AssertUnwindSafe(|| match work {
        "elo" | "glicko" | "glicko2" => Some(rate_pair(work, &told, order(&ranks))),
        "gaussian" => Some(rate_gaussian(request, &told, &ranks)),
        "bt" => Some(rate_weng_lin(request, &told, &ranks)),
        _ => {
            let players: Vec<_> = told.iter().filter_map(|team| team.first().copied()).collect();
            federations::rate(work, &players, &ranks)
        }
    })) {
        Err(_) => return "{\"refused\": \"panic\"}".into(),
        Ok(None) => return "{\"skip\": \"no such system\"}".into(),
        Ok(Some(after)) => after,
    };
    let players: Vec<String> =
        after.iter().map(|[a, b, c]| format!("[\"{a:e}\", \"{b:e}\", \"{c:e}\"]")).collect();
    format!("{{\"after\": [{}]}}", players.join(", "))
}

struct Skillratings;

impl Peer for Skillratings {
    fn about(&self) -> (&'static str, &'static str) {
        ("skillratings", "0.29.2")
    }

    fn open_loop(&self, request: &Request) -> Result<Arc<dyn Loop>, Skip> {
        let inputs = Inputs::read(request.text("draws"))?;
        let work = request.text("work");
        two_players(work, &inputs)
            .or_else(|| federations::work(work, &inputs))
            .or_else(|| teams(work, &inputs))
            .ok_or_else(|| "no such work".into())
    }

    fn more(&self, request: &Request) -> Option<String> {
        (request.command == "rate").then(|| rate(request))
    }
}

fn main() {
    std::panic::set_hook(Box::new(|_| {})); // a panic is an answer
    harness::serve(&Skillratings);
}
