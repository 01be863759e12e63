import { expect, it } from 'vitest'
import { ttsContract } from '../../contract/tts-contract.ts'
import { openEspeak } from './espeak.ts'

ttsContract('espeak', openEspeak)

it('has Spanish and English voices and says so when a language is missing', async () => {
  await using tts = await openEspeak()
  const ids = tts.voices.map(({ id }) => id)
  expect(ids).toEqual(expect.arrayContaining(['es', 'es-419', 'en-us', 'en-gb']))
  const said = Array.fromAsync(tts.synthesize({ text: 'Hola.', language: 'tlh' }, new AbortController().signal))
  await expect(said).rejects.toMatchObject({ code: 'language_not_supported' })
})
