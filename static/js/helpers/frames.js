const LATEST = 200 // milliseconds; a hidden page has no frames

/** A function that runs `work` once in the next frame, however often it is called before. */
export function inNextFrame(work) {
  let frame = null
  let timer = null
  const run = () => {
    cancelAnimationFrame(frame)
    clearTimeout(timer)
    timer = null
    work()
  }
  return () => {
    if (timer) return
    frame = requestAnimationFrame(run)
    timer = setTimeout(run, LATEST)
  }
}

/** A function that collects items, one a call: `work` gets at most `most` of them a frame. */
export function inBatches(most, work) {
  const waiting = []
  const soon = inNextFrame(() => {
    const batch = waiting.splice(0, most)
    if (waiting.length) soon()
    work(batch)
  })
  return (item) => {
    waiting.push(item)
    soon()
  }
}

/** A function that runs `work` once, so many milliseconds after it was first called. */
export function after(milliseconds, work) {
  let timer = null
  return () => {
    timer ??= setTimeout(() => {
      timer = null
      work()
    }, milliseconds)
  }
}
