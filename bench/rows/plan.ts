import { MEASURED } from '../../packages/server/src/cli/plan/measured.ts'
import { type PlanInput, planFor } from '../../packages/server/src/cli/plan/model.ts'
import { coresOf, type SessionKind } from '../lib/cores.ts'
import type { Figure, Row } from '../lib/row.ts'

/** The capacity model beside real runs: what it says these sessions cost, and what they cost. */
export const plan: Row = {
  name: 'plan',
  title: 'Capacity model: cores in use, beside what `vigia plan` says',
  async run({ by, dir }) {
    const runs = by<readonly (readonly [SessionKind, number])[]>({
      smoke: [['ingest', 5]],
      short: [
        ['live', 10],
        ['listening', 50],
        ['ingest', 200],
      ],
      full: [
        ['live', 10],
        ['listening', 50],
        ['ingest', 200],
      ],
    })
    const figures: Figure[] = []
    for (const [kind, sessions] of runs) {
      const { msPerS } = await coresOf(kind, sessions, by({ smoke: 2, short: 10, full: 30 }), dir)
      const measured = (msPerS * sessions) / 1000
      const said = predicted(kind, sessions)
      figures.push({
        what: `${WHAT[kind]}, ${sessions} sessions: error ${(Math.abs(said / measured - 1) * 100).toFixed(0)} %`,
        unit: 'cores',
        better: 'less',
        ours: measured,
        than: { name: 'the model', value: said },
        ratio: measured / said,
      })
    }
    return figures
  },
}

const WHAT = { ingest: 'stored and acknowledged', listening: 'silence, heard', live: 'a conversation with live text' }
/** Share of the dialogue in which somebody speaks. */
const DIALOGUE_DUTY = 0.9

function predicted(kind: SessionKind, sessions: number): number {
  const input: PlanInput = {
    sessions,
    duty: DIALOGUE_DUTY,
    hoursPerDay: 1,
    keepDays: 0,
    streamBytesPerS: 32_000,
    photosPerHour: 0,
    photoBytes: 0,
    gpuStreams: null,
    targetUse: 1,
    price: { coreHour: 0, gpuHour: 0, gbMonth: 0 },
  }
  const { cores } = planFor(input, MEASURED)
  return cores.ingest + (kind === 'ingest' ? 0 : cores.listening) + (kind === 'live' ? cores.speech : 0)
}
