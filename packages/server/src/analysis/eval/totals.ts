import { KINDS, type Kind, type SessionScore } from './score.ts'

/** Scores of many sessions in one table. Pure. */

export interface Totals {
  sessions: number
  valid: number
  items: Record<Kind, { precision: number; recall: number; f1: number; gold: number }>
  evidenceValidity: number
  evidenceSupport: number
  violationsPerSession: number
  ownerAccuracy: number
  dueAccuracy: number
  factRecall: number
  unsupportedSentences: number
  cleanTexts: number
}

/** Sums over sessions (micro average). A share of nothing is 1. */
export function totalsOf(scores: readonly SessionScore[]): Totals {
  const sum = (of: (score: SessionScore) => number): number => scores.reduce((total, score) => total + of(score), 0)
  const share = (part: number, whole: number): number => (whole === 0 ? 1 : part / whole)
  const ofKind = (kind: Kind) => {
    const matched = sum((score) => score.items[kind].matched)
    const precision = share(
      matched,
      sum((score) => score.items[kind].found),
    )
    const gold = sum((score) => score.items[kind].gold)
    const recall = share(matched, gold)
    return { precision, recall, f1: precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall), gold }
  }
  return {
    sessions: scores.length,
    valid: share(
      sum(({ valid }) => Number(valid)),
      scores.length,
    ),
    items: Object.fromEntries(KINDS.map((kind) => [kind, ofKind(kind)])) as Totals['items'],
    evidenceValidity: share(
      sum(({ validEvidence }) => validEvidence),
      sum(({ claims }) => claims),
    ),
    evidenceSupport: share(
      sum(({ supported }) => supported),
      sum(({ claims }) => claims),
    ),
    violationsPerSession: sum(({ violations }) => violations.length) / Math.max(1, scores.length),
    ownerAccuracy: share(
      sum(({ owners }) => owners.right),
      sum(({ owners }) => owners.asked),
    ),
    dueAccuracy: share(
      sum(({ dues }) => dues.right),
      sum(({ dues }) => dues.asked),
    ),
    factRecall: share(
      sum(({ facts }) => facts.told),
      sum(({ facts }) => facts.asked),
    ),
    cleanTexts: share(
      sum(({ texts }) => texts.clean),
      sum(({ texts }) => texts.all),
    ),
    unsupportedSentences: share(
      sum(({ sentences }) => sentences.unsupported),
      Math.max(
        1,
        sum(({ sentences }) => sentences.all),
      ),
    ),
  }
}

/** Columns side by side, for a terminal. */
export function tableOf(columns: Readonly<Record<string, Totals>>): string {
  const names = Object.keys(columns)
  const percent = (value: number): string => `${(value * 100).toFixed(1)} %`
  const row = (label: string, of: (totals: Totals) => string): string =>
    `${label.padEnd(30)}${names.map((name) => of(columns[name]!).padStart(24)).join('')}`
  return [
    row('', () => '').trimEnd() + names.map((name) => name.padStart(24)).join(''),
    row('sessions', ({ sessions }) => String(sessions)),
    row('valid reports', ({ valid }) => percent(valid)),
    row('evidence validity', ({ evidenceValidity }) => percent(evidenceValidity)),
    row('evidence support (stems)', ({ evidenceSupport }) => percent(evidenceSupport)),
    ...KINDS.map((kind) =>
      row(`${kind} P / R / F1`, ({ items }) => {
        const { precision, recall, f1 } = items[kind]
        return `${precision.toFixed(2)} / ${recall.toFixed(2)} / ${f1.toFixed(2)}`
      }),
    ),
    row('must-not per session', ({ violationsPerSession }) => violationsPerSession.toFixed(2)),
    row('owner accuracy', ({ ownerAccuracy }) => percent(ownerAccuracy)),
    row('due accuracy', ({ dueAccuracy }) => percent(dueAccuracy)),
    row('key facts in the summary', ({ factRecall }) => percent(factRecall)),
    row('unsupported sentences', ({ unsupportedSentences }) => percent(unsupportedSentences)),
    row('texts: language, no keys', ({ cleanTexts }) => percent(cleanTexts)),
  ].join('\n')
}
