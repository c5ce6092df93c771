const LINK = /https?:\/\/[^\s<>"]*[^\s<>".,:;!?'()[\]]/g

/** The text as nodes, with links for http and https addresses (as the template filter `linkify`). */
export function linkify(text) {
  const nodes = []
  let end = 0
  for (const match of text.matchAll(LINK)) {
    nodes.push(text.slice(end, match.index), link(match[0]))
    end = match.index + match[0].length
  }
  return [...nodes, text.slice(end)]
}

function link(address) {
  const anchor = document.createElement("a")
  anchor.href = address
  anchor.target = "_blank"
  anchor.rel = "noopener noreferrer nofollow"
  anchor.textContent = address
  return anchor
}
