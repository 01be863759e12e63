import type { z } from 'zod'
import { LEAVES, type Leaf } from './leaves.ts'
import type { Setting } from './sources.ts'

/** Says a mistake in the configuration as `path (source): expected …, got …`. */

/** What a setting takes, in words: `an integer from 0 to 65535`. */
export function expectation(leaf: Leaf): string {
  if (leaf.values) return `one of ${leaf.values.join(', ')}`
  if (leaf.type === 'boolean') return 'true or false'
  if (leaf.type === 'string') return 'text'
  const what = leaf.type === 'integer' ? 'an integer' : 'a number'
  return leaf.min === undefined ? what : `${what} from ${leaf.min} to ${leaf.max}`
}

/** One line per mistake. */
export function describeIssue(issue: z.core.$ZodIssue, settings: readonly Setting[]): string[] {
  const path = issue.path.join('.')
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const full = path ? `${path}.${key}` : key
      const source = settings.find((s) => s.path === full || s.path.startsWith(`${full}.`))?.source
      return `${full} (${source ?? 'configuration'}): no such setting`
    })
  }
  const setting = settings.findLast((candidate) => candidate.path === path)
  const leaf = LEAVES.find((candidate) => candidate.path === path)
  const expected = issue.code === 'custom' || !leaf ? issue.message : `expected ${expectation(leaf)}`
  const where = setting?.source ?? settings.findLast((candidate) => candidate.path.startsWith(`${path}.`))?.source ?? 'default'
  return [`${path} (${where}): ${expected}${setting ? `, got ${JSON.stringify(setting.value)}` : ''}`]
}
