import { isTouchOnly } from "helpers/touch.js"

const COMPOSING = 229 // the keyCode of a key of an input method: WebKit has ended the composition by then

/** Whether a key is one of an input method, which makes a character of several. */
export function isComposing(event) {
  return event.isComposing || event.keyCode === COMPOSING
}

/** Whether this Enter sends: on a keyboard of its own one without Shift; everywhere one with Ctrl or ⌘. */
export function sends({ shiftKey, ctrlKey, metaKey }) {
  return ctrlKey || metaKey || !(shiftKey || isTouchOnly())
}

/** What is printed on a key. */
export function nameOf(key) {
  return key.length === 1 ? key.toUpperCase() : key
}
