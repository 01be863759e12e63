/** Days of the calendar without hours or zones: `2026-03-10`. Pure. */

/** A day as days since 1970-01-01. */
export type Day = number

const DAY_MS = 86_400_000

/** The day that a clock in `timeZone` shows at an instant. @param instant - ISO 8601 @param timeZone - IANA name */
export function localDay(instant: string, timeZone: string): Day {
  const text = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(
    new Date(instant),
  )
  return Math.round(Date.parse(`${text}T00:00:00Z`) / DAY_MS)
}

export function toIso(day: Day): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}

export function fromIso(iso: string): Day {
  return Math.round(Date.parse(`${iso}T00:00:00Z`) / DAY_MS)
}

/** 0 is Monday. 1970-01-01 was a Thursday. */
export function weekdayOf(day: Day): number {
  return (((day + 3) % 7) + 7) % 7
}

/** The day, or null where the month has no such day. @param month - 1 to 12; others run on into other years */
export function dayOf(year: number, month: number, date: number): Day | null {
  const found = Math.round(Date.UTC(year, month - 1, date) / DAY_MS)
  return new Date(found * DAY_MS).getUTCDate() === date ? found : null
}

export function partsOf(day: Day): { year: number; month: number; date: number } {
  const date = new Date(day * DAY_MS)
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, date: date.getUTCDate() }
}

/** Last day of the month that is `offset` months after the day's own. */
export function monthEnd(day: Day, offset = 0): Day {
  const { year, month } = partsOf(day)
  return Math.round(Date.UTC(year, month + offset, 0) / DAY_MS)
}
