import { part } from "models/row_parts.js"

const MAYBE_LONG = 500 // characters: on a phone they may be more lines than static/css/long-text.css shows
const LINES = 20

/** Folds the rows of long texts, until their readers unfold them. */
export class LongTexts {
  #rows
  #sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => offerMore(target)))

  /** `rows`: makes the rows (message_row.js). */
  constructor(rows) {
    this.#rows = rows
  }

  /** A row's text is here, or another one. */
  look(row) {
    const content = part(row, "content")
    const text = content.textContent
    const isLong = text.length > MAYBE_LONG || text.split("\n", LINES + 1).length > LINES
    if (isLong === row.matches(".message--long")) return
    row.classList.toggle("message--long", isLong)
    this.#rows.offerMore(row, isLong)
    if (isLong) this.#sizes.observe(content)
    else this.#sizes.unobserve(content)
  }
}

/** Show all of a row's text, or fold it again. */
export function unfold(row, isUnfolded = !row.matches(".message--unfolded")) {
  row.classList.toggle("message--unfolded", isUnfolded)
  const button = part(row, "more")
  if (!button) return
  button.ariaExpanded = isUnfolded
  button.textContent = isUnfolded ? "Show less" : "Show more"
}

/** Whether the button is needed is known once the text is laid out. */
function offerMore(content) {
  const row = content.closest(".message")
  const isCut = content.scrollHeight > content.clientHeight + 1
  const button = row && part(row, "more")
  if (button) button.hidden = !isCut && !row.matches(".message--unfolded")
}
