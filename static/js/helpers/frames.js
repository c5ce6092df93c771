const LATEST = 200 // milliseconds; a page that isn't shown has no frames

/** A function that runs `work` once in the next frame, however often it is called until then. */
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
