import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { BASELINES } from './processes.ts'

/** Runs a baseline that reads standard input and prints figures. */
export async function runPython(python: string, script: string, input: string): Promise<string> {
  const child = spawn(python, [path.join(BASELINES, script)], { stdio: ['pipe', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.on('data', (data) => {
    out += String(data)
  })
  child.stdin.end(input)
  const [code] = (await once(child, 'close')) as [number]
  if (code !== 0) throw new Error(`${script} ended with ${code}`)
  return out.trim()
}
