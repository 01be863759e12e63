import type { Observation } from '@vigia/protocol'

/** When a photo was taken: by its camera, else by the client, else when it arrived. */

export interface CaptureTime {
  at: Date
  by: NonNullable<Observation['captured_by']>
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

/** An EXIF time without an offset is believed this far back; see {@link captureTime}. */
const MAX_FLOATING_AGE_MS = 24 * 3_600_000

/**
 * Chooses the capture time in the order EXIF, client, arrival. Times in the future are not believed. An EXIF time without
 * an offset leaves open which day's hour it is: it yields to the client's time, and else is read in the server's
 * time zone and believed for a day.
 */
export function captureTime({ exifTime, clientTime, arrivedMs }: CaptureHints): CaptureTime {
  const believable = (ms: number) => Number.isFinite(ms) && ms > 0 && ms <= arrivedMs + MAX_AHEAD_MS
  const exifMs = exifTime === null ? Number.NaN : Date.parse(exifTime)
  const clientMs = typeof clientTime === 'string' ? Date.parse(clientTime) : (clientTime ?? Number.NaN)
  if (believable(exifMs) && hasOffset(exifTime)) return { at: new Date(exifMs), by: 'exif' }
  if (believable(clientMs)) return { at: new Date(clientMs), by: 'client' }
  if (believable(exifMs) && arrivedMs - exifMs <= MAX_FLOATING_AGE_MS) return { at: new Date(exifMs), by: 'exif' }
  return { at: new Date(arrivedMs), by: 'arrival' }
}

const hasOffset = (iso: string | null): boolean => /(Z|[+-]\d\d:\d\d)$/.test(iso ?? '')
