import type { Language } from '../i18n/i18n.ts'

/** `1:02:03` or `2:03`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const two = (value: number): string => String(value).padStart(2, '0')
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

/** `3 min 20 s`, `1 h 5 min`, `12 s`. */
export function span(seconds: number): string {
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return whole % 60 === 0 ? `${whole / 60} min` : `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}

/** `12,3 GB`. */
export function bytes(count: number, language: Language): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let at = 0
  let value = count
  while (value >= 1000 && at < units.length - 1) {
    value /= 1000
    at += 1
  }
  return `${value.toLocaleString(language, { maximumFractionDigits: value < 10 && at > 0 ? 1 : 0 })} ${units[at]}`
}

export const timeOfDay = (iso: string, language: Language): string =>
  new Date(iso).toLocaleTimeString(language, { hour: '2-digit', minute: '2-digit' })

export const dayOf = (iso: string, language: Language): string =>
  new Date(iso).toLocaleDateString(language, { day: 'numeric', month: 'short', year: 'numeric' })
