import { wordsOf } from '../turn/words.ts'

/** Is the question about what is seen? Rules over folded words, Spanish and English. */

const SIGHT =
  /\b(que (ves|hay|pone|dice aqui|dice ahi|es esto|es eso|tengo delante|estoy viendo|llevo|color)|de que color|mira(me)? (esto|eso|aqui|bien)|lee(me|lo)?|leer|describe(me)?|foto|imagen|camara|delante de mi|ves algo|puedes ver|what (do|can) you see|what is (this|that|in front)|what s (this|that|in front|here)|what am i (looking|holding|seeing)|look at|read (this|that|it|the)|describe|picture|photo|camera|what colou?r|can you see)\b/

const READ = /\b(lee(me|lo)?|leer|que (pone|dice (aqui|ahi|el|la))|read|what does (it|this|that|the \w+) say)\b/

const folded = (text: string): string => wordsOf(text).join(' ')

export const isAboutSight = (text: string): boolean => SIGHT.test(folded(text))
export const asksToRead = (text: string): boolean => READ.test(folded(text))
