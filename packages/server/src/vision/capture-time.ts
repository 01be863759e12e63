import type { Observation } from '@vigia/protocol'

/** When a photo was taken: by its camera, else by the client, else when it arrived. */

export interface CaptureTime {
  at: Date
  by: NonNullable<Observation['captured_by']>
  /** How far two clocks are apart, where that can be told: the camera's and the client's, or either and the server's. */
  skew?: { between: 'camera and client' | 'photo and server'; ms: number }
}

export interface CaptureHints {
  /** ISO 8601 from EXIF, perhaps without an offset. */
  exifTime: string | null
  /** ISO 8601 or milliseconds since 1970. */
  clientTime?: string | number | undefined
  arrivedMs: number
}

/** A clock may run ahead by this much and still be believed. */
const MAX_AHEAD_MS = 5 * 60_000

/** Clocks that are nearer to each other are not worth a note. */
const MIN_SKEW_MS = 2 * 60_000

/** An EXIF time without an offset is believed this far back; see {@link captureTime}. */
const MAX_FLOATING_AGE_MS = 24 * 3_600_000

/**
 * Chooses the capture time in the order EXIF, client, arrival. Times in the future are not believed. An EXIF time without
 * an offset leaves open which day's hour it is: it yields to the client's time, and else is read in the server's
 * time zone and believed for a day.
 */
export function captureTime(hints: CaptureHints): CaptureTime {
  const skew = skewOf(hints)
  return skew ? { ...chosenTime(hints), skew } : chosenTime(hints)
}

function chosenTime({ exifTime, clientTime, arrivedMs }: CaptureHints): CaptureTime {
  const believable = (ms: number) => Number.isFinite(ms) && ms > 0 && ms <= arrivedMs + MAX_AHEAD_MS
  const exifMs = exifTime === null ? Number.NaN : Date.parse(exifTime)
  const clientMs = typeof clientTime === 'string' ? Date.parse(clientTime) : (clientTime ?? Number.NaN)
  if (believable(exifMs) && hasOffset(exifTime)) return { at: new Date(exifMs), by: 'exif' }
  if (believable(clientMs)) return { at: new Date(clientMs), by: 'client' }
  if (believable(exifMs) && arrivedMs - exifMs <= MAX_FLOATING_AGE_MS) return { at: new Date(exifMs), by: 'exif' }
  return { at: new Date(arrivedMs), by: 'arrival' }
}

/** A time in the future is a clock that is ahead; one in the past may be a photo that had to wait. */
function skewOf({ exifTime, clientTime, arrivedMs }: CaptureHints): CaptureTime['skew'] | null {
  const exifMs = exifTime !== null && hasOffset(exifTime) ? Date.parse(exifTime) : Number.NaN
  const clientMs = typeof clientTime === 'string' ? Date.parse(clientTime) : (clientTime ?? Number.NaN)
  const apart = exifMs - clientMs
  if (Math.abs(apart) >= MIN_SKEW_MS) return { between: 'camera and client', ms: apart }
  const ahead = Math.max(...[exifMs, clientMs].filter(Number.isFinite)) - arrivedMs
  return ahead >= MIN_SKEW_MS ? { between: 'photo and server', ms: ahead } : null
}

const hasOffset = (iso: string | null): boolean => /(Z|[+-]\d\d:\d\d)$/.test(iso ?? '')
