import { execFileSync, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CATALOGUE } from './catalogue.ts'
import { type HubSettings, hubSettings } from './hub-settings.ts'
import { ModelEntry, type ModelEntryInput } from './manifest.ts'
import { Speedometer } from './progress.ts'
import { type PullOptions, pullModel } from './pull.ts'
import { ModelStore } from './store.ts'
import { type FakeHub, startFakeHub } from './testing/fake-hub.ts'
import { exportModels, importModels } from './transfer.ts'

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const REV = 'a'.repeat(40)
const ENCODER = randomBytes(200_000)
const TOKENS = Buffer.from('<blk> 0\nhola 1\n')
const AT = `/casa/voz/resolve/${REV}`

const entryOf = (changes: Partial<ModelEntryInput> = {}): ModelEntry =>
  ModelEntry.parse({
    id: 'voz',
    title: 'Voz',
    role: 'asr',
    family: 'nemo_ctc',
    languages: ['es'],
    license: { name: 'MIT', commercial: true },
    source: { kind: 'hf', repo: 'casa/voz', revision: REV },
    files: [
      { path: 'encoder.onnx', bytes: ENCODER.length, sha256: sha256(ENCODER) },
      { path: 'extra/tokens.txt', saveAs: 'tokens.txt', bytes: TOKENS.length, sha256: sha256(TOKENS) },
    ],
    parts: { encoder: 'encoder.onnx', tokens: 'tokens.txt' },
    ramMb: 10,
    ...changes,
  } satisfies ModelEntryInput)

let dir: string
let hub: FakeHub
let settings: HubSettings
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'vigia-models-'))
  hub = await startFakeHub({ [`${AT}/encoder.onnx`]: ENCODER, [`${AT}/extra/tokens.txt`]: TOKENS }, sha256)
  settings = { ...hubSettings({ HF_HOME: path.join(dir, 'hf') }), hfEndpoint: hub.url, githubEndpoint: hub.url }
})
afterEach(async () => {
  await hub[Symbol.asyncDispose]()
  await rm(dir, { recursive: true, force: true })
})

const open = (entry: ModelEntry): ModelStore => new ModelStore(path.join(dir, 'models'), [entry])
const options = (changes: Partial<PullOptions> = {}): PullOptions => ({
  hub: settings,
  download: { retryBaseMs: 1, stallMs: 1500, maxFailures: 4 },
  ...changes,
})

describe('pullModel', () => {
  it('fetches every file, checks it and leaves a receipt', async () => {
    const entry = entryOf()
    const store = open(entry)
    const before = await store.version()
    expect(await store.status(entry)).toBe('missing')
    expect(await pullModel(store, entry, options())).toBe(true)
    const { parts } = await store.find('voz')
    expect((await readFile(parts.encoder!)).equals(ENCODER)).toBe(true)
    expect(await readFile(parts.tokens!, 'utf8')).toContain('hola')
    expect((await store.receipt('voz'))?.files.map(({ sha256 }) => sha256)).toEqual([sha256(ENCODER), sha256(TOKENS)])
    expect(await store.version()).not.toBe(before)
    expect(await pullModel(store, entry, options())).toBe(false)
    expect(await readdir(path.join(dir, 'models', '.partial'))).toEqual([])
  })

  it('goes on by Range after each cut and reads no byte twice', async () => {
    hub.plan = { cutAfter: 60_000 }
    const entry = entryOf()
    await pullModel(open(entry), entry, options())
    const ranges = hub.requests
      .filter(({ path, host }) => host === 'storage' && path.includes('encoder'))
      .map(({ range }) => range)
    expect(ranges[0]).toBeUndefined()
    const starts = ranges.slice(1).map((range) => Number(/bytes=(\d+)-/.exec(range!)![1]))
    expect(starts.length).toBeGreaterThanOrEqual(3)
    expect(starts).toEqual([...starts].sort((a, b) => a - b))
    expect(await open(entry).status(entry)).toBe('installed')
  })

  it('goes on where a killed process stopped', async () => {
    const entry = entryOf()
    hub.plan = { throttle: 2000 }
    const script = fileURLToPath(new URL('./testing/pull-process.ts', import.meta.url))
    const args = [script, path.join(dir, 'models'), hub.url, JSON.stringify(entry)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const exited = new Promise((resolve) => child.once('exit', resolve))
    await new Promise<void>((resolve) => child.stdout.on('data', (data: Buffer) => data.includes('half') && resolve()))
    child.kill('SIGKILL')
    await exited
    const part = await stat(path.join(dir, 'models', '.partial', 'voz', 'encoder.onnx.part'))
    expect(part.size).toBeGreaterThan(20_000)
    expect(await open(entry).status(entry)).toBe('partial')
    hub.plan = {}
    hub.requests.length = 0
    // The lock of the dead process is taken over.
    await pullModel(open(entry), entry, options())
    const first = hub.requests.find(({ path, host }) => host === 'storage' && path.includes('encoder'))
    expect(Number(/bytes=(\d+)-/.exec(first!.range!)![1])).toBeGreaterThan(20_000)
    expect((await readFile((await open(entry).find('voz')).parts.encoder!)).equals(ENCODER)).toBe(true)
  })

  it('begins afresh where the server ignores the range', async () => {
    const entry = entryOf()
    const part = path.join(dir, 'models', '.partial', 'voz', 'encoder.onnx.part')
    await mkdir(path.dirname(part), { recursive: true })
    await writeFile(part, ENCODER.subarray(0, 50_000))
    hub.plan = { ignoreRange: true }
    await pullModel(open(entry), entry, options())
    expect(await open(entry).status(entry)).toBe('installed')
  })

  it('throws what is wrong away and asks once more; wrong again is an error', async () => {
    const entry = entryOf()
    hub.plan = { corrupt: { times: 1 } }
    await pullModel(open(entry), entry, options())
    expect(await open(entry).status(entry)).toBe('installed')
    await open(entry).remove('voz')
    hub.plan = { corrupt: { times: 99 } }
    await expect(pullModel(open(entry), entry, options())).rejects.toMatchObject({ code: 'model_invalid' })
    expect(await open(entry).status(entry)).not.toBe('installed')
  })

  it('refuses a file whose size the server states otherwise', async () => {
    hub.plan = { lieAboutSize: 123_456 }
    const entry = entryOf()
    await expect(pullModel(open(entry), entry, options())).rejects.toMatchObject({ code: 'model_invalid' })
  })

  it('waits as told by rate limits, tries again after server errors, and takes a stalled body for a cut', async () => {
    const entry = entryOf()
    hub.plan = { refuse: { status: 429, times: 2, headers: { RateLimit: '"resolve";r=0;t=0' } } }
    await pullModel(open(entry), entry, options())
    await open(entry).remove('voz')
    hub.plan = { refuse: { status: 503, times: 2 }, stall: { times: 1 } }
    await pullModel(open(entry), entry, options({ download: { retryBaseMs: 1, stallMs: 200, maxFailures: 5 } }))
    expect(await open(entry).status(entry)).toBe('installed')
  })

  it('asks the hub again when the signed address has expired', async () => {
    hub.plan = { refuse: { status: 403, times: 1, where: 'storage' } }
    const entry = entryOf()
    await pullModel(open(entry), entry, options())
    expect(await open(entry).status(entry)).toBe('installed')
  })

  it('says who refused: gated, missing, unreachable', async () => {
    const entry = entryOf()
    hub.plan = { refuse: { status: 403, times: 9, headers: { 'x-error-code': 'GatedRepo' } } }
    await expect(pullModel(open(entry), entry, options())).rejects.toMatchObject({ code: 'model_license', hint: /HF_TOKEN/ })
    hub.plan = {}
    const missing = entryOf({ files: [{ path: 'nada', bytes: 1, sha256: sha256(TOKENS) }], parts: { model: 'nada' } })
    await expect(pullModel(open(missing), missing, options())).rejects.toMatchObject({ code: 'model_not_found' })
    const nowhere = { ...settings, hfEndpoint: 'http://127.0.0.1:9' }
    await expect(pullModel(open(entry), entry, options({ hub: nowhere }))).rejects.toMatchObject({ code: 'hub_unreachable' })
    await expect(pullModel(open(entry), entry, options({ hub: { ...settings, offline: true } }))).rejects.toMatchObject({
      code: 'hub_unreachable',
    })
  })

  it('sends the token to the hub and not to the storage behind it', async () => {
    const entry = entryOf()
    await pullModel(open(entry), entry, options({ hub: { ...settings, hfToken: 'hf_secreto' } }))
    const sent = (host: string): Set<string | undefined> =>
      new Set(hub.requests.filter((request) => request.host === host).map(({ authorization }) => authorization))
    expect(sent('hub')).toEqual(new Set(['Bearer hf_secreto']))
    expect(sent('storage')).toEqual(new Set([undefined]))
  })

  it('takes what other tools already fetched', async () => {
    const entry = entryOf({
      files: [{ path: 'encoder.onnx', bytes: ENCODER.length, sha256: sha256(ENCODER) }],
      parts: { encoder: 'encoder.onnx' },
    })
    const repo = path.join(settings.hfCacheDir, 'models--casa--voz')
    await mkdir(path.join(repo, 'blobs'), { recursive: true })
    await mkdir(path.join(repo, 'snapshots', REV), { recursive: true })
    await writeFile(path.join(repo, 'blobs', 'abc'), ENCODER)
    await symlink('../../blobs/abc', path.join(repo, 'snapshots', REV, 'encoder.onnx'))
    await pullModel(open(entry), entry, options({ hub: { ...settings, offline: true } }))
    expect(await open(entry).status(entry)).toBe('installed')
    expect(hub.requests).toEqual([])
  })

  it('asks for the acceptance of a licence that limits use, and for a flag where no checksum is known', async () => {
    const limited = entryOf({ license: { name: 'Research', commercial: false } })
    await expect(pullModel(open(limited), limited, options())).rejects.toMatchObject({ code: 'model_license' })
    await pullModel(open(limited), limited, options({ accept: ['voz'] }))
    expect((await open(limited).receipt('voz'))?.accepted).toBe(true)
    await open(limited).remove('voz')
    const unknown = entryOf({ files: [{ path: 'encoder.onnx', bytes: null, sha256: null }], parts: { encoder: 'encoder.onnx' } })
    await expect(pullModel(open(unknown), unknown, options())).rejects.toMatchObject({ code: 'model_invalid' })
    await pullModel(open(unknown), unknown, options({ allowUnverified: true }))
    expect((await open(unknown).receipt('voz'))?.files[0]?.sha256).toBe(sha256(ENCODER))
  })

  it('refuses when the disk has no room for it', async () => {
    const entry = entryOf({ files: [{ path: 'encoder.onnx', bytes: 2 ** 52, sha256: sha256(ENCODER) }] })
    await expect(pullModel(open(entry), entry, options())).rejects.toMatchObject({ code: 'storage_full' })
    expect(hub.requests).toEqual([])
  })

  it('is refused while another living process fetches the same model', async () => {
    const entry = entryOf()
    const store = open(entry)
    await mkdir(path.dirname(store.lockOf('voz')), { recursive: true })
    await writeFile(store.lockOf('voz'), JSON.stringify({ pid: process.pid, host: os.hostname() }))
    await expect(pullModel(store, entry, options())).rejects.toMatchObject({ code: 'conflict' })
  })

  it('stops at once when told to, and keeps what came', async () => {
    hub.plan = { throttle: 2000 }
    const entry = entryOf()
    const abort = new AbortController()
    const pulling = pullModel(
      open(entry),
      entry,
      options({ signal: abort.signal, onProgress: ({ done }) => done > 20_000 && abort.abort(new Error('basta')) }),
    )
    await expect(pulling).rejects.toThrow('basta')
    expect(await open(entry).status(entry)).toBe('partial')
  })

  it('takes an archive apart and checks that nothing is missing', async () => {
    await mkdir(path.join(dir, 'vits-voz', 'espeak-ng-data'), { recursive: true })
    await writeFile(path.join(dir, 'vits-voz', 'voz.onnx'), ENCODER)
    await writeFile(path.join(dir, 'vits-voz', 'espeak-ng-data', 'es_dict'), 'es')
    execFileSync('tar', ['-cjf', 'voz.tar.bz2', 'vits-voz'], { cwd: dir })
    const archive = await readFile(path.join(dir, 'voz.tar.bz2'))
    await using assets = await startFakeHub({ '/casa/voz/releases/download/tts/voz.tar.bz2': archive }, sha256)
    const entry = entryOf({
      source: { kind: 'github', repo: 'casa/voz', tag: 'tts' },
      files: [{ path: 'voz.tar.bz2', bytes: archive.length, sha256: sha256(archive), unpack: { strip: 'vits-voz' } }],
      parts: { model: 'voz.onnx', dataDir: 'espeak-ng-data' },
    })
    await pullModel(open(entry), entry, options({ hub: { ...settings, githubEndpoint: assets.url } }))
    expect((await stat((await open(entry).find('voz')).parts.dataDir!)).isDirectory()).toBe(true)
    expect(await open(entry).verify(entry)).toEqual([])
    const lacking = { ...entry, parts: { model: 'otra.onnx' } }
    await open(entry).remove('voz')
    const refused = pullModel(open(lacking), lacking, options({ hub: { ...settings, githubEndpoint: assets.url } }))
    await expect(refused).rejects.toMatchObject({ code: 'model_invalid' })
  })
})

describe('a model store', () => {
  it('finds damage: a cut file by its size, a changed one by its checksum', async () => {
    const entry = entryOf()
    const store = open(entry)
    await pullModel(store, entry, options())
    const { parts } = await store.find('voz')
    const changed = Buffer.from(ENCODER)
    changed[5]! ^= 1
    await writeFile(parts.encoder!, changed)
    expect(await store.verify(entry)).toEqual(['encoder.onnx'])
    await writeFile(parts.encoder!, ENCODER.subarray(0, 10))
    expect(await store.status(entry)).toBe('damaged')
    await expect(store.find('voz')).rejects.toMatchObject({ code: 'model_invalid' })
    expect(await pullModel(store, entry, options())).toBe(true)
    expect(await store.verify(entry)).toEqual([])
  })

  it("knows a model of the user's own by its model.json, and says what is wrong with one", async () => {
    const store = open(entryOf())
    const own = path.join(store.dir, 'mi-modelo')
    await mkdir(own, { recursive: true })
    const { files: _files, source: _source, ...rest } = entryOf()
    await writeFile(path.join(own, 'model.json'), JSON.stringify({ ...rest, id: 'mi-modelo', parts: { model: 'm.onnx' } }))
    expect(await store.status(await store.entry('mi-modelo'))).toBe('damaged')
    await writeFile(path.join(own, 'm.onnx'), 'x')
    expect((await store.find('mi-modelo')).parts.model).toBe(path.join(own, 'm.onnx'))
    await writeFile(path.join(own, 'model.json'), JSON.stringify({ id: 'mi-modelo' }))
    expect(await store.localErrors()).toEqual([expect.stringContaining('title')])
  })

  it('travels: exported here, imported there, every byte checked', async () => {
    const entry = entryOf({ license: { name: 'Research', commercial: false } })
    const store = open(entry)
    await pullModel(store, entry, options({ accept: true }))
    const usb = path.join(dir, 'usb')
    await exportModels(store, ['voz'], usb)
    const other = new ModelStore(path.join(dir, 'otro'), [entry])
    const offline = { ...settings, offline: true }
    await writeFile(path.join(usb, 'voz', 'tokens.txt'), 'otra cosa')
    expect((await importModels(other, usb, { hub: offline })).refused).toMatchObject([
      { id: 'voz', error: { code: 'model_invalid' } },
    ])
    await exportModels(store, ['voz'], usb)
    expect((await importModels(other, usb, { hub: offline })).imported).toEqual([{ id: 'voz', from: 'export' }])
    expect(await other.verify(entry)).toEqual([])
  })

  it('takes loose files by their names and checksums', async () => {
    const entry = entryOf()
    const usb = path.join(dir, 'usb', 'descargas')
    await mkdir(usb, { recursive: true })
    await writeFile(path.join(usb, 'encoder.onnx'), ENCODER)
    await writeFile(path.join(usb, 'tokens.txt'), TOKENS)
    const { imported } = await importModels(open(entry), path.join(dir, 'usb'), { hub: { ...settings, offline: true } })
    expect(imported).toEqual([{ id: 'voz', from: 'files' }])
    expect(await open(entry).status(entry)).toBe('installed')
  })
})

describe('the catalogue', () => {
  it('names every model once, with parts that its files hold and a licence that says whether commerce may use it', () => {
    expect(new Set(CATALOGUE.map(({ id }) => id)).size).toBe(CATALOGUE.length)
    for (const entry of CATALOGUE) {
      if (entry.files.some((file) => file.unpack)) continue
      const names = entry.files.map((file) => file.saveAs ?? file.path)
      expect(names, entry.id).toEqual(expect.arrayContaining(Object.values(entry.parts)))
    }
    for (const { license, id } of CATALOGUE) if (license.name.startsWith('CC-BY')) expect(license.attribution, id).toBeDefined()
  })

  it('says of every file without checksum that it is unverified', () => {
    for (const entry of CATALOGUE)
      if (entry.files.some((file) => file.sha256 === null)) expect(entry.unverified.join(), entry.id).toContain('checksum')
  })
})

it('tells speed and time left', () => {
  const meter = new Speedometer()
  expect(meter.update(0, 1000, 0).leftMs).toBeNull()
  expect(meter.update(100, 1000, 1000)).toEqual({ bytesPerSecond: 100, leftMs: 9000 })
})
