import { type Diagnosis, readDiagnosis } from '../diagnosis.ts'
import { PROFILE_LIST } from '../engines/profiles/list.ts'
import { bytesText } from '../std/bytes-text.ts'
import { configOf, parseFlags } from './flags.ts'
import { table } from './tables.ts'

/** `vigia doctor`: what this machine is, what it can carry, what is missing and the command that brings it. */

const HELP = `vigia doctor [--json] [settings]

Looks at machine, card, memory, disk and models; nothing is changed.`

export async function doctor(argv: string[]): Promise<number> {
  const { own, settings } = parseFlags(argv, { json: { type: 'boolean' } })
  if (own.help) {
    console.log(HELP)
    return 0
  }
  const diagnosis = await readDiagnosis(configOf(settings).config)
  console.log(own.json ? JSON.stringify(diagnosis, null, 2) : printDiagnosis(diagnosis))
  return 0
}

export function printDiagnosis({ machine, profile, limits, models, hub, problems }: Diagnosis): string {
  const gpus = machine.gpus.map(
    (gpu) =>
      `${gpu.name}, ${gpu.vramMb} MB (${gpu.freeVramMb} free), driver ${gpu.driver}, sm_${gpu.computeCapability.replace('.', '')}`,
  )
  const facts = [
    ['machine', machine.jetson ?? `${machine.cpu}, ${machine.cores} cores, ${machine.platform} ${machine.arch}`],
    ['memory', `${machine.ramMb} MB, ${machine.freeRamMb} free`],
    ['card', gpus.join('; ') || (machine.jetson ? 'shares the memory' : 'none that the driver names')],
    ['disk', `${machine.freeDiskMb} MB free`],
    ['profile', `${profile}: ${PROFILE_LIST[profile].title}`],
    ['for models', limits.unified ? `${limits.ramMb} MB shared` : `${limits.ramMb} MB of RAM, ${limits.vramMb} MB on the card`],
    ['hub', hub.reachable ? 'reachable' : `not reachable: ${hub.why}`],
  ]
  const list = models.map((model) => [
    model.id,
    model.role,
    bytesText(model.bytes),
    String(model.ramMb),
    String(model.vramMb),
    model.status,
  ])
  const width = Math.max(...facts.map(([name]) => name!.length))
  return [
    facts.map(([name, text]) => `${name!.padEnd(width)}  ${text}`).join('\n'),
    models.length > 0 ? table(['model', 'for', 'size', 'RAM MB', 'card MB', 'state'], list) : 'This profile needs no models.',
    problems.length > 0 ? problems.map(({ text, fix }) => `! ${text}\n    ${fix}`).join('\n') : 'Nothing is missing.',
  ].join('\n\n')
}
