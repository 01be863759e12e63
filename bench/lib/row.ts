/** What a row of the bench is: one file that measures one thing beside something comparable. */

/** `smoke` runs in tests, `short` in a quarter of an hour and is what docs/performance.md shows, `full` takes hours. */
export type Size = 'smoke' | 'short' | 'full'
export const SIZES: readonly Size[] = ['smoke', 'short', 'full']

/** One line of the table. */
export interface Figure {
  /** What is measured, with its conditions. */
  what: string
  unit: string
  ours: number
  /** What ran in the same minute on the same machine. */
  than?: { name: string; value: number }
  /** ours ÷ than: median of the rounds, each round's pair taken together. */
  ratio?: number
  /** Smallest and largest ratio of the rounds. */
  spread?: readonly [number, number]
  better: 'more' | 'less'
  /** What was aimed at, as a bound of `ratio` or of `ours`. */
  goal?: { of: 'ratio' | 'ours'; min?: number; max?: number }
  note?: string
}

export interface RowContext {
  size: Size
  /** A temporary folder of this row, removed after it. */
  dir: string
  /** Takes the value for the size. */
  by<T>(values: Record<Size, T>): T
  say(text: string): void
}

export interface Row {
  name: string
  title: string
  /** Figures, or why the row cannot run here. */
  run(context: RowContext): Promise<Figure[] | { skipped: string }>
}

export interface RowResult {
  name: string
  title: string
  figures: Figure[]
  skipped?: string
  seconds: number
}

/** Whether a figure meets its goal; null without one. */
export function meetsGoal({ goal, ours, ratio }: Figure): boolean | null {
  if (!goal) return null
  const value = goal.of === 'ours' ? ours : ratio
  if (value === undefined) return null
  return value >= (goal.min ?? Number.NEGATIVE_INFINITY) && value <= (goal.max ?? Number.POSITIVE_INFINITY)
}
