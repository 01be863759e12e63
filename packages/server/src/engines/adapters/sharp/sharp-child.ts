import { serveEngine } from '../../host/serve.ts'
import { lockDown, preparePhoto } from './prepare.ts'
import type { SharpCalls } from './sharp-calls.ts'

/** The photo process: the only place where bytes from outside meet image decoders. */

lockDown()
serveEngine<SharpCalls>({ prepare: ({ bytes, mime, encode }) => preparePhoto(bytes, mime, encode) })
