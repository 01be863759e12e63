import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import type { ConfigInput } from '../../src/config/schema.ts'

/** A real server process on a data folder that outlives it. */
export interface ServerProcess {
  url: string
  child: ChildProcess
  /** `kill -9`, and waits until it is gone. */
  kill(): Promise<void>
}

/**
 * @param port - to come back where an earlier one was; any free one when left out
 * @param settings - configuration beside it
 */
export async function spawnServer(dataDir: string, port = 0, settings: ConfigInput = {}): Promise<ServerProcess> {
  const args = [path.join(import.meta.dirname, 'serve.ts'), dataDir, String(port), JSON.stringify(settings)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let errors = ''
  child.stderr.on('data', (data) => {
    errors = (errors + String(data)).slice(-4000)
  })
  const url = await new Promise<string>((resolve, reject) => {
    let out = ''
    child.stdout.on('data', (data) => {
      out += String(data)
      if (out.includes('\n')) resolve(out.trim())
    })
    child.once('exit', (code) => reject(new Error(`the server process ended with ${code}: ${errors}`)))
  })
  return {
    url,
    child,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
  }
}
