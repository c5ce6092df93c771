/** Handle events of a source by their type, with their detail; returns a function that ends it. */
export function listen(source, handlers) {
  const listening = new AbortController()
  for (const [type, take] of Object.entries(handlers)) {
    source.addEventListener(type, ({ detail }) => take(detail), { signal: listening.signal })
  }
  return () => listening.abort()
}
