// An answer has no number by which to tell whether it is older than these.
const OVERTAKING = ["chat_activity", "mentions_changed", "chat_added", "chat_removed", "chat_updated"]

/** What the socket of the chat list tells; again once an answer is shown that was on its way, and may be older. */
export class Meanwhile {
  #take
  #waiting = new Set()

  constructor(take) {
    this.#take = take
  }

  take(frame) {
    if (OVERTAKING.includes(frame.type)) for (const frames of this.#waiting) frames.push(frame)
    this.#take(frame)
  }

  /** `shown`: a promise of an answer that is asked for from now on and shown. */
  async during(shown) {
    const frames = []
    this.#waiting.add(frames)
    try {
      return await shown
    } finally {
      this.#waiting.delete(frames)
      frames.forEach(this.#take)
    }
  }
}
