const COLUMNS = 8

/** A grid of emoji that arrow keys move through (ARIA Authoring Practices, "Layout Grids"). */
export class EmojiGrid {
  #element

  constructor(element) {
    this.#element = element
  }

  /** Show groups, [{name, emoji}], in a skin tone. */
  show(groups, tone) {
    this.#element.replaceChildren(...groups.map((group) => groupOf(group, tone)))
    const [first] = this.cells
    if (first) first.tabIndex = 0
    this.#element.scrollTop = 0
  }

  get cells() {
    return [...this.#element.querySelectorAll("[role=gridcell]")]
  }

  /** Bring a group into sight. */
  scrollTo(name) {
    const group = this.#groups.find(({ ariaLabel }) => ariaLabel === name)
    if (group) this.#element.scrollTop = group.offsetTop - this.#element.offsetTop
  }

  /** The name of the group that is in sight. */
  get shown() {
    const { top } = this.#element.getBoundingClientRect()
    const isBelow = (group) => group.getBoundingClientRect().bottom > top + 1
    return this.#groups.find(isBelow)?.ariaLabel
  }

  /** Move the focus by a key; returns whether it did. Upwards out of the grid is null. */
  move({ key, ctrlKey }) {
    const rows = [...this.#element.querySelectorAll("[role=row]")]
    const row = rows.findIndex((each) => each.contains(document.activeElement))
    if (row < 0) return false
    const column = [...rows[row].children].indexOf(document.activeElement)
    const cells = this.cells
    const at = cells.indexOf(document.activeElement)
    const to = {
      ArrowRight: () => cells[at + 1],
      ArrowLeft: () => cells[at - 1],
      ArrowDown: () => inRow(rows[row + 1], column),
      ArrowUp: () => (row ? inRow(rows[row - 1], column) : null),
      PageDown: () => inRow(rows[Math.min(row + 5, rows.length - 1)], column),
      PageUp: () => inRow(rows[Math.max(row - 5, 0)], column),
      Home: () => (ctrlKey ? cells[0] : rows[row].firstElementChild),
      End: () => (ctrlKey ? cells.at(-1) : rows[row].lastElementChild),
    }[key]
    if (!to) return false
    const cell = to()
    if (cell === null) return null
    if (cell) this.focus(cell)
    return true
  }

  focus(cell) {
    this.#element.querySelector('[tabindex="0"]')?.setAttribute("tabindex", "-1")
    cell.tabIndex = 0
    cell.focus({ preventScroll: true })
    cell.scrollIntoView({ block: "nearest" })
  }

  get #groups() {
    return [...this.#element.children]
  }
}

function inRow(row, column) {
  return row && (row.children[column] ?? row.lastElementChild)
}

function groupOf({ name, emoji }, tone) {
  const group = element("rowgroup", "emoji-picker__group")
  group.ariaLabel = name
  const title = element("presentation", "emoji-picker__title")
  title.ariaHidden = "true" // the label of the group says it
  title.textContent = name
  group.append(title)
  for (let at = 0; at < emoji.length; at += COLUMNS) {
    const row = element("row", "emoji-picker__row")
    row.append(...emoji.slice(at, at + COLUMNS).map((one) => cellOf(one, tone)))
    group.append(row)
  }
  return group
}

function cellOf(one, tone) {
  const cell = element("gridcell", "emoji-picker__emoji")
  cell.tabIndex = -1
  cell.ariaLabel = one.name
  cell.dataset.emoji = cell.textContent = one.in(tone)
  return cell
}

function element(role, className) {
  const made = document.createElement("div")
  made.role = role
  made.className = className
  return made
}
