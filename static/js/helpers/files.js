// What files are called and how large they are shown.

import { plural } from "helpers/names.js"

export const TILE = 320 // CSS pixels of the longer side of an image in a row; `SIDE` of pages/files.py

const IMAGES = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"]

export const isImage = ({ type }) => IMAGES.includes(type)

/** The size in which an image is shown in a row: as large as fits into a square. */
export function tileOf({ width, height }) {
  const scale = Math.min(1, TILE / (width || TILE), TILE / (height || TILE))
  return { width: Math.max(1, Math.round((width || TILE) * scale)), height: Math.max(1, Math.round((height || TILE) * scale)) }
}

/** `1 byte`, `12 KB`, `3.4 MB`: in powers of a thousand; `size_text` of pages/files.py. */
export function sizeText(bytes) {
  if (bytes < 1000) return plural(bytes, "byte")
  const unit = bytes < 999_500 ? 1 : bytes < 999_500_000 ? 2 : 3
  const value = bytes / 1000 ** unit
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${["KB", "MB", "GB"][unit - 1]}`
}

/** An image of nothing, which takes the room of one that is still to come. */
export function blank({ width, height }) {
  return `data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='${width}' height='${height}'/%3E`
}
