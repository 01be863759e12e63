import { startEngineProcess } from '../engine-process.ts'
import { FAKE_ENGINE, type FakeCalls } from './fake-calls.ts'

/** A gateway that starts one engine, says its process id and waits to be killed. */
const engine = await startEngineProcess<FakeCalls>({ entry: FAKE_ENGINE, name: 'orphan' })
console.log(engine.pid)
