import { api, isRetriable } from "helpers/api.js"
import { backoff } from "helpers/backoff.js"
import { Cursor } from "models/cursor.js"

const GAP_PATIENCE = 3000 // milliseconds for a missing change to arrive on its own

/**
 * Asks the API for the changes of a chat that the socket didn't bring, until none is missing.
 * Events: `changes` (detail: the answer), `complete` (nothing is missing), `tooFar` (reload),
 * `ended` (detail: "signedOut", "gone"; it won't ask again).
 */
export class CatchUp extends EventTarget {
  #url
  #cursor
  #isWanted
  #attempt = 0
  #isAsking = false
  #wantsMore = false
  #isStopped = false
  #gapTimer = null
  #retryTimer = null

  /** `isWanted` says whether to retry after a failure; if not, a later `ask` is expected. */
  constructor(url, rev, isWanted) {
    super()
    this.#url = url
    this.#isWanted = isWanted
    this.#cursor = new Cursor(rev)
  }

  /** Whether every change up to this one is here, and none after it. */
  isAt(rev) {
    return this.#cursor.rev === rev && !this.#cursor.hasGap
  }

  /** A change is here; a missing one before it gets some time to arrive. */
  note(rev) {
    this.#cursor.note(rev)
    if (!this.#cursor.hasGap || this.#gapTimer) return
    this.#gapTimer = setTimeout(() => {
      this.#gapTimer = null
      if (this.#cursor.hasGap) this.ask()
    }, GAP_PATIENCE)
  }

  /**
   * Ask for the changes after the last one that is here. If a request is under way, its answer may
   * be too old: then ask again after it.
   */
  async ask() {
    this.#wantsMore = true
    if (this.#isAsking) return
    this.#isAsking = true
    try {
      while (this.#wantsMore && !this.#isStopped) await this.#askOnce()
      this.#tell("complete")
    } catch (error) {
      this.#failed(error)
    } finally {
      this.#isAsking = false
    }
  }

  /** Ask and tell nothing any more. */
  stop() {
    this.#isStopped = true
    this.pause()
  }

  /** Cancel what was scheduled. */
  pause() {
    clearTimeout(this.#gapTimer)
    clearTimeout(this.#retryTimer)
    this.#gapTimer = null
  }

  async #askOnce() {
    this.#wantsMore = false
    const query = `changed_after=${this.#cursor.rev}`
    const changes = await api("GET", `${this.#url}/messages?${query}`)
    this.#attempt = 0
    if (changes.too_far_behind) this.#tell("tooFar")
    else {
      this.#tell("changes", { ...changes, advanced: changes.last_rev - this.#cursor.rev })
      this.#cursor.moveTo(changes.last_rev)
      this.#wantsMore ||= Boolean(changes.next) // they were too large for one answer
    }
  }

  #failed(error) {
    if (isRetriable(error)) this.#askLater()
    else if (error.signedOut) this.#tell("ended", "signedOut")
    else if (error.status === 404) this.#tell("ended", "gone")
    else throw error
  }

  #askLater() {
    clearTimeout(this.#retryTimer)
    this.#retryTimer = setTimeout(() => this.#isWanted() && this.ask(), backoff(this.#attempt++))
  }

  #tell(type, detail) {
    if (this.#isStopped) return
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}
