import { threadOf } from "helpers/rows.js"
import { isTouchOnly } from "helpers/touch.js"

/**
 * What the row of a stored message offers, in the order of its menu.
 *
 * `act`: a method of message_actions_controller.js; without one, the event of the window `message-actions:<act>` (detail:
 * `read` of message_row.js). `key`: does it while the row has the focus; "" is none. `to`: whether it is offered for a row
 * (`own`, `text`, `edited` …: what `offersOf` sees in it) to whoever has these rights (`rightsOf` of rights.js); the server has the last word.
 */
export const OFFERS = [
  { act: "react", label: "React", icon: "react", key: "a", to: (row, may) => may.can_send_messages },
  { act: "reply", label: "Reply", icon: "reply", key: "r", to: (row, may) => may.can_send_messages },
  {
    act: "openThread",
    label: "Reply in thread",
    icon: "thread",
    key: "t",
    to: (row, may) => !row.inThread && may.can_send_messages,
  },
  { act: "reactions", label: "Who reacted", icon: "person", key: "w", to: (row) => row.reacted },
  { act: "edit", label: "Edit", icon: "edit", key: "e", to: (row, may) => row.own && may.can_send_messages },
  { act: "copyText", label: "Copy text", icon: "copy", key: "c", to: (row) => row.text },
  { act: "selectText", label: "Select text", icon: "select", key: "", to: (row) => row.text && isTouchOnly() },
  { act: "copyLink", label: "Copy link", icon: "link", key: "l", to: () => true },
  { act: "unread", label: "Unread from here", icon: "unread", key: "u", to: (row) => !row.own },
  { act: "pin", label: "Pin", icon: "pin", key: "p", to: (row, may) => may.can_pin_messages && !row.pinned },
  { act: "unpin", label: "Unpin", icon: "pin", key: "p", to: (row, may) => may.can_pin_messages && row.pinned },
  {
    act: "edits",
    label: "Show edits",
    icon: "clock",
    key: "h",
    to: (row, may) => row.edited && (row.own || may.can_delete_other_messages),
  },
  { act: "removePreview", label: "Remove link preview", icon: "close", key: "x", to: (row) => row.own && row.previewed },
  { act: "moderate", label: "Moderate in a new tab", icon: "moderate", key: "", to: (row, may) => may.moderates },
  {
    act: "askDelete",
    label: "Delete",
    icon: "delete",
    key: "Delete",
    isDanger: true,
    to: (row, may) => row.own || may.can_delete_other_messages,
  },
  { act: "keys", label: "Keys", icon: "keys", key: "?", to: () => !isTouchOnly() },
]

/** Those of the offers that hold for a row; none for a tombstone, or for what isn't stored yet. */
export function offersOf(row, may) {
  if (row.matches(".message--deleted, .message--pending, .message--failed")) return []
  const has = (name) => row.querySelector(`[data-part="${name}"]`) !== null
  const shown = {
    own: row.matches(".message--own"),
    inThread: Boolean(threadOf(row)),
    text: has("content") && row.querySelector('[data-part="content"]').textContent !== "",
    edited: has("edited"),
    pinned: has("pinned"),
    previewed: has("link-previews"),
    reacted: has("reactions"),
  }
  return OFFERS.filter(({ to }) => to(shown, may))
}

/** The offer of a pressed key; none if it belongs to a shortcut. */
export function offerOfKey(offers, { key, ctrlKey, metaKey, altKey }) {
  if (ctrlKey || metaKey || altKey) return undefined
  const pressed = key === "Backspace" ? "delete" : key.toLowerCase() // what a Mac calls Delete
  return offers.find((offer) => offer.key.toLowerCase() === pressed)
}
