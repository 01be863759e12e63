import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startVigia } from '../lib/processes.ts'
import { rawRun, spansOf } from '../lib/raw-engines.ts'
import { dialogueOf } from '../lib/recordings.ts'
import type { Row } from '../lib/row.ts'
import { interleave, middle, ratioOf, type Sample } from '../lib/stats.ts'
import { cpuOfTree } from '../lib/usage.ts'

/** A recording from upload to final text (stored, decoded, cut, recognized, kept) beside the bare engines on the same audio. */
export const pipeline: Row = {
  name: 'pipeline',
  title: 'Pipeline over raw engines: a recording to text, embedded profile',
  async run(context) {
    const minutes = context.by({ smoke: 1, short: 10, full: 30 })
    const audio = dialogueOf(minutes * 60_000)
    const spans = await spansOf(audio)
    const ours = async (): Promise<Sample> => {
      await using server = await startVigia(await mkdtemp(path.join(context.dir, 'pipeline-')))
      const before = cpuOfTree(server.pid)
      const begin = performance.now()
      const answer = await fetch(`${server.url}/sessions?encoding=pcm16&diarize=false&analyze=false`, {
        method: 'POST',
        headers: { 'content-type': 'application/octet-stream' },
        body: audio as BodyInit,
      })
      const { session_id } = (await answer.json()) as { session_id: string }
      await untilFinal(`${server.url}/sessions/${session_id}`)
      const after = cpuOfTree(server.pid)
      return { wallMs: performance.now() - begin, cpuMs: after.own - before.own + after.below - before.below }
    }
    const samples = await interleave(context.by({ smoke: 1, short: 3, full: 5 }), { ours, raw: () => rawRun(audio, spans) })
    const line = (key: 'wallMs' | 'cpuMs', what: string) => ({
      what: `${what}, ${minutes} min of audio`,
      unit: 's',
      better: 'less' as const,
      ours: middle(samples.ours, key) / 1000,
      than: { name: 'engines alone', value: middle(samples.raw, key) / 1000 },
      ...ratioOf(samples.ours, samples.raw, key),
    })
    return [{ ...line('cpuMs', 'CPU of all processes'), goal: { of: 'ratio', max: 1.05 } }, line('wallMs', 'time')]
  },
}

/** Asked seldom: the server's answers are CPU that is counted too. */
const POLL_MS = 500

async function untilFinal(url: string): Promise<void> {
  for (let tries = 0; tries < 2400; tries += 1) {
    const { state } = (await (await fetch(url)).json()) as { state: string }
    if (state === 'final') return
    await sleep(POLL_MS)
  }
  throw new Error('the recording was not finished in 20 minutes')
}
