const AHEAD = 1200 // pixels before an end at which the next page is loaded

/** The two ends of the shown history: where there is more, a link that loads it. */
export class Ends {
  #observer
  #older
  #newer
  #start

  /** `start` is shown where the chat begins; `load` is called with "older" or "newer". */
  constructor({ scroller, older, newer, start, load }) {
    this.#older = older
    this.#newer = newer
    this.#start = start
    this.#observer = new IntersectionObserver(
      (entries) => {
        for (const { isIntersecting, target } of entries) {
          if (isIntersecting) load(target === newer ? "newer" : "older")
        }
      },
      { root: scroller, rootMargin: `${AHEAD}px 0px` },
    )
    this.#observer.observe(older)
    this.#observer.observe(newer)
  }

  /** Show a link at an end that has more, and observe it again: it may still be in sight. */
  show({ hasOlder, hasNewer }) {
    this.#older.hidden = !hasOlder
    this.#newer.hidden = !hasNewer
    this.#start.hidden = hasOlder
    for (const end of [this.#older, this.#newer]) {
      this.#observer.unobserve(end)
      this.#observer.observe(end)
    }
  }

  stop() {
    this.#observer.disconnect()
  }
}
