// Runs in the page before its own scripts: how long a click takes until another chat is readable.

const probe = (globalThis.probe = {})
const title = () => document.querySelector(".chat__title")?.textContent

/** Another chat than before, with its newest message in sight. */
function isReadable(before) {
  const log = document.querySelector(".log")
  const last = [...document.querySelectorAll(".log .message")].at(-1)
  return (
    last && title() !== before &&
    last.getBoundingClientRect().bottom <= log.getBoundingClientRect().bottom + 1
  )
}

/** Click on a chat of the list; answers the milliseconds until the frame that shows it. */
probe.open = (path) =>
  new Promise((done) => {
    const [before, start] = [title(), performance.now()]
    const look = () => {
      if (isReadable(before)) setTimeout(() => done(performance.now() - start))
      else requestAnimationFrame(look)
    }
    document.querySelector(`.chat-item__link[href="${path}"]`).click()
    requestAnimationFrame(look)
  })

probe.isConnected = () => document.querySelector(".connection")?.dataset.connectionStateValue === "ready"
probe.chats = () => [...document.querySelectorAll(".chat-item__link")].map((link) => link.getAttribute("href"))
probe.firstPaint = () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime
