import { describe, expect, it } from 'vitest'
import { ConfigSchema } from '../config/schema.ts'
import { installedParts } from './adapters/detector/installed.ts'
import { openEngines } from './catalog.ts'

const config = (input: Record<string, unknown>) => ConfigSchema.parse(input)

describe('the catalogue', () => {
  it('opens the embedded profile: live recognition gives interim text, both passes share one process', async () => {
    await using engines = await openEngines(config({ profile: 'embedded' }))
    expect(engines.liveAsr.capabilities.interim).toBe(true)
    expect(engines.finalAsr.capabilities.interim).toBe(false)
    expect(engines.diarizer).not.toBeNull()
    expect([engines.llm, engines.judge?.id]).toEqual([null, 'text'])
    expect(engines.vision?.id).toBe(installedParts().length > 0 ? 'detector' : 'measured')
    expect(engines.info().asr_live).toMatchObject({ id: 'tiny-es', available: true, note: expect.stringContaining('synthetic') })
    expect(engines.names()).toMatchObject({ vad: 'silero silero-vad-v6', asr_final: 'tiny-es' })
  })

  it('names the known adapters when the configuration names another', async () => {
    const wrong = config({ profile: 'embedded', engines: { vad: { adapter: 'toString' } } })
    await expect(openEngines(wrong)).rejects.toMatchObject({ code: 'config_invalid', message: expect.stringContaining('silero') })
  })

  it('serves a profile whose models are not here on what npm brings', async () => {
    await using engines = await openEngines(config({ profile: 'jetson-orin' }))
    expect(engines.names()).toMatchObject({
      asr_live: 'tiny-es',
      asr_final: 'tiny-es',
      diarizer: expect.stringContaining('classical'),
    })
  })
})
