// What no page of the app does by itself.

const LONGEST = 15_000 // milliseconds: a form may be sent again if no page has come

/** A form is sent once, however often its button is pressed. */
export function sendOnce(event) {
  const { dataset } = event.target
  if (event.defaultPrevented) return // a script sends it
  if (dataset.sent) event.preventDefault()
  dataset.sent = true
  setTimeout(() => delete dataset.sent, LONGEST)
}

/** The page is shown again, out of the browser's memory: its forms can be sent. */
export function sendAgain() {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent
}

/** A file that is dropped beside a place for files doesn't replace the page. */
export function keepPage(event) {
  if (event.dataTransfer?.types.includes("Files")) event.preventDefault()
}
