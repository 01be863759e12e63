import type { TaskCue } from './cues.ts'
import type { Clause } from './text/clauses.ts'
import { displayName, isGivenName, isName } from './text/names.ts'
import { isStopword } from './text/stopwords.ts'
import type { Token } from './text/tokens.ts'
import { readInfinitive, readOrder, readVerb, type VerbForm } from './text/verbs-es.ts'

/** The task in a Spanish clause: who is to do what, read from the form of the verb. Pure. */

/** Before an infinitive: who must, who is asked, who promises. */
const FRAMES: { pattern: RegExp; form: TaskCue['form']; weight: number; owner: TaskCue['owner'] }[] = [
  { pattern: /(?:^| )(?:voy a|tengo que|debo|me toca|me comprometo a|me encargo de|me ocupo de|ya me encargo de|yo me encargo de)$/u, form: 'commitment', weight: 2, owner: 'speaker' },
  {
    pattern: /(?:^| )(?:puedes|podrias|puede usted|podria usted|te importa|te importaria|le importa|me haces el favor de|haz el favor de|tienes que|tiene usted que|debes|te toca|te encargas de|te ocupas de|encargate de|ocupate de|acuerdate de|no te olvides de|no olvides|recuerda)$/u,
    form: 'request',
    weight: 2,
    owner: 'addressee',
  },
  { pattern: /(?:^| )(?:podeis|pueden|podriais|podrian|teneis que)$/u, form: 'request', weight: 2, owner: null },
  { pattern: /(?:^| )(?:hay que|tenemos que|debemos|toca|falta|queda|queda por|falta por|habra que|conviene|esta pendiente|queda pendiente|pendiente|es necesario|hace falta)$/u, form: 'obligation', weight: 1, owner: null },
  { pattern: /(?:^| )vamos a$/u, form: 'commitment', weight: 1, owner: null },
] // biome-ignore format: a table
/** What people do while they talk is no task. */
const TALK = new Set([
  'ver',
  'hablar',
  'decir',
  'ser',
  'estar',
  'haber',
  'empezar',
  'poder',
  'tener',
  'ir',
  'hacer nada',
  'querer',
  'saber',
  'quedar',
  'acabar',
  'terminar',
  'esperar',
  'venir',
])
/** Present forms that promise only with a time or a person: “mando”, “llamo”. */
const PERSON = /^(?:te|os|le|les|se|lo|la|los|las)$/u
const PRONOUN_OBJECT = /^(?:lo|la|los|las)$/u

export function findTaskEs(clause: Clause): TaskCue | null {
  return framed(clause) ?? wished(clause) ?? byVerb(clause) ?? ordered(clause)
}

/** “voy a enviar”, “puedes llamar”, “hay que cambiar”, “Marta tiene que revisar”. */
function framed({ tokens }: Clause): TaskCue | null {
  for (let i = 1; i < tokens.length; i++) {
    const infinitive = readInfinitive(tokens[i]!.plain)
    if (!infinitive || isTalk(infinitive, tokens[i + 1])) continue
    const before = plainBefore(tokens, i)
    const named = /(?:^| )(?:va a|tiene que|debe|se encarga de|se ocupa de|se encargara de|se ocupara de|queda en)$/u.exec(before)
    const subject = named ? subjectBefore(tokens, i - named[0].trim().split(' ').length) : null
    const pronoun = hasPronoun(tokens[i]!.plain)
    if (subject)
      return {
        form: 'commitment',
        weight: 2,
        verb: infinitive,
        objectFrom: i + 1,
        from: subject.from,
        owner: { name: subject.name },
        pronoun,
      }
    const frame = FRAMES.find(({ pattern }) => pattern.test(before))
    if (frame)
      return { ...frame, verb: infinitive, objectFrom: i + 1, from: frameStart(tokens, i, frame.pattern, before), pronoun }
  }
  return null
}

function frameStart(_tokens: readonly Token[], i: number, pattern: RegExp, before: string): number {
  return i - (pattern.exec(before)?.[0].trim().split(' ').length ?? 0)
}

/** “necesito que Laura envíe las facturas”, “quiero que revises el contrato”, “y que Tomás revise …”. */
function wished({ tokens, plain }: Clause): TaskCue | null {
  if (!/(?:^| )(?:necesito|necesitamos|quiero|queremos|pido|hace falta)(?: \S+){0,8} que /u.test(`${plain} `)) return null
  for (let i = 1; i < tokens.length; i++) {
    if (tokens[i - 1]?.plain !== 'que' && tokens[i - 2]?.plain !== 'que') continue
    const verb = tokens[i]!
    const reading = [verb.lower, verb.lower.replace(/s$/u, '')].flatMap(readVerb).find(({ form }) => form === 'order')
    if (!reading) continue
    const before = tokens[i - 1]!
    const isNamed = before.plain !== 'que' && isName(before, false)
    return {
      form: 'request',
      weight: 2,
      verb: reading.infinitive,
      objectFrom: i + 1,
      from: i - 1,
      owner: isNamed ? { name: displayName(before) } : 'addressee',
      pronoun: PRONOUN_OBJECT.test(before.plain),
    }
  }
  return null
}

/** “pediré”, “yo reviso”, “te lo envío”, “Marta hará”. */
function byVerb(clause: Clause): TaskCue | null {
  const { tokens } = clause
  for (const [i, token] of tokens.entries()) {
    const forms = readVerb(token.lower)
    const has = (form: VerbForm) => forms.find((reading) => reading.form === form && !isTalk(reading.infinitive, tokens[i + 1]))
    const start = cliticStart(tokens, i)
    const common = { objectFrom: i + 1, pronoun: tokens.slice(start, i).some(({ plain }) => PRONOUN_OBJECT.test(plain)) }
    const future = has('future-i')
    if (future)
      return { form: 'commitment', weight: 2, verb: future.infinitive, from: withYo(tokens, start), owner: 'speaker', ...common }
    const they = has('future-they') ?? has('present-they')
    const subject = they ? subjectBefore(tokens, start) : null
    if (they && subject) {
      const weight = they.form === 'future-they' ? 2 : 1
      return { form: 'commitment', weight, verb: they.infinitive, from: subject.from, owner: { name: subject.name }, ...common }
    }
    const now = has('present-i')
    if (now && promises(tokens, start, i))
      return { form: 'commitment', weight: 2, verb: now.infinitive, from: withYo(tokens, start), owner: 'speaker', ...common }
    const own = now ? null : byYo(tokens, start, i)
    if (own) return { form: 'commitment', weight: 2, verb: own, from: start - 1, owner: 'speaker', ...common }
    const ours = has('present-we')
    if (ours && /^(?:te|os|le|les|se)$/u.test(tokens[start]!.plain) && isAhead(tokens))
      return { form: 'commitment', weight: 2, verb: ours.infinitive, from: start, owner: 'speaker', ...common }
    const we = has('future-we')
    if (we) return { form: 'commitment', weight: 1, verb: we.infinitive, from: start, owner: null, ...common }
  }
  return null
}

/** “hablar con la directora” is to be done; “hablar” alone is what they do. */
function isTalk(infinitive: string, next: Token | undefined): boolean {
  return TALK.has(infinitive) && !(infinitive === 'hablar' && next?.plain === 'con')
}

const NO_PROMISE =
  /^(?:creo|pienso|digo|quiero|tengo|puedo|debo|veo|siento|prefiero|opino|supongo|espero|recuerdo|conozco|entiendo|necesito|vivo|trabajo|llego|tampoco|pero|como|cuando|mismo|solo|incluso|propongo|dudo|odio|adoro|odio|paso|quedo|sigo|temo|noto|imagino|acuerdo|niego|uso|suelo|duermo|estudio)$/u

/** “yo los embalo”: with “yo” any verb of the first person promises. @returns its infinitive, the regular one */
function byYo(tokens: readonly Token[], start: number, verb: number): string | null {
  const { lower, plain } = tokens[verb]!
  const isFirst = tokens[start - 1]?.plain === 'yo' && /^\p{L}{3,}o$/u.test(lower) && !/[ns]do$|(?:ad|id)o$/u.test(plain)
  const clitics = tokens.slice(start, verb).map((token) => token.plain)
  if (!isFirst || NO_PROMISE.test(plain) || clitics.includes('me')) return null
  if (/zco$/u.test(plain)) return `${plain.slice(0, -3)}cer`
  return `${plain.slice(0, -1)}ar`
}

const isAhead = (tokens: readonly Token[]): boolean =>
  tokens.some(({ plain }) =>
    /^(?:mañana|lunes|martes|miercoles|jueves|viernes|sabado|domingo|luego|tarde|noche|hoy|enseguida|despues)$/u.test(plain),
  )

/** “Aviso a su hijo”, at the beginning: whom one turns to. */
const TURNS_TO = /^(?:aviso|llamo|escribo|pregunto|contacto|consulto|hablo)(?: (?:tambien|ahora|luego|yo|ya))? (?:a|al|con) /u

/** A present promises with “yo”, with a person it is for, or at a time to come. */
function promises(tokens: readonly Token[], start: number, i: number): boolean {
  const isI = tokens[start - 1]?.plain === 'yo' || tokens[i + 1]?.plain === 'yo'
  const clitics = tokens.slice(start, i).map(({ plain }) => plain)
  if (clitics.some((plain) => plain === 'me')) return false
  const isTurnedTo = start === 0 && TURNS_TO.test(`${plainBefore(tokens, 6)} `)
  return isI || isTurnedTo || clitics.some((plain) => PERSON.test(plain)) || isAhead(tokens)
}

/** “mándame el contrato”, “tómese la pastilla”, “por favor, envía”, “Carlos, prepara”. */
function ordered({ tokens, plain, text }: Clause): TaskCue | null {
  for (const [i, token] of tokens.entries()) {
    const infinitive = readOrder(token.plain)
    const before =
      i === 0 ||
      /(?:^| )(?:por favor|y|pues|entonces|oye|mira|venga|bueno|vale|tu|no)$/u.test(plainBefore(tokens, i)) ||
      isName(tokens[i - 1]!, i === 1)
    if (infinitive && before && !TALK.has(infinitive) && isImperativeWord(token.plain)) {
      if (tokens[i - 1]?.plain === 'no') return null
      return {
        form: 'request',
        weight: 2,
        verb: infinitive,
        objectFrom: i + 1,
        from: i,
        owner: vocative(tokens, i),
        pronoun: hasPronoun(token.plain),
      }
    }
    const bare = readVerb(token.lower).find(({ form, infinitive: verb }) => form === 'order' && !TALK.has(verb))
    const isAsked =
      /[aei]d$/u.test(token.plain) ||
      tokens[i + 1]?.lower === 'tú' ||
      (i === 0
        ? /por favor/u.test(plain)
        : /por favor$/u.test(plainBefore(tokens, i)) || (i === 1 && /^\p{L}+,/u.test(text) && isName(tokens[0]!, true)))
    if (bare && isAsked)
      return {
        form: 'request',
        weight: 2,
        verb: bare.infinitive,
        objectFrom: i + 1,
        from: i,
        owner: vocative(tokens, i),
        pronoun: false,
      }
  }
  return null
}

/** Words that only look like an order with a pronoun: “parte”, “este”, “base”. */
function isImperativeWord(plain: string): boolean {
  return (
    plain.length >= 5 &&
    !/^(?:parte|norte|suerte|fuerte|hasta|presente|importante|siguiente|cliente|gente|frente|antes|fuente|puente|bastante|sale|vale|tengase|acuerdo)$/u.test(
      plain,
    ) &&
    !/(?:nte|mente)s?$/u.test(plain)
  )
}

function vocative(tokens: readonly Token[], verb: number): TaskCue['owner'] {
  const before = tokens[verb - 1]
  const last = tokens.at(-1)
  if (before && isName(before, verb === 1)) return { name: displayName(before) }
  if (last && last !== tokens[verb] && isGivenName(last.plain)) return { name: displayName(last) }
  return 'addressee'
}

function plainBefore(tokens: readonly Token[], i: number): string {
  return tokens
    .slice(Math.max(0, i - 6), i)
    .map((token) => token.plain)
    .join(' ')
}

function cliticStart(tokens: readonly Token[], verb: number): number {
  let start = verb
  while (start > 0 && /^(?:me|te|se|nos|os|lo|la|los|las|le|les)$/u.test(tokens[start - 1]!.plain)) start--
  return start
}

function withYo(tokens: readonly Token[], start: number): number {
  return tokens[start - 1]?.plain === 'yo' ? start - 1 : start
}

function hasPronoun(plain: string): boolean {
  return (
    /[aei]r(?:se|me|te|nos|os)?l[ao]s?$|(?:me|te|se|nos)?l[ao]s?$/u.test(plain) &&
    !/^(?:\p{L}{1,3})$/u.test(plain) &&
    plain.length > 4 &&
    /l[ao]s?$/u.test(plain)
  )
}

/**
 * The person just before the verb. A capital or the list of names shows one; else a word without an article at the
 * beginning of the clause, since a bare noun is no subject in Spanish.
 */
function subjectBefore(tokens: readonly Token[], verb: number): { name: string; from: number } | null {
  const token = tokens[verb - 1]
  if (!token || isStopword(token.plain, 'es') || /mente$/u.test(token.plain)) return null
  const article = tokens[verb - 2]?.plain ?? ''
  if (/^(?:el|la|los|las|un|una|mi|tu|su|de|del|a|al|en|con|este|esta|ese|esa|nuestro|nuestra|por|para)$/u.test(article))
    return null
  const isBare = verb === 1 || (verb === 2 && /^(?:entonces|y|pues|tambien|luego|mañana|hoy|bueno|vale)$/u.test(article))
  const isLower = token.text === token.lower
  const isSubject = isName(token, verb === 1) || (isBare && (isLower ? isNounLike(token) : true))
  return isSubject && !readInfinitive(token.plain) ? { name: displayName(token), from: verb - 1 } : null
}

function isNounLike(token: Token): boolean {
  return (
    token.plain.length >= 3 &&
    readVerb(token.lower).length === 0 &&
    !/^(?:eso|esto|nadie|alguien|todo|quien|seguro|igual|solo|aqui|alli|siempre|nunca|despues|luego|gente)$/u.test(token.plain) &&
    !/(?:cion|dad|ando|iendo|s)$/u.test(token.plain)
  )
}
