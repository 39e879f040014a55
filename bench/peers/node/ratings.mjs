// SPDX-License-Identifier: MIT
// ratings.mjs PEER: openskill or ts-trueskill, by the protocol of bench/peers/README.md. Inputs and works are told in
// bench/bench_peer_ratings.c, the command `rate` in bench/peers/ours_match.h.
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

const name = process.argv[2]
const PLAYERS = 10240
const GAMES = 1024
const DIRECTORY = new URL('.', import.meta.url).pathname

/** Matches of `size` players each, made by `make`, and the score of the first of each. */
function readInputs(path) {
  const bytes = readFileSync(path)
  const numbers = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8)
  if (numbers.length !== PLAYERS * 5 + GAMES) throw new Error('not the inputs')
  return {
    scores: numbers.slice(PLAYERS * 5),
    player: (i) => [numbers[5 * i + 3], numbers[5 * i + 4]],
  }
}

const SHAPES = { '1v1': [1, 2], '5v5': [5, 2], ffa10: [1, 10], ffa100: [1, 100] }

/** The teams and ranks of each match of a shape. */
function matchesOf(inputs, shape, block, make) {
  const [size, count] = SHAPES[shape]
  const matches = []
  for (let i = 0; i < block; i++) {
    const teams = []
    for (let t = 0; t < count; t++) {
      const team = []
      for (let p = 0; p < size; p++) team.push(make(...inputs.player(i * size * count + t * size + p)))
      teams.push(team)
    }
    const score = inputs.scores[i]
    const ranks = shape === '1v1' ? { 1: [1, 2], 0.5: [1, 1], 0: [2, 1] }[score] : teams.map((_, t) => t + 1)
    matches.push({ teams, ranks })
  }
  return matches
}

/** How a peer makes a player, and rates a match. */
async function load() {
  if (name === 'openskill') {
    const { rate } = await import('openskill')
    const { bradleyTerryFull, plackettLuce } = await import('openskill/models')
    const models = { bt: bradleyTerryFull, pl: plackettLuce }
    return {
      make: (mu, sigma) => ({ mu, sigma }),
      // Its option tau is left at 25/300, as ours is, unless a match says otherwise.
      rater: (system, beta, tau) => {
        const options = { model: models[system], tau: tau ?? 25 / 300 }
        if (beta !== undefined) options.beta = beta
        return models[system] && (({ teams, ranks }) => rate(teams, { ...options, rank: ranks }))
      },
      numbers: (player) => [player.mu, player.sigma, 0],
    }
  }
  const { TrueSkill, Rating } = await import('ts-trueskill')
  return {
    make: (mu, sigma) => new Rating(mu, sigma),
    rater: (system, beta, tau) => {
      const env = new TrueSkill(25, 25 / 3, beta ?? 25 / 6, tau ?? 25 / 300, 0.1)
      return system === 'gaussian' && (({ teams, ranks }) => env.rate(teams, ranks))
    },
    numbers: (player) => [player.mu, player.sigma, 0],
  }
}

const peer = await load()
const loops = new Map()
let sink

function time(words) {
  const key = [words.work, words.variant, words.draws, words.block].join(' ')
  if (!loops.has(key)) {
    const [system, shape] = words.work.split('-')
    const rate = peer.rater(system)
    if (!rate || !SHAPES[shape]) return { skip: 'no such work' }
    loops.set(key, { rate, matches: matchesOf(readInputs(words.draws), shape, Number(words.block), peer.make) })
  }
  const { rate, matches } = loops.get(key)
  const span = BigInt(words.ms) * 1000000n
  const start = process.hrtime.bigint()
  let calls = 0
  let elapsed
  do {
    for (const match of matches) sink = rate(match)
    calls += matches.length
    elapsed = process.hrtime.bigint() - start
  } while (elapsed < span)
  return { ns: Number(elapsed) / calls, calls, granted: calls, bytes: 0 }
}

function rateOne(words) {
  const rate = peer.rater(words.work, Number(words.beta), Number(words.tau))
  if (!rate) return { skip: 'no such system' }
  const teams = words.teams
    .split(';')
    .map((team) => team.split(',').map((player) => peer.make(...player.split(':').map(Number))))
  try {
    const after = rate({ teams, ranks: words.ranks.split(',').map(Number) })
    return { after: after.flat().map((player) => peer.numbers(player).map(String)) }
  } catch (error) {
    return { refused: `throws: ${error.message.slice(0, 60)}` }
  }
}

function answer(line) {
  const [command, ...pairs] = line.trim().split(/\s+/)
  const words = Object.fromEntries(pairs.map((pair) => pair.split('=')))
  if (command === 'time') return time(words)
  if (command === 'rate') return rateOne(words)
  if (command === 'drop') return loops.clear() ?? {}
  if (command !== 'about') return { skip: 'no such command' }
  const { version } = JSON.parse(readFileSync(`${DIRECTORY}node_modules/${name}/package.json`))
  return { peer: name, version, toolchain: `node ${process.version}, V8 ${process.versions.v8}` }
}

for await (const line of createInterface({ input: process.stdin })) {
  let told
  try {
    told = answer(line)
  } catch (error) {
    told = { error: error.message }
  }
  process.stdout.write(JSON.stringify(told) + '\n')
}
