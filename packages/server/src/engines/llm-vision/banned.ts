/** Inferences that a description of a photo must not make, in Spanish and English. Pure; also used by the evaluation. */

export const BANNED_KINDS = ['safety', 'identity', 'origin', 'health', 'emotion', 'age', 'belief'] as const
export type BannedKind = (typeof BANNED_KINDS)[number]

/** Written without accents and in lower case; texts are folded before they are compared. */
const PATTERNS: Record<BannedKind, readonly RegExp[]> = {
  safety: [
    /(?<!\b(?:no|ni|nunca|tampoco|si) )\b(?:es|esta|parece|resulta|queda)(?: \w+)? (?:segur[oa]s?|a salvo|libres? de (?:peligros?|riesgos?))\b(?! que\b)/,
    /\b(?:no hay|no existe|sin)(?: \w+)? (?:peligros?|riesgos?)\b(?! (?:evidentes?|aparentes?|visibles?|a la vista|claros?))/,
    /(?<!\b(?:not|never|if) )\b(?:it|this|that|everything|place|area|scene)?\s*(?:is|are|looks|seems)(?: \w+)? safe\b/,
    /\b(?:there (?:is|are) no|no|without(?: any)?) (?:dangers?|risks?|hazards?)\b(?! (?:is|are) (?:evident|apparent|seen|visible))/,
  ],
  identity: [
    /\b(?:se llama|es el (?:famoso|actor|cantante|futbolista|politico|presidente)|es la (?:famosa|actriz|cantante|futbolista|politica|presidenta))\b/,
    /\b(?:is|looks like) (?:the )?(?:famous|actor|actress|singer|footballer|politician|president) [a-z]/,
  ],
  origin: [
    /\b(?:de (?:raza|etnia|origen) (?!desconocid)\w+|(?:persona|hombre|mujer|nino|nina|joven|gente) (?:asiatic|african|latin|hispan|arab|gitan|caucasic|blanc|negr|indigena|europe|oriental)\w*)/,
    /\b(?:asian|african|caucasian|hispanic|latino|latina|arab|white|black|european|indian) (?:man|men|woman|women|person|people|boy|girl|child|male|female)\b/,
    /\bof (?:asian|african|european|arab|latin) (?:origin|descent)\b/,
  ],
  health: [
    /\b(?:persona|hombre|mujer|nino|nina|joven|parece|esta|aparenta estar) (?:\w+ )?(?:enferm[oa]|embarazada|obes[oa]|borrach[oa]|drogad[oa]|discapacitad[oa]|anorexic[oa])\b/,
    /\b(?:man|woman|person|child|he|she|seems|looks|appears) (?:\w+ )?(?:ill|sick|pregnant|obese|drunk|disabled|intoxicated)\b/,
  ],
  emotion: [
    /\b(?:parece[n]?|esta[n]?|se (?:ve[n]?|siente[n]?)|aspecto|cara|expresion|gesto) (?:de |muy |estar |algo )*(?:feli(?:z|ces)|content[oa]s?|triste(?:s|za)?|enfadad[oa]s?|enojad[oa]s?|preocupad[oa]s?|asustad[oa]s?|nervios[oa]s?|aburrid[oa]s?|alegr(?:e|es|ia)|relajad[oa]s?|deprimid[oa]s?|enfado|miedo)\b/,
    /\b(?:seems?|looks?|appears?|is|are|feels?) (?:to be |very |a bit )*(?:happy|sad|angry|worried|scared|nervous|bored|cheerful|depressed|relaxed)\b/,
  ],
  age: [
    /\b(?:de |unos |unas |aproximadamente |aparenta |tiene )+(?:entre )?\d{1,2}(?: (?:y|a|o) \d{1,2})? anos\b/,
    /\b(?:\d{1,2}[- ]years?[- ]old|in (?:his|her|their) (?:\w+ )?(?:twenties|thirties|forties|fifties|sixties|\d0s))\b/,
  ],
  belief: [
    /\b(?:persona|hombre|mujer|familia|es|parece) (?:musulman|cristian|catolic|judi|budist|de izquierdas|de derechas)\w*/,
    /\b(?:muslim|christian|catholic|jewish|buddhist) (?:man|woman|person|people|family)\b/,
  ],
}

/** Lower case without accents. */
export const folded = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()

/** The kinds of banned inference in a text. */
export function bannedIn(text: string): BannedKind[] {
  const plain = folded(text)
  return BANNED_KINDS.filter((kind) => PATTERNS[kind].some((pattern) => pattern.test(plain)))
}

/** The text without the sentences that make a banned inference, and which kinds those were. */
export function withoutBanned(text: string): { text: string; removed: BannedKind[] } {
  const sentences = text.match(/[^.!?…\n]+[.!?…]*["»”)]*\s*|\n+/gu) ?? []
  const removed = new Set<BannedKind>()
  const kept = sentences.filter((sentence) => {
    const kinds = bannedIn(sentence)
    for (const kind of kinds) removed.add(kind)
    return kinds.length === 0
  })
  return { text: kept.join('').trim(), removed: [...removed] }
}
