import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pack, toJavaScript } from './pack.ts'

/** Inside the repository, so that packages of others are found; our own come from the tarballs. */
const STATE = path.join(import.meta.dirname, '../.vigia')

describe('tarballs of a release', { timeout: 180_000 }, () => {
  let folder: string
  let cli: string
  beforeAll(async () => {
    await mkdir(STATE, { recursive: true })
    folder = await mkdtemp(path.join(STATE, 'pack-'))
    for (const tarball of await pack(path.join(folder, 'tarballs'))) {
      const name = /vigia-(.+)-\d+\.\d+\.\d+\.tgz$/.exec(tarball)![1]!
      const to = path.join(folder, 'node_modules/@vigia', name)
      await mkdir(to, { recursive: true })
      execFileSync('tar', ['-xzf', tarball, '-C', to, '--strip-components=1'])
    }
    cli = path.join(folder, 'node_modules/@vigia/server/src/cli/vigia.cjs')
  }, 180_000)
  afterAll(async () => await rm(folder, { recursive: true, force: true }))

  it('hold JavaScript alone', () => {
    const files = execFileSync('find', [folder, '-name', '*.ts', '-not', '-name', '*.d.ts'], { encoding: 'utf8' })
    expect(files).toBe('')
  })

  it('serve the web app and the API when unpacked', async () => {
    const args = ['--no-warnings', cli, 'serve', '--profile', 'embedded', '--port', '0', '--data-dir', path.join(folder, 'data')]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      const url = await listeningUrl(child.stdout)
      const page = await fetch(url)
      expect(page.headers.get('content-type')).toMatch('text/html')
      const html = await page.text()
      const script = /<script type="module"[^>]* src="([^"]+)"/.exec(html)![1]!
      const code = await fetch(new URL(script, url))
      expect(code.status).toBe(200)
      expect((await code.text()).length).toBeGreaterThan(10_000)
      const openApi = (await (await fetch(`${url}/openapi.json`)).json()) as { openapi: string }
      expect(openApi.openapi).toMatch(/^3\./)
    } finally {
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      await gone
    }
  })
})

/** From the banner. */
async function listeningUrl(stdout: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: stdout })) {
    const url = /listening on (http:\S+)/.exec(line)?.[1]
    if (url) return url
  }
  throw new Error('it ended before it listened')
}

describe('toJavaScript', () => {
  it('takes types away, keeps lines, and names our own files as they are in the tarball', () => {
    const source = "import { a } from './a.ts'\nconst child = new URL('./child.ts', import.meta.url)\nconst n: number = a\n"
    expect(toJavaScript(source).split('\n')).toEqual([
      "import { a } from './a.js'",
      "const child = new URL('./child.js', import.meta.url)",
      'const n         = a',
      '',
    ])
  })
})
