import { protocol } from "helpers/protocol.js"

const icon = document.querySelector("link[rel=icon]")
const { href: plain, dataset } = icon

/**
 * Show in the tab how many messages are unread: before the page's title, with an `@` if some mention the
 * user, and by a dot on the icon.
 */
export function showInTab(title, unread, isMentioned) {
  const { most_unread: most } = protocol
  const count = unread > most ? `${most}+` : unread
  document.title = unread ? `(${isMentioned ? "@" : ""}${count}) ${title}` : title
  const address = unread ? new URL(dataset.unread, location.href).href : plain
  if (icon.href !== address) icon.href = address
}
