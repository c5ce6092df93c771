import { Controller } from "@hotwired/stimulus"
import { fullText, showMoment } from "helpers/dates.js"

/** Shows a time of the server in the reader's time zone, with its date. */
export default class extends Controller {
  connect() {
    const { dateTime } = this.element
    const text = fullText(new Date(dateTime))
    showMoment(this.element, dateTime, text, text)
  }
}
