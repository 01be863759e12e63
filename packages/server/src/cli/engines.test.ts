import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it, vi } from 'vitest'
import { packageNameOf } from '../engines/adapters/llama/addon.ts'
import { ADDON_VERSION, enginesDir, installedBuild } from '../engines/adapters/llama/builds.ts'
import { engines } from './engines.ts'

it('fetches the build of the version that package.json has', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  expect(await engines(['add', 'cuda', '--dry-run'])).toBe(0)
  expect(log.mock.calls.join()).toContain(`-cuda@${ADDON_VERSION}`)
  log.mockRestore()
  const manifest = JSON.parse(await readFile(path.resolve(import.meta.dirname, '../../package.json'), 'utf8')) as {
    optionalDependencies: Record<string, string>
  }
  expect(manifest.optionalDependencies['@fugood/node-llama-linux-x64']).toBe(ADDON_VERSION)
})

it('refuses a build that does not exist', async () => {
  await expect(engines(['add', 'abacus'])).rejects.toMatchObject({ code: 'invalid_request' })
})

it('finds the best build that is installed', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'vigia-engines-'))
  try {
    expect(installedBuild(folder)).toBeNull()
    for (const build of ['vulkan', 'cuda'] as const) {
      const at = path.join(folder, 'node_modules', packageNameOf(build))
      await mkdir(at, { recursive: true })
      await writeFile(path.join(at, 'package.json'), '{}')
      expect(installedBuild(folder)).toBe(build)
    }
    expect(enginesDir({ VIGIA_ENGINES_DIR: folder })).toBe(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
