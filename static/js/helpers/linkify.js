// Addresses in messages as links, which show where they lead: the rules of chats/pages/links.py.

import { shown, unmarked, WHITE } from "helpers/text.js"

const ENDS =
  "<>\"\\u201c\\u201d\\u201e\\u00ab\\u00bb\\u2039\\u203a\\u2026\\u3001\\u3002\\u3008-\\u3011\\u3014-\\u301f" +
  "\\uff01\\uff08\\uff09\\uff0c\\uff1a\\uff1b\\uff1f\\uff3b\\uff3d\\uff5b-\\uff5d\\uff61-\\uff64"
const LINK = new RegExp(
  `(?<![A-Za-z0-9])[Hh][Tt][Tt][Pp][Ss]?://[^${WHITE}${ENDS}]+` +
    `|(?<![A-Za-z0-9@./:-])[Ww][Ww][Ww]\\.[^${WHITE}${ENDS}]+`,
  "gu",
)
const TRAILING = ".,:;!?'*_~\u2018\u2019"
const BRACKETS = { ")": "(", "]": "[", "}": "{" }
// Host and port, and then a path or nothing.
const ADDRESS =
  /^([Hh][Tt][Tt][Pp][Ss]?:\/\/)?([^\0-,/:-@[-^`{-\x7f]+|\[[0-9a-fA-F:.]+\])((?::[0-9]{1,5})?(?:[/?#].*)?)$/u
const WORD = /^[Ww][Ww][Ww]\.[^.]+\..*[^.0-9_-]{2}$/u // a host that needs no scheme
const HOST = /^[\p{L}\p{N}\p{M}.-]+$/u
// Hosts that are shown as they are written.
const READABLE = [
  /^[A-Za-z0-9.:[\]_-]+$/,
  /^[A-Za-z0-9.\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff-]+$/,
  /^[0-9.\u0370-\u03ff-]+$/, // Greek
  /^[0-9.\u0400-\u04ff-]+$/, // Cyrillic
  /^[0-9.\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff-]+$/, // Japanese, Chinese
  /^[0-9.\uac00-\ud7a3-]+$/, // Korean
]

/** The text as it is shown, as nodes, with its addresses (http, https, `www.`) as links. */
export function linkify(content) {
  const text = shown(content)
  const nodes = []
  let end = 0
  for (const match of text.matchAll(LINK)) {
    const address = trimmed(match[0])
    const label = labelOf(address)
    if (!label) continue
    nodes.push(text.slice(end, match.index), link(address, label))
    end = match.index + address.length
  }
  return [...nodes, text.slice(end)]
}

/** The address of a link as it was written: `www.` stands without its scheme. */
export function addressOf(anchor) {
  const address = anchor.getAttribute("href")
  return /^www\./i.test(anchor.textContent) ? address.slice("https://".length) : address
}

/** An address without what belongs to the sentence: punctuation, a bracket opened before it. */
function trimmed(address) {
  const count = (sign) => address.split(sign).length - 1
  const surplus = new Map(Object.entries(BRACKETS).map(([end, start]) => [end, count(end) - count(start)]))
  let end = address.length
  while (end && (TRAILING.includes(address[end - 1]) || surplus.get(address[end - 1]) > 0)) {
    end -= 1
    if (surplus.has(address[end])) surplus.set(address[end], surplus.get(address[end]) - 1)
  }
  return address.slice(0, end)
}

/** What the link of an address shows; null if it isn't clear where it leads. */
export function labelOf(address) {
  const [, scheme, host, rest] = ADDRESS.exec(address) ?? []
  const label = host && (scheme || WORD.test(host)) && readableHost(host)
  return label ? (scheme ?? "") + label + unmarked(rest) : null
}

function readableHost(host) {
  if (READABLE.some((script) => script.test(host))) return host
  if (!HOST.test(host)) return null
  try {
    return new URL(`https://${host}/`).hostname
  } catch {
    return null // it is no host
  }
}

function link(address, label) {
  const anchor = document.createElement("a")
  anchor.href = address.includes("://") ? address : `https://${address}`
  anchor.dir = "ltr"
  anchor.target = "_blank"
  anchor.rel = "noopener noreferrer nofollow"
  anchor.textContent = label
  return anchor
}
