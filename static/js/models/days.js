const STICKS = 12 // pixels below the top of the list, at most: static/css/long-text.css

/** Of the days that stick to the top of the list while it scrolls, only the one that is read shows. */
export function showDayRead(list, top) {
  const days = [...list.querySelectorAll(":scope > .day")]
  const above = days.filter((day) => day.getBoundingClientRect().top <= top + STICKS)
  for (const day of days) day.classList.toggle("day--passed", above.includes(day) && day !== above.at(-1))
}
