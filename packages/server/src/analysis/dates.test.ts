import { describe, expect, it } from 'vitest'
import { toIso, weekdayOf } from './calendar.ts'
import { dateReference, findDates, resolveDate } from './dates.ts'

/** Tuesday. */
const tuesday = (language: 'es' | 'en') => dateReference('2026-03-10T10:00:00Z', 'Europe/Madrid', language)
const resolved = (text: string, language: 'es' | 'en' = 'es') => {
  const found = resolveDate(text, tuesday(language))
  return found && [found.text, found.iso ?? null, found.certainty]
}

describe('dates in Spanish, said on Tuesday 10 March 2026', () => {
  it.each([
    ['lo envío hoy', 'hoy', '2026-03-10', 'firm'],
    ['mañana pediré una cotización', 'mañana', '2026-03-11', 'firm'],
    ['lo hago pasado mañana', 'pasado mañana', '2026-03-12', 'firm'],
    ['mañana por la mañana', 'mañana por la mañana', '2026-03-11', 'firm'],
    ['llámale por la mañana', 'por la mañana', null, 'tentative'],
    ['una prueba antes del viernes', 'antes del viernes', '2026-03-13', 'firm'],
    ['el informe para el lunes', 'para el lunes', '2026-03-16', 'firm'],
    ['el martes', 'el martes', '2026-03-17', 'firm'],
    ['el martes 17', 'el martes 17', '2026-03-17', 'firm'],
    ['el jueves 17', 'el jueves 17', null, 'tentative'],
    ['el próximo viernes', 'el próximo viernes', '2026-03-13', 'tentative'],
    ['el lunes que viene', 'el lunes que viene', '2026-03-16', 'firm'],
    ['el miércoles de la semana que viene', 'el miércoles de la semana que viene', '2026-03-18', 'firm'],
    ['será el quince de mayo', 'el quince de mayo', '2026-05-15', 'firm'],
    ['el treinta y uno de marzo', 'el treinta y uno de marzo', '2026-03-31', 'firm'],
    ['quince de abril', 'quince de abril', '2026-04-15', 'firm'],
    ['el 15/04', 'el 15/04', '2026-04-15', 'firm'],
    ['el 3 de enero de 2027', 'el 3 de enero de 2027', '2027-01-03', 'firm'],
    ['el tres de enero', 'el tres de enero', null, 'firm'],
    ['el día veinte', 'el día veinte', '2026-03-20', 'firm'],
    ['para el día 5', 'para el día 5', '2026-04-05', 'firm'],
    ['en quince días', 'en quince días', '2026-03-24', 'firm'],
    ['dentro de ocho días', 'dentro de ocho días', '2026-03-17', 'firm'],
    ['en dos semanas', 'en dos semanas', '2026-03-24', 'firm'],
    ['en tres días', 'en tres días', '2026-03-13', 'firm'],
    ['a fin de mes', 'a fin de mes', '2026-03-31', 'firm'],
    ['a finales de mes', 'a finales de mes', '2026-03-31', 'firm'],
    ['la semana que viene', 'la semana que viene', '2026-03-20', 'tentative'],
    ['el mes que viene', 'el mes que viene', '2026-04-30', 'tentative'],
    ['esta semana', 'esta semana', '2026-03-13', 'tentative'],
    ['avisaré al cliente esta tarde', 'esta tarde', '2026-03-10', 'firm'],
    ['esta noche', 'esta noche', '2026-03-10', 'firm'],
    ['lo mandé ayer', 'ayer', null, 'firm'],
    ['la semana pasada', 'la semana pasada', null, 'firm'],
    ['cuanto antes', 'cuanto antes', null, 'tentative'],
    ['lo hago ahora mismo', 'ahora mismo', '2026-03-10', 'tentative'],
    ['la llamo ahora', 'ahora', '2026-03-10', 'tentative'],
    ['ahora bien, hay un problema', null, null, null],
    ['a principios de la semana que viene', 'a principios de la semana que viene', '2026-03-16', 'tentative'],
    ['a finales de la próxima semana', 'a finales de la próxima semana', '2026-03-20', 'tentative'],
    ['el fin de semana que viene', 'el fin de semana que viene', '2026-03-14', 'tentative'],
    ['a mediados de mes', 'a mediados de mes', '2026-03-15', 'tentative'],
    ['a primeros de mes', 'a primeros de mes', '2026-04-01', 'tentative'],
    ['a mediados de mayo', 'a mediados de mayo', '2026-05-15', 'tentative'],
    ['para finales de abril', 'para finales de abril', '2026-04-30', 'tentative'],
    ['de hoy en ocho días', 'de hoy en ocho días', '2026-03-17', 'firm'],
    ['en un par de días', 'en un par de días', '2026-03-12', 'firm'],
    ['el lunes te paso las notas de la reunión del viernes', 'el lunes', '2026-03-16', 'firm'],
    ['preparo la reunión del viernes', 'del viernes', '2026-03-13', 'firm'],
    ['lo mando el jueves, antes del viernes', 'antes del viernes', '2026-03-13', 'firm'],
    ['ANTES DEL VIERNES', 'ANTES DEL VIERNES', '2026-03-13', 'firm'],
    ['el miercoles', 'el miercoles', '2026-03-11', 'firm'],
  ])('%s', (text, words, iso, certainty) => expect(resolved(text)).toEqual(words === null ? null : [words, iso, certainty]))

  it.each(['tengo dos hijos', 'son quince personas', 'uno de los usuarios', 'la función de vídeo'])(
    'finds none in: %s',
    (text) => {
      expect(resolved(text)).toBeNull()
    },
  )

  it('takes the last date where the speaker corrects it', () => {
    expect(resolved('el jueves, no, mejor el viernes')).toEqual(['el viernes', '2026-03-13', 'firm'])
  })

  it('never invents an hour', () => {
    for (const text of ['esta tarde', 'mañana a las cinco', 'el viernes por la noche']) {
      expect(resolveDate(text, tuesday('es'))!.iso).toMatch(/^\d{4}-\d\d-\d\d$/u)
    }
  })

  it('keeps the offsets of the words', () => {
    const text = 'Antes del viernes o el quince de mayo.'
    for (const mention of findDates(text, tuesday('es'))) expect(text.slice(mention.start, mention.end)).toBe(mention.text)
    expect(findDates(text, tuesday('es'))).toHaveLength(2)
  })

  it('counts from the day that the local clock shows', () => {
    expect(toIso(dateReference('2026-03-10T23:30:00Z', 'Europe/Madrid', 'es').today)).toBe('2026-03-11')
    expect(toIso(dateReference('2026-03-10T02:00:00Z', 'America/Mexico_City', 'es').today)).toBe('2026-03-09')
  })

  it('gives every weekday the next such day, never today', () => {
    for (let day = 0; day < 7; day++) {
      const reference = { today: tuesday('es').today + day, language: 'es' as const }
      const names = ['lunes', 'martes', 'miércoles', 'jueves', 'viernes', 'sábado', 'domingo']
      names.forEach((name, weekday) => {
        const iso = resolveDate(`el ${name}`, reference)!.iso!
        const ahead = Date.parse(iso) / 86_400_000 - reference.today
        expect(weekdayOf(Date.parse(iso) / 86_400_000)).toBe(weekday)
        expect(ahead).toBeGreaterThan(0)
        expect(ahead).toBeLessThanOrEqual(7)
      })
    }
  })
})

describe('dates in English, said on Tuesday 10 March 2026', () => {
  it.each([
    ['by Friday', 'by Friday', '2026-03-13', 'firm'],
    ['tomorrow morning', 'tomorrow morning', '2026-03-11', 'firm'],
    ['next week', 'next week', '2026-03-20', 'tentative'],
    ['next Friday', 'next Friday', '2026-03-13', 'tentative'],
    ['before May 15', 'before May 15', '2026-05-15', 'firm'],
    ['on the 15th of May', 'on the 15th of May', '2026-05-15', 'firm'],
    ['in two weeks', 'in two weeks', '2026-03-24', 'firm'],
    ['by the end of the day', 'by the end of the day', '2026-03-10', 'firm'],
    ['last week', 'last week', null, 'firm'],
    ["I'll do it right away", 'right away', '2026-03-10', 'tentative'],
    ['by the end of next week', 'by the end of next week', '2026-03-20', 'tentative'],
    ['early next week', 'early next week', '2026-03-16', 'tentative'],
    ['the week after next', 'the week after next', '2026-03-27', 'tentative'],
    ['May fifteenth', 'May fifteenth', '2026-05-15', 'firm'],
    ['on May twenty-first', 'on May twenty-first', '2026-05-21', 'firm'],
    ['by the 20th', 'by the 20th', '2026-03-20', 'firm'],
    ['send it by the twentieth', 'by the twentieth', '2026-03-20', 'firm'],
    ['in a couple of days', 'in a couple of days', '2026-03-12', 'firm'],
    ["I'll send Friday's notes on Monday", 'on Monday', '2026-03-16', 'firm'],
  ])('%s', (text, words, iso, certainty) => expect(resolved(text, 'en')).toEqual([words, iso, certainty]))

  it.each(['for the first time', 'now and then', 'the second one'])('finds none in: %s', (text) => {
    expect(resolved(text, 'en')).toBeNull()
  })

  it('finds none in: you may have ten of them', () => expect(resolved('you may have ten of them', 'en')).toBeNull())
})
