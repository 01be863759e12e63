import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { FAIL_POINTS } from './fail-point.ts'

/** The tests that kill go by this list: a place that is not on it would never be tried. */

const SOURCES = join(import.meta.dirname, '..')
const CALL = /\b(failPoint|isFailing)\((?!name: )([^)]*)\)/g

async function calls(): Promise<{ of: string; what: string }[]> {
  const files = (await readdir(SOURCES, { recursive: true })).filter((name) => /(?<!\.test)\.tsx?$/.test(name))
  const texts = await Promise.all(files.map((name) => readFile(join(SOURCES, name), 'utf8')))
  return texts.flatMap((text) => [...text.matchAll(CALL)].map(([, of, what]) => ({ of: of!, what: what! })))
}

it('names every place at which the source may end the process, each once', async () => {
  const places = (await calls()).filter(({ of }) => of === 'failPoint').map(({ what }) => what)
  expect(places.toSorted()).toEqual(FAIL_POINTS.map((name) => `'${name}'`).toSorted())
  expect(new Set(FAIL_POINTS).size).toBe(FAIL_POINTS.length)
})

it('has no place that only prepares for an end that never comes', async () => {
  const all = await calls()
  for (const { what } of all.filter(({ of }) => of === 'isFailing')) expect(all).toContainEqual({ of: 'failPoint', what })
})
