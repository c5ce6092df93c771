const part = (row, name) => row.querySelector(`[data-part="${name}"]`)

// Where a part belongs that few rows have; a row without it is half the work of a browser.
const PLACES = {
  bot: (row, node) => part(row, "sender-line").append(node),
  quote: (row, node) => part(row, "sender-line").after(node),
  photo: (row, node) => part(row, "content").before(node),
  edited: (row, node) => part(row, "meta").prepend(node),
  status: (row, node) => part(row, "meta").append(node),
  failed: (row, node) => part(row, "meta").after(node),
  actions: (row, node) => row.append(node),
}

/** The row of a template, taken apart: what every row has, and what is added when it is needed. */
export class RowParts {
  #row
  #parts = new Map()

  constructor(template) {
    this.#row = template.content.firstElementChild.cloneNode(true)
    for (const name of Object.keys(PLACES)) {
      const node = part(this.#row, name)
      node.remove()
      this.#parts.set(name, node)
    }
  }

  /** A row with nothing but what every row has. */
  make() {
    return this.#row.cloneNode(true)
  }

  /** This part of a row; added if it isn't there. */
  give(row, name) {
    const known = part(row, name)
    if (known) return known
    const node = this.#parts.get(name).cloneNode(true)
    PLACES[name](row, node)
    return node
  }

  /** A part that is to be there, or null after it was removed. */
  keep(row, name, wanted) {
    if (wanted) return this.give(row, name)
    part(row, name)?.remove()
    return null
  }
}
