import { api } from "helpers/api.js"
import { protocol } from "helpers/protocol.js"

const LIMIT = protocol.page_size // messages

/**
 * Loads history beyond both ends of what is shown. `seq` is dense, so a page is a range of it, of up
 * to `LIMIT` messages: of long ones the API gives fewer.
 */
export class Paginator {
  #url
  #loading = new Set()
  #place = 0 // changes with a jump to the newest page: answers to earlier requests are dropped

  /** `first` is the `seq` of the first message that the user sees. */
  constructor({ url, first, oldest, newest, hasNewer }) {
    this.#url = url
    this.first = first
    this.oldest = oldest
    this.newest = newest
    this.hasNewer = hasNewer
  }

  get hasOlder() {
    return this.oldest > this.first
  }

  get isLoading() {
    return this.#loading.size > 0
  }

  /** Whether a message belongs in the shown range. */
  covers(seq) {
    return seq >= this.oldest && (!this.hasNewer || seq <= this.newest)
  }

  /** The messages before, oldest first; null while they are being loaded. */
  async older() {
    const edge = this.oldest
    const page = await this.#page("older", `before=${edge}`)
    if (page && edge !== this.oldest) return this.older() // rows were dropped meanwhile
    if (page) this.oldest = page.results.at(-1)?.seq ?? this.first
    return page && inOrder(page.results)
  }

  /** The messages after, oldest first; null while they are being loaded. */
  async newer() {
    const edge = this.newest
    const page = await this.#page("newer", `after=${edge}&ordering=created_at`)
    if (!page) return null
    if (edge !== this.newest) return this.newer()
    this.newest = page.results.at(-1)?.seq ?? page.chat.last_seq
    this.hasNewer = this.newest < page.chat.last_seq
    return inOrder(page.results)
  }

  /** The newest messages, oldest first, which replace the shown range; null as above. */
  async newestPage() {
    const page = await this.#page("newest", "")
    if (!page) return null
    this.#place += 1
    this.newest = page.chat.last_seq
    this.oldest = page.results.at(-1)?.seq ?? this.first
    this.hasNewer = false
    return inOrder(page.results)
  }

  /** Drop the answers that are still to come. */
  stop() {
    this.#place += 1
  }

  async #page(end, query) {
    if (this.#loading.has(end)) return null
    this.#loading.add(end)
    const place = this.#place
    try {
      const page = await api("GET", `${this.#url}?limit=${LIMIT}&${query}`)
      return place === this.#place ? page : null
    } finally {
      this.#loading.delete(end)
    }
  }
}

function inOrder(messages) {
  return messages.toSorted((one, other) => one.seq - other.seq)
}
