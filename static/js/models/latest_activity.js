import { inNextFrame } from "helpers/frames.js"

/** The latest activity of each chat: many may come at once, and one a chat is shown in a frame. */
export class LatestActivity {
  #latest = new Map() // by chat
  #showSoon

  /** `show` is called with an event `chat_activity`. */
  constructor(show) {
    this.#showSoon = inNextFrame(() => {
      const latest = [...this.#latest.values()]
      this.#latest.clear()
      for (const activity of latest) show(activity)
    })
  }

  take(activity) {
    if (activity.seq < this.#latest.get(activity.chat_id)?.seq) return
    this.#latest.set(activity.chat_id, activity)
    this.#showSoon()
  }
}
