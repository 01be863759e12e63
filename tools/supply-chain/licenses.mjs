#!/usr/bin/env node
/**
 * Checks the lock file: every package has a licence on the list, an integrity hash and comes from the registry; every install
 * script is named in `allowScripts`. `--sbom FILE` also writes a CycloneDX bill of materials.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const ALLOWED = new Set([
  'MIT',
  'MIT-0',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'CC0-1.0',
  'CC-BY-4.0',
  'Unlicense',
  'BlueOak-1.0.0',
  'Python-2.0',
  'Zlib',
  'MPL-2.0',
  'WTFPL',
  'W3C',
  'Artistic-2.0',
])
/** Not permissive, each with the reason why it may be here. */
export const EXCEPTIONS = {
  '@vigia/tts-espeak': 'GPL-3.0: optional, in a process of its own, not linked with the server',
}
/** Native libraries that come as shared objects beside permissive code. */
const DYNAMIC = /^@img\/sharp-(libvips|wasm)/

/** Whether an SPDX expression can be satisfied with what is allowed. */
export function isAllowed(expression) {
  if (!expression) return false
  const text = expression.replace(/[()]/g, ' ').trim()
  if (/ OR /.test(text)) return text.split(/ OR /).some(isAllowed)
  if (/ AND /.test(text)) return text.split(/ AND /).every(isAllowed)
  return ALLOWED.has(text.trim())
}

const nameOf = (path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)

/** @returns {{problems: string[], packages: object[]}} */
export function checkLock(lock, manifest) {
  const problems = []
  const packages = []
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (!path.includes('node_modules/') || entry.link) continue
    const name = nameOf(path)
    packages.push({ name, version: entry.version, license: entry.license, integrity: entry.integrity, url: entry.resolved })
    const local = entry.resolved?.startsWith('file:') || entry.resolved === undefined
    if (!local && !entry.integrity) problems.push(`${name}@${entry.version} has no integrity hash`)
    if (!local && !/^https:\/\/registry\.npmjs\.org\//.test(entry.resolved))
      problems.push(`${name}@${entry.version} comes from ${entry.resolved}`)
    if (!local && !isAllowed(entry.license) && !(name in EXCEPTIONS) && !DYNAMIC.test(name))
      problems.push(`${name}@${entry.version} has the licence ${entry.license}`)
    if (entry.hasInstallScript && !(name in (manifest.allowScripts ?? {})))
      problems.push(`${name}@${entry.version} has an install script that allowScripts does not name`)
  }
  return { problems, packages }
}

/** CycloneDX 1.5. */
export function billOfMaterials(packages, { name, version }) {
  const purl = ({ name: one, version: of }) => `pkg:npm/${one.startsWith('@') ? `%40${one.slice(1)}` : one}@${of}`
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { component: { type: 'application', name, version } },
    components: packages
      .filter((one) => one.version)
      .map((one) => ({
        type: 'library',
        name: one.name,
        version: one.version,
        purl: purl(one),
        'bom-ref': purl(one),
        ...(one.license
          ? { licenses: [/ /.test(one.license) ? { expression: one.license } : { license: { id: one.license } }] }
          : {}),
        ...(one.integrity?.startsWith('sha512-')
          ? { hashes: [{ alg: 'SHA-512', content: Buffer.from(one.integrity.slice(7), 'base64').toString('hex') }] }
          : {}),
      })),
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const read = (file) => JSON.parse(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'))
  const manifest = read('package.json')
  const { problems, packages } = checkLock(read('package-lock.json'), manifest)
  const sbom = process.argv.indexOf('--sbom')
  if (sbom > 0) writeFileSync(process.argv[sbom + 1], `${JSON.stringify(billOfMaterials(packages, manifest), null, 2)}\n`)
  console.log(`${packages.length} packages, ${problems.length} problems`)
  for (const problem of problems) console.error(problem)
  process.exitCode = problems.length > 0 ? 1 : 0
}
