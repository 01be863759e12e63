import { get } from 'node:https'
import { VigiaError } from '@vigia/protocol'
import { dataDirToken } from './data-dir-token.ts'
import { configOf, parseFlags } from './flags.ts'

/** `vigia status`: how the server that runs on this machine is. */

const HELP = `vigia status [--json] [--url URL]

Asks the server that runs with the same settings (--port, --data-dir) whether it is ready, and how it is.
Exit code 0: ready; 1: not ready, or not running.`

export async function status(argv: string[]): Promise<number> {
  const { own, settings } = parseFlags(argv, { json: { type: 'boolean' }, url: { type: 'string' } })
  if (own.help) {
    console.log(HELP)
    return 0
  }
  const { config } = configOf(settings)
  const secure = config.tls.auto || config.tls.cert !== ''
  const host = config.host === '0.0.0.0' || config.host === '::' ? '127.0.0.1' : config.host
  const url = typeof own.url === 'string' ? own.url.replace(/\/$/, '') : `${secure ? 'https' : 'http'}://${host}:${config.port}`
  const token = dataDirToken(config.dataDir)
  const ask = (path: string): Promise<Answer> => request(`${url}${path}`, token)
  const ready = await ask('/readyz')
  const metrics = await ask('/metrics')
  const figures = metrics.status === 200 ? figuresOf(metrics.body) : {}
  if (own.json) console.log(JSON.stringify({ url, ready: ready.status === 200, ...JSON.parse(ready.body), figures }, null, 2))
  else console.log(screen(url, ready, figures))
  return ready.status === 200 ? 0 : 1
}

interface Answer {
  status: number
  body: string
}

/** @throws VigiaError `engine_unavailable` where nothing listens */
async function request(url: string, token: string | null): Promise<Answer> {
  const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` }
  try {
    if (url.startsWith('https:')) return await requestSecurely(url, headers)
    const answer = await fetch(url, { headers })
    return { status: answer.status, body: await answer.text() }
  } catch (cause) {
    throw new VigiaError('not_found', `No server answers at ${url}.`, {
      hint: 'Start one with "vigia serve", or say --port or --url.',
      cause,
    })
  }
}

/** The certificate is the server's own; it is on this machine. */
function requestSecurely(url: string, headers: Record<string, string>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    get(url, { headers, rejectUnauthorized: false }, (answer) => {
      let body = ''
      answer.setEncoding('utf8').on('data', (part) => {
        body += part
      })
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }))
    }).on('error', reject)
  })
}

const SHOWN: Readonly<Record<string, string>> = {
  vigia_sessions_live: 'sessions with a client',
  vigia_sessions_detached: 'sessions waiting for theirs',
  vigia_sessions_listening: 'sessions heard live',
  vigia_capacity_slots: 'sessions that can be heard live',
  vigia_jobs_waiting: 'recordings waiting to be transcribed',
  vigia_recognizer_lag_seconds: 'seconds of audio not yet heard, worst session',
  vigia_buffered_audio_bytes: 'bytes of audio not yet on disk',
  process_resident_memory_bytes: 'bytes of memory',
}

/** Figures by metric name, of those that are shown. */
export function figuresOf(metrics: string): Record<string, number> {
  const pairs = metrics
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([name = '']) => name in SHOWN)
  return Object.fromEntries(pairs.map(([name, value]) => [name, Number(value)]))
}

function screen(url: string, ready: Answer, figures: Record<string, number>): string {
  const { reason } = JSON.parse(ready.body) as { reason?: string }
  const lines = Object.entries(figures).map(([name, value]) => `  ${String(value).padStart(12)}  ${SHOWN[name]}`)
  return [`${url}: ${ready.status === 200 ? 'ready' : `not ready (${reason ?? ready.status})`}`, ...lines].join('\n')
}
