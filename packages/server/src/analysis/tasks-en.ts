import type { TaskCue } from './cues.ts'
import type { Clause } from './text/clauses.ts'
import { displayName, isGivenName, isName } from './text/names.ts'
import { isStopword } from './text/stopwords.ts'
import type { Token } from './text/tokens.ts'

/** The task in an English clause, read from the words before the verb. Pure. */

const NO_ACTION = new Set(
  'be have see think know go say get look come talk let try like want need feel start stop take guess bet'.split(' '),
)
const FRAMES: { pattern: RegExp; form: TaskCue['form']; weight: number; owner: TaskCue['owner'] }[] = [
  {
    pattern: /(?:^| )(?:i'll|i will|i'm going to|i am going to|let me|i have to|i need to|i promise to)$/u,
    form: 'commitment',
    weight: 2,
    owner: 'speaker',
  },
  {
    pattern:
      /(?:^| )(?:can you|could you|would you|you need to|you have to|i need you to|i want you to|make sure to|make sure you|remember to|don't forget to)$/u,
    form: 'request',
    weight: 2,
    owner: 'addressee',
  },
  {
    pattern:
      /(?:^| )(?:we need to|we have to|we must|we should|someone has to|somebody has to|someone needs to|it's necessary to|action item)$/u,
    form: 'obligation',
    weight: 1,
    owner: null,
  },
  { pattern: /(?:^| )(?:we'll|we will|we're going to)$/u, form: 'commitment', weight: 1, owner: null },
]

export function findTaskEn({ tokens }: Clause): TaskCue | null {
  for (let i = 1; i < tokens.length; i++) {
    const verb = tokens[i]!.plain
    if (NO_ACTION.has(verb) || isStopword(verb, 'en') || /(?:ing|ly)$/u.test(verb)) continue
    const before = tokens
      .slice(Math.max(0, i - 5), i)
      .map((token) => token.plain.replace('’', "'"))
      .join(' ')
    const named = /(?:^| )(\S+) (?:will|has to|needs to|is going to|should)$/u.exec(before)
    const subject = named ? subjectOf(tokens, i, named[0]) : null
    const common = { verb, objectFrom: i + 1, pronoun: /^(?:it|them|that|this)$/u.test(tokens[i + 1]?.plain ?? '') }
    if (subject) return { form: 'commitment', weight: 2, from: subject.from, owner: { name: subject.name }, ...common }
    const frame = FRAMES.find(({ pattern }) => pattern.test(before))
    if (frame) {
      const { form, weight } = frame
      return {
        form,
        weight,
        from: i - frame.pattern.exec(before)![0].trim().split(' ').length,
        owner: addressee(tokens, frame.owner),
        ...common,
      }
    }
  }
  return asked(tokens)
}

/** “please send …”, “Mike, send …”. */
function asked(tokens: readonly Token[]): TaskCue | null {
  const i = tokens.findIndex(
    (token, index) => index > 0 && tokens[index - 1]!.plain === 'please' && !isStopword(token.plain, 'en'),
  )
  if (i < 0) return null
  return {
    form: 'request',
    weight: 2,
    verb: tokens[i]!.plain,
    objectFrom: i + 1,
    from: i - 1,
    owner: addressee(tokens, 'addressee'),
    pronoun: false,
  }
}

function subjectOf(tokens: readonly Token[], verb: number, frame: string): { name: string; from: number } | null {
  const from = verb - frame.trim().split(' ').length
  const token = tokens[from]
  return token && isName(token, from === 0) ? { name: displayName(token), from } : null
}

function addressee(tokens: readonly Token[], owner: TaskCue['owner']): TaskCue['owner'] {
  if (owner !== 'addressee') return owner
  const named = [tokens[0]!, tokens.at(-1)!].find((token) => isGivenName(token.plain))
  return named ? { name: displayName(named) } : owner
}
