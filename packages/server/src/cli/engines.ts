import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { VigiaError } from '@vigia/protocol'
import { packageNameOf } from '../engines/adapters/llama/addon.ts'
import { ADDON_VERSION, enginesDir, GPU_BUILDS, type GpuBuild, installedBuild } from '../engines/adapters/llama/builds.ts'
import { parseFlags } from './flags.ts'

/** `vigia engines`: builds of engines for graphics cards, which not everybody needs. */

const HELP = `vigia engines list | add BUILD

  list         which builds of the language model engine are there
  add cuda     fetch the build for NVIDIA cards (about 205 MB)
  add vulkan   fetch the build for other cards (about 62 MB)

  --dry-run    only print the npm command

They go into VIGIA_ENGINES_DIR [${enginesDir()}] and are used at the next start.`

export async function engines(argv: string[]): Promise<number> {
  const { own, positionals } = parseFlags(argv, { 'dry-run': { type: 'boolean' } })
  const [verb, build] = positionals
  if (own.help || (verb !== 'list' && verb !== 'add')) {
    console.log(HELP)
    return own.help ? 0 : 2
  }
  if (verb === 'list') {
    console.log(`cpu\n${installedBuild(enginesDir()) ?? 'no build for a graphics card'}`)
    return 0
  }
  return add(buildOf(build), own['dry-run'] === true)
}

function buildOf(name: string | undefined): GpuBuild {
  const build = GPU_BUILDS.find((known) => known === name)
  if (build) return build
  throw new VigiaError('invalid_request', `Expected a build (${GPU_BUILDS.join(', ')}), got "${name ?? ''}".`)
}

async function add(build: GpuBuild, isDry: boolean): Promise<number> {
  const folder = enginesDir()
  const args = [
    'install',
    '--prefix',
    folder,
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    `${packageNameOf(build)}@${ADDON_VERSION}`,
  ]
  console.log(`npm ${args.join(' ')}`)
  if (isDry) return 0
  await mkdir(folder, { recursive: true })
  await writeFile(path.join(folder, 'package.json'), '{"private":true}\n', { flag: 'wx' }).catch(() => {})
  const npm = spawn('npm', args, { stdio: 'inherit' })
  const [code] = (await once(npm, 'exit')) as [number | null]
  return code === 0 ? 0 : 1
}
