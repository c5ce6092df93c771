import { keep } from "helpers/written.js"

const NOTHING = { content: "", reply: null, edit: null }

/**
 * What is being written in a chat, until the sign-out: the text, the message that it answers (`reply`), and
 * the edit under way (`edit`: the message, with the `text` so far). All tabs share it.
 */
export class Draft {
  #key
  #kept = null // what this tab keeps, as it is in the storage

  constructor(userId, chatId) {
    this.#key = `draft:${userId}:${chatId}`
  }

  /** What was kept. */
  read() {
    this.#kept = localStorage.getItem(this.#key)
    return { ...NOTHING, ...JSON.parse(this.#kept) }
  }

  keep({ content, reply = null, edit = null }) {
    if (!content && !reply && !edit) return this.forget()
    this.#kept = JSON.stringify({ content, reply, edit })
    try {
      keep(localStorage, this.#key, this.#kept)
    } catch {
      // Storage is full or forbidden: lost by a reload.
    }
  }

  /** Forget it, unless another tab has written something else. */
  forget() {
    if (localStorage.getItem(this.#key) === this.#kept) localStorage.removeItem(this.#key)
    this.#kept = null
  }

  /** Whether a `storage` event says that another tab has sent or discarded what this one shows. */
  isGone({ key, oldValue, newValue }) {
    return key === this.#key && newValue === null && oldValue === this.#kept
  }
}
