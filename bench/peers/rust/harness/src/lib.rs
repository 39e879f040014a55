// SPDX-License-Identifier: MIT
//! What every Rust program of `make bench-peers` does alike: one command a line in, one line of JSON out. The protocol is
//! told in bench/peers/README.md; bench/peers/harness.h does the same in C.

use std::collections::HashMap;
use std::io::{BufRead, Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

/// Calls between two looks at the time, unless the request says otherwise.
const BLOCK: u64 = 1000;
pub const THREADS_MAX: usize = 8;

/// A command: its first word, and the "name=value" words behind it.
pub struct Request {
    pub command: String,
    words: HashMap<String, String>,
}

impl Request {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let command = words.next()?.to_string();
        let pair = |word: &str| word.split_once('=').map(|(name, value)| (name.to_string(), value.to_string()));
        Some(Request { command, words: words.map(pair).collect::<Option<_>>()? })
    }

    pub fn text(&self, name: &str) -> &str {
        self.words.get(name).map_or("", String::as_str)
    }

    pub fn number(&self, name: &str) -> u64 {
        self.text(name).parse().unwrap_or(0)
    }

    fn step_ns(&self) -> i64 {
        self.text("step_ns").parse().unwrap_or(0)
    }

    /// Loops stay open from round to round: the line less its threads and time names them.
    fn loop_name(&self) -> String {
        ["work", "clock", "variant", "keys", "batch", "draws"].map(|name| self.text(name)).join(" ")
    }
}

/// A loop to be timed: `calls` calls for one thread; says how many were granted.
pub trait Loop: Send + Sync {
    fn block(&self, thread: usize, calls: u64) -> u64;
    /// Memory that the set-up of a keyed loop took.
    fn bytes(&self) -> u64 {
        0
    }
}

/// A bucket whose time is given.
pub trait TestBucket {
    fn take(&mut self, now_ns: u64) -> bool;
    /// The wait that it tells for one token.
    fn wait_ns(&mut self, _now_ns: u64) -> Option<u64> {
        None
    }
}

pub type Skip = String;
pub type SharedTake = Arc<dyn Fn() -> bool + Send + Sync>;

pub trait Peer {
    /// Name and version.
    fn about(&self) -> (&'static str, &'static str);
    fn open_loop(&self, request: &Request) -> Result<Arc<dyn Loop>, Skip>;
    fn open_bucket(&self, _request: &Request) -> Result<Box<dyn TestBucket>, Skip> {
        Err("no such command".into())
    }
    fn open_shared(&self, _request: &Request) -> Result<SharedTake, Skip> {
        Err("no such command".into())
    }
    /// The answer, JSON, to a command of the program's own.
    fn more(&self, _request: &Request) -> Option<String> {
        None
    }
}

/// The i-th key: the last step of SplitMix64 (Steele, Lea, Flood, 2014), so that neighbours are nowhere near.
pub fn key(i: u64) -> u64 {
    let mut z = i.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Bits in no order, for loops that grant every other call.
pub fn coin() -> Vec<bool> {
    (0..4096).map(|i| key(i) & 1 == 1).collect()
}

/// Resident bytes of this process.
pub fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4096
}

/// Keys in the order of the calls, and how far each thread is.
pub struct Draws {
    pub keys: Vec<u64>,
    positions: Vec<Position>,
}

#[repr(align(128))]
struct Position(AtomicU64);

impl Draws {
    pub fn read(path: &str) -> Result<Self, Skip> {
        // Piece by piece: a large buffer given back would hide what a limiter takes of it later.
        let mut file = std::io::BufReader::new(std::fs::File::open(path).map_err(|error| error.to_string())?);
        let (mut keys, mut word) = (Vec::new(), [0u8; 8]);
        keys.reserve_exact(std::fs::metadata(path).map_or(0, |file| file.len() as usize / 8));
        while file.read_exact(&mut word).is_ok() {
            keys.push(u64::from_ne_bytes(word));
        }
        if keys.is_empty() {
            return Err("an empty file of draws".into());
        }
        let part = (keys.len() / THREADS_MAX) as u64;
        let positions = (0..THREADS_MAX as u64).map(|i| Position(AtomicU64::new(i * part))).collect();
        Ok(Draws { keys, positions })
    }

    /// Where the next `calls` calls of a thread begin; they do not pass the end.
    pub fn next(&self, thread: usize, calls: u64) -> usize {
        let position = &self.positions[thread].0;
        let mut start = position.load(Ordering::Relaxed);
        if start + calls > self.keys.len() as u64 {
            start = 0;
        }
        position.store(start + calls, Ordering::Relaxed);
        start as usize
    }
}

fn time(open: &Arc<dyn Loop>, request: &Request) -> String {
    let threads = request.number("threads").clamp(1, THREADS_MAX as u64) as usize;
    let span = Duration::from_millis(request.number("ms"));
    let block = if request.number("block") > 0 { request.number("block") } else { BLOCK };
    let barrier = Arc::new(Barrier::new(threads));
    let run = move |open: Arc<dyn Loop>, barrier: Arc<Barrier>, thread: usize| {
        let (mut calls, mut granted) = (0, 0);
        barrier.wait();
        let start = Instant::now();
        while calls == 0 || start.elapsed() < span {
            granted += open.block(thread, block);
            calls += block;
        }
        (calls, granted, start.elapsed().as_nanos() as f64)
    };
    let others: Vec<_> = (1..threads)
        .map(|thread| {
            let (open, barrier) = (open.clone(), barrier.clone());
            std::thread::spawn(move || run(open, barrier, thread))
        })
        .collect();
    let mut sum = run(open.clone(), barrier, 0);
    for other in others {
        let (calls, granted, ns) = other.join().unwrap();
        sum = (sum.0 + calls, sum.1 + granted, sum.2 + ns);
    }
    let (calls, granted, ns) = sum;
    format!(
        "{{\"ns\": {:.4}, \"calls\": {calls}, \"granted\": {granted}, \"bytes\": {}}}",
        ns / calls as f64,
        open.bytes()
    )
}

/// Take until denied, at most `most` times.
fn empty(bucket: &mut dyn TestBucket, now_ns: u64, most: u64) -> u64 {
    let mut taken = 0;
    while taken < most && bucket.take(now_ns) {
        taken += 1;
    }
    taken
}

fn window(bucket: &mut dyn TestBucket, request: &Request) -> String {
    let mut now_ns = request.number("uptime_ns");
    if now_ns > 0 {
        bucket.take(0);
    }
    let drained = empty(bucket, now_ns, 2 * request.number("burst") + 100);
    let (cap, mut admitted) = (request.number("cap"), 0);
    for _ in 0..request.number("steps") {
        now_ns += request.step_ns() as u64;
        admitted += empty(bucket, now_ns, cap - admitted);
        if admitted >= cap {
            break;
        }
    }
    format!("{{\"drained\": {drained}, \"admitted\": {admitted}}}")
}

fn back(bucket: &mut dyn TestBucket, request: &Request) -> String {
    let (now_ns, cap) = (request.number("uptime_ns"), request.number("cap"));
    let before = empty(bucket, now_ns, request.number("burst") - 1);
    let earlier = empty(bucket, now_ns - request.step_ns() as u64, cap);
    let again = empty(bucket, now_ns, cap);
    format!("{{\"admitted\": {}}}", before + earlier + again)
}

fn wait(bucket: &mut dyn TestBucket, request: &Request) -> String {
    let now_ns = request.number("uptime_ns");
    empty(bucket, now_ns, 2 * request.number("burst") + 100);
    match bucket.wait_ns(now_ns) {
        None => skipped("tells no wait"),
        Some(wait_ns) => {
            format!("{{\"wait_ns\": {wait_ns}, \"granted\": {}}}", u8::from(bucket.take(now_ns + wait_ns)))
        }
    }
}

fn shared(peer: &dyn Peer, request: &Request) -> String {
    let start = Instant::now();
    let take = match peer.open_shared(request) {
        Ok(take) => take,
        Err(why) => return skipped(&why),
    };
    let span = Duration::from_millis(request.number("ms"));
    let takers: Vec<_> = (0..request.number("threads"))
        .map(|_| {
            let take = take.clone();
            std::thread::spawn(move || {
                let (mut admitted, mut calls) = (0u64, 0u64);
                while start.elapsed() < span {
                    admitted += (0..100).filter(|_| take()).count() as u64;
                    calls += 100;
                }
                (admitted, calls)
            })
        })
        .collect();
    let (mut admitted, mut calls) = (0, 0);
    for taker in takers {
        let one = taker.join().unwrap();
        (admitted, calls) = (admitted + one.0, calls + one.1);
    }
    format!("{{\"admitted\": {admitted}, \"calls\": {calls}, \"elapsed_ns\": {}}}", start.elapsed().as_nanos())
}

fn skipped(why: &str) -> String {
    format!("{{\"skip\": \"{why}\"}}")
}

fn answer(peer: &dyn Peer, loops: &mut HashMap<String, Arc<dyn Loop>>, request: &Request) -> String {
    if let Some(text) = peer.more(request) {
        return text;
    }
    match request.command.as_str() {
        "about" => {
            let (name, version) = peer.about();
            format!("{{\"peer\": \"{name}\", \"version\": \"{version}\", \"toolchain\": \"release, lto\"}}")
        }
        "drop" => {
            loops.clear();
            "{}".into()
        }
        "shared" => shared(peer, request),
        "time" => {
            let name = request.loop_name();
            if !loops.contains_key(&name) {
                match peer.open_loop(request) {
                    Ok(open) => loops.insert(name.clone(), open),
                    Err(why) => return skipped(&why),
                };
            }
            time(&loops[&name], request)
        }
        command => match (peer.open_bucket(request), command) {
            (Err(why), _) => skipped(&why),
            (Ok(mut bucket), "window") => window(bucket.as_mut(), request),
            (Ok(mut bucket), "back") => back(bucket.as_mut(), request),
            (Ok(mut bucket), "wait") => wait(bucket.as_mut(), request),
            _ => skipped("no such command"),
        },
    }
}

/// Answer until the end of the input.
pub fn serve(peer: &dyn Peer) {
    let mut loops = HashMap::new();
    for line in std::io::stdin().lock().lines() {
        let text = match Request::parse(&line.unwrap()) {
            Some(request) => answer(peer, &mut loops, &request),
            None => "{\"error\": \"not understood\"}".into(),
        };
        println!("{text}");
        std::io::stdout().flush().unwrap();
    }
}
