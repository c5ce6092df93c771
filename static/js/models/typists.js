import { protocol } from "helpers/protocol.js"

const FORGOTTEN = protocol.typing_seconds * 1000 // milliseconds without an event

/** Who is typing; `change` is called when that changes. */
export class Typists {
  #timers = new Map()

  constructor(change) {
    this.change = change
  }

  /** Their ids, in the order in which they began. */
  get ids() {
    return [...this.#timers.keys()]
  }

  add(id) {
    const isNew = !this.#timers.has(id)
    clearTimeout(this.#timers.get(id))
    this.#timers.set(id, setTimeout(() => this.remove(id), FORGOTTEN))
    if (isNew) this.change()
  }

  remove(id) {
    if (!this.#timers.has(id)) return
    clearTimeout(this.#timers.get(id))
    this.#timers.delete(id)
    this.change()
  }

  clear() {
    for (const id of this.ids) this.remove(id)
  }
}
