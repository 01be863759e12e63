import type { EngineInfo } from '@vigia/protocol'
import { isLoopback, isWildcard } from './addresses.ts'

/** What `serve` prints for people when it listens. Pure. */

export interface BannerFacts {
  version: string
  url: string
  host: string
  port: number
  dataDir: string
  engines: Readonly<Record<string, EngineInfo>>
  /** Addresses of this machine on its networks. */
  addresses: readonly string[]
}

export function banner(facts: BannerFacts): string {
  const { version, url, dataDir, engines } = facts
  return [
    `Vigía ${version} is listening on ${url}`,
    '',
    `  page     ${url}/`,
    `  API      ${url}/docs`,
    `  data     ${dataDir}`,
    ...Object.entries(engines).map(
      ([port, engine], index) => `  ${index === 0 ? 'engines ' : '        '} ${engineLine(port, engine)}`,
    ),
    '',
    ...reach(facts),
    'Stop with Ctrl-C.',
  ].join('\n')
}

function engineLine(port: string, { id, model, available, note }: EngineInfo): string {
  const what = model && model !== id ? `${id} ${model}` : id
  return `${port.padEnd(10)} ${available ? what : `none (${what})`}${note ? `: ${note}` : ''}`
}

function reach({ url, host, port, addresses }: BannerFacts): string[] {
  if (isLoopback(host)) {
    return ['Only this machine can connect. For a phone on the same network: npm start -- --host 0.0.0.0', '']
  }
  const reachable = isWildcard(host) ? addresses : [host]
  const secure = url.startsWith('https') ? 's' : ''
  if (reachable.length === 0) return ['No network address was found; a phone needs one to connect.', '']
  return [
    'From a phone on the same network:',
    ...reachable.flatMap((address) => [
      `  page     http${secure}://${address}:${port}/`,
      `  an app   ws${secure}://${address}:${port}/ws/audio`,
    ]),
    '',
    'A browser gives a page the microphone only over https or on localhost; an app needs neither.',
    '',
  ]
}
