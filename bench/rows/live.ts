import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CHUNK_BYTES, Fleet, type FleetMessage, type Member } from '../lib/fleet.ts'
import { startVigia } from '../lib/processes.ts'
import { recognizerMs } from '../lib/raw-engines.ts'
import { dialogue } from '../lib/recordings.ts'
import type { Figure, Row, RowContext } from '../lib/row.ts'
import { percentile } from '../lib/stats.ts'
import { cpuOfTree } from '../lib/usage.ts'

/** Whole live sessions: voice detection and recognition of a conversation while it is spoken. */
export const live: Row = {
  name: 'live',
  title: 'Live text: voice detection and recognition in real time, embedded profile',
  async run(context) {
    const ownMs = await recognizerMs()
    const figures: Figure[] = []
    for (const sessions of context.by({ smoke: [2], short: [1, 10, 50], full: [1, 10, 50, 200] })) {
      figures.push(...(await measure(context, sessions, ownMs)))
    }
    return figures
  },
}

/** Further behind than this at the end, the sessions are more than the machine carries. */
const MAX_LAG_S = 2
/** `endpointing.minSilenceMs`: an utterance is over when nobody spoke for so long. */
const SILENCE_MS = 800

async function measure(context: RowContext, sessions: number, ownMs: number): Promise<Figure[]> {
  const seconds = context.by({ smoke: 8, short: 20, full: 40 })
  await using server = await startVigia(await mkdtemp(path.join(context.dir, 'live-')))
  const audio = dialogue()
  const hearing = new Latencies()
  /** The others are recorded only: more than the server measured it can hear. */
  let heard = 0
  const fleet = await Fleet.open(server.url, {
    sessions,
    audio,
    config: { analyze: false, diarize: false },
    // each is at another place of the conversation
    offsetOf: (index) => Math.floor(((index * 0.618) % 1) * (audio.length / CHUNK_BYTES)) * CHUNK_BYTES,
    onMessage(member, message) {
      if (message.type === 'config_ack' && message.tier === 'full') heard += 1
      hearing.take(member, message)
    },
  })
  const before = cpuOfTree(server.pid)
  const begin = performance.now()
  await fleet.stream(seconds * 1000)
  const after = cpuOfTree(server.pid)
  const wallMs = performance.now() - begin
  const late = await lagSeconds(server.url)
  await sleep(context.by({ smoke: 1500, short: 3000, full: 5000 }))
  fleet.drop()
  const own = (after.own - before.own) / wallMs / heard
  const engines = (after.below - before.below) / wallMs / heard
  const than = { name: 'the silence that ends it and the recognizer alone', value: SILENCE_MS + ownMs }
  const finalMs = percentile(hearing.finals, 0.5)
  const n = `${sessions} sessions${heard < sessions ? `, ${heard} of them heard` : ''}`
  // what was not heard in time cost no CPU yet: then CPU says nothing of what a core carries
  const carried: Figure[] = [
    { what: `sessions heard that one core carries, ${n}`, unit: 'sessions', better: 'more', ours: 1 / (own + engines) },
    {
      what: `gateway CPU per second of audio, ${n}`,
      unit: 'ms',
      better: 'less',
      ours: own * 1000,
      than: { name: 'the engines', value: engines * 1000 },
      ratio: own / engines,
    },
  ]
  return [
    ...(late <= MAX_LAG_S ? carried : []),
    {
      what: `first interim after speech begins, median, ${n}`,
      unit: 'ms',
      better: 'less',
      ours: percentile(hearing.interims, 0.5),
    },
    {
      what: `final text after speech ends, median, ${n}`,
      unit: 'ms',
      better: 'less',
      ours: finalMs,
      than,
      ratio: finalMs / than.value,
    },
    {
      what: `the same, 95 %, ${n}`,
      unit: 'ms',
      better: 'less',
      ours: percentile(hearing.finals, 0.95),
      than,
      ratio: percentile(hearing.finals, 0.95) / than.value,
    },
    {
      what: `audio not yet heard at the end, worst session, ${n}`,
      unit: 's',
      better: 'less',
      ours: late,
      ...(late > MAX_LAG_S ? { note: 'more than this machine carries: text falls behind, audio is stored all the same' } : {}),
    },
  ]
}

/** From the place on the timeline where speech began or ended to the message that says what was said. */
class Latencies {
  readonly interims: number[] = []
  readonly finals: number[] = []
  readonly #seen = new Set<string>()
  readonly #stops = new Map<Member, number[]>()

  take(member: Member, message: FleetMessage): void {
    const now = performance.now()
    if (message.type === 'partial_result') {
      const key = `${member.index} ${String(message.utterance_id)}`
      if (this.#seen.has(key)) return
      this.#seen.add(key)
      this.interims.push(now - member.startedAt - Number(message.start) * 1000)
    } else if (message.type === 'speech_stopped') {
      this.#stops.set(member, [...(this.#stops.get(member) ?? []), Number(message.at)])
    } else if (message.type === 'segment') {
      const spokenUntil = this.#stops.get(member)?.shift()
      if (spokenUntil !== undefined) this.finals.push(now - member.startedAt - spokenUntil * 1000)
    }
  }
}

async function lagSeconds(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(/^vigia_recognizer_lag_seconds ([\d.e+-]+)$/m.exec(text)?.[1] ?? Number.NaN)
}
