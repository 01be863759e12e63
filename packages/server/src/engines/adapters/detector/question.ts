import { LABELS, PERSON } from './labels.ts'

/** Tells which questions detectors can answer: what is written, what a code says, whether and how many of a known kind. Pure. */

export type Question = { about: 'scene' } | { about: 'text' } | { about: 'codes' } | { about: 'objects'; classId: number }

/** Whether something is safe, dangerous or may be done is for nobody to say who only finds objects. */
const JUDGEMENT = /\b(segur[oa]s?|seguridad|peligr\w+|riesgos?|cruzar|puedo|debo|safe\w*|danger\w*|risks?|cross|can i|should i)\b/

const TEXT =
  /\b(pone|ponen|dicen?|leer?|lees|texto|letras?|escrit[oa]s?|cartel(es)?|letreros?|rotulos?|says?|read|text|written|signs?)\b/
const CODES = /\b(qr|codigos?|barcodes?|codes?)\b/
const PEOPLE = /\b(personas?|gente|alguien|person|people|anyone|anybody|someone)\b/

/** Reasons and relations are beyond a list of objects, even where it names one. */
const BEYOND =
  /\b(por que|para que|como|quien(es)?|de que|hace[ns]?|haciendo|colou?r(es)?|why|how (?!many)|who|doing|what kind)\b/

/** What a description answers anyway. */
const SCENE =
  /\b(que (hay|ves|ve|se ve|aparece|sale)|describ\w+|what (is|do you see|can you see|s) (in|here|there|this|around|in front)|what do you see)\b/

/** @returns null for a question that detectors cannot answer */
export function readQuestion(prompt: string): Question | null {
  const text = plain(prompt)
  if (JUDGEMENT.test(text)) return null
  if (CODES.test(text)) return { about: 'codes' }
  if (TEXT.test(text)) return { about: 'text' }
  if (BEYOND.test(text)) return null
  if (PEOPLE.test(text)) return { about: 'objects', classId: PERSON }
  const classId = LABELS.findIndex((label) => namesOf(label).some((name) => hasWords(text, name)))
  if (classId >= 0) return { about: 'objects', classId }
  return SCENE.test(text) ? { about: 'scene' } : null
}

function namesOf({ es: [one, many], en }: (typeof LABELS)[number]): string[] {
  return [one.replace(/^(un|una|unas|unos) /, ''), many, en, `${en}s`].map(plain)
}

const hasWords = (text: string, name: string): boolean => ` ${text} `.includes(` ${name} `)

/** Lower case, letters and digits alone, without accents, single spaces. */
function plain(text: string): string {
  const letters = text.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '')
  return letters.replace(/[^\p{L}\p{N}]+/gu, ' ').trim()
}
