const FIRST = 500 // milliseconds
const LONGEST = 30_000

/** How long to wait before try number `attempt` (from 0): doubling, with full jitter. */
export function backoff(attempt, random = Math.random) {
  const most = Math.min(FIRST * 2 ** attempt, LONGEST)
  return most / 2 + (most / 2) * random()
}
