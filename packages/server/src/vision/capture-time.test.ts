import { expect, test } from 'vitest'
import { captureTime } from './capture-time.ts'

const arrivedMs = Date.parse('2026-05-01T12:00:00Z')
const at = (time: ReturnType<typeof captureTime>) => [time.at.toISOString(), time.by]

test('the camera comes before the client, the client before arrival', () => {
  const exifTime = '2026-05-01T13:59:30+02:00'
  const clientTime = '2026-05-01T11:59:40Z'
  expect(at(captureTime({ exifTime, clientTime, arrivedMs }))).toEqual(['2026-05-01T11:59:30.000Z', 'exif'])
  expect(at(captureTime({ exifTime: null, clientTime, arrivedMs }))).toEqual(['2026-05-01T11:59:40.000Z', 'client'])
  expect(at(captureTime({ exifTime: null, arrivedMs }))).toEqual(['2026-05-01T12:00:00.000Z', 'arrival'])
})

test('the client may state milliseconds', () => {
  expect(at(captureTime({ exifTime: null, clientTime: arrivedMs - 5000, arrivedMs }))).toEqual([
    '2026-05-01T11:59:55.000Z',
    'client',
  ])
})

test('a time in the future is not believed', () => {
  expect(at(captureTime({ exifTime: '2026-05-01T13:00:00Z', clientTime: '2027-01-01T00:00:00Z', arrivedMs }))[1]).toBe('arrival')
})

test('a camera time without an offset yields to the client', () => {
  expect(captureTime({ exifTime: '2026-05-01T11:00:00', clientTime: arrivedMs - 1000, arrivedMs }).by).toBe('client')
  const local = captureTime({ exifTime: '2026-05-01T03:00:00', arrivedMs })
  expect(local).toEqual({ at: new Date('2026-05-01T03:00:00'), by: 'exif' })
  expect(captureTime({ exifTime: '2020-01-01T00:00:00', arrivedMs }).by).toBe('arrival')
})

test('a time that is not one is passed over', () => {
  expect(captureTime({ exifTime: 'yesterday', clientTime: 'nonsense', arrivedMs }).by).toBe('arrival')
})

test('clocks that are minutes apart are noted, a photo that had to wait is not', () => {
  const arrivedMs = Date.parse('2026-05-01T12:00:00Z')
  const skew = (exifTime: string | null, clientTime?: string) => captureTime({ exifTime, clientTime, arrivedMs }).skew
  expect(skew('2026-05-01T11:00:00Z', '2026-05-01T11:59:59Z')).toEqual({ between: 'camera and client', ms: -3_599_000 })
  expect(skew(null, '2026-05-01T12:30:00Z')).toEqual({ between: 'photo and server', ms: 1_800_000 })
  expect(skew(null, '2026-05-01T09:00:00Z')).toBeUndefined()
  expect(skew('2026-05-01T10:00:00', '2026-05-01T11:59:59Z')).toBeUndefined()
  expect(skew(null)).toBeUndefined()
})
