// Messages with markup: the server renders and sanitises them once (chatproject/text/markdown).

// Elements that begin or end a line, and those that share one: chatproject/text/markdown/plain.py.
const LINES = new Set("BLOCKQUOTE BR DIV H2 H3 H4 H5 H6 HR LI OL P PRE TR UL".split(" "))
const CELLS = new Set(["TD", "TH"])

/** The nodes of a message's `html`. */
export function nodesOf(html) {
  const template = document.createElement("template")
  template.innerHTML = html
  return template.content
}

/** Let what mentions the user stand out: them, or everybody (0). */
export function markOwn(node, userId) {
  for (const id of [userId, 0]) {
    for (const mention of node.querySelectorAll(`.mention[data-user-id="${id}"]`)) mention.classList.add("mention--own")
  }
}

/** The text of a message's nodes, or of a plain one. */
export function plainText(node) {
  let text = ""
  let gap = ""
  const separate = ({ nodeName }) => {
    if (LINES.has(nodeName)) gap = "\n"
    else if (CELLS.has(nodeName)) gap ||= " "
  }
  const walk = (parent) => {
    for (const child of parent.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) {
        if (!child.data) continue
        text += text && gap
        text += child.data
        gap = ""
      } else if (child.nodeName !== "BUTTON") {
        separate(child)
        walk(child)
        separate(child)
      }
    }
  }
  walk(node)
  return text
}
