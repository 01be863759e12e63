/** Caption credits and sign-offs that Whisper-like models write over noise: they were in the subtitles it learned from. Pure. */

/** Whole utterances, folded. Sources: the issue trackers of openai/whisper, faster-whisper and whisper.cpp. */
const PHRASES = new Set([
  'subtitulos realizados por la comunidad de amara org',
  'subtitulos por la comunidad de amara org',
  'subtitulos en espanol de amara org',
  'subtitulos creados por la comunidad de amara org',
  'subtitulado por la comunidad de amara org',
  'subtitulos por',
  'mas informacion www alimmenta com',
  'gracias por ver el video',
  'gracias por ver este video',
  'gracias por ver',
  'suscribete al canal',
  'suscribete',
  'no olvides suscribirte al canal',
  'dale like y suscribete',
  'hasta el proximo video',
  'nos vemos en el proximo video',
  'subtitles by the amara org community',
  'thanks for watching',
  'thank you for watching',
  'please subscribe',
  'please subscribe to my channel',
  'like and subscribe',
  'see you in the next video',
  'transcription by castingwords',
  'transcript emily beynon',
  'legendas pela comunidade amara org',
  'sous titres realises par la communaute d amara org',
  'sous titrage st 501',
  'untertitel der amara org community',
  'untertitel im auftrag des zdf fur funk 2017',
  'sottotitoli creati dalla comunita amara org',
  'sottotitoli e revisione a cura di qtss',
])

/** In any place of an utterance these are nobody's words. */
const MARKS = [/\bamara org\b/, /\bcastingwords\b/, /\bwww \S+ (com|org|net|es)\b.*subtit/]

/** Without accents, case, punctuation. */
const fold = (text: string): string =>
  text
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()

export function isBoilerplate(text: string): boolean {
  const folded = fold(text)
  if (PHRASES.has(folded)) return true
  const sentences = text
    .split(/[.!?¡¿]+/)
    .map(fold)
    .filter(Boolean)
  if (sentences.length > 0 && sentences.every((sentence) => PHRASES.has(sentence))) return true
  return MARKS.some((mark) => mark.test(folded))
}
