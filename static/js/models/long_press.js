const LONG = 500 // milliseconds
const STILL = 10 // pixels that a resting finger may move

/** Calls `work` with the `pointerdown` of a finger that rests on an element: not every browser tells. */
export class LongPress {
  #work
  #timer = null
  #start = null

  constructor(element, work) {
    this.#work = work
    element.addEventListener("pointerdown", (event) => this.#begin(event))
    element.addEventListener("pointermove", (event) => this.#move(event))
    for (const type of ["pointerup", "pointercancel", "contextmenu"]) {
      element.addEventListener(type, () => this.#end())
    }
  }

  #begin(event) {
    this.#end()
    if (event.pointerType !== "touch" || !event.isPrimary) return
    this.#start = event
    this.#timer = setTimeout(() => this.#work(event), LONG)
  }

  #move({ clientX, clientY }) {
    if (!this.#start) return
    if (Math.hypot(clientX - this.#start.clientX, clientY - this.#start.clientY) > STILL) this.#end()
  }

  #end() {
    clearTimeout(this.#timer)
    this.#start = null
  }
}
