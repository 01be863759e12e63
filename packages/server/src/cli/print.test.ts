import type { Report } from '@vigia/protocol'
import { describe, expect, it } from 'vitest'
import { lanAddresses } from './addresses.ts'
import { type BannerFacts, banner } from './banner.ts'
import { demoPhotos } from './demo-photos.ts'
import { DemoScreen } from './demo-screen.ts'
import { printReport } from './print-report.ts'
import { ProgressBar } from './progress-bar.ts'

describe('banner', () => {
  const facts: BannerFacts = {
    version: '1.2.3',
    url: 'http://127.0.0.1:8000',
    host: '127.0.0.1',
    port: 8000,
    dataDir: '/d',
    engines: {
      asr: { id: 'tiny-es', available: true, note: 'Synthetic voices only.' },
      vision: { id: 'measured', available: false },
    },
    addresses: ['192.168.1.5'],
  }

  it('says where it listens, what serves, and that only this machine can connect', () => {
    const text = banner(facts)
    expect(text).toContain('listening on http://127.0.0.1:8000')
    expect(text).toMatch(/asr +tiny-es: Synthetic voices only\./)
    expect(text).toMatch(/vision +none/)
    expect(text).toContain('--host 0.0.0.0')
    expect(text).not.toContain('192.168.1.5')
  })

  it('says how a phone reaches it when bound to all addresses, and that anyone on the network can', () => {
    const text = banner({ ...facts, host: '0.0.0.0' })
    expect(text).toContain('ws://192.168.1.5:8000/ws/audio')
    expect(text).toContain('A browser gives a page the microphone only over https')
    expect(banner({ ...facts, host: '10.1.1.1' })).toContain('ws://10.1.1.1:8000/ws/audio')
  })
})

it('takes IPv4 addresses of real networks only', () => {
  const entry = (address: string, internal = false, family: 'IPv4' | 'IPv6' = 'IPv4') => ({ address, internal, family }) as never
  const found = lanAddresses({
    lo: [entry('127.0.0.1', true)],
    eth0: [entry('192.168.1.5'), entry('fe80::1', false, 'IPv6'), entry('169.254.3.3')],
    docker0: [entry('172.17.0.1')],
  })
  expect(found).toEqual(['192.168.1.5'])
})

describe('report', () => {
  const proof = { evidence: ['s1'], quote: 'llamaré mañana', confidence: 0.9 }
  const report: Report = {
    session_id: 'a',
    language: 'es',
    transcript: [{ id: 's1', speaker: 'S1', start: 75.2, end: 77, text: 'llamaré mañana' }],
    summary: 'Se llamará.',
    action_items: [
      {
        ...proof,
        id: 't',
        title: 'Llamar',
        description: '',
        steps: [],
        owner: { speaker: 'S1' },
        due: { text: 'mañana', iso: '2026-03-03', certainty: 'firm' },
        status: 'open',
        origin: 'cue',
      },
    ],
    risks: ['r'],
    decisions: [],
    open_questions: [],
    findings: [{ ...proof, id: 'f', kind: 'risk', text: 'Puede fallar' }],
    summary_points: [],
    participants: [{ speaker: 'S1', name: 'Ana', talk_time: 61 }],
    frames: [],
    duration: 80,
    analysis: {
      method: 'extractive',
      engine: 'e',
      revision: 1,
      warnings: [{ code: 'x', message: 'Voz real', count: 3 }],
      dropped: {},
    },
  }

  it('has each statement with owner, due date, quote and time, and no empty sections', () => {
    const text = printReport(report)
    expect(text).toContain('- Llamar [Ana, para 2026-03-03]\n    «llamaré mañana» 01:15')
    expect(text).toContain('Riesgos\n- Puede fallar\n    «llamaré mañana» 01:15')
    expect(text).toContain('- Voz real (3)')
    expect(text).not.toContain('Decisiones')
    expect(text).not.toContain('\x1b')
  })

  it('is styled only when asked', () => {
    expect(printReport(report, { styled: true })).toContain('\x1b[1m')
  })
})

describe('progress bar', () => {
  const run = (isTTY: boolean) => {
    let text = ''
    const bar = new ProgressBar(
      {
        isTTY,
        write: (part) => {
          text += part
        },
      },
      'x.wav',
    )
    bar.update('speech', 0, 0)
    bar.update('speech', 1, 2)
    bar.update('report', 5, 2)
    bar.end()
    return text
  }
  it('redraws one line on a terminal', () => {
    const drawn = run(true).split('\r\x1b[K')
    expect(drawn.map((line) => line.slice(-12))).toEqual(['', '  0 % speech', ' 50 % speech', '100 % report', ''])
  })
  it('writes one line per stage elsewhere', () => {
    expect(run(false)).toBe('x.wav: speech\nx.wav: report\n')
  })
})

describe('demo screen', () => {
  const run = (isTTY: boolean) => {
    let text = ''
    const screen = new DemoScreen({
      isTTY,
      columns: 60,
      write: (part) => {
        text += part
      },
    })
    screen.message({ type: 'ack', received_bytes: 2048 })
    screen.message({ type: 'partial_result', utterance_id: 'u', start: 0, text: 'hol' })
    screen.message({ type: 'partial_result', utterance_id: 'u', start: 0, text: 'hola a' })
    screen.message({ type: 'segment', id: 'u', start: 61, end: 62, text: 'hola a todos', rev: 0 })
    return text
  }
  it('replaces interim text in place on a terminal, beside what is on disk', () => {
    expect(run(true)).toContain('2 kB on disk  hol\r\x1b[K2 kB on disk  hola a\r\x1b[K01:01')
  })
  it('prints settled lines only elsewhere', () => {
    expect(run(false)).toBe('01:01      hola a todos\n')
  })
})

it('has photos that are whole JPEGs, each different', () => {
  const photos = demoPhotos()
  for (const { jpeg } of photos) {
    expect(Buffer.from(jpeg.subarray(0, 2)).toString('hex')).toBe('ffd8')
    expect(Buffer.from(jpeg.subarray(-2)).toString('hex')).toBe('ffd9')
  }
  expect(new Set(photos.map(({ jpeg }) => Buffer.from(jpeg).toString('base64'))).size).toBe(3)
})
