import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { Report } from '@vigia/protocol'
import { beforeAll, describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'

const LAUNCHER = fileURLToPath(new URL('./vigia.cjs', import.meta.url))
const DIALOGUE = new URL('../../test/fixtures/audio/es-dialogo.json', import.meta.url)

async function runDemo(args: string[]) {
  const child = spawn(process.execPath, [LAUNCHER, 'demo', '--json', '--speed', '20', ...args])
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { out, err, code: code as number }
}

const words = (line: string): string[] =>
  line
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .match(/[a-z0-9]+/g) ?? []

/** Word error rate: substitutions, insertions and deletions by words of the reference. */
function wordErrorRate(reference: string[], heard: string[]): number {
  let row = Array.from({ length: heard.length + 1 }, (_, j) => j)
  for (const [i, word] of reference.entries()) {
    const next = [i + 1]
    for (const [j, other] of heard.entries())
      next.push(Math.min(row[j]! + (word === other ? 0 : 1), row[j + 1]! + 1, next[j]! + 1))
    row = next
  }
  return row.at(-1)! / reference.length
}

describe('demo with a server of its own', () => {
  let report: Report
  let progress: string
  beforeAll(async () => {
    const { out, err, code } = await runDemo(['--own'])
    expect(code, err).toBe(0)
    report = Report.parse(JSON.parse(out))
    progress = err
  })

  it('hears the dialogue: its words, and its two speakers in their turns', () => {
    const { turns } = JSON.parse(readFileSync(DIALOGUE, 'utf8')) as { turns: { text: string; speaker: string }[] }
    const heard = report.transcript.map((item) => item.text).join(' ')
    expect(wordErrorRate(words(turns.map((turn) => turn.text).join(' ')), words(heard))).toBeLessThan(0.08)
    expect(new Set(report.transcript.map((item) => item.speaker))).toEqual(new Set(['S1', 'S2']))
  })

  it('reports a task with an owner, a decision and a risk', () => {
    expect(report.action_items.some((item) => item.owner !== null)).toBe(true)
    expect(report.decisions.length).toBeGreaterThan(0)
    expect(report.risks.length).toBeGreaterThan(0)
  })

  it('proves each statement: its evidence exists, and its quote stands in it', () => {
    const spoken = new Map(report.transcript.map((item) => [item.id, words(item.text).join(' ')]))
    const known = new Set([...spoken.keys(), ...report.frames.map(({ frame_id }) => frame_id)])
    for (const { evidence, quote } of [...report.action_items, ...report.findings]) {
      expect(evidence.filter((id) => !known.has(id))).toEqual([])
      expect(evidence.flatMap((id) => spoken.get(id) ?? []).join(' ')).toContain(words(quote).join(' '))
    }
  })

  it('has the photos on the timeline, and printed what came live', () => {
    expect(report.frames).toHaveLength(3)
    expect(report.frames.every((frame) => frame.at! > 0 && frame.at! < report.duration)).toBe(true)
    expect(progress).toContain('gafas')
    expect(progress).toContain('📷')
  })
})

it('fails when the server gives no report', async () => {
  const server = createServer((_request, response) => response.end('{"status":"ok"}'))
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) => socket.once('message', () => socket.close(1011)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { code, err } = await runDemo(['--url', `http://127.0.0.1:${(server.address() as AddressInfo).port}`])
  expect(code).toBe(1)
  expect(err).toContain('The connection ended before the session was open')
  sockets.close()
  server.close()
})
