import { api, isRetriable } from "helpers/api.js"
import { inBatches } from "helpers/frames.js"

const LIMIT = 100 // lines of an answer
const MOST_AT_ONCE = 40 // lines shown in one frame

/** The lines of a group as the page shows them: live ones, and those between messages that were loaded. */
export class GroupLines {
  #url
  #timeline
  #isGroup
  #newest // the `seq` of the latest message that is known
  #from // lines after this `seq` are here …
  #showSoon
  #to // … that happened before this one

  /** `url`: of the chat's changes. `lastSeq`: of the chat when the page was made. */
  constructor(timeline, { url, isGroup, lastSeq }) {
    this.#timeline = timeline
    this.#url = url
    this.#isGroup = isGroup
    this.#newest = lastSeq
    this.#from = this.#oldestShown
    this.#to = this.#newestShown
    this.#showSoon = inBatches(MOST_AT_ONCE, (lines) => this.#show(lines))
  }

  get #oldestShown() {
    return this.#timeline.pages.oldest - 1
  }

  get #newestShown() {
    const { pages } = this.#timeline
    return pages.hasNewer ? pages.newest : Infinity
  }

  /** A message has arrived: what happens from now on happens after it. */
  note(seq) {
    this.#newest = Math.max(this.#newest, seq)
  }

  /** Something has happened just now. */
  take(line) {
    if (!this.#timeline.pages.hasNewer) this.#showSoon({ ...line, after_seq: this.#newest })
  }

  /** Rows were added or dropped. */
  settle() {
    this.#timeline.lines.settle()
  }

  /** More messages are loaded, at either end. */
  loaded() {
    this.settle()
    const [from, to] = [this.#oldestShown, this.#newestShown]
    if (to < this.#from || from > this.#to) this.again()
    else if (from < this.#from) this.#ask(from, this.#from)
    else if (to > this.#to) this.#ask(this.#to, to)
  }

  /** Lines may have been missed: ask for all that the page shows. */
  again() {
    this.#from = this.#to = this.#oldestShown
    this.#ask(this.#oldestShown, this.#newestShown)
  }

  async #ask(from, to) {
    if (!this.#isGroup) return
    const before = to === Infinity ? "" : `&before_seq=${to}`
    try {
      const { results } = await api("GET", `${this.#url}?after_seq=${from}${before}&limit=${LIMIT}`)
      this.#from = Math.min(this.#from, from)
      this.#to = Math.max(this.#to, to)
      this.#show(results)
    } catch (error) {
      // Others tell the user; the next page that is loaded asks for these, too.
      if (!error.signedOut && error.status !== 404 && !isRetriable(error)) throw error
    }
  }

  #show(lines) {
    const { log, scroll, lines: rows } = this.#timeline
    scroll.keep(scroll.lastVisible(log.rows), () => rows.add(lines))
  }
}
