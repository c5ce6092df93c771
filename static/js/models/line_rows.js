import { fullText, listTime, showMoment } from "helpers/dates.js"
import { MOST_OPEN, sentence, summary } from "models/lines.js"

/** The lines between the rows of a group, each place in an element of templates/jinja2/chats/_lines.html. */
export class LineRows {
  #list
  #log
  #pages
  #template
  #places = new Map() // elements by the `seq` of the message before them

  constructor({ rows, linesTemplate }, log, pages) {
    this.#list = rows
    this.#log = log
    this.#pages = pages
    this.#template = linesTemplate.content
    for (const place of rows.querySelectorAll(":scope > .lines")) {
      this.#places.set(Number(place.dataset.afterSeq), place)
      for (const line of place.querySelectorAll(".line")) showTime(line)
    }
  }

  /** Show lines, in any order; those that are shown already are left as they are. */
  add(lines) {
    const changed = new Set()
    for (const line of lines) {
      const place = this.#placeOf(line.after_seq)
      const later = linesIn(place).find(({ dataset }) => Number(dataset.rev) >= line.rev)
      if (Number(later?.dataset.rev) === line.rev) continue
      if (later) later.before(this.#make(line))
      else (place.querySelector("details") ?? place).append(this.#make(line))
      changed.add(place)
    }
    for (const place of changed) this.#fold(place)
    this.settle()
  }

  /** Put every place above the row after it, the last one at the end; forget those that aren't shown any more. */
  settle() {
    const { rows } = this.#log
    const bySeq = new Map(rows.map((row) => [Number(row.dataset.seq), row]))
    for (const [seq, place] of this.#places) {
      const next = bySeq.get(seq + 1)
      const isLast = !this.#pages.hasNewer && seq >= this.#pages.newest
      if (next) this.#putAbove(next, place)
      else if (!isLast) this.#forget(seq)
      else if (this.#list.lastElementChild !== place) this.#list.append(place)
    }
  }

  #putAbove(row, place) {
    const before = row.previousElementSibling
    const anchor = before?.dataset.part === "unread-divider" ? before : row
    if (anchor.previousElementSibling !== place) anchor.before(place)
  }

  #forget(seq) {
    this.#places.get(seq).remove()
    this.#places.delete(seq)
  }

  #placeOf(seq) {
    if (!this.#places.has(seq)) {
      const place = this.#template.querySelector(".lines").cloneNode()
      place.dataset.afterSeq = seq
      this.#places.set(seq, place)
    }
    return this.#places.get(seq)
  }

  #make(line) {
    const row = this.#template.querySelector(".line").cloneNode(true)
    const { rev, kind, by, user_id, message_id, created_at } = line
    Object.assign(row.dataset, { rev, kind, by, userId: user_id ?? "" })
    const text = row.querySelector(".line__text")
    text.textContent = sentence(line)
    if (message_id) text.replaceWith(linkTo(message_id, text))
    row.querySelector("time").dateTime = created_at
    showTime(row)
    return row
  }

  #fold(place) {
    const lines = linesIn(place)
    if (lines.length <= MOST_OPEN) return
    let fold = place.querySelector("details")
    if (!fold) {
      fold = this.#template.querySelector("details").cloneNode(true)
      fold.querySelector(".line")?.remove()
      fold.append(...lines)
      place.replaceChildren(fold)
    }
    const facts = lines.map(({ dataset: { kind, by, userId } }) => ({ kind, by: Number(by), user_id: Number(userId) }))
    fold.querySelector("summary").textContent = summary(facts)
  }
}

function linesIn(place) {
  return [...place.querySelectorAll(".line")]
}

function linkTo(id, { className, textContent }) {
  const link = document.createElement("a")
  link.dataset.act = "jump"
  return Object.assign(link, { className, textContent, href: `?at=${id}#message-${id}` })
}

function showTime(line) {
  const time = line.querySelector("time")
  const date = new Date(time.dateTime)
  showMoment(time, time.dateTime, listTime(date), fullText(date))
}
