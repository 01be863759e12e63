import { type ErrorCode, VigiaError } from '@vigia/protocol'

/** The HTTP API of a running server, as the MCP tools use it. */
export interface Api {
  get(path: string): Promise<unknown>
  text(path: string): Promise<string>
  post(path: string, body: unknown): Promise<unknown>
}

const TIMEOUT_MS = 130_000

export function httpApi(url: string, key: string | undefined): Api {
  const base = url.replace(/\/+$/u, '')
  const call = async (path: string, body?: unknown): Promise<Response> => {
    const response = await fetch(base + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        ...(key ? { authorization: `Bearer ${key}` } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((cause: unknown) => {
      throw new VigiaError('engine_unavailable', `No Vigía server answers at ${base}.`, {
        hint: 'Start it with "vigia serve", or give its address with --url.',
        cause,
      })
    })
    if (response.ok) return response
    const { error } = (await response.json().catch(() => ({}))) as { error?: { code: ErrorCode; message: string; hint?: string } }
    throw new VigiaError(error?.code ?? 'internal', error?.message ?? `The server answered ${response.status}.`, {
      ...(error?.hint ? { hint: error.hint } : {}),
    })
  }
  return {
    get: async (path) => (await call(path)).json(),
    text: async (path) => (await call(path)).text(),
    post: async (path, body) => (await call(path, body)).json(),
  }
}
