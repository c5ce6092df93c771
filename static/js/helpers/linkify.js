// Addresses in messages as links, which show where they lead: the rules of chats/pages/links.py.

import { shown, unmarked } from "helpers/text.js"

const LINK = /https?:\/\/[^\s<>"]*[^\s<>".,:;!?'()[\]]/g
// Host and port, and then a path or nothing.
const ADDRESS =
  /^(https?:\/\/)([\p{L}\p{N}_.-]+|\[[0-9a-fA-F:.]+\])((?::[0-9]{1,5})?(?:[/?#].*)?)$/u
// Hosts that are shown as they are written.
const READABLE = [
  /^[A-Za-z0-9.:[\]_-]+$/,
  /^[A-Za-z0-9.\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff-]+$/,
  /^[0-9.\u0370-\u03ff-]+$/, // Greek
  /^[0-9.\u0400-\u04ff-]+$/, // Cyrillic
  /^[0-9.\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff-]+$/, // Japanese, Chinese
  /^[0-9.\uac00-\ud7a3-]+$/, // Korean
]

/** The text as it is shown, as nodes, with links for http and https addresses. */
export function linkify(content) {
  const text = shown(content)
  const nodes = []
  let end = 0
  for (const match of text.matchAll(LINK)) {
    const label = labelOf(match[0])
    if (!label) continue
    nodes.push(text.slice(end, match.index), link(match[0], label))
    end = match.index + match[0].length
  }
  return [...nodes, text.slice(end)]
}

/** What the link of an address shows; null if it isn't clear where it leads. */
export function labelOf(address) {
  const [, scheme, host, rest] = ADDRESS.exec(address) ?? []
  const label = host && readableHost(host)
  return label ? scheme + label + unmarked(rest) : null
}

function readableHost(host) {
  if (READABLE.some((script) => script.test(host))) return host
  try {
    return new URL(`https://${host}/`).hostname
  } catch {
    return null // it is no host
  }
}

function link(address, label) {
  const anchor = document.createElement("a")
  anchor.href = address
  anchor.dir = "ltr"
  anchor.target = "_blank"
  anchor.rel = "noopener noreferrer nofollow"
  anchor.textContent = label
  return anchor
}
