import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { runScenarios } from '../src/eval/live/run.ts'
import { readScenarios } from '../src/eval/live/scenario.ts'

/** The scripted conversations against a real server: over its socket, on a virtual clock. */

const scenarios = await readScenarios(path.join(import.meta.dirname, 'scenarios'))
const only = process.env.VIGIA_SCENARIO
const chosen = scenarios.filter(({ name }) => !only || name.includes(only))

describe('live scenarios', () => {
  it('are at least thirty, in both languages', () => {
    const embedded = scenarios.filter(({ lanes }) => lanes.includes('embedded'))
    expect(embedded.length).toBeGreaterThanOrEqual(30)
    expect(new Set(embedded.map(({ language }) => language))).toEqual(new Set(['es', 'en']))
  })

  it.each(['decisions', 'embedded'] as const)('pass in the lane "%s"', { timeout: 240_000 }, async (lane) => {
    const outcomes = await runScenarios(chosen, { lanes: [lane] })
    const failed = outcomes.filter(({ status }) => status !== 'passed')
    expect(failed.map(({ scenario, complaints }) => `${scenario}: ${complaints.join('; ')}`)).toEqual([])
  })
})
