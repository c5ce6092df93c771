// Where a message's row is, and what it shows.

/** The thread in whose panel an element is; "" for one of the chat itself. */
export function threadOf(element) {
  return element.closest("[data-thread-panel]")?.dataset.threadPanel ?? ""
}

/** Whether the page shows that this message is deleted. */
export function isDeleted({ id }) {
  return Boolean(document.querySelector(`[data-id="${CSS.escape(id)}"].message--deleted`))
}
