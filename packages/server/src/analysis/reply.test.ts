import { describe, expect, it } from 'vitest'
import { cuesFor } from './cue-sets.ts'
import { dateReference } from './dates.ts'
import { STARTED_AT, segmentsOf, TIME_ZONE } from './fixtures/scripts.ts'
import { Talk } from './talk.ts'
import { findTasks } from './tasks.ts'
import { splitClauses } from './text/clauses.ts'

/** Said on Tuesday 10 March 2026. */
async function tasksOf(lines: readonly string[], language: 'es' | 'en' = 'es', nameOf = new Map<string, string>()) {
  const talk = new Talk(splitClauses(segmentsOf(lines), language), cuesFor(language))
  const found = await findTasks({ talk, reference: dateReference(STARTED_AT, TIME_ZONE, language), nameOf })
  return found.map(({ title, owner, due }) => ({ title, owner: owner?.speaker ?? null, due: due?.iso ?? null }))
}

const REQUEST = 'A: ¿Puedes mandar el contrato el jueves?'
const ENGLISH = 'A: Can you send the contract on Thursday?'

describe('a refused request is no task', () => {
  it.each([
    'El jueves no puedo.',
    'No puedo el jueves.',
    'Uf, eso no lo hago.',
    'Pues yo no lo voy a hacer.',
    'Bueno, el jueves no me da tiempo.',
    'Imposible, estoy de viaje.',
    'Ya, pero el jueves no voy a poder.',
    'No, eso le toca a Luis.',
    'conmigo no cuentes',
    'el jueves no puedo',
  ])('in Spanish: %s', async (reply) => expect(await tasksOf([REQUEST, `B: ${reply}`, 'A: Vaya.'])).toEqual([]))

  it.each([
    "I can't do that.",
    "On Thursday I can't.",
    "Hmm, I won't be able to.",
    'Thursday does not work for me.',
    "That's not my job.",
    "I'd rather not.",
    'No way.',
  ])('in English: %s', async (reply) => expect(await tasksOf([ENGLISH, `B: ${reply}`, 'A: I see.'], 'en')).toEqual([]))

  it('nor is what was offered and declined', async () => {
    expect(await tasksOf(['A: Mañana te mando el contrato.', 'B: No hace falta.'])).toEqual([])
    expect(await tasksOf(["A: I'll send you the contract tomorrow.", 'B: No need.'], 'en')).toEqual([])
    expect(await tasksOf(['A: Mañana te mando el contrato.', 'B: No hace falta que traigas el postre.'])).toHaveLength(1)
  })

  it('nor what somebody was named for who cannot; another one cannot refuse it for them', async () => {
    const lines = ['A: Marta preparará el informe el jueves.', 'B: El jueves no puedo.', 'A: Vaya.']
    expect(await tasksOf(lines, 'es', new Map([['S2', 'Marta']]))).toEqual([])
    expect(await tasksOf(lines, 'es', new Map([['S2', 'Luis']]))).toMatchObject([{ due: '2026-03-12' }])
  })
})

describe('a request that is answered with another day is a task of that day', () => {
  it.each([
    'No puedo el jueves, lo hago el viernes.',
    'El jueves no puedo. El viernes sí.',
    'El jueves no puedo, pero te lo mando el viernes.',
    'Mejor el viernes, el jueves no puedo.',
    'El jueves no me da tiempo; el viernes.',
    'no puedo el jueves lo hago el viernes',
    'el jueves no puedo pero el viernes sí',
    'No, mejor el viernes.',
    'Lo hago el viernes, el jueves no puedo.',
  ])('in Spanish: %s', async (reply) => {
    expect(await tasksOf([REQUEST, `B: ${reply}`, 'A: Bien.'])).toMatchObject([
      { title: 'Mandar el contrato', owner: 'S2', due: '2026-03-13' },
    ])
  })

  it.each([
    "I can't on Thursday, I'll do it on Friday.",
    "On Thursday I can't, but Friday works.",
    "Thursday doesn't work for me. I can do Friday.",
    'No, how about Friday.',
  ])('in English: %s', async (reply) => {
    expect(await tasksOf([ENGLISH, `B: ${reply}`, 'A: Fine.'], 'en')).toMatchObject([
      { title: 'Send the contract', owner: 'S2', due: '2026-03-13' },
    ])
  })

  it('also where who asks proposes it, and the other agrees', async () => {
    const lines = [REQUEST, 'B: El jueves no puedo.', 'A: ¿Y el viernes?', 'B: El viernes vale.']
    expect(await tasksOf(lines)).toMatchObject([{ title: 'Mandar el contrato', owner: 'S2', due: '2026-03-13' }])
    expect(await tasksOf([...lines.slice(0, 3), 'B: Tampoco, no puedo.'])).toEqual([])
    const english = [ENGLISH, "B: I can't on Thursday.", 'A: What about Friday?', 'B: Sure.']
    expect(await tasksOf(english, 'en')).toMatchObject([{ owner: 'S2', due: '2026-03-13' }])
  })
})

describe('near misses stay tasks', () => {
  it.each([
    ['Vale, pero el viernes no puedo ir a la cena.', '2026-03-12'],
    ['Sí, no te preocupes.', '2026-03-12'],
    ['No te preocupes, yo lo mando.', '2026-03-12'],
    ['Claro, no hay problema.', '2026-03-12'],
    ['Sí, pero el jueves no puedo.', null],
    ['No puedo esperar a verlo.', '2026-03-12'],
  ])('%s', async (reply, due) => {
    expect(await tasksOf([REQUEST, `B: ${reply}`])).toMatchObject([{ title: 'Mandar el contrato', owner: 'S2', due }])
  })

  it('what must be done stays to be done, though one cannot', async () => {
    const lines = ['A: Hay que cambiar los discos antes del viernes.', 'B: Yo no puedo.', 'A: Ya veremos quién.']
    expect(await tasksOf(lines)).toMatchObject([{ title: 'Cambiar los discos', owner: null }])
  })

  it('a task of one’s own is refused by nobody else', async () => {
    expect(await tasksOf(['A: Mañana te mando el contrato.', 'B: Yo no puedo ir mañana.'])).toHaveLength(1)
  })
})
