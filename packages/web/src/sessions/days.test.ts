import { afterEach, expect, it, vi } from 'vitest'
import { dayGroup } from './list-page.tsx'

afterEach(() => vi.unstubAllEnvs())

it('groups by days of the calendar', () => {
  const today = new Date(2026, 4, 20, 9)
  const at = (day: number, hour: number): string => new Date(2026, 4, day, hour).toISOString()
  expect([at(20, 0), at(19, 23), at(19, 0), at(18, 23), at(14, 0), at(13, 23)].map((iso) => dayGroup(iso, today))).toEqual([
    'today',
    'yesterday',
    'yesterday',
    'thisWeek',
    'thisWeek',
    'earlier',
  ])
})

it('knows that the day before is an hour shorter when the clocks go forward', () => {
  vi.stubEnv('TZ', 'Europe/Madrid')
  const now = new Date('2026-03-30T10:00:00+02:00')
  // 29 March 2026 has 23 hours: what was said at 23:30 of the 28th was not said on the 29th
  expect(dayGroup('2026-03-28T23:30:00+01:00', now)).toBe('thisWeek')
  expect(dayGroup('2026-03-29T00:10:00+01:00', now)).toBe('yesterday')
})
