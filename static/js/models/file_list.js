import { blank, isImage, sizeText, tileOf } from "helpers/files.js"
import { shown } from "helpers/text.js"
import { endUploads } from "models/upload_tiles.js"

/** Shows the files of a message in the part `files` of a row, as templates/jinja2/chats/_files.html does. */
export function fillFiles(box, row, { chat_id, attachments }) {
  if (!box || !attachments) return
  endUploads(row)
  box.classList.toggle("files--many", attachments.filter(isImage).length > 1)
  const known = new Map([...box.children].map((one) => [one.dataset.fileId, one]))
  box.replaceChildren(...attachments.map((file) => again(known.get(file.id), file) ?? made(chat_id, file)))
}

/** An element that shows this file as it is now: a player goes on playing. */
function again(element, { state }) {
  return element?.dataset.state === state ? element : null
}

function made(chatId, file) {
  const url = `/api/v1/chats/${chatId}/attachments/${file.id}`
  const element = isImage(file) && file.state !== "failed" ? picture(url, file) : player(url, file) ?? card(url, file)
  element.dataset.fileId = file.id
  element.dataset.state = file.state
  return element
}

/** What stands for a message without a caption; "" without files. `named_files` of chats/models/previews.py. */
export function namesOf(row) {
  const files = [...row.querySelectorAll("[data-file-id]")].filter((one) => !one.parentElement.dataset.fileId)
  const [first] = files
  if (!first) return ""
  const name = first.dataset.name ?? first.querySelector(".file__name").textContent
  return `\u{1f4ce} ${name}${files.length > 1 ? ` and ${files.length - 1} more` : ""}`
}

function picture(url, file) {
  const link = document.createElement("a")
  link.className = "file file--image"
  link.href = `${url}/file`
  link.dataset.name = file.name
  const size = tileOf(file)
  const image = new Image(size.width, size.height)
  image.alt = file.alt || file.name
  image.loading = "lazy"
  image.src = file.state === "ready" ? `${url}/thumbnail` : blank(size)
  link.append(image)
  return link
}

function player(url, file) {
  const [kind] = file.type.split("/")
  if (kind !== "audio" && kind !== "video") return null
  const box = document.createElement("figure")
  box.className = `file file--${kind}`
  const media = document.createElement(kind)
  Object.assign(media, { controls: true, preload: kind === "video" ? "metadata" : "none", src: `${url}/file` })
  media.setAttribute("aria-label", file.alt || file.name)
  box.append(media, card(url, file))
  return box
}

function card(url, file) {
  const isFailed = file.state === "failed"
  const element = document.createElement(isFailed ? "span" : "a")
  element.className = "file file--card"
  if (!isFailed) Object.assign(element, { href: `${url}/file`, download: file.name })
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg")
  icon.setAttribute("class", "icon")
  icon.setAttribute("aria-hidden", "true")
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use")
  use.setAttribute("href", isFailed ? "#icon-warning" : "#icon-file")
  icon.append(use)
  const text = document.createElement("span")
  text.className = "file__text"
  text.append(span("file__name", shown(file.name)))
  text.append(span("file__size", isFailed ? "This image can’t be read." : sizeText(file.size)))
  element.append(icon, text)
  return element
}

function span(name, text) {
  const element = document.createElement("span")
  element.className = name
  element.dir = "auto"
  element.textContent = text
  return element
}
