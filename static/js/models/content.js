import { nodesOf } from "helpers/markup.js"
import { shown } from "helpers/text.js"

/** Show the content of a message in its box. `isOwn`: it may be edited, so the text as it was written is kept. */
export function showContent(box, { content, html, deleted_at }, isOwn = false) {
  box.classList.toggle("markup", Boolean(html))
  if (html) box.replaceChildren(nodesOf(html))
  else box.textContent = deleted_at ? "This message was deleted." : shown(content)
  if (html && isOwn) box.dataset.source = shown(content)
  else delete box.dataset.source
  equip(box)
}

/** Give code its button, and what scrolls a place among those that Tab reaches. */
export function equip(box) {
  for (const frame of box.querySelectorAll(".code, .table")) {
    const scroller = frame.querySelector("pre") ?? frame
    scroller.tabIndex = 0
    if (frame.matches(".code")) frame.append(copyButton())
  }
}

function copyButton() {
  const button = document.createElement("button")
  button.type = "button"
  button.className = "code__copy"
  button.dataset.code = "copy"
  button.textContent = "Copy"
  button.ariaLabel = "Copy the code"
  return button
}
