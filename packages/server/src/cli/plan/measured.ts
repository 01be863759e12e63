import type { PlanFigures } from './figures.ts'

/** Figures of the machine that Vigía is developed on: used where none of the reader's own are given. */
export const MEASURED: PlanFigures = {
  machine: '2 cores of AMD EPYC, 24 GB, shared with other work',
  date: '2026-11-20',
  ingestMsPerS: [
    { sessions: 10, ms: 4 },
    { sessions: 50, ms: 2.6 },
    { sessions: 200, ms: 1 },
  ],
  listeningMsPerS: [{ sessions: 10, ms: 12 }],
  speechMsPerS: [{ sessions: 10, ms: 60 }],
  finalMsPerS: 13,
  restMb: 650,
  sessionMb: 1,
}
