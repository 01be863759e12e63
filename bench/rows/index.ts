import type { Row } from '../lib/row.ts'
import { adapters } from './adapters.ts'
import { answers } from './answers.ts'
import { ingest } from './ingest.ts'
import { live } from './live.ts'
import { memory } from './memory.ts'
import { photoBurst } from './photo-burst.ts'
import { photos } from './photos.ts'
import { pipeline } from './pipeline.ts'
import { plan } from './plan.ts'
import { protocols } from './protocols.ts'
import { reports } from './reports.ts'
import { search } from './search.ts'
import { startup } from './startup.ts'
import { storm } from './storm.ts'

/** Every row, in the order of the table. A new one is one file and one line here. */
export const ROWS: readonly Row[] = [
  ingest,
  live,
  pipeline,
  photos,
  photoBurst,
  reports,
  search,
  startup,
  memory,
  storm,
  protocols,
  adapters,
  plan,
  answers,
]
