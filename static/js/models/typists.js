const FORGOTTEN = 5000 // milliseconds without news

/** Who is typing; `change` is called with their ids, oldest first. */
export class Typists {
  #timers = new Map()

  constructor(change) {
    this.change = change
  }

  add(id) {
    clearTimeout(this.#timers.get(id))
    this.#timers.set(id, setTimeout(() => this.remove(id), FORGOTTEN))
    this.#tell()
  }

  remove(id) {
    if (!this.#timers.has(id)) return
    clearTimeout(this.#timers.get(id))
    this.#timers.delete(id)
    this.#tell()
  }

  clear() {
    for (const id of [...this.#timers.keys()]) this.remove(id)
  }

  #tell() {
    this.change([...this.#timers.keys()])
  }
}
