import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { VigiaError } from '@vigia/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ConfigSources, loadConfig } from './load.ts'
import { listSettings } from './print.ts'

describe('loadConfig', () => {
  let cwd: string
  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'vigia-config-'))
  })
  afterEach(() => rm(cwd, { recursive: true }))

  const load = (sources: ConfigSources = {}) => loadConfig({ cwd, ...sources })
  const mistake = (sources: ConfigSources): string => {
    try {
      load(sources)
    } catch (error) {
      if (VigiaError.is(error) && error.code === 'config_invalid') return error.message
      throw error
    }
    throw new Error('expected config_invalid, got a configuration')
  }

  it('has a local default for everything', () => {
    const { config, sources } = load()
    expect(config).toMatchObject({ host: '127.0.0.1', port: 8000, profile: 'auto', session: { graceMs: 600_000 } })
    expect(config.dataDir).toBe(join(cwd, 'data'))
    expect(sources.size).toBe(0)
  })

  it('lets flags win over variables, over the file, over defaults, and keeps where each value came from', async () => {
    await writeFile(join(cwd, 'vigia.yaml'), 'port: 1\nhost: file\nendpointing:\n  minSilenceMs: 500\n')
    const { config, sources } = load({ flags: { port: '3' }, env: { VIGIA_PORT: '2', VIGIA_HOST: 'variable' } })
    expect([config.port, config.host, config.endpointing.minSilenceMs, config.vad.threshold]).toEqual([3, 'variable', 500, 0.5])
    expect([...sources]).toEqual([
      ['port', '--port'],
      ['host', 'VIGIA_HOST'],
      ['endpointing.minSilenceMs', 'vigia.yaml'],
    ])
  })

  it('reads JSON named by VIGIA_CONFIG, and a file named by --config before that', async () => {
    await writeFile(join(cwd, 'a.json'), '{"port": 5}')
    await writeFile(join(cwd, 'b.yaml'), 'port: 6')
    expect(load({ env: { VIGIA_CONFIG: 'a.json' } }).config.port).toBe(5)
    expect(load({ env: { VIGIA_CONFIG: 'a.json' }, flags: { config: 'b.yaml' } }).config.port).toBe(6)
  })

  it('names variables and flags after the path', () => {
    expect(load({ env: { VIGIA_ENDPOINTING_MIN_SILENCE_MS: '900' } }).config.endpointing.minSilenceMs).toBe(900)
    expect(load({ flags: { 'endpointing.min-silence-ms': '900' } }).config.endpointing.minSilenceMs).toBe(900)
    expect(load({ flags: { 'log.pretty': true } }).config.log.pretty).toBe(true)
    expect(load({ env: { VIGIA_LOG_PRETTY: 'false' } }).config.log.pretty).toBe(false)
  })

  it("passes an adapter's own keys through", () => {
    const { config } = load({
      flags: {
        'engines.llm.adapter': 'openai',
        'engines.llm.base-url': 'http://127.0.0.1:1',
        'engines.asr.final.adapter': 'sherpa',
      },
      env: { VIGIA_ENGINES_LLM_MAX_TOKENS: '512' },
    })
    expect(config.engines.llm).toEqual({ adapter: 'openai', baseUrl: 'http://127.0.0.1:1', maxTokens: 512 })
    expect(config.engines.asr.final).toEqual({ adapter: 'sherpa' })
  })

  it('says path, source, expected and got of every mistake', async () => {
    await writeFile(join(cwd, 'vigia.yaml'), 'vad: { threshold: 2 }\nprot: 1\n')
    const lines = mistake({ flags: { port: '99999' }, env: { VIGIA_PROFILE: 'big', VIGIA_PORTT: '1' } }).split('\n')
    expect(lines.sort()).toEqual([
      'VIGIA_PORTT: no such setting',
      'port (--port): expected an integer from 0 to 65535, got 99999',
      'profile (VIGIA_PROFILE): expected one of auto, embedded, cpu, rtx-12gb, jetson-orin, jetson-nano, remote, got "big"',
      'prot (vigia.yaml): no such setting',
      'vad.threshold (vigia.yaml): expected a number from 0 to 1, got 2',
    ])
  })

  it('refuses text where a number belongs, a part where a value belongs, and a value where a part belongs', async () => {
    expect(mistake({ flags: { port: 'http' } })).toBe('port (--port): expected an integer from 0 to 65535, got "http"')
    await writeFile(join(cwd, 'vigia.yaml'), 'port: { a: 1 }\nvad: 3\n')
    expect(mistake({})).toMatch(/port \(vigia\.yaml\): expected an integer[\s\S]*vad \(vigia\.yaml\)/)
  })

  it('refuses a threshold pair that cannot work', () => {
    expect(mistake({ flags: { 'vad.threshold': '0.3' } })).toContain('vad.negThreshold')
  })

  it('refuses a missing or broken file that was named', async () => {
    expect(mistake({ flags: { config: 'none.yaml' } })).toContain('none.yaml')
    await writeFile(join(cwd, 'broken.yaml'), 'a: [')
    expect(mistake({ flags: { config: 'broken.yaml' } })).toContain('broken.yaml: expected YAML or JSON')
  })

  it('is not confused by what Kubernetes sets for a service called vigia', () => {
    const env = { VIGIA_PORT: 'tcp://10.0.0.1:8000', VIGIA_SERVICE_HOST: '10.0.0.1', VIGIA_PORT_8000_TCP_ADDR: '10.0.0.1' }
    expect(load({ env }).config.port).toBe(8000)
  })

  it('cannot be changed afterwards, nor reach the prototype of objects', async () => {
    const { config } = load()
    expect(() => Object.assign(config.vad, { threshold: 1 })).toThrow(TypeError)
    await writeFile(join(cwd, 'vigia.json'), '{"__proto__": {"polluted": true}, "vad": {"__proto__": {"polluted": true}}}')
    expect(() => load()).toThrow()
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  it('masks secrets when printed and shows where values came from', () => {
    const loaded = load({ flags: { port: '9', 'engines.llm.adapter': 'openai', 'engines.llm.api-key': 'sk-1' } })
    const printed = listSettings(loaded)
    expect(printed).toContainEqual({ path: 'port', value: 9, source: '--port' })
    expect(printed).toContainEqual({ path: 'engines.llm.apiKey', value: '•••', source: '--engines.llm.api-key' })
    expect(JSON.stringify(printed)).not.toContain('sk-1')
  })
})
