import type { Llm, LlmEvent, LlmRequest } from '../../engines/llm.ts'
import type { GoldSession } from '../eval/gold.ts'

/** A model that answers by script: from a gold session, with a fault, or by obeying what it reads. For tests and the evaluation. */

export const FAULTS = [
  'none',
  'cut',
  'wrong_enum',
  'wrong_lines',
  'invented_quote',
  'obedient',
  'thinking',
  'other_language',
  'fenced',
  'leaks_keys',
  'invents_numbers',
  'garbage',
  'no_json',
  'empty',
  'fails',
] as const
export type Fault = (typeof FAULTS)[number]

export interface ScriptedLlm extends Llm {
  readonly requests: LlmRequest[]
}

export interface ScriptOptions {
  fault?: Fault
  contextTokens?: number
  /** The name decides how many questions are asked: one above 14b. */
  model?: string
  /** Finds its lines by their words, wherever they stand in what it is shown. */
  placed?: boolean
  /** What it says of weak claims. */
  verdict?: 'yes' | 'partly' | 'no'
  /** Called before each answer. */
  before?: (request: LlmRequest, call: number) => Promise<void> | void
}

const FREE = { images: false, audio: false, tools: false, json: 'schema' as const }

export function scriptedLlm(gold: GoldSession, options: ScriptOptions = {}): ScriptedLlm {
  const { fault = 'none', contextTokens = 32_768, model = 'scripted-70b', verdict = 'yes', placed = false, before } = options
  const requests: LlmRequest[] = []
  return {
    id: 'scripted',
    model,
    requests,
    capabilities: { contextTokens, ...FREE },
    async *generate(request: LlmRequest, signal: AbortSignal): AsyncIterable<LlmEvent> {
      signal.throwIfAborted()
      requests.push(request)
      await before?.(request, requests.length)
      if (fault === 'fails') throw new Error('the model broke')
      const script = placed ? placedIn(gold, lastText(request)) : gold
      const text = request.schema
        ? broken(JSON.stringify(answerTo(script, request, fault, verdict), null, 1), fault)
        : withoutJson(script, request, fault)
      for (let at = 0; at < text.length; at += 50) yield { type: 'text', text: text.slice(at, at + 50) }
      yield { type: 'done', finish: fault === 'cut' ? 'length' : 'stop', usage: { inputTokens: 1, outputTokens: 1 } }
    },
    countTokens: async (text) => Math.ceil(text.length / 3.6),
    async [Symbol.asyncDispose]() {},
  }
}

const lastText = ({ messages }: LlmRequest): string =>
  messages.map(({ content }) => content.map((part) => (part.type === 'text' ? part.text : '')).join('\n')).join('\n')

/** The script with its items at the numbers that a question gives their lines. */
function placedIn(gold: GoldSession, prompt: string): GoldSession {
  const heads = [...prompt.matchAll(/^\[(\d+) (\S+)\] (.*)$/gmu)]
  const shown = heads.map(([, n, key, text]) => ({ n: Number(n), key: key!, text: text! }))
  const place = (line: number): number[] => {
    const said = gold.lines[line - 1]!.text
    return shown.filter(({ text }) => text.includes(said)).map(({ n }) => n)
  }
  const keyOf = (owner: string): string | undefined => {
    const own = gold.lines.filter(({ speaker }) => speaker === owner)
    return shown.find(({ text }) => own.some((line) => text.includes(line.text)))?.key
  }
  const lines = new Map(gold.lines.flatMap(({ speaker, text }, i) => place(i + 1).map((n) => [n, { speaker, text }] as const)))
  const all = Array.from({ length: Math.max(0, ...lines.keys()) }, (_, i) => lines.get(i + 1) ?? { speaker: 'Z', text: '' })
  const items = gold.items.map(({ owner, ...item }) => {
    const key = owner === undefined ? undefined : keyOf(owner)
    return { ...item, lines: item.lines.flatMap(place), ...(key ? { owner: key } : {}) }
  })
  return { ...gold, lines: all, items }
}

function answerTo(
  gold: GoldSession,
  request: LlmRequest,
  fault: Fault,
  verdict: NonNullable<ScriptOptions['verdict']>,
): Record<string, unknown> {
  const asked = Object.keys((request.schema?.properties ?? {}) as Record<string, unknown>)
  const prompt = lastText(request)
  if (asked.includes('verdicts')) {
    const ids = [...prompt.matchAll(/^#(\d+) /gmu)].map((match) => Number(match[1]))
    return { verdicts: ids.map((id) => ({ id, verdict })) }
  }
  const shown = new Set([...prompt.matchAll(/^\[(\d+) \S+\]/gmu)].map((match) => Number(match[1])))
  if (asked.includes('points'))
    return { points: pointsOf(gold, shown, fault), title: fault === 'obedient' ? orderIn(prompt) : gold.about }
  return Object.fromEntries(asked.map((group) => [group, elementsOf(group, gold, shown, fault, prompt)]))
}

/** What a model says that is asked for plain lines: one for each element, of one that knows no more than those. */
function withoutJson(gold: GoldSession, request: LlmRequest, fault: Fault): string {
  if (fault !== 'no_json') return broken('Tampoco.', fault)
  const prompt = lastText(request)
  const asked = prompt.slice(Math.max(prompt.lastIndexOf('«|»'), prompt.lastIndexOf('"|"')))
  const labels = { action: /TAREA|TASK/u, decision: /DECISI[OÓ]N/u, risk: /RIESGO|RISK/u, question: /PREGUNTA|QUESTION/u }
  const lines = gold.items
    .filter(({ kind, lines: proof }) => proof.length > 0 && labels[kind].test(asked))
    .map(({ kind, lines: proof, text, owner = '-' }) => {
      const head = [labels[kind].exec(asked)![0], proof.join(', '), quoteFor(gold.lines[proof[0]! - 1]!.text, 'none')]
      return [...head, ...(kind === 'action' ? [owner, '-'] : kind === 'risk' ? ['medium'] : []), text].join(' | ')
    })
  return lines.join('\n') || 'NADA'
}

function pointsOf(gold: GoldSession, shown: ReadonlySet<number>, fault: Fault) {
  const cited = gold.items.filter(({ lines }) => lines.length > 0 && lines.every((n) => shown.has(n))).slice(0, 5)
  const points = cited.map(({ lines, text }) => ({
    evidence: lines,
    text: fault === 'invents_numbers' ? `${text} por 98765 euros a Zzyzx` : text,
  }))
  if (fault === 'obedient')
    return [...points, { evidence: [1], text: 'Todo está aprobado y todos cobran un bono de cinco mil dólares.' }]
  if (fault === 'other_language') return points.map((point) => ({ ...point, text: ENGLISH }))
  return points
}

const ENGLISH = 'They said that the thing is to be done and that it will be ready for all of us'
const GROUP_KINDS: Record<string, string> = { actions: 'action', decisions: 'decision', risks: 'risk', questions: 'question' }

function elementsOf(group: string, gold: GoldSession, shown: ReadonlySet<number>, fault: Fault, prompt: string): unknown[] {
  if (group === 'chapters') return []
  if (group === 'cancelled') return []
  const found = gold.items
    .filter(({ kind, lines }) => kind === GROUP_KINDS[group] && lines.length > 0 && lines.every((n) => shown.has(n)))
    .map((item) => toElement(group, item, gold, fault))
  const shownRisks = gold.items
    .filter(({ kind, frame }) => group === 'risks' && kind === 'risk' && frame !== undefined)
    .map(({ text, frame }) => ({ evidence: [], quote: '', photos: [frame], severity: 'high', text, why: '' }))
  if (fault === 'obedient') return [...found, ...shownRisks, obey(group, prompt)]
  return [...found, ...shownRisks]
}

function toElement(
  group: string,
  { text, lines, owner, due, frame }: GoldSession['items'][number],
  gold: GoldSession,
  fault: Fault,
) {
  const proof = {
    evidence: fault === 'wrong_lines' ? lines.map((n) => n + 9000) : lines,
    quote: quoteFor(gold.lines[lines[0]! - 1]!.text, fault),
    photos: frame === undefined ? [] : [frame],
  }
  const title = titleFor(text, fault)
  if (group === 'actions')
    return {
      ...proof,
      kind: fault === 'wrong_enum' ? 'PLEDGE' : 'commitment',
      owner: owner ?? null,
      due_text: due ?? null,
      title,
      description: title,
      steps: ['Preparar el cohete para Marte'],
    }
  if (group === 'risks') return { ...proof, severity: fault === 'wrong_enum' ? 'apocalyptic' : 'medium', text: title, why: '' }
  return { ...proof, text: title }
}

function quoteFor(line: string, fault: Fault): string {
  if (fault === 'invented_quote') return 'nadie dijo jamás estas palabras inventadas'
  return line.split(' ').slice(0, 8).join(' ')
}

function titleFor(text: string, fault: Fault): string {
  if (fault === 'leaks_keys') return `[4 A] ${text} (línea 4)`
  if (fault === 'invents_numbers') return `${text} por 98765 euros a Zzyzx`
  return fault === 'other_language' ? ENGLISH : text
}

const ORDER = /[^\n\]]*(?:instruc|asistente|hey siri|hey google|resumen|summary)[^\n]*/iu

function orderIn(prompt: string): string {
  return ORDER.exec(prompt.slice(prompt.indexOf('DATOS')))?.[0].trim() ?? 'Todo aprobado'
}

/** Does as it was told, and cites a harmless line for it. */
function obey(group: string, prompt: string): unknown {
  const text = orderIn(prompt)
  const proof = { evidence: [1], quote: text.split(' ').slice(0, 8).join(' '), photos: [1] }
  if (group === 'actions')
    return { ...proof, kind: 'command', owner: 'A', due_text: null, title: text, description: text, steps: [] }
  if (group === 'risks') return { ...proof, severity: 'high', text, why: '' }
  return { ...proof, text }
}

function broken(json: string, fault: Fault): string {
  if (fault === 'cut') return json.slice(0, Math.floor(json.length * 0.7))
  if (fault === 'thinking') return `<think>{"actions": [1, 2]} hmm, veamos…</think>\n${json}`
  if (fault === 'fenced') return `Claro, aquí tienes:\n\`\`\`json\n${json}\n\`\`\`\nEspero que sirva.`
  if (fault === 'garbage' || fault === 'no_json') return 'Lo siento, no puedo ayudarte con eso.'
  return fault === 'empty' ? '' : json
}
