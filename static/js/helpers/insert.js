/** Put a text into a field in place of a part of it, or at the caret, so that it can be undone. */
export function insertText(field, text, start = field.selectionStart, end = field.selectionEnd) {
  field.focus({ preventScroll: true })
  field.setSelectionRange(start, end)
  if (document.execCommand("insertText", false, text)) return // the only way that can be undone
  field.setRangeText(text, start, end, "end")
  field.dispatchEvent(new InputEvent("input", { bubbles: true }))
}
