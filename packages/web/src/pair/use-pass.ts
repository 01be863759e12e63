import { VigiaError } from '@vigia/client'
import { useCallback, useEffect, useState } from 'react'
import { api, useLoaded } from '../std/api.ts'
import { settings } from '../std/settings.ts'

/**
 * What a pairing code carries besides the address. `open`: nothing is needed; `token`: a short-lived pass made for it;
 * `none`: this browser has only a pass itself, of which no other can be made.
 */
export type Pass = { kind: 'open' } | { kind: 'none' } | { kind: 'token'; token: string; expiresMs: number }

export interface PassState {
  pass: Pass | null
  error: unknown
  renew: () => void
}

const SCOPES = ['live', 'read'] as const

/** A fresh pass each time it is asked for, and another when it has expired. */
export function usePass(lifetimeS: number): PassState {
  const [round, setRound] = useState(0)
  const renew = useCallback(() => setRound((count) => count + 1), [])
  const { data, error } = useLoaded(`pass ${lifetimeS} ${round}`, (signal) => makePass(lifetimeS, signal))
  const expiresMs = data?.kind === 'token' ? data.expiresMs : null
  useEffect(() => {
    if (expiresMs === null) return
    const timer = setTimeout(renew, Math.max(0, expiresMs - Date.now()))
    return () => clearTimeout(timer)
  }, [expiresMs, renew])
  return { pass: data, error, renew }
}

async function makePass(lifetimeS: number, signal: AbortSignal): Promise<Pass> {
  const me = await api().me(signal)
  if (me.open && settings().key === '') return { kind: 'open' }
  try {
    const scopes = SCOPES.filter((scope) => me.scopes.includes(scope))
    const askedMs = Date.now()
    const { token } = await api().token({ scopes: [...scopes], lifetime_s: lifetimeS, once: false }, signal)
    // by the clock of this device, which may go otherwise than the server's
    return { kind: 'token', token, expiresMs: askedMs + lifetimeS * 1000 }
  } catch (error) {
    if (VigiaError.is(error) && error.code === 'forbidden') return { kind: me.open ? 'open' : 'none' }
    throw error
  }
}
