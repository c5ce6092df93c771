import { sizeText } from "helpers/files.js"
import { shown } from "helpers/text.js"

/** A file attached to the text that is being written; an image has a description. */
export class StagedFile {
  #file
  #url = null
  #alt = null
  #size = {}

  constructor(file, isImage, remove) {
    this.#file = file
    this.element = document.createElement("li")
    this.element.className = "staged"
    if (isImage) this.#preview()
    const text = document.createElement("span")
    text.className = "file__text"
    text.append(span("file__name", shown(file.name)), span("file__size", sizeText(file.size)))
    this.element.append(text)
    if (isImage) this.#describe()
    this.element.append(this.#button(remove))
  }

  /** What is sent. */
  get value() {
    return { file: this.#file, alt: this.#alt?.value.trim() ?? "", ...this.#size }
  }

  end() {
    if (this.#url) URL.revokeObjectURL(this.#url)
    this.element.remove()
  }

  #preview() {
    this.#url = URL.createObjectURL(this.#file)
    const image = new Image(48, 48)
    image.className = "file__preview"
    image.alt = ""
    image.src = this.#url
    image.onload = () => (this.#size = { width: image.naturalWidth, height: image.naturalHeight })
    this.element.append(image)
  }

  #describe() {
    this.#alt = document.createElement("input")
    Object.assign(this.#alt, { type: "text", className: "staged__alt", maxLength: 500, placeholder: "Describe the image" })
    this.#alt.setAttribute("aria-label", `Description of ${this.#file.name}`)
    this.#alt.onkeydown = (event) => event.key === "Enter" && event.preventDefault()
    this.element.append(this.#alt)
  }

  #button(remove) {
    const button = document.createElement("button")
    Object.assign(button, { type: "button", className: "button button--icon staged__remove", textContent: "×", onclick: remove })
    button.title = "Remove"
    button.setAttribute("aria-label", `Remove ${this.#file.name}`)
    return button
  }
}

function span(name, text) {
  const element = document.createElement("span")
  element.className = name
  element.dir = "auto"
  element.textContent = text
  return element
}
