import { inNextFrame } from "helpers/frames.js"

const MOST_AT_ONCE = 40 // messages that arrive in one frame; more wait for the next

/** Live messages on their way into the list: one layout a frame, however many there are. */
export class Arrivals {
  #pages
  #show
  #showBeyond
  #showEvery
  #arrived = []
  #early = []
  #soon = inNextFrame(() => this.#arrive())

  /**
   * `lastSeq` is the last message that is no news. `show` takes messages that belong into the
   * stretch that is shown, `showBeyond` those that don't, and which of these are news; `showEvery`
   * takes all.
   */
  constructor({ pages, lastSeq, show, showBeyond, showEvery }) {
    this.#pages = pages
    this.#show = show
    this.#showBeyond = showBeyond
    this.#showEvery = showEvery
    this.lastSeq = lastSeq
  }

  add(message) {
    this.#arrived.push(message)
    this.#soon()
  }

  /** A page has come: what arrived meanwhile may be newer than what it holds. */
  again() {
    for (const message of this.#early.splice(0)) this.add(message)
  }

  #arrive() {
    const messages = this.#arrived.splice(0, MOST_AT_ONCE)
    if (this.#arrived.length) this.#soon()
    // What is on its way may be older than these: they come again after it.
    if (this.#pages.isLoading) this.#early.push(...messages)
    const inside = messages.filter((message) => this.#pages.covers(message.seq))
    // What belongs beyond the ends isn't shown, unless it falls into a page that is on its way.
    const beyond = this.#pages.isLoading ? [] : messages.filter((each) => !inside.includes(each))
    const newest = Math.max(this.#pages.newest, this.lastSeq)
    this.#showBeyond(beyond, beyond.filter(({ seq }) => seq > newest))
    if (inside.length) this.#show(inside)
    this.#showEvery(messages)
    // What was counted once, or seen, may come again after a cut.
    this.lastSeq = Math.max(this.lastSeq, ...[...beyond, ...inside].map(({ seq }) => seq))
  }
}
