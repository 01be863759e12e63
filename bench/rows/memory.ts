import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { type MeasuredServer, pythonWith, startUvicorn, startVigia } from '../lib/processes.ts'
import { dialogue } from '../lib/recordings.ts'
import type { Figure, Row } from '../lib/row.ts'
import { rssBytes } from '../lib/usage.ts'

/** One session that goes on and on: memory after its first minute and at its end, with live text all the while. */
export const memory: Row = {
  name: 'memory',
  title: 'Memory of a long session, sent faster than real time',
  async run(context) {
    const minutes = context.by({ smoke: 2, short: 15, full: 60 })
    const python = await pythonWith(['fastapi', 'uvicorn', 'websockets'])
    await using vigia = await startVigia(await mkdtemp(path.join(context.dir, 'memory-')))
    const ours = await growth(vigia, minutes)
    const naive = python ? await withServer(await startUvicorn(python, 'naive'), (server) => growth(server, minutes)) : null
    const growthLine: Figure = {
      what: `growth of the gateway from minute 1 to minute ${minutes}`,
      unit: 'MB',
      better: 'less',
      ours: ours.endMb - ours.minuteMb,
      ...(naive ? { than: { name: 'FastAPI, bytearray', value: naive.endMb - naive.minuteMb } } : {}),
      note: "the heap's own high-water mark included",
    }
    const end: Figure = { what: `gateway after ${minutes} min`, unit: 'MB', better: 'less', ours: ours.endMb }
    return [
      growthLine,
      naive ? { ...end, than: { name: 'FastAPI, bytearray', value: naive.endMb }, ratio: ours.endMb / naive.endMb } : end,
    ]
  },
}

async function withServer<T>(server: MeasuredServer, run: (server: MeasuredServer) => Promise<T>): Promise<T> {
  await using running = server
  return await run(running)
}

/** Audio is not sent faster than it is heard by more than this, so that what is measured is a session and not a queue. */
const AHEAD_S = 20
const MINUTE_BYTES = 60 * 32_000

async function growth(server: MeasuredServer, minutes: number): Promise<{ minuteMb: number; endMb: number }> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws/audio`, { perMessageDeflate: false })
  await once(socket, 'open')
  const answer = once(socket, 'message')
  socket.on('message', () => {})
  socket.send('{"type":"config","analyze":false,"diarize":false}')
  await answer
  const audio = dialogue()
  const mb = (): number => rssBytes(server.pid) / 2 ** 20
  let minuteMb = 0
  for (let sent = 0; sent < minutes * MINUTE_BYTES; sent += 3200) {
    const from = sent % audio.length
    socket.send(audio.subarray(from, from + 3200))
    if (sent % 320_000 === 0) await notAhead(server.url, socket)
    if (minuteMb === 0 && sent >= MINUTE_BYTES) minuteMb = mb()
  }
  await notAhead(server.url, socket, 0.5)
  const endMb = mb()
  socket.terminate()
  return { minuteMb, endMb }
}

async function notAhead(url: string, socket: WebSocket, seconds = AHEAD_S): Promise<void> {
  while (socket.bufferedAmount > 64 * 1024) await sleep(2)
  for (;;) {
    const answer = await fetch(`${url}/metrics`)
    const text = await answer.text()
    const lag = answer.ok ? Number(/^vigia_recognizer_lag_seconds ([\d.e+-]+)$/m.exec(text)?.[1] ?? 0) : 0
    if (lag <= seconds) return
    await sleep(20)
  }
}
