import { PlanFigures } from '../../packages/server/src/cli/plan/figures.ts'
import { type Cores, coresOf, type SessionKind } from './cores.ts'
import { machineFacts } from './machine.ts'
import { rawRun, spansOf, TINY } from './raw-engines.ts'
import { dialogue, dialogueOf } from './recordings.ts'
import type { Size } from './row.ts'

/** Measures what the capacity model of `vigia plan` starts from. */
export async function calibrate(size: Size, dir: string, say: (text: string) => void): Promise<PlanFigures> {
  const seconds = { smoke: 2, short: 10, full: 30 }[size]
  const at = async (kind: SessionKind, counts: readonly number[]): Promise<Map<number, Cores>> => {
    const points = new Map<number, Cores>()
    for (const sessions of counts) {
      points.set(sessions, await coresOf(kind, sessions, seconds, dir))
      say(`  ${kind}, ${sessions} sessions: ${points.get(sessions)!.msPerS.toFixed(2)} ms per second of audio`)
    }
    return points
  }
  const small = size === 'smoke'
  const ingest = await at('ingest', small ? [5] : [5, 50, 200])
  const listening = await at('listening', small ? [5] : [5, 20, 50])
  const live = await at('live', small ? [2] : [5, 15])
  const share = await speechShare()
  const { cpus, minutes } = await finalPass(small ? 1 : 5)
  const ingestPoints = points(ingest)
  const listeningPoints = points(listening).map(({ sessions, ms }) => ({
    sessions,
    ms: Math.max(0, ms - near(ingestPoints, sessions)),
  }))
  const speechPoints = points(live).map(({ sessions, ms }) => ({
    sessions,
    ms: Math.max(0, ms - near(ingestPoints, sessions) - near(listeningPoints, sessions)) / share,
  }))
  const facts = machineFacts()
  const most = [...listening.values()].at(-1)!
  return PlanFigures.parse({
    machine: `${facts.cores} cores of ${facts.cpu}, ${facts.memoryGb} GB`,
    date: facts.date,
    ingestMsPerS: ingestPoints,
    listeningMsPerS: listeningPoints,
    speechMsPerS: speechPoints,
    finalMsPerS: cpus / (minutes * 60),
    restMb: most.restMb,
    sessionMb: Math.max(0.01, most.sessionMb),
  })
}

type Points = PlanFigures['ingestMsPerS']

const points = (measured: Map<number, Cores>): Points => [...measured].map(([sessions, { msPerS }]) => ({ sessions, ms: msPerS }))

/** The measured point with the nearest number of sessions. */
function near(all: Points, sessions: number): number {
  const distance = (point: { sessions: number }): number => Math.abs(Math.log(point.sessions / sessions))
  return [...all].sort((a, b) => distance(a) - distance(b))[0]!.ms
}

/** Share of the dialogue that lies in utterances. */
async function speechShare(): Promise<number> {
  const audio = dialogue()
  const spans = await spansOf(audio)
  return spans.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0) / (audio.length / 32)
}

async function finalPass(minutes: number): Promise<{ cpus: number; minutes: number }> {
  const audioMs = minutes * 60_000
  const { cpuMs } = await rawRun({ audioMs, spans: await spansOf(dialogueOf(audioMs)), model: TINY })
  return { cpus: cpuMs, minutes }
}
