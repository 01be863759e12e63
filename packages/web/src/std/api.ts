import { type Auth, Vigia } from '@vigia/client'
import { useCallback, useEffect, useState } from 'react'
import { watchedFetch } from './reach.ts'
import { settings } from './settings.ts'

/** A key or token as the client takes it; tokens of the server begin with `vt_`. */
export function authOf(key: string): Auth {
  if (key === '') return {}
  return key.startsWith('vt_') ? { token: key } : { key }
}

/** The server this page came from, as whoever the settings say. */
export const api = (key = settings().key): Vigia => new Vigia({ auth: authOf(key), fetch: watchedFetch })

export interface Loaded<T> {
  data: T | null
  error: unknown
  loading: boolean
  reload: () => void
  set: (data: T) => void
}

/** Loads when `key` changes; keeps what it had while it loads again. */
export function useLoaded<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [state, setState] = useState<{ data: T | null; error: unknown; loading: boolean }>({
    data: null,
    error: null,
    loading: true,
  })
  const [round, setRound] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for what `load` closes over
  useEffect(() => {
    const stop = new AbortController()
    setState((before) => ({ ...before, loading: true }))
    load(stop.signal).then(
      (data) => {
        if (!stop.signal.aborted) setState({ data, error: null, loading: false })
      },
      (error: unknown) => {
        if (!stop.signal.aborted) setState((before) => ({ ...before, error, loading: false }))
      },
    )
    return () => stop.abort()
  }, [key, round])
  const reload = useCallback(() => setRound((count) => count + 1), [])
  const set = useCallback((data: T) => setState({ data, error: null, loading: false }), [])
  return { ...state, reload, set }
}
