import type { CueSet } from './cues.ts'
import { EN } from './cues-en.ts'
import { ES } from './cues-es.ts'
import type { Clause } from './text/clauses.ts'
import type { RuleLanguage } from './text/language.ts'

/** The cue rules of a language. Other languages than English get the Spanish ones. */
export function cuesFor(language: RuleLanguage): CueSet {
  return language === 'en' ? EN : ES
}

/** The rules that read a clause: those of its own language, whatever the rest of the talk is in. */
export const cuesOf = ({ language }: Pick<Clause, 'language'>): CueSet => cuesFor(language)

/** An order to an assistant, in any of the languages. @param plain - folded words */
export const isInstruction = (plain: string): boolean => ES.instruction.test(plain) || EN.instruction.test(plain)
