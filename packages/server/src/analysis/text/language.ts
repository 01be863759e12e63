import type { Token } from './tokens.ts'

/** Which of the two languages with rules a stretch of talk is in, told by its small words. Pure. */

export type RuleLanguage = 'es' | 'en'

/** Folded words that only one of the two has; “no”, “me”, “he”, “has”, “once” stand in both and tell nothing. */
const WORDS: Readonly<Record<RuleLanguage, ReadonlySet<string>>> = {
  es: new Set(
    `el la los las un una unos unas de del que y en al lo por para con se te le les os nos su sus mi mis tu tus yo ella ellos esta este
esto estas estos estan estamos estoy eso esa ese esos esas pero como mas muy ya hay hoy vale bueno buenos buenas claro gracias tambien
tampoco porque cuando donde quien cual cuanto si voy vamos va van vas tengo tienes tiene tenemos teneis tienen puedes puede podemos
podeis pueden puedo hacer ser era eran fue mañana tarde entonces luego lunes martes miercoles jueves viernes sabado domingo semana nada
todo todos todas hasta desde sobre aqui ahi ahora despues antes perfecto hecho acuerdo dale venga hola oye usted ustedes hemos habia
creo quiero necesito necesitamos hago haces mejor siempre nunca`.split(/\s+/u),
  ),
  en: new Set(
    `the and of to is are was were will would i i'll i'm i've i'd you you're you'll we we'll we're we've they they're it it's this that that's
these those with for from by at be been being what what's when who where how why which can could should must please yes yeah sure not
don't doesn't didn't isn't wasn't let's can't cannot won't have had our your my their his her she need needs want wants tomorrow today
tonight monday tuesday wednesday thursday friday saturday sunday week thanks thank hello great agreed right if or but about there
there's then just get got going some any all next does did up out into before after until because i'd sorry good`.split(/\s+/u),
  ),
}
/** A reply of so few words is in the language of its only telling word: “Sure.”, “Sí, vale.” */
const REPLY_WORDS = 3

/** How many different words of a text only Spanish, only English has. */
export function languageCues(tokens: readonly Token[]): Record<RuleLanguage, number> {
  const words = new Set(tokens.map(({ plain }) => plain.replaceAll('’', "'")))
  return { es: words.intersection(WORDS.es).size, en: words.intersection(WORDS.en).size }
}

/** @returns null where the words do not tell */
export function toldLanguage(tokens: readonly Token[], usual: RuleLanguage): RuleLanguage | null {
  const other = usual === 'es' ? 'en' : 'es'
  const { [usual]: own, [other]: foreign } = languageCues(tokens)
  const isOther = foreign > own && (foreign >= 2 || tokens.length <= REPLY_WORDS)
  return isOther ? other : own > 0 ? usual : null
}
