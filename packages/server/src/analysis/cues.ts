import type { Clause } from './text/clauses.ts'

/** What cue rules find in one clause. The rules are in `cues-es.ts` and `cues-en.ts`. */

/** `commitment`: somebody takes it on; `request`: somebody is asked; `obligation`: it must be done. */
export type TaskForm = 'commitment' | 'request' | 'obligation'

export interface TaskCue {
  form: TaskForm
  /** Points for the form, before those for time, object and acceptance. */
  weight: number
  /** Infinitive of what is to be done (Spanish), or the verb (English). */
  verb: string
  /** First token after the verb. */
  objectFrom: number
  /** First token of the whole, for the quote. */
  from: number
  /** `speaker`: who says it; `addressee`: who is spoken to; a name; null where nobody is named. */
  owner: 'speaker' | 'addressee' | { name: string } | null
  /** A pronoun stands for the thing: “lo envío”. */
  pronoun: boolean
}

/** A promise without its matter, “yo me encargo”: it belongs to what was asked before. */
export interface CueSet {
  language: 'es' | 'en'
  task(clause: Clause): TaskCue | null
  /** Hypotheses, wishes, done work, refusals. */
  vetoesTask(clause: Clause): boolean
  acceptance: RegExp
  /** “no, …”: at the beginning of a reply. */
  refusal: RegExp
  /** “el jueves no puedo”, “eso no lo hago”: anywhere in a reply. */
  cannot: RegExp
  /** “no hace falta”: what was offered is not wanted. */
  declines: RegExp
  /** “era broma”: what was said just before does not count. */
  retraction: RegExp
  /** “ya no hace falta …” */
  cancellation: RegExp
  takesOn: RegExp
  decision: RegExp
  decisionVeto: RegExp
  /** Says of what was just said that it is decided: “pues decidido”, “that's settled”. */
  settlesBefore: RegExp
  /** Marks that a later decision replaces an earlier one. */
  revocation: RegExp
  /** `será el quince de mayo`: fixes a date, if a date follows. */
  settlesDate: RegExp
  risk: RegExp
  riskVeto: RegExp
  /** “ese es el riesgo”: the risk was told just before. */
  riskBefore: RegExp
  severe: RegExp
  mild: RegExp
  question: RegExp
  unknown: RegExp
  topic: RegExp
  greeting: RegExp
  selfIntroduction: RegExp
  /** Speaks to an assistant or a model: never counts. */
  instruction: RegExp
  /** Tells of a film, a series, an advert. */
  fiction: RegExp
  /** “mira esto”: speaks of what is in front of the camera. */
  pointing: RegExp
  /** Connectors and fillers that a title does not begin with. */
  leading: RegExp
}

/** Boundaries that know accented letters: `\b` does not. */
export function cue(pattern: string): RegExp {
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${pattern})(?![\\p{L}\\p{N}])`, 'u')
}
