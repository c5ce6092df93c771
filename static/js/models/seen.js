const INTERVAL = 1000 // milliseconds between two frames

/** Reports to the server how far the user has read: at once, then at most once a second. */
export class Seen {
  #send
  #sent = null
  #unsent = null
  #timer = null

  /** `send` sends a frame about a message's id; false if there is no connection. */
  constructor(send) {
    this.#send = send
  }

  /** Whether this `seq` is already reported, or about to be. */
  covers(seq) {
    return seq <= this.#sent?.seq || seq <= this.#unsent?.seq
  }

  tell(marker) {
    this.#unsent = marker
    if (!this.#timer) this.flush()
  }

  flush() {
    clearTimeout(this.#timer)
    this.#timer = null
    const marker = this.#unsent
    this.#unsent = null
    if (!marker || !this.#send(marker.id)) return
    this.#sent = marker
    this.#timer = setTimeout(() => this.flush(), INTERVAL)
  }

  /** A frame was refused for some seconds, perhaps the last one: send it again then. */
  retryAfter(seconds, known) {
    if (!(this.#sent?.seq > known)) return
    this.#unsent ??= this.#sent
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.flush(), seconds * 1000)
  }

  /** The connection is lost, and with it what was sent but not confirmed. */
  reset() {
    this.#sent = this.#unsent = null
  }

  stop() {
    clearTimeout(this.#timer)
    this.#timer = null
  }
}
