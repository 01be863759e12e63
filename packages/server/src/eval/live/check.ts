import type { ServerMessageOf } from '@vigia/protocol'
import type { Performance } from './play.ts'
import type { Expect } from './scenario.ts'

/** What a performance must show; every complaint is one line. */

const fold = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}.…]+/gu, ' ')
    .trim()

const matches = (text: string, pattern: string): boolean =>
  new RegExp(fold(pattern).replace(/\.(?!\*)/gu, '.*'), 'u').test(fold(text))

export function check(performance: Performance, expect: Expect): string[] {
  const facts = factsOf(performance)
  return [
    ...laws(performance),
    ...lists(facts, expect),
    ...texts(facts, performance, expect),
    ...times(facts, performance, expect),
  ]
}

export interface Facts {
  answered: string[]
  ignored: string[]
  spoken: string
  interrupted: ServerMessageOf<'reply_interrupted'>[]
  done: number
  resumed: number
  revisions: number
  needFrame: string[]
  tools: string[]
  errors: string[]
  /** Worst times, ms; null where it did not happen. */
  stopMs: number | null
  holdMs: number | null
  answerMs: number | null
}

export function factsOf(performance: Performance): Facts {
  const all = <T extends Performance['received'][number]['message']['type']>(type: T) =>
    performance.received.filter(({ message }) => message.type === type) as { atMs: number; message: ServerMessageOf<T> }[]
  const answered = new Map<string, string>()
  for (const { message } of all('turn')) {
    if (message.status === 'answered') answered.set(message.turn_id, message.text)
    else if (message.revision > 0) answered.delete(message.turn_id)
  }
  const cancelled = new Set(all('tool_cancel').flatMap(({ message }) => message.call_ids))
  return {
    answered: [...answered.values()],
    ignored: all('turn').flatMap(({ message }) => (message.status === 'ignored' ? [message.reason ?? ''] : [])),
    spoken: all('reply_text')
      .map(({ message }) => message.text)
      .join(' '),
    interrupted: all('reply_interrupted').map(({ message }) => message),
    done: all('reply_done').length,
    resumed: all('reply_resumed').length,
    revisions: Math.max(0, ...all('turn').map(({ message }) => message.revision)),
    needFrame: all('need_frame').map(({ message }) => message.reason),
    tools: all('tool_call').map(({ message }) => (cancelled.has(message.call_id) ? `${message.name}:cancelled` : message.name)),
    errors: all('error').map(({ message }) => message.code),
    stopMs: stopMs(performance),
    holdMs: holdMs(performance),
    answerMs: answerMs(performance),
  }
}

/** Confirmed speech (the decision) → the last sound of the interrupted answer. */
function stopMs({ received, sounded }: Performance): number | null {
  const times = received.flatMap(({ atMs, message }) => {
    if (message.type !== 'decision' || message.decision !== 'barge_in') return []
    const next = received.find((one) => one.atMs >= atMs && one.message.type === 'reply_interrupted')?.message
    if (next?.type !== 'reply_interrupted') return []
    const last = sounded.findLast((one) => one.replyId === next.reply_id)
    return last ? [Math.max(0, last.atMs - atMs)] : []
  })
  return times.length > 0 ? Math.max(...times) : null
}

/** Beginning of speech over an answer → the answer is held. */
function holdMs({ received, spoken }: Performance): number | null {
  const times = received.flatMap(({ atMs, message }) => {
    if (message.type !== 'reply_paused') return []
    const phrase = spoken.findLast((one) => one.startMs <= atMs)
    return phrase ? [atMs - phrase.startMs] : []
  })
  return times.length > 0 ? Math.max(...times) : null
}

function answerMs({ spoken, received }: Performance): number | null {
  const first = received.find(({ message }) => message.type === 'reply_text')
  const phrase = first ? spoken.findLast((one) => one.endMs <= first.atMs + 80) : undefined
  return first && phrase ? first.atMs - phrase.endMs : null
}

/** Nothing of an answer sounds later than this after speech over it was confirmed. */
const STOP_MS = 150

/** What holds in every scenario. */
function laws(performance: Performance): string[] {
  const { received, sounded, endMs } = performance
  const wrong: string[] = []
  const stop = stopMs(performance) ?? 0
  if (stop > STOP_MS) wrong.push(`it sounded for ${stop} ms after speech was confirmed, ${STOP_MS} are allowed`)
  let newest = 0
  const over = new Map<number, number>()
  for (const { atMs, message } of received) {
    if (!message.type.startsWith('reply_') || !('reply_id' in message) || message.reply_id === undefined) continue
    const id = message.reply_id
    if (id < newest) wrong.push(`${message.type} of answer ${id} came behind answer ${newest}`)
    newest = Math.max(newest, id)
    if (over.has(id)) wrong.push(`${message.type} of answer ${id} came when it was over`)
    if (message.type === 'reply_interrupted') over.set(id, atMs)
  }
  for (const { atMs, replyId } of sounded) {
    const ended = over.get(replyId)
    if (ended !== undefined && atMs > ended + 1)
      wrong.push(`answer ${replyId} sounded ${atMs - ended} ms after it was interrupted`)
  }
  if (endMs === 0) wrong.push('it did not come to its end')
  return wrong
}

function lists(facts: Facts, expect: Expect): string[] {
  const wrong: string[] = []
  const same = (what: string, got: readonly string[], wanted: readonly string[] | undefined): void => {
    if (!wanted) return
    const equal = got.length === wanted.length && wanted.every((one, i) => matches(got[i]!, one))
    if (!equal) wrong.push(`${what}: expected [${wanted.join(' | ')}], got [${got.join(' | ')}]`)
  }
  same('answered', facts.answered, expect.answered)
  same('ignored', facts.ignored, expect.ignored)
  const reasons = facts.interrupted.map(({ reason }) => reason ?? '')
  same('interrupted', reasons, expect.interrupted)
  same('need_frame', facts.needFrame, expect.needFrame)
  same('tools', facts.tools, expect.tools)
  same('errors', facts.errors, expect.errors)
  return wrong
}

function texts(facts: Facts, { asked, toolCalls }: Performance, expect: Expect): string[] {
  const wrong: string[] = []
  for (const one of expect.spoken ?? [])
    if (!matches(facts.spoken, one)) wrong.push(`did not say "${one}", but "${facts.spoken}"`)
  for (const one of expect.notSpoken ?? []) if (matches(facts.spoken, one)) wrong.push(`said "${one}"`)
  for (const one of expect.asked ?? [])
    if (!asked.some((text) => matches(text, one))) wrong.push(`the model was not told "${one}"`)
  for (const one of expect.notAsked ?? []) if (asked.some((text) => matches(text, one))) wrong.push(`the model was told "${one}"`)
  if (expect.heard !== undefined && !facts.interrupted.some(({ heard_text }) => matches(heard_text ?? '', expect.heard!))) {
    wrong.push(`heard: expected "${expect.heard}", got "${facts.interrupted.map(({ heard_text }) => heard_text).join(' | ')}"`)
  }
  if (expect.httpCalls !== undefined && toolCalls.length !== expect.httpCalls) {
    wrong.push(`the tool was called ${toolCalls.length} times, expected ${expect.httpCalls}`)
  }
  return wrong
}

function times(facts: Facts, { sounded, scriptEndMs, endMs }: Performance, expect: Expect): string[] {
  const wrong: string[] = []
  const least = (what: 'done' | 'resumed' | 'revisions'): void => {
    if (expect[what] !== undefined && facts[what] !== expect[what])
      wrong.push(`${what}: expected ${expect[what]}, got ${facts[what]}`)
  }
  least('done')
  least('resumed')
  least('revisions')
  const most = (what: 'stopMs' | 'holdMs' | 'answerMs'): void => {
    const limit = expect[what]
    if (limit === undefined) return
    const got = facts[what]
    if (got === null || got > limit) wrong.push(`${what}: expected at most ${limit}, got ${got ?? 'nothing'}`)
  }
  most('stopMs')
  most('holdMs')
  most('answerMs')
  if (expect.silentMs !== undefined) {
    const last = sounded.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY
    const silent = endMs - Math.max(last, scriptEndMs)
    if (silent < expect.silentMs) wrong.push(`silent for ${silent} ms at the end, expected ${expect.silentMs}`)
  }
  return wrong
}
