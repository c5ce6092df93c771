import { allEmoji } from "models/emoji.js"
import { keptEmoji, usedEmoji } from "models/kept_emoji.js"

const NAME = /(?:^|[\s([{"'])(:[a-z0-9_+-]{2,}:?)$/i
const MOST = 8

/** Completes `:name:` to an emoji: a source of `Completion`. */
export const emojiNames = {
  find: (before) => NAME.exec(before)?.[1] ?? null,

  async options(part) {
    const every = await allEmoji().catch(() => null) // offline: the text stays as it is
    if (!every) return []
    const name = part.slice(1).toLowerCase()
    if (!name.endsWith(":")) return every.search(name, MOST).map(option)
    const exact = every.named(name.slice(0, -1))
    return exact ? [{ ...option(exact), isSure: true }] : []
  },

  chosen: ({ text }) => usedEmoji(text),

  show({ text, name }, element) {
    const [shown, called] = [document.createElement("span"), document.createElement("span")]
    shown.className = "completion__emoji"
    shown.ariaHidden = "true"
    shown.textContent = text
    called.textContent = `:${name}:`
    element.append(shown, called)
  },
}

function option(emoji) {
  return { text: emoji.in(keptEmoji().tone), name: emoji.names[0] }
}
