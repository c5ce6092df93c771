import { Controller } from "@hotwired/stimulus"
import { isImage, sizeText } from "helpers/files.js"
import { plural } from "helpers/names.js"
import { StagedFile } from "models/staged_file.js"

/** The files of the message that is being written: picked, pasted, or dropped into the pane. */
export default class extends Controller {
  static targets = ["input", "list", "field", "error", "zone", "button"]
  static values = { most: Number, mostBytes: Number }

  initialize() {
    this.staged = []
    this.dragged = 0 // elements that a dragged file is over
  }

  disconnect() {
    this.#clear()
  }

  get count() {
    return this.staged.length
  }

  /** Hand over the files; none are left. */
  take() {
    const taken = this.staged.map((one) => one.value)
    this.#clear()
    return taken
  }

  pick() {
    this.inputTarget.click()
  }

  picked() {
    this.add(this.inputTarget.files)
    this.inputTarget.value = ""
  }

  paste(event) {
    const { files, types } = event.clipboardData
    if (!files.length || types.includes("text/plain")) return // a copied cell of a table is text and image
    event.preventDefault()
    this.add(files)
  }

  // Dropping

  enter(event) {
    if (this.#takes(event) && this.dragged++ === 0) this.zoneTarget.hidden = false
  }

  leave(event) {
    if (this.#takes(event) && --this.dragged <= 0) this.#endDrag()
  }

  drop(event) {
    if (!this.#takes(event)) return
    event.preventDefault()
    this.#endDrag()
    this.add(event.dataTransfer.files)
  }

  #endDrag() {
    this.dragged = 0
    this.zoneTarget.hidden = true
  }

  /** Whether files are dragged over what this composer belongs to: the chat, or its thread. */
  #takes({ target, dataTransfer }) {
    const pane = this.element.closest(".thread, .chat")
    const isHere = target instanceof Element && target.closest(".thread, .chat") === pane
    return isHere && dataTransfer?.types.includes("Files") && !this.fieldTarget.form.hidden
  }

  // The list

  add(files) {
    this.#showError("")
    for (const file of files) {
      const refusal = this.#refusal(file)
      if (refusal) this.#showError(refusal)
      else this.#stage(file)
    }
    this.#show()
    this.fieldTarget.focus()
  }

  #refusal({ name, size }) {
    if (this.count >= this.mostValue) return `A message has at most ${plural(this.mostValue, "file")}.`
    if (!size) return `${name} is empty, or a folder.`
    if (size > this.mostBytesValue) return `${name} is too large: ${sizeText(this.mostBytesValue)} is the most.`
    return ""
  }

  #stage(file) {
    const staged = new StagedFile(file, isImage(file), () => this.#remove(staged))
    this.staged.push(staged)
    this.listTarget.append(staged.element)
  }

  #remove(staged) {
    this.staged.splice(this.staged.indexOf(staged), 1)
    staged.end()
    this.#showError("")
    this.#show()
    this.fieldTarget.focus()
  }

  #clear() {
    for (const one of this.staged.splice(0)) one.end()
    if (this.hasListTarget) this.#show()
  }

  #show() {
    this.listTarget.hidden = !this.count
    this.fieldTarget.required = !this.count // a caption may be left out
    this.dispatch("changed", { detail: { count: this.count } })
  }

  #showError(text) {
    this.errorTarget.textContent = text
    this.errorTarget.hidden = !text
  }
}
