export const part = (row, name) => row.querySelector(`[data-part="${name}"]`)

// Where the optional parts go. Rows without them take a browser half the work.
const PLACES = {
  bot: (row, node) => part(row, "sender-line").append(node),
  fold: (row, node) => part(row, "sender-line").after(node),
  // After the fold, which hides what follows it.
  quote: (row, node) => (part(row, "fold") ?? part(row, "sender-line")).after(node),
  more: (row, node) => part(row, "content").after(node),
  photo: (row, node) => part(row, "content").before(node),
  files: (row, node) => part(row, "content").before(node),
  "link-previews": (row, node) => part(row, "meta").before(node),
  edited: (row, node) => part(row, "time").before(node),
  pinned: (row, node) => part(row, "meta").prepend(node),
  status: (row, node) => part(row, "meta").append(node),
  stop: (row, node) => part(row, "meta").after(node),
  failed: (row, node) => part(row, "meta").after(node),
  thread: (row, node) => part(row, "bubble").append(node),
  reactions: (row, node) => part(row, "bubble").after(node),
  actions: (row, node) => row.append(node),
}

/** A template's row, taken apart: what every row has, and optional parts to add. */
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

  /** A row without optional parts. */
  make() {
    return this.#row.cloneNode(true)
  }

  /** An optional part of a row; added if it isn't there. */
  give(row, name) {
    const known = part(row, name)
    if (known) return known
    const node = this.#parts.get(name).cloneNode(true)
    PLACES[name](row, node)
    return node
  }

  /** Add or remove an optional part; returns it, or null. */
  keep(row, name, wanted) {
    if (wanted) return this.give(row, name)
    part(row, name)?.remove()
    return null
  }
}
