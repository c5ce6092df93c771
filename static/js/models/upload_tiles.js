import { isImage, sizeText } from "helpers/files.js"
import { keptFile } from "helpers/file_store.js"
import { shown } from "helpers/text.js"

/** Show the files of an entry of the outbox in its row, and how far they are uploaded. */
export function showUploads(row, { files, progress = 0, state }) {
  if (!files?.length) return
  const box = row.querySelector(".uploads") ?? begin(row, files)
  const bar = box.querySelector("progress")
  bar.value = progress
  bar.hidden = state === "failed"
  box.querySelector(".uploads__cancel").hidden = state === "failed" // whose row has a button for it
}

/** They are stored: the row shows what others see. */
export function endUploads(row) {
  row.querySelector(".uploads")?.remove()
}

function begin(row, files) {
  const box = document.createElement("div")
  box.className = "uploads"
  box.append(...files.map(tile))
  const foot = document.createElement("p")
  foot.className = "uploads__foot"
  const bar = document.createElement("progress")
  bar.max = 1
  bar.setAttribute("aria-label", "Uploading")
  foot.append(bar, cancel())
  box.append(foot)
  row.querySelector('[data-part="content"]').before(box)
  return box
}

function tile(file) {
  const box = document.createElement("div")
  box.className = "file file--card"
  const text = document.createElement("span")
  text.className = "file__text"
  text.append(span("file__name", shown(file.name)), span("file__size", sizeText(file.size)))
  box.append(text)
  if (isImage(file)) preview(box, file)
  return box
}

async function preview(box, file) {
  const content = await keptFile(file.key)
  if (!content) return
  const image = new Image(48, 48)
  image.className = "file__preview"
  image.alt = ""
  image.src = URL.createObjectURL(content)
  image.onload = image.onerror = () => URL.revokeObjectURL(image.src)
  box.prepend(image)
}

function cancel() {
  const button = document.createElement("button")
  Object.assign(button, { type: "button", className: "button button--small uploads__cancel", textContent: "Cancel" })
  button.dataset.act = "giveUp"
  return button
}

function span(name, text) {
  const element = document.createElement("span")
  element.className = name
  element.textContent = text
  element.dir = "auto"
  return element
}
