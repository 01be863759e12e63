import { useSyncExternalStore } from 'react'
import type { Language } from '../i18n/i18n.ts'

/** What this browser remembers. */
export interface Settings {
  language: Language | 'auto'
  theme: 'auto' | 'light' | 'dark'
  /** Access key or short-lived token. */
  key: string
  camera: boolean
  photoEveryS: number
  assistant: boolean
  spoken: string
  /** Searches and choices of sessions, by their address. */
  searches: { name: string; address: string }[]
}

const DEFAULTS: Settings = {
  language: 'auto',
  theme: 'auto',
  key: '',
  camera: false,
  photoEveryS: 10,
  assistant: false,
  spoken: 'es',
  searches: [],
}
const NAME = 'vigia-settings'
const listeners = new Set<() => void>()
let current: Settings = read()

function read(): Settings {
  try {
    return { ...DEFAULTS, ...(JSON.parse(localStorage.getItem(NAME) ?? '{}') as Partial<Settings>) }
  } catch {
    return DEFAULTS
  }
}

export const settings = (): Settings => current

export function changeSettings(patch: Partial<Settings>): void {
  current = { ...current, ...patch }
  try {
    localStorage.setItem(NAME, JSON.stringify(current))
  } catch {
    // private browsing: it lasts as long as the page
  }
  for (const listener of listeners) listener()
}

export function useSettings(): Settings {
  return useSyncExternalStore((changed) => {
    listeners.add(changed)
    return () => listeners.delete(changed)
  }, settings)
}
