import { PlanFigures } from './figures.ts'
import figures from './measured.json' with { type: 'json' }

/** Figures of the machine that Vigía is developed on: used where none of the reader's own are given. */
export const MEASURED: PlanFigures = PlanFigures.parse(figures)
