import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { VigiaError } from '@vigia/protocol'
import { parse } from 'yaml'
import { z } from 'zod'

/** Scripted conversations: who says what when, what the language model answers, and what must come of it. */

export const LANES = ['decisions', 'embedded', 'models'] as const
export type Lane = (typeof LANES)[number]

const Ms = z.number().min(0).max(60_000)

/** What the scripted language model does when the last words match. */
export const Rule = z.strictObject({
  match: z.string().default('').describe('regular expression over the last words of the user, without accents'),
  say: z.string().optional(),
  firstMs: Ms.default(0).describe('until the first word'),
  wordMs: Ms.default(0),
  hang: z.boolean().default(false),
  fail: z.boolean().default(false),
  tool: z.strictObject({ name: z.string(), args: z.record(z.string(), z.unknown()).default({}) }).optional(),
  after: z.string().optional().describe('said when the tool has answered; {result} is its answer'),
})
export type Rule = z.infer<typeof Rule>

const Speech = {
  gain: z.number().min(0).max(1).default(0.7),
  voice: z.string().optional(),
  stranger: z.boolean().default(false).describe('in a voice that is not enrolled'),
  background: z.boolean().default(false),
}

/** One step. Steps follow each other; a `say` is over when it was said, unless it is in the background. */
export const Step = z.union([
  z.strictObject({ wait: Ms }),
  z.strictObject({ say: z.string(), ...Speech }),
  z.strictObject({ sound: z.enum(['cough', 'noise', 'door']), ms: Ms.default(400), gain: z.number().default(0.4) }),
  z.strictObject({
    until: z.string().describe('type of a message'),
    count: z.number().int().default(1),
    within: Ms.default(8000),
  }),
  z.strictObject({ echo: z.number().min(0).max(1).describe('loudness at which the answer comes back'), delayMs: Ms.default(80) }),
  z.strictObject({ photo: z.string(), ageMs: z.number().default(0), texts: z.array(z.string()).default([]) }),
  z.strictObject({ text: z.string() }),
  z.strictObject({ interrupt: z.literal(true) }),
  z.strictObject({ button: z.enum(['start', 'end']) }),
  z.strictObject({ drop: z.literal(true) }),
  z.strictObject({ resume: z.literal(true) }),
  z.strictObject({ toolResult: z.string() }),
  z.strictObject({ playback: Ms }),
])
export type Step = z.infer<typeof Step>

export const Expect = z.strictObject({
  answered: z.array(z.string()).optional().describe('texts of the turns that were answered, in order'),
  ignored: z.array(z.string()).optional().describe('reasons of ignored turns, in order'),
  spoken: z.array(z.string()).optional().describe('something that was said'),
  notSpoken: z.array(z.string()).optional(),
  heard: z.string().optional().describe('what the conversation remembers of the interrupted answer'),
  interrupted: z.array(z.string()).optional().describe('reasons of interrupted answers, in order'),
  stopMs: Ms.optional().describe('longest time from confirmed speech to the last sound of the answer'),
  holdMs: Ms.optional().describe('longest time from the beginning of the speech to the hold of the answer'),
  done: z.number().int().optional().describe('answers that came to their end'),
  resumed: z.number().int().optional(),
  revisions: z.number().int().optional().describe('highest revision of a turn'),
  needFrame: z.array(z.string()).optional(),
  asked: z.array(z.string()).optional().describe('something the language model was told'),
  notAsked: z.array(z.string()).optional(),
  tools: z.array(z.string()).optional().describe('names of calls, `name:cancelled` for cancelled ones'),
  httpCalls: z.number().int().optional().describe('calls that reached the scripted HTTP tool'),
  errors: z.array(z.string()).optional().describe('codes, in order'),
  silentMs: z.number().optional().describe('least time without any sound of an answer after the last step'),
  answerMs: z.number().optional().describe('longest time from the end of speech to the first sound, the endpoint wait included'),
})
export type Expect = z.infer<typeof Expect>

export const Scenario = z.strictObject({
  name: z.string(),
  language: z.enum(['es', 'en']),
  lanes: z.array(z.enum(LANES)).default([...LANES]),
  listen: z.enum(['conversation', 'always_on', 'push_to_talk']).default('conversation'),
  aec: z.enum(['active', 'none', 'unknown']).default('active'),
  voice: z.enum(['on', 'off']).default('on'),
  model: z.boolean().default(true).describe('false: there is no language model'),
  enrolled: z.boolean().default(false).describe('the voice of the user is enrolled; lane `decisions` only'),
  tts: z.enum(['works', 'dies']).default('works'),
  tools: z.array(z.strictObject({ name: z.string(), effect: z.enum(['read', 'mutating']) })).default([]),
  httpTool: z.strictObject({ name: z.string(), effect: z.enum(['read', 'mutating']), ms: Ms }).optional(),
  llm: z.array(Rule).default([]),
  steps: z.array(Step),
  tailMs: Ms.default(2500).describe('time after the last step'),
  expect: Expect,
})
export type Scenario = z.infer<typeof Scenario>

/** All scenarios of a folder's YAML files, each a list. @throws VigiaError `config_invalid` */
export async function readScenarios(dir: string): Promise<Scenario[]> {
  const files = (await readdir(dir)).filter((name) => name.endsWith('.yaml')).sort()
  const lists = await Promise.all(files.map((file) => readFileOf(path.join(dir, file))))
  return lists.flat()
}

async function readFileOf(file: string): Promise<Scenario[]> {
  const parsed = z.array(Scenario).safeParse(parse(await readFile(file, 'utf8')))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new VigiaError('config_invalid', `${path.basename(file)}: ${issue?.path.join('.')}: ${issue?.message}.`)
}
