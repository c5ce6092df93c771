// The rules of chats/pages/template_tags.py, for rows made in the browser.

import { protocol } from "helpers/protocol.js"
import { isolate } from "helpers/text.js"

export function initials(name) {
  const words = name.split(/\s+/).filter((word) => /^[\p{L}\p{N}]/u.test(word))
  const ends = words.length > 1 ? [words[0], words.at(-1)] : words
  return ends.map((word) => [...word][0]).join("").toUpperCase() || "?"
}

/** The number of the colour of a user (by id) or a chat (by UUID). */
export function hue(key) {
  return typeof key === "string" ? parseInt(key.slice(-2), 16) % protocol.hues : key % protocol.hues
}

/** "Ada", "Ada and Grace", "Ada, Grace, and 3 others"; `count`: of all, if not all names are known. */
export function nameList(names, most, count = names.length) {
  const shown = (count > most ? names.slice(0, most - 1) : names).map(isolate)
  const others = count - shown.length
  const all = others > 0 ? [...shown, plural(others, "other")] : shown
  if (all.length < 3) return all.join(" and ")
  return `${all.slice(0, -1).join(", ")}, and ${all.at(-1)}`
}

export function plural(count, word) {
  return `${count} ${word}${count === 1 ? "" : "s"}`
}

/** Set an avatar's initials (of `name`) and colour (of `key`). */
export function paintAvatar(avatar, name, key) {
  avatar.textContent = initials(name)
  const classes = [...avatar.classList].filter((each) => !/^avatar--\d+$/.test(each))
  avatar.className = [...classes, `avatar--${hue(key)}`].join(" ")
}
