import { describe, expect, it } from 'vitest'
import { openSileroVad } from '../../../src/engines/adapters/silero/silero.ts'
import { evaluateGate } from './evaluate.ts'
import { hasRealRecordings, realUtterances, syntheticUtterances } from './recordings.ts'

describe('the reliability gate of tiny-es', () => {
  it('lets every synthetic utterance through', async () => {
    const rows = await evaluateGate(syntheticUtterances())
    expect(rows).toHaveLength(17)
    expect(rows.filter(({ excluded }) => excluded)).toEqual([])
  }, 120_000)

  it.skipIf(!hasRealRecordings)(
    'excludes what it makes of people (needs the recordings of VIGIA_SHARED)',
    async () => {
      await using vad = await openSileroVad()
      const rows = await evaluateGate(await realUtterances(vad))
      expect(rows.length).toBeGreaterThan(30)
      expect(rows.filter(({ excluded }) => !excluded).map(({ name, text }) => [name, text])).toEqual([])
    },
    120_000,
  )
})
