const PATIENCE = 30_000 // milliseconds to wait for another page

/** Run `work` while no other page runs work of this name; without HTTPS there are no locks. */
export async function inTurn(name, work) {
  if (!navigator.locks) return work()
  const signal = AbortSignal.timeout(PATIENCE)
  return navigator.locks.request(name, { signal }, work).catch((error) => {
    if (error.name !== "TimeoutError") throw error
    return work()
  })
}

/** `crypto.randomUUID`, which exists only on HTTPS and localhost. */
export function randomId() {
  if (crypto.randomUUID) return crypto.randomUUID()
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("")
}
