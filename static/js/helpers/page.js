// What no page of the app does by itself.

const LONGEST = 15_000 // milliseconds: a form may be sent again if no page has come

/** A form is sent once, however often its button is pressed. */
export function sendOnce(event) {
  const { target: form, submitter } = event
  if (event.defaultPrevented) return // a script sends it
  if (form.dataset.sent) event.preventDefault()
  form.dataset.sent = true
  submitter?.setAttribute("aria-disabled", "true") // a disabled one would lose the focus, and its value
  setTimeout(() => release(form), LONGEST)
}

/** The page is shown again, out of the browser's memory: its forms can be sent. */
export function sendAgain() {
  for (const form of document.querySelectorAll("form[data-sent]")) release(form)
}

function release(form) {
  delete form.dataset.sent
  for (const button of form.elements) button.removeAttribute("aria-disabled")
}

/** A file that is dropped outside a drop zone must not replace the page. */
export function keepPage(event) {
  const { dataTransfer } = event
  if (event.defaultPrevented || !dataTransfer?.types.includes("Files")) return
  event.preventDefault()
  dataTransfer.dropEffect = "none"
}
