import { execFileSync } from 'node:child_process'
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import path from 'node:path'
import { parseArgs } from 'node:util'

/**
 * Makes the tarballs of a release: `npm run pack`. Node takes types away from our own sources, but not from those under
 * node_modules, so packages ship JavaScript: the same files, types blanked out (lines and columns stay), `.ts` in paths made `.js`.
 */

const ROOT = path.join(import.meta.dirname, '..')

interface PackageJson {
  name: string
  version: string
  exports: Record<string, string>
  optionalDependencies?: Record<string, string>
  [field: string]: unknown
}

/** Files that lie outside the package in the repository: where the sources look, where the tarball has them. */
const MOVED: readonly { from: string; to: string; copy: string; into: string; skip?: RegExp }[] = [
  {
    from: "'../../../../../../models/tiny-es-asr/'",
    to: "'../../../../models/tiny-es-asr/'",
    copy: 'models/tiny-es-asr',
    into: 'models/tiny-es-asr',
    skip: /\/train$/,
  },
  {
    from: "'../../../../web/dist/'",
    to: "'../../../web-dist/'",
    copy: 'packages/web/dist',
    into: 'web-dist',
  },
]
const ASSETS = ['assets', 'test/fixtures/audio/es-dialogo.wav']
const LEFT_OUT = /\.test\.ts$|\/node_modules$|\/(contract|testing|fixtures)$/

/** @returns paths of the tarballs */
export async function pack(
  to: string,
  names: readonly string[] = ['protocol', 'client', 'server', 'tts-espeak'],
): Promise<string[]> {
  await mkdir(to, { recursive: true })
  const staging = path.join(to, 'staging')
  await rm(staging, { recursive: true, force: true })
  const tarballs: string[] = []
  for (const name of names) {
    const folder = path.join(staging, name)
    await stage(name, folder)
    const out = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', path.resolve(to)], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    tarballs.push(path.join(to, fileNameOf(out)))
  }
  await rm(staging, { recursive: true, force: true })
  return tarballs
}

/** npm 10 and 11 print an array, npm 12 an object by package name. */
function fileNameOf(json: string): string {
  const [first] = Object.values(JSON.parse(json) as Record<string, { filename: string }>)
  return first!.filename.replace('@', '').replace('/', '-')
}

async function stage(name: string, to: string): Promise<void> {
  const from = path.join(ROOT, 'packages', name)
  await copySources(path.join(from, 'src'), path.join(to, 'src'))
  for (const file of ['README.md', 'LICENSE']) await cp(path.join(from, file), path.join(to, file)).catch(() => {})
  const manifest = JSON.parse(await readFile(path.join(from, 'package.json'), 'utf8')) as PackageJson
  for (const file of ['LICENSE', 'NOTICE', 'CHANGELOG.md']) {
    if (manifest.license === 'Apache-2.0') await cp(path.join(ROOT, file), path.join(to, file))
  }
  if (name === 'server') await addServerParts(from, to)
  await writeFile(path.join(to, 'package.json'), `${JSON.stringify(await released(name, manifest), null, 2)}\n`)
}

async function addServerParts(from: string, to: string): Promise<void> {
  await cp(path.join(ROOT, 'README.md'), path.join(to, 'README.md'))
  for (const asset of ASSETS) await cp(path.join(from, asset), path.join(to, asset), { recursive: true })
  execFileSync(process.execPath, ['packages/web/build.ts', '--if-stale'], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] })
  for (const { copy, into, skip } of MOVED) {
    await cp(path.join(ROOT, copy), path.join(to, into), { recursive: true, filter: (file: string) => !skip?.test(file) })
  }
}

/** The manifest as it is released: JavaScript entries, and for the server Node 24 itself, as the workspace has it. */
async function released(name: string, { exports, scripts: _, devDependencies: __, ...manifest }: PackageJson): Promise<object> {
  const root = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8')) as PackageJson
  const entries = Object.fromEntries(Object.entries(exports).map(([key, file]) => [key, file.replace(/\.ts$/, '.js')]))
  const node =
    name === 'server' ? { optionalDependencies: { ...manifest.optionalDependencies, ...root.optionalDependencies } } : {}
  return { ...manifest, ...node, exports: entries }
}

async function copySources(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = path.join(from, entry.name)
    if (LEFT_OUT.test(source)) continue
    const target = path.join(to, entry.name)
    if (entry.isDirectory()) await copySources(source, target)
    else if (entry.name.endsWith('.ts'))
      await writeFile(target.replace(/\.ts$/, '.js'), toJavaScript(await readFile(source, 'utf8')))
    else if (entry.name.endsWith('.cjs')) await writeFile(target, namesAsJs(await readFile(source, 'utf8')))
    else await cp(source, target)
  }
}

/** Types taken away, paths of our files as they are in the tarball. */
export function toJavaScript(source: string): string {
  let code = stripTypeScriptTypes(source, { mode: 'strip' })
  for (const { from, to } of MOVED) code = code.replace(from, to)
  return namesAsJs(code)
}

/** `'./child.ts'` as `'./child.js'`, in imports and in `new URL(…, import.meta.url)`. */
const namesAsJs = (code: string): string => code.replace(/(['"])(\.{1,2}\/[^'"\n]+)\.ts\1/g, '$1$2.js$1')

if (import.meta.main) {
  const { values } = parseArgs({ options: { to: { type: 'string', default: path.join(ROOT, 'dist/pack') } } })
  for (const tarball of await pack(values.to)) console.log(tarball)
}
