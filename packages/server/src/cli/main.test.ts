import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { VERSION } from '../version.ts'

const LAUNCHER = fileURLToPath(new URL('./vigia.cjs', import.meta.url))

function vigia(args: string[], { node = process.execPath, env = {} }: { node?: string; env?: Record<string, string> } = {}) {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VIGIA_')))
  const result = spawnSync(node, [LAUNCHER, ...args], { encoding: 'utf8', cwd: tmpdir(), env: { ...inherited, ...env } })
  return { code: result.status, out: result.stdout, err: result.stderr }
}

describe('vigia', () => {
  it('says its version, and help for itself and each command', () => {
    expect(vigia(['--version'])).toMatchObject({ code: 0, out: `${VERSION}\n` })
    expect(vigia([])).toMatchObject({ code: 0, out: expect.stringContaining('vigia COMMAND') })
    for (const command of ['serve', 'demo', 'analyze', 'config']) {
      expect(vigia([command, '--help'])).toMatchObject({ code: 0, out: expect.stringContaining(`vigia ${command}`) })
    }
  })

  it('exits with 2 when used wrongly, and says what is wrong', () => {
    expect(vigia(['sevre'])).toMatchObject({ code: 2, err: expect.stringContaining('"sevre"') })
    expect(vigia(['serve', '--prot', '1'])).toMatchObject({ code: 2, err: expect.stringContaining('--prot') })
    expect(vigia(['serve', '--port', 'x'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('port (--port): expected an integer from 0 to 65535, got "x"'),
    })
    expect(vigia(['analyze'])).toMatchObject({ code: 2 })
  })

  it('prints each setting with the place its value came from', () => {
    const { code, out } = vigia(['config', '--port', '9000', '--no-log.pretty'], { env: { VIGIA_HOST: '0.0.0.0' } })
    expect(code).toBe(0)
    expect(out).toMatch(/^port +9000 +--port$/m)
    expect(out).toMatch(/^host +0\.0\.0\.0 +VIGIA_HOST$/m)
    expect(out).toMatch(/^log\.pretty +false +--log\.pretty$/m)
    expect(out).toMatch(/^vad\.threshold +0\.5 +default$/m)
  })

  it('fails with a message when the demo is sent to a server that is not there', () => {
    const { code, err } = vigia(['demo', '--url', 'http://127.0.0.1:1'])
    expect(code).toBe(1)
    expect(err).toContain('Expected a server at http://127.0.0.1:1')
  })

  const system = '/usr/bin/node'
  const major = existsSync(system)
    ? Number(spawnSync(system, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout.split('.')[0])
    : 24
  it.skipIf(major >= 24)('hands over from an older Node of the system to the one npm installed, exit code included', () => {
    expect(vigia(['--version'], { node: system })).toMatchObject({ code: 0, out: `${VERSION}\n` })
    expect(vigia(['nothing'], { node: system }).code).toBe(2)
  })
})
