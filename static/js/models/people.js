/** Who is who on this page: names by user id, and which of them are bots. */
class People {
  #names = new Map()
  #bots = new Set()

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

  isBot(id) {
    return this.#bots.has(id)
  }
}

export const people = new People()
