const FIRST = 500 // milliseconds
const LONGEST = 30_000

/** Milliseconds to wait before retry `attempt` (from 0): doubling, with jitter of up to half. */
export function backoff(attempt, random = Math.random) {
  const most = Math.min(FIRST * 2 ** attempt, LONGEST)
  return most / 2 + (most / 2) * random()
}
