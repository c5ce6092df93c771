import { unfold } from "models/long_texts.js"
import { part } from "models/row_parts.js"

const SELECTING = "message--selecting" // static/css/row-menu.css: its text can be selected by touch, where it can't elsewhere

/** Select the text of a row, which can then be selected in part, until something else is tapped. */
export function selectText(row) {
  const content = part(row, "content")
  if (row.matches(".message--long")) unfold(row, true)
  row.classList.add(SELECTING)
  getSelection().selectAllChildren(content)
  const end = ({ target }) => {
    if (content.contains(target)) return
    row.classList.remove(SELECTING)
    getSelection().removeAllRanges()
    removeEventListener("pointerdown", end, true)
  }
  addEventListener("pointerdown", end, true)
}

/** Whether a row's text is being selected: a long press is the browser's then. */
export function isSelecting(row) {
  return Boolean(row?.classList.contains(SELECTING))
}
