// Parts of pages: what the server renders for a dialog or the pane, without the rest.

const PARTIAL = "X-Partial" // chats/pages/rendering.py

/** Ask for the part of a page that is for a "dialog" or the "pane". */
export function fetchPart(part, url, options = {}) {
  return fetch(url, { ...options, headers: { [PARTIAL]: part }, credentials: "same-origin" })
}

/** For which sign-in and scripts a part was rendered; null if the answer is no part. */
export function originOf(response) {
  return response.headers.get(PARTIAL)
}

/** The text of an error page, or a text with the status. */
export function explanation(html, status) {
  const page = new DOMParser().parseFromString(html, "text/html")
  return page.querySelector(".error h1 + p")?.textContent ?? `The server refused this (${status}).`
}
