import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '../../../..')
const { checkLock, billOfMaterials, isAllowed } = (await import(join(root, 'tools/supply-chain/licenses.mjs'))) as {
  checkLock: (lock: object, manifest: object) => { problems: string[]; packages: { name: string }[] }
  billOfMaterials: (packages: object[], manifest: object) => { components: { purl: string; hashes?: object[] }[] }
  isAllowed: (expression: string | undefined) => boolean
}
const read = (file: string): { packages: Record<string, object> } => JSON.parse(readFileSync(join(root, file), 'utf8'))

it('finds every package of the lock file permissive, hashed, from the registry, its install script named', () => {
  const { problems, packages } = checkLock(read('package-lock.json'), read('package.json'))
  expect(problems).toEqual([])
  const { components } = billOfMaterials(packages, { name: 'vigia', version: '0' })
  expect(components.length).toBeGreaterThan(100)
  expect(components.filter(({ hashes }) => hashes).length).toBeGreaterThan(100)
})

it.each([
  ['a licence that binds', { license: 'GPL-3.0' }],
  ['no licence', { license: undefined }],
  ['no hash', { integrity: undefined }],
  ['another source', { resolved: 'https://example.com/x.tgz' }],
  ['an install script', { hasInstallScript: true }],
])('refuses a package with %s', (_, change) => {
  const good = {
    version: '1.0.0',
    license: 'MIT',
    integrity: 'sha512-AA==',
    resolved: 'https://registry.npmjs.org/x/-/x-1.0.0.tgz',
  }
  expect(checkLock({ packages: { 'node_modules/x': good } }, {}).problems).toEqual([])
  expect(checkLock({ packages: { 'node_modules/x': { ...good, ...change } } }, {}).problems).toHaveLength(1)
})

it('reads licence expressions', () => {
  expect([isAllowed('MIT OR GPL-3.0'), isAllowed('(MIT AND GPL-3.0)'), isAllowed('Apache-2.0')]).toEqual([true, false, true])
})
