import { backoff } from "helpers/backoff.js"

/** When an outbox sends again: after failures ever later, after a rate limit as soon as it allows. */
export class Pace {
  #again
  #timer = null
  #failures = 0
  #pausedUntil = 0 // by performance.now()

  /** `again` is called when it is time. */
  constructor(again) {
    this.#again = again
  }

  /** Whether nothing may be sent yet; `again` is called when it may. */
  holds() {
    const left = this.#pausedUntil - performance.now()
    if (left > 0) this.#wait(left)
    return left > 0
  }

  /** Something was sent. */
  sent() {
    this.#failures = 0
  }

  /** The server can't be reached, or fails. */
  failed() {
    this.#wait(backoff(this.#failures++))
  }

  /** A rate limit was hit: send nothing for so many seconds. */
  pause(seconds) {
    this.#pausedUntil = performance.now() + seconds * 1000
    this.#wait(seconds * 1000)
  }

  /** Don't call `again` for what happened until now. */
  stop() {
    clearTimeout(this.#timer)
  }

  #wait(milliseconds) {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.#again, milliseconds)
  }
}
