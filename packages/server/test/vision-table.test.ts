import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { VisionEvaluation } from '../src/cli/eval-vision.ts'
import { installedParts } from '../src/engines/adapters/detector/installed.ts'

const ROOT = path.join(import.meta.dirname, '../../..')
const photos = [process.env.VIGIA_SHARED, path.join(ROOT, '../shared')]
  .flatMap((dir) => (dir ? [path.join(dir, 'photos')] : []))
  .find((dir) => existsSync(dir))
const canRun = process.env.VIGIA_NIGHT !== undefined && photos !== undefined && installedParts().length === 3

test.skipIf(!canRun)(
  'docs/vision.md says what the detector finds (VIGIA_NIGHT=1, shared photos, optional packages)',
  async () => {
    const cli = path.join(ROOT, 'packages/server/src/cli/vigia.cjs')
    const expectations = path.join(import.meta.dirname, 'fixtures/vision/shared-photos.json')
    const args = ['eval', 'vision', '--json', '--data', photos!, '--expectations', expectations, '--profile', 'embedded']
    const { VIGIA_NIGHT: _night, VIGIA_SHARED: _shared, ...env } = process.env // not settings
    const { stdout } = await promisify(execFile)(process.execPath, [cli, ...args], { env, maxBuffer: 1 << 24 })
    const { photos: scored, total } = JSON.parse(stdout) as VisionEvaluation
    const page = readFileSync(path.join(ROOT, 'docs/vision.md'), 'utf8')
    const documented = [...page.matchAll(/^\| (\w+) \| (\d+\/\d+) \|([^|]*)\|([^|]*)\| (\w+) \|/gm)]
    const found = scored.map(({ file, score }) => [
      file.replace(/\.\w+$/, ''),
      `${score?.mentions.found}/${score?.mentions.expected}`,
      score?.danger?.said ? 'false' : 'none',
    ])
    expect(found).toEqual(documented.map(([, name, mentions, , , danger]) => [name, mentions, danger]))
    expect(total).toMatchObject({ failed: 0, falseDangers: 0, wrongMentions: 0 })
    expect(page).toContain(`${Math.round(total.mentionRecall! * 100)} % of mentions`)
    expect(Object.values(total.banned).every((count) => count === 0)).toBe(true)
  },
  180_000,
)
