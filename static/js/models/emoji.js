/** An emoji: itself, its name, its `:names:`, and its forms in skin tones, if there are any. */
class Emoji {
  constructor([emoji, name, names, words, skins = []]) {
    Object.assign(this, { emoji, name, names: names.split(" "), skins })
    this.words = `${name.toLowerCase()} ${names} ${words}`
  }

  /** It in a skin tone: 0 is none, 1 the lightest, 5 the darkest. */
  in(tone) {
    return this.skins[tone - 1] ?? this.emoji
  }

  /** How well it fits what somebody looks for, in lower case; 0 not at all. */
  fits(text) {
    if (this.names.includes(text)) return 4
    if (this.names.some((name) => name.startsWith(text)) || this.name.startsWith(text)) return 3
    if (` ${this.words.replaceAll("_", " ")}`.includes(` ${text}`)) return 2
    return this.words.includes(text) ? 1 : 0
  }
}

/** All emoji: `groups` as [{name, emoji}]. */
class AllEmoji {
  #byForm = new Map()
  #every

  constructor(groups) {
    this.groups = groups.map(({ name, emoji }) => ({ name, emoji: emoji.map((one) => new Emoji(one)) }))
    this.#every = this.groups.flatMap(({ emoji }) => emoji)
    for (const one of this.#every) for (const form of [one.emoji, ...one.skins]) this.#byForm.set(form, one)
  }

  /** The emoji of a form of it; undefined for what is none. */
  of(form) {
    return this.#byForm.get(form)
  }

  /** Those that somebody may look for by these words, best first. */
  search(text, most = Infinity) {
    const words = text.toLowerCase().trim().split(/\s+/)
    const fits = (one) => Math.min(...words.map((word) => one.fits(word)))
    const found = this.#every.map((one) => [fits(one), one]).filter(([fit]) => fit > 0)
    return found.sort(([fit], [other]) => other - fit).slice(0, most).map(([, one]) => one)
  }

  /** The emoji with this `:name:`. */
  named(name) {
    return this.#every.find(({ names }) => names.includes(name))
  }
}

let loading = null

/** All emoji, from a file that is fetched when it is first needed. */
export function allEmoji() {
  loading ??= fetch(document.querySelector("[data-emoji-url]").dataset.emojiUrl)
    .then((response) => response.json())
    .then(({ groups }) => new AllEmoji(groups))
    .catch((error) => {
      loading = null // try again the next time
      throw error
    })
  return loading
}
