// Copyright the Vigía authors. SPDX-License-Identifier: GPL-3.0-or-later
import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

/**
 * espeak-ng as a program of its own. Over Node's IPC channel (advanced serialization) it is asked
 * `{type: "call", id, method, params}` and answers `{type: "part" | "result" | "error", id, …}`. Methods: `load`, `voices`,
 * `synthesize` {text, voice, rate, pitch}, whose parts are Int16Array at the rate that `load` told.
 */

interface Espeak {
  get_samplerate(): number
  set_voice(name: string): number
  set_rate(wordsPerMinute: number): void
  set_pitch(pitch: number): void
  list_voices(): { identifier: string; name: string; languages: { name: string; priority: number }[] }[]
  /** Calls back with sound while it is made; a callback that returns non-zero stops it. Blocks this thread. */
  synthesize(text: string, callback: (audio: Int16Array | null, events: unknown) => number): void
}

interface Call {
  type: string
  id: number
  method: string
  params: { text: string; voice: string; rate: number; pitch: number }
}

let espeak: Espeak | null = null
let current = ''

async function load(): Promise<{ sampleRate: number }> {
  const main = createRequire(import.meta.url).resolve('@echogarden/espeak-ng-emscripten')
  const { default: open } = (await import(pathToFileURL(main).href)) as {
    default: (options: object) => Promise<{ eSpeakNGWorker: new () => Espeak }>
  }
  const library = await open({ locateFile: (name: string) => path.join(path.dirname(main), name) })
  espeak = new library.eSpeakNGWorker()
  return { sampleRate: espeak.get_samplerate() }
}

function voices(): { id: string; language: string; name: string }[] {
  return espeak!.list_voices().flatMap(({ identifier, name, languages }) => {
    const language = languages[0]?.name
    return language ? [{ id: language, language, name: name || identifier }] : []
  })
}

/** Samples in one message: 100 ms. */
const PART = 2205

function synthesize(id: number, { text, voice, rate, pitch }: Call['params']): undefined {
  const engine = espeak!
  if (voice !== current && engine.set_voice(voice) !== 0) throw new Error(`no voice "${voice}"`)
  current = voice
  engine.set_rate(rate)
  engine.set_pitch(pitch)
  engine.synthesize(text, (audio) => {
    for (let at = 0; audio && at < audio.length; at += PART) {
      process.send?.({ type: 'part', id, value: audio.slice(at, at + PART) }, undefined, undefined, () => {})
    }
    return process.connected ? 0 : 1
  })
  return undefined
}

async function answer({ id, method, params }: Call): Promise<void> {
  try {
    const value = method === 'load' ? await load() : method === 'voices' ? voices() : synthesize(id, params)
    process.send?.({ type: 'result', id, value })
  } catch (error) {
    const message = error instanceof Error ? error.message.slice(0, 500) : 'failed'
    process.send?.({ type: 'error', id, code: 'tts_failed', message })
  }
}

process.on('message', (message: Call) => {
  if (message.type === 'call') void answer(message)
  else if (message.type === 'stop') process.exit(0)
})
process.on('disconnect', () => process.exit(0))
process.on('SIGINT', () => {})
process.send?.({ type: 'ready' })
