import { keep } from "helpers/written.js"

const FREQUENT = ["👍", "❤️", "😂", "🎉", "😮", "😢"] // until somebody has used others
const MOST = 24
const NOTHING = { recent: [], tone: 0 }

/** The emoji that the person of this page has lately used, last first, and their skin tone (0 to 5). */
export function keptEmoji() {
  try {
    return { ...NOTHING, ...JSON.parse(localStorage.getItem(key())) }
  } catch {
    return NOTHING
  }
}

/** The emoji to offer without looking: those lately used, filled up with what most people use. */
export function frequentEmoji(count) {
  return [...new Set([...keptEmoji().recent, ...FREQUENT])].slice(0, count)
}

export function usedEmoji(emoji) {
  const { recent, tone } = keptEmoji()
  write({ tone, recent: [emoji, ...recent.filter((each) => each !== emoji)].slice(0, MOST) })
}

export function chooseTone(tone) {
  write({ ...keptEmoji(), tone })
}

function write(kept) {
  try {
    keep(localStorage, key(), JSON.stringify(kept))
  } catch {
    // Without room for it there are no lately used ones.
  }
}

function key() {
  return `emoji:${document.documentElement.dataset.user}`
}
