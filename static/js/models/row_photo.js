import { part } from "models/row_parts.js"

/** Shows a photo with its attribution in the part `photo` of a row. */
export function fillPhoto(figure, { photo }) {
  if (!figure) return
  const image = part(figure, "photo-image")
  image.src = photo.image_url
  image.alt = photo.alt || "Photo"
  setLink(part(figure, "photo-page"), photo.page_url)
  setLink(part(figure, "photo-author"), photo.author_url)
  part(figure, "photo-author").textContent = photo.author
}

function setLink(anchor, address) {
  anchor.href = /^https?:/.test(address) ? address : "#"
}
