import type { ModelEntry } from '../../models/manifest.ts'
import { modelsOf } from '../profiles.ts'
import { PORTS, PROFILE_LIST, type ProfileName } from './list.ts'

/** The parts of `docs/profiles/` that the code knows better than a writer: what runs, what it needs, under which licence. */

const NAMES = {
  vad: 'voice detection',
  asrLive: 'live text',
  asrFinal: 'final text',
  diarizer: 'speakers',
  llm: 'language model',
  tts: 'voice',
  vision: 'photos',
  judge: 'end of turn',
}

/** What serves each port, best first. */
export function enginesTable(name: ProfileName): string {
  const { candidates } = PROFILE_LIST[name]
  const rows = PORTS.map((port) => {
    const list = candidates[port].map((one) => {
      const named = modelsOf(one)
      const where = one.urlEnv ?? one.keyEnv
      return `\`${one.adapter}\`${named.length > 0 ? ` ${named.map((id) => `\`${id}\``).join(' + ')}` : ''}${where ? ` (if \`${String(where)}\` is set)` : ''}`
    })
    return `| ${NAMES[port]} | ${list.join(', else ') || 'none'} |`
  })
  return ['| what | served by |', '| --- | --- |', ...rows].join('\n')
}

/** Every model that the profile may use, with what it takes and its licence. */
export function modelsTable(name: ProfileName, entries: readonly ModelEntry[]): string {
  const { candidates } = PROFILE_LIST[name]
  const ids = [...new Set(Object.values(candidates).flatMap((all) => all.flatMap(modelsOf)))]
  const rows = ids.map((id) => {
    const { ramMb, vramMb, license, unverified } = entries.find((entry) => entry.id === id)!
    const name = `${license.url ? `[${license.name}](${license.url})` : license.name}${license.commercial ? '' : ' **(limited: must be accepted)**'}`
    return `| \`${id}\` | ${ramMb} | ${vramMb || '–'} | ${name} | ${unverified.join('; ') || '–'} |`
  })
  if (rows.length === 0) return 'No models to fetch.'
  return ['| model | RAM MB | card MB | licence | not verified here |', '| --- | --- | --- | --- | --- |', ...rows].join('\n')
}
