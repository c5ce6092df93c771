/** Who is who on this page: names by user id, which of them are bots, and whom the user blocks. */
class People {
  #names = new Map()
  #bots = new Set()
  #blocked = new Set()

  load(names, bots) {
    for (const [id, name] of Object.entries(names)) this.#names.set(Number(id), name)
    this.#bots = new Set(bots)
  }

  learn(id, name) {
    if (name) this.#names.set(id, name)
  }

  name(id, otherwise = "Somebody") {
    return this.#names.get(id) ?? otherwise
  }

  loadBlocked(ids) {
    this.#blocked = new Set(ids)
  }

  setBlocked(id, isBlocked) {
    if (isBlocked) this.#blocked.add(id)
    else this.#blocked.delete(id)
  }

  isBlocked(id) {
    return this.#blocked.has(id)
  }

  isBot(id) {
    return this.#bots.has(id)
  }
}

export const people = new People()
