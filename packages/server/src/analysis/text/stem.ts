/** Light stemmers: enough to see that “enviaré” and “enviar”, “risks” and “risk” are one. Pure. */

const ES_CLITICS = /(?<=[aei]r|[ae]ndo)(?:se|me|te|nos|os|l[aeo]s?)+$/u
const ES_ENDINGS =
  /(?:amientos?|imientos?|aciones|acion|adoras?|adores|ador|mente|idades|idad|ancias?|iendo|ando|aremos|eremos|iremos|aran|eran|iran|ados?|adas?|idos?|idas?|amos|emos|imos|are|ere|ire|ara|era|ira|aba[ns]?|ia[ns]?|aron|ieron|ar|er|ir|es|as|os|an|en|a|e|o|s)$/u
const EN_ENDINGS = /(?:ations?|ments?|ings?|edly|ies|ers?|ed|es|ly|s|e|y)$/u
const MIN_STEM = 3

/** Stem of a folded word. */
export function stem(plain: string, language: 'es' | 'en'): string {
  if (/^\p{N}/u.test(plain)) return plain
  if (language === 'en') return cut(plain, EN_ENDINGS)
  return cut(plain.replace(ES_CLITICS, '').replace(/(?<=[aeiou]|[lnrd]e)s$/u, ''), ES_ENDINGS)
}

function cut(word: string, ending: RegExp): string {
  for (let from = MIN_STEM; from < word.length; from++) {
    const rest = word.slice(from)
    const match = ending.exec(rest)
    if (match && match.index === 0) return word.slice(0, from)
  }
  return word
}

/** Share of stems that two sets have in common, 0–1. */
export function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  if (a.size === 0 || b.size === 0) return 0
  const common = a.intersection(b).size
  return common / (a.size + b.size - common)
}
