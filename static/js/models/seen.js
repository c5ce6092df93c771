const INTERVAL = 1000 // milliseconds between two frames that say how far one has read

/** Tells the server how far one has read: at once, after that once a second. */
export class Seen {
  #send
  #sent = null
  #unsent = null
  #timer = null

  /** `send` sends a frame about a message's id; false if there is no connection. */
  constructor(send) {
    this.#send = send
  }

  /** Whether this number is already told, or about to be. */
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

  /** A frame was refused for some seconds, perhaps the last one: tell it again then. */
  retryAfter(seconds, known) {
    if (!(this.#sent?.seq > known)) return
    this.#unsent ??= this.#sent
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.flush(), seconds * 1000)
  }

  /** The connection is gone, and with it what may have been lost. */
  reset() {
    this.#sent = this.#unsent = null
  }

  stop() {
    clearTimeout(this.#timer)
    this.#timer = null
  }
}
