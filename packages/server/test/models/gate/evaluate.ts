import { judge, stretched, type Verdict } from '../../../src/engines/adapters/embedded/reliability.ts'
import { loadCharModel, openTinyEs } from '../../../src/engines/adapters/embedded/tiny-es.ts'
import type { Asr } from '../../../src/engines/asr.ts'
import type { GateUtterance } from './recordings.ts'

export interface GateRow extends Verdict {
  name: string
  voice: 'synthetic' | 'real'
  seconds: number
  text: string
  /** What the recognizer itself said. */
  excluded: boolean
}

/** Recognizes each utterance and keeps the gate's figures; utterances without text need no verdict and are left out. */
export async function evaluateGate(utterances: readonly GateUtterance[]): Promise<GateRow[]> {
  await using asr = await openTinyEs()
  const model = await loadCharModel()
  const rows: GateRow[] = []
  for (const { name, voice, samples } of utterances) {
    const { text, excluded } = await recognize(asr, samples)
    if (text === '') continue
    const verdict = await judge(text, model, async () => (await recognize(asr, stretched(samples))).text)
    rows.push({ name, voice, seconds: samples.length / 16_000, text, excluded, ...verdict })
  }
  return rows
}

async function recognize(asr: Asr, samples: Int16Array): Promise<{ text: string; excluded: boolean }> {
  async function* audio() {
    yield { samples: samples.slice(), startMs: 0 }
  }
  const events = await Array.fromAsync(
    asr.transcribe(audio(), { language: 'es', purpose: 'final' }, new AbortController().signal),
  )
  const finals = events.filter((event) => event.type === 'final')
  return { text: finals.map(({ text }) => text).join(' '), excluded: finals.some(({ excluded }) => excluded === 'unreliable') }
}
