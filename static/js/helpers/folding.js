// Text as it is searched: chatproject/text/folding.py.

const PLAIN = { ø: "o", ł: "l", đ: "d", ħ: "h", ı: "i", æ: "ae", œ: "oe", þ: "th", ð: "d", ß: "ss" }
const LETTERS = new RegExp(`[${Object.keys(PLAIN).join("")}]`, "g")

/** The words of a text, without accents, case and punctuation: `Zoë O'Neil` has `zoe`, `o` and `neil`. */
export function words(text) {
  const bare = text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase()
  return bare.replace(LETTERS, (letter) => PLAIN[letter]).match(/[\p{L}\p{N}\p{M}]+/gu) ?? []
}
