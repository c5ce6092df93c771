const INTERVAL = 2000 // milliseconds between two frames that say the same

/** Reports that the user is typing, every two seconds at most, and that they stopped. */
export class TypingSignal {
  #tell
  #toldAt = 0

  /** `tell` is called with whether the user is typing. */
  constructor(tell) {
    this.#tell = tell
  }

  type() {
    if (Date.now() - this.#toldAt < INTERVAL) return
    this.#toldAt = Date.now()
    this.#tell(true)
  }

  stop() {
    if (!this.#toldAt) return
    this.#toldAt = 0
    this.#tell(false)
  }
}
