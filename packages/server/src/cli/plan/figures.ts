import { z } from 'zod'

/** What the capacity model starts from: figures measured by `npm run bench -- --calibrate FILE`. */

const ms = z.number().nonnegative()

/** CPU of one part at a number of sessions: many sessions share work, so each of them costs less. */
const Point = z.strictObject({ sessions: z.number().int().positive(), ms })

export const PlanFigures = z.strictObject({
  machine: z.string(),
  date: z.string(),
  /** Gateway: receive, store, sync, acknowledge; CPU milliseconds per second of audio. */
  ingestMsPerS: z.array(Point).min(1),
  /** Decoding and voice detection, gateway and engine together; CPU milliseconds per second of audio. */
  listeningMsPerS: z.array(Point).min(1),
  /** Live recognition with its interim text, gateway's part included; CPU milliseconds per second of speech. */
  speechMsPerS: z.array(Point).min(1),
  /** Second pass without telling speakers apart; CPU milliseconds per second of audio. */
  finalMsPerS: ms,
  /** Memory at rest, gateway and engines. */
  restMb: z.number().positive(),
  /** Memory of one live session. */
  sessionMb: z.number().positive(),
})
export type PlanFigures = z.infer<typeof PlanFigures>

/** Between two measured points on a logarithmic scale of sessions; beyond them, the nearest. */
export function at(points: PlanFigures['ingestMsPerS'], sessions: number): number {
  const sorted = [...points].sort((a, b) => a.sessions - b.sessions)
  const above = sorted.find((point) => point.sessions >= sessions)
  const below = sorted.findLast((point) => point.sessions <= sessions)
  if (!above) return below!.ms
  if (!below || above === below) return above.ms
  const share = Math.log(sessions / below.sessions) / Math.log(above.sessions / below.sessions)
  return below.ms + share * (above.ms - below.ms)
}
