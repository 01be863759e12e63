import { readFileSync } from 'node:fs'

/** The demo's photos, drawn for this project (`assets/demo/ORIGIN.md`): a board with notes, a dark room, a sign that warns. */

export interface DemoPhoto {
  name: string
  /** When it is taken, on the recording's timeline. */
  atMs: number
  jpeg: Uint8Array
}

export function demoPhotos(): DemoPhoto[] {
  return [photo('pizarra.jpg', 9_000), photo('oscura.jpg', 24_000), photo('aviso.jpg', 41_000)]
}

function photo(name: string, atMs: number): DemoPhoto {
  return { name, atMs, jpeg: readFileSync(new URL(`../../assets/demo/${name}`, import.meta.url)) }
}
