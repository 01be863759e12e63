import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DIALOGUE, STARTED_AT, segmentsOf, TIME_ZONE } from '../fixtures/scripts.ts'
import { analyze } from '../pipeline.ts'
import { LINE_CHARS, toCues } from './cues.ts'
import { renderMinutes } from './minutes.ts'
import { renderSrt, renderVtt } from './subtitles.ts'
import { escapeMarkdown, renderMarkdown, renderTxt } from './text.ts'

const segments = [
  {
    start: 0.5,
    end: 5.211,
    text: 'Buenos días, Carlos. Vamos a revisar el proyecto de las gafas y el de la cámara, que van con mucho retraso.',
    speaker: 'S1',
  },
  { start: 6.011, end: 7, text: 'Cuesta < 5 & > 3 --> <b>bien</b> {x}', speaker: 'S2' },
  { start: 8, end: 9, text: 'ruido', speaker: 'S2', excluded: 'unreliable' },
  { start: 3661.5, end: 3662, text: 'fin' },
]

/** Times of all cues, read back as milliseconds. */
const timesOf = (text: string) =>
  [...text.matchAll(/^(\d+):(\d\d):(\d\d)[.,](\d{3}) --> (\d+):(\d\d):(\d\d)[.,](\d{3})$/gmu)].map((match) => {
    const [a, b, c, d, e, f, g, h] = match.slice(1).map(Number) as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ]
    return [((a * 60 + b) * 60 + c) * 1000 + d, ((e * 60 + f) * 60 + g) * 1000 + h]
  })

describe('subtitles', () => {
  it('give back their times when read', () => {
    const cues = toCues(segments).map(({ startMs, endMs }) => [startMs, endMs])
    expect(timesOf(renderSrt(segments))).toEqual(cues)
    expect(timesOf(renderVtt(segments))).toEqual(cues)
    expect(cues[0]![0]).toBe(500)
    expect(cues.at(-1)).toEqual([3_661_500, 3_662_000])
  })

  it('leave out what does not count', () => {
    for (const text of [renderSrt(segments), renderVtt(segments), renderTxt(segments), renderMarkdown(segments)])
      expect(text).not.toContain('ruido')
  })

  it('name speakers and escape what was said', () => {
    const vtt = renderVtt(segments, { names: { S2: 'Carlos <C>' } })
    expect(vtt.startsWith('WEBVTT\n\n')).toBe(true)
    expect(vtt).toContain('<v Carlos &lt;C&gt;>Cuesta &lt; 5 &amp; &gt; 3 --&gt; &lt;b&gt;bien&lt;/b&gt; {x}')
    const srt = renderSrt(segments)
    expect(srt.startsWith('1\n00:00:00,500 --> ')).toBe(true)
    expect(srt.match(/-->/gu)).toHaveLength(toCues(segments).length)
    expect(srt).not.toMatch(/<b>|\{x\}/u)
  })

  it('never exceed two lines of 42 characters, keep every word in order, and never run backwards', () => {
    const text = fc.array(
      fc.string({ minLength: 1, maxLength: 60 }).filter((word) => /^\S+$/u.test(word)),
      { minLength: 1, maxLength: 40 },
    )
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 60 }), (words, seconds) => {
        const cues = toCues([{ start: 1, end: 1 + seconds, text: words.join(' ') }])
        for (const { lines } of cues) {
          expect(lines.length).toBeLessThanOrEqual(2)
          for (const line of lines) expect([...line].length).toBeLessThanOrEqual(LINE_CHARS)
        }
        expect(
          cues
            .flatMap(({ lines }) => lines)
            .join('')
            .replaceAll(' ', ''),
        ).toBe(words.join(''))
        cues.forEach(({ startMs, endMs }, i) => {
          expect(endMs).toBeGreaterThan(startMs)
          if (i > 0) expect(startMs).toBeGreaterThanOrEqual(cues[i - 1]!.startMs)
        })
      }),
    )
  })

  it('use word times where there are any', () => {
    const words =
      'uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete'.split(' ')
    const timed = words.map((word, i) => ({
      text: word,
      start: i < 8 ? i * 0.1 : 5 + i * 0.1,
      end: i < 8 ? i * 0.1 + 0.1 : 5.1 + i * 0.1,
    }))
    const [, second] = toCues([{ start: 0, end: 7, text: words.join(' '), words: timed }])
    expect(second!.startMs).toBeGreaterThan(5000)
  })
})

describe('text', () => {
  it('has the speaker before each line', () =>
    expect(renderTxt(segments, { names: { S1: 'Elena' } }).split('\n')[0]).toMatch(/^Elena: Buenos días/u))
  it('cannot be made to link or mark up by what was said', () => {
    expect(escapeMarkdown('[x](http://y) <img> *a* # b | c')).toBe('\\[x\\](http://y) \\<img\\> \\*a\\* \\# b \\| c')
    expect(escapeMarkdown('- punto')).toBe('\\- punto')
    expect(escapeMarkdown('1. punto')).toBe('1\\. punto')
  })
})

describe('minutes', () => {
  it('hold every claim with its times', async () => {
    const report = await analyze({
      sessionId: 's',
      language: 'es',
      startedAt: STARTED_AT,
      timeZone: TIME_ZONE,
      segments: segmentsOf(DIALOGUE.lines),
      frames: [],
      durationMs: 55_000,
    })
    const minutes = renderMinutes(report, { transcript: true })
    expect(minutes).toContain('# Proyecto de las gafas')
    expect(minutes).toContain('- [ ] **Marta**: Hacer una prueba de carga (para antes del viernes: 2026-03-13) \\[00:30\\]')
    for (const text of [...report.decisions, ...report.risks]) expect(minutes).toContain(`- ${escapeMarkdown(text)}`)
    expect(minutes).toContain('**Elena** \\[00:00\\] Buenos días, Carlos.')
    expect(minutes).toContain('sin modelo')
  })

  it.each([
    ['es', '## Posibles tareas (sin confirmar)'],
    ['en', '## Suggested tasks (not confirmed)'],
  ])('tell suggested tasks apart, those that were dismissed not at all (%s)', async (language, heading) => {
    const report = await analyze({
      sessionId: 's',
      language: 'es',
      startedAt: STARTED_AT,
      timeZone: TIME_ZONE,
      segments: segmentsOf(DIALOGUE.lines),
      frames: [],
      durationMs: 55_000,
    })
    const [first, second, ...rest] = report.action_items
    const suggested_actions = [first!, { ...second!, status: 'dismissed' as const }]
    const minutes = renderMinutes({ ...report, language, action_items: rest, suggested_actions })
    const [, suggested = ''] = minutes.split(heading)
    expect(suggested.split('\n## ')[0]).toMatch(new RegExp(`^\n\n- (?!\\[).*${first!.title}.*\n$`, 'u'))
    expect(minutes).not.toContain(second!.title)
    expect(renderMinutes(report)).not.toContain(heading)
  })
})
