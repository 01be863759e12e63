import type { Row } from '../lib/row.ts'
import { ingest } from './ingest.ts'

/** Every row, in the order of the table. A new one is one file and one line here. */
export const ROWS: readonly Row[] = [ingest]
