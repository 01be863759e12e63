import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { diagnose } from '../diagnosis.ts'
import { type Machine, parseNvidiaSmi } from '../engines/machine.ts'
import { memoryLimits } from '../engines/memory-limits.ts'
import { PROFILE_LIST, type ProfileName } from '../engines/profiles/list.ts'
import { modelsOfProfile, profileFor, resolveProfile } from '../engines/profiles.ts'
import { CATALOGUE, entryOf } from '../models/catalogue.ts'
import { bytesText } from '../std/bytes-text.ts'
import { printDiagnosis } from './doctor.ts'
import { durationText } from './tables.ts'

const LAUNCHER = fileURLToPath(new URL('./vigia.cjs', import.meta.url))

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'vigia-cli-models-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

function vigia(...args: string[]) {
  const env = { ...process.env, HF_HUB_OFFLINE: '1', HF_HOME: path.join(dir, 'hf') }
  const result = spawnSync(process.execPath, [LAUNCHER, ...args, '--models-dir', path.join(dir, 'models')], {
    encoding: 'utf8',
    cwd: dir,
    env,
  })
  return { code: result.status, out: result.stdout, err: result.stderr }
}

const MACHINE: Machine = {
  platform: 'linux',
  arch: 'x64',
  cpu: 'test',
  cores: 8,
  ramMb: 32_000,
  freeRamMb: 20_000,
  gpus: [],
  jetson: null,
  freeDiskMb: 500_000,
}
const CARD = { name: 'NVIDIA GeForce RTX 5070', vramMb: 12_227, freeVramMb: 11_400, driver: '580.65', computeCapability: '12.0' }

describe('vigia models', () => {
  it("lists, imports, verifies, exports and removes a model of one's own", async () => {
    const own = path.join(dir, 'usb', 'mi-modelo')
    await mkdir(own, { recursive: true })
    const entry = {
      id: 'mi-modelo',
      title: 'Mío',
      role: 'asr',
      family: 'nemo_ctc',
      languages: ['es'],
      license: { name: 'own', commercial: true },
      parts: { model: 'm.onnx' },
      ramMb: 10,
    }
    await writeFile(path.join(own, 'model.json'), JSON.stringify(entry))
    await writeFile(path.join(own, 'm.onnx'), 'onnx')
    expect(vigia('models', 'import', path.join(dir, 'usb'))).toMatchObject({ code: 0, out: expect.stringContaining('mi-modelo') })
    const list = JSON.parse(vigia('models', 'list', '--json').out) as { id: string; status: string }[]
    expect(list.find(({ id }) => id === 'mi-modelo')?.status).toBe('installed')
    expect(list).toHaveLength(CATALOGUE.length + 1)
    expect(vigia('models', 'verify')).toMatchObject({ code: 0, out: expect.stringContaining('every byte is right') })
    expect(vigia('models', 'export', path.join(dir, 'out')).code).toBe(0)
    expect(
      createHash('sha256')
        .update(await readFile(path.join(dir, 'out', 'mi-modelo', 'm.onnx')))
        .digest('hex'),
    ).toHaveLength(64)
    expect(vigia('models', 'rm', 'mi-modelo').code).toBe(0)
    expect(vigia('models', 'rm', 'mi-modelo')).toMatchObject({ code: 1, err: expect.stringContaining('mi-modelo') })
  })

  it('says why a model does not come: licence, checksum, no network', () => {
    expect(vigia('models', 'pull', 'qwen2.5-vl-3b-instruct-q4')).toMatchObject({
      code: 1,
      out: expect.stringContaining('--accept-license'),
    })
    expect(vigia('models', 'pull', 'mistral-7b-instruct-v0.3-q4')).toMatchObject({
      code: 1,
      out: expect.stringContaining('--allow-unverified'),
    })
    expect(vigia('models', 'pull', 'titanet-small')).toMatchObject({ code: 1, out: expect.stringContaining('import DIR') })
    expect(vigia('models', 'nada')).toMatchObject({ code: 2, out: expect.stringContaining('vigia models COMMAND') })
  })
})

describe('vigia doctor', () => {
  it('prints what is missing and the command that brings it', () => {
    const { code, out } = vigia('doctor', '--profile', 'rtx-12gb')
    expect(code).toBe(0)
    expect(out).toContain('parakeet-tdt-0.6b-v3-int8')
    expect(out).toContain('vigia models import DIR')
  })

  it('names what does not fit, with a profile that does', () => {
    const small = { ...MACHINE, ramMb: 4000 }
    const { problems } = diagnose(small, 'rtx-12gb', memoryLimits({ ramMb: 0, vramMb: 0 }, small), [], { reachable: true })
    expect(problems.map(({ fix }) => fix)).toEqual(['--profile embedded', '--profile embedded'])
  })

  it('offers the pull where the hub answers, and warns of a Blackwell card', () => {
    const machine = { ...MACHINE, gpus: [CARD] }
    const lines = [{ entry: entryOf('titanet-small'), status: 'missing' as const }]
    const diagnosis = diagnose(machine, 'rtx-12gb', memoryLimits({ ramMb: 0, vramMb: 0 }, machine), lines, { reachable: true })
    expect(diagnosis.problems.map(({ fix }) => fix)).toEqual(['vigia models pull rtx-12gb', expect.stringContaining('float16')])
    expect(printDiagnosis(diagnosis)).toContain('RTX 5070')
  })
})

it('takes the addresses of services that profiles read, and the mirror of GitHub, as no settings of their own', () => {
  const env = {
    ...process.env,
    VIGIA_OPENAI_URL: 'http://a/v1',
    VIGIA_OPENAI_ASR_URL: 'http://a/v1',
    VIGIA_OPENAI_TTS_URL: 'http://a/v1',
    VIGIA_GITHUB_ENDPOINT: 'http://b',
  }
  expect(spawnSync(process.execPath, [LAUNCHER, 'config'], { env, cwd: dir }).status).toBe(0)
})

describe('a profile', () => {
  it('is chosen by the machine', () => {
    expect(profileFor({ ...MACHINE, gpus: [CARD] })).toBe('rtx-12gb')
    expect(profileFor({ ...MACHINE, gpus: [{ ...CARD, vramMb: 8000 }] })).toBe('cpu')
    expect(profileFor({ ...MACHINE, ramMb: 4000 })).toBe('embedded')
    expect(profileFor({ ...MACHINE, ramMb: 7600, jetson: 'NVIDIA Jetson Orin Nano' })).toBe('jetson-orin')
    expect(profileFor({ ...MACHINE, ramMb: 3900, jetson: 'NVIDIA Jetson Nano' })).toBe('jetson-nano')
    expect(resolveProfile('auto', null)).toBe('embedded')
  })

  it('names only models of the catalogue, none that limits commercial use, save where it says so', () => {
    for (const name of Object.keys(PROFILE_LIST) as ProfileName[]) {
      for (const id of modelsOfProfile(name)) {
        const { license } = entryOf(id)
        if (name !== 'jetson-nano') expect(license.commercial, `${name}: ${id}`).toBe(true)
      }
    }
  })

  it.each(['cpu', 'rtx-12gb', 'jetson-orin'] as const)('%s fits the machine it is for: what stays in memory together', (name) => {
    const machine: Machine = {
      cpu: { ...MACHINE, ramMb: 16_000 },
      'rtx-12gb': { ...MACHINE, ramMb: 16_000, gpus: [CARD] },
      'jetson-orin': { ...MACHINE, ramMb: 7600, jetson: 'Jetson Orin Nano' },
    }[name]
    const limits = memoryLimits({ ramMb: 0, vramMb: 0 }, machine)
    const { candidates, memory } = PROFILE_LIST[name]
    const ids = new Set(
      memory.resident.flatMap((port) => {
        const [first] = candidates[port as keyof typeof candidates]
        return typeof first?.model === 'string' ? [first.model] : []
      }),
    )
    const entries = [...ids].map((id) => entryOf(id))
    const onCard = entries.filter(({ family }) => family === 'gguf' && (limits.unified || limits.vramMb > 0))
    const ram = entries.filter((entry) => !onCard.includes(entry)).reduce((sum, { ramMb }) => sum + ramMb, 0)
    const vram = onCard.reduce((sum, { vramMb }) => sum + vramMb, 0)
    if (limits.unified) expect(ram + vram).toBeLessThanOrEqual(limits.ramMb)
    else {
      expect(ram).toBeLessThanOrEqual(limits.ramMb)
      expect(vram).toBeLessThanOrEqual(limits.vramMb)
    }
  })
})

it('reads what nvidia-smi prints', () => {
  expect(parseNvidiaSmi('NVIDIA GeForce RTX 5070, 12227, 11400, 580.65, 12.0\n')).toEqual([CARD])
  expect(parseNvidiaSmi('NVIDIA-SMI has failed because it could not communicate\n')).toEqual([])
})

it('writes amounts for people', () => {
  expect([bytesText(512), bytesText(670_478_772), bytesText(2_497_280_736)]).toEqual(['512 B', '670 MB', '2.5 GB'])
  expect([durationText(5000), durationText(200_000), durationText(7_260_000)]).toEqual(['5 s', '3 min 20 s', '2 h 1 min'])
})
