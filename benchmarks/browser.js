// Runs in the page before its own scripts, and measures as milliseconds since the navigation.

const probe = (globalThis.probe = { longTasks: [], frames: [], keys: [] })
const all = (selector) => [...document.querySelectorAll(selector)]
const nextFrame = () => new Promise(requestAnimationFrame)

new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries()) probe.longTasks.push({ startTime, duration })
}).observe({ type: "longtask", buffered: true })

// The composer shows what is typed.
addEventListener(
  "input",
  () => requestAnimationFrame(() => (probe.shownAt ??= performance.now())),
  true,
)
// From a key to the end of the frame that shows it.
addEventListener(
  "keydown",
  ({ timeStamp }) =>
    requestAnimationFrame(() => setTimeout(() => probe.keys.push(performance.now() - timeStamp))),
  true,
)

/** The scripts run, the last message is in sight, and the composer has the focus. */
function isReady() {
  const log = document.querySelector(".log")
  const last = all(".log .message").at(-1)
  const state = document.querySelector(".connection")?.dataset.connectionStateValue
  return (
    last && document.readyState !== "loading" && state !== "none" &&
    document.activeElement.id === "composer-content" &&
    last.getBoundingClientRect().bottom <= log.getBoundingClientRect().bottom + 1
  )
}

probe.ready = async () => {
  while (!isReady()) await nextFrame()
  return (probe.readyAt ??= performance.now())
}

probe.shown = async () => {
  while (!probe.shownAt) await nextFrame()
  return probe.shownAt
}

/** The longest task after the page was ready. */
probe.blocked = () =>
  Math.max(0, ...probe.longTasks.filter((task) => task.startTime > probe.readyAt).map((task) => task.duration))

/** Note from now on how long each frame took. */
probe.watchFrames = () => {
  let last = performance.now()
  const watch = (now) => {
    probe.frames.push(now - last)
    last = now
    requestAnimationFrame(watch)
  }
  requestAnimationFrame(watch)
}

/** The numbers of the messages that have a row, from top to bottom. */
probe.seqs = async () => {
  await nextFrame()
  return all(".log .message").map((row) => Number(row.dataset.seq))
}

probe.lastText = () => all(".log .message__content").at(-1)?.textContent
