import type { SherpaFamily } from './model.ts'

/**
 * Languages that the families with a language option take. The library ends the process on another one, so the table
 * is asked first. Source: the tables in sherpa-onnx 1.13.8 and the model cards.
 */

const WHISPER = new Set(
  (
    'en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la mi ml cy sk te fa ' +
    'lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd gu am yi lo uz fo ht ps tk nn ' +
    'mt sa lb my bo tl mg as tt haw ln ha ba jw su yue'
  ).split(' '),
)
const CANARY = new Set(['en', 'es', 'de', 'fr'])
const SENSE_VOICE = new Set(['auto', 'zh', 'en', 'ja', 'ko', 'yue'])

const TABLES: Partial<Record<SherpaFamily, ReadonlySet<string>>> = { whisper: WHISPER, canary: CANARY, sense_voice: SENSE_VOICE }

/** True when a recognizer of this family can be opened with this language; Whisper and SenseVoice detect it when it is empty. */
export function knowsLanguage(family: SherpaFamily, language: string): boolean {
  const table = TABLES[family]
  return !table || table.has(language) || (language === '' && family !== 'canary')
}

/** True for families whose recognizer is opened for one language. */
export const takesLanguage = (family: SherpaFamily): boolean => family in TABLES
