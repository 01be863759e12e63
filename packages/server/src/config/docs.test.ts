import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { configurationPage } from './docs.ts'
import { LEAVES } from './leaves.ts'

it('keeps docs/configuration.md equal to the schema', () => {
  const page = readFileSync(new URL('../../../../docs/configuration.md', import.meta.url), 'utf8')
  expect(page).toBe(configurationPage())
})

it('describes every setting and gives no two the same variable', () => {
  expect(LEAVES.filter((leaf) => leaf.description === '')).toEqual([])
  expect(new Set(LEAVES.map((leaf) => leaf.variable)).size).toBe(LEAVES.length)
})
