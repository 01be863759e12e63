import type { Report } from '@vigia/protocol'
import { zip } from '../../std/zip.ts'
import { clock, type RenderedSegment, type RenderOptions, shownSegments, speakerName } from './lines.ts'

/** A session as a Word document (ECMA-376, WordprocessingML): the report with its quotes, then the transcript. */

export interface DocxInput extends RenderOptions {
  title: string
  segments: readonly RenderedSegment[]
  report: Report | null
}

export function renderDocx(input: DocxInput): Uint8Array<ArrayBuffer> {
  return zip([
    { name: '[Content_Types].xml', data: CONTENT_TYPES },
    { name: '_rels/.rels', data: ROOT_RELATIONS },
    { name: 'word/_rels/document.xml.rels', data: DOCUMENT_RELATIONS },
    { name: 'word/styles.xml', data: STYLES },
    { name: 'word/document.xml', data: document(input) },
  ])
}

function document({ title, segments, report, ...options }: DocxInput): string {
  const english = report?.language.startsWith('en') === true
  const words = english ? ENGLISH : SPANISH
  const body = [
    paragraph(title, 'Title'),
    ...(report ? reportParts(report, words) : []),
    paragraph(words.transcript, 'Heading1'),
    ...shownSegments(segments).map((segment) => line(segment, options)),
  ]
  return `${XML}<w:document xmlns:w="${MAIN}"><w:body>${body.join('')}<w:sectPr/></w:body></w:document>`
}

function reportParts(report: Report, words: typeof SPANISH): string[] {
  const section = (heading: string, items: readonly string[]): string[] =>
    items.length === 0 ? [] : [paragraph(heading, 'Heading1'), ...items]
  const kinds = [
    [words.decisions, 'decision'],
    [words.risks, 'risk'],
    [words.questions, 'question'],
  ] as const
  return [
    ...section(words.summary, [paragraph(report.summary)]),
    ...section(words.tasks, report.action_items.filter(({ status }) => status !== 'dismissed').map(task)),
    ...section(
      words.suggested,
      (report.suggested_actions ?? []).filter(({ status }) => status === 'open').map(({ title }) => bullet(title)),
    ),
    ...kinds.flatMap(([heading, kind]) =>
      section(
        heading,
        report.findings.filter((one) => one.kind === kind && one.status !== 'dismissed').map(({ text }) => bullet(text)),
      ),
    ),
  ]
}

function task({ title, owner, due, status }: Report['action_items'][number]): string {
  const who = owner?.name ?? owner?.speaker
  const more = [who, due?.text].filter((part) => part !== undefined).join(', ')
  return bullet(`${status === 'done' ? '☑' : '☐'} ${title}${more ? ` (${more})` : ''}`)
}

function line(segment: RenderedSegment, options: RenderOptions): string {
  const name = speakerName(segment, options)
  const who = name === null ? '' : run(`${name}  `, '<w:b/>')
  return `<w:p>${run(`${clock(segment.start)}  `, '<w:color w:val="6B7280"/>')}${who}${run(segment.text)}</w:p>`
}

const bullet = (text: string): string => `<w:p><w:pPr><w:ind w:left="360" w:hanging="240"/></w:pPr>${run(`• ${text}`)}</w:p>`

const paragraph = (text: string, style?: string): string =>
  `<w:p>${style ? `<w:pPr><w:pStyle w:val="${style}"/></w:pPr>` : ''}${run(text)}</w:p>`

const run = (text: string, properties = ''): string =>
  `<w:r>${properties ? `<w:rPr>${properties}</w:rPr>` : ''}<w:t xml:space="preserve">${escapeXml(text)}</w:t></w:r>`

/** Characters that XML 1.0 cannot hold are left out. */
function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}

const SPANISH = {
  summary: 'Resumen',
  tasks: 'Tareas',
  suggested: 'Posibles tareas (sin confirmar)',
  decisions: 'Decisiones',
  risks: 'Riesgos',
  questions: 'Preguntas abiertas',
  transcript: 'Transcripción',
}
const ENGLISH: typeof SPANISH = {
  summary: 'Summary',
  tasks: 'Tasks',
  suggested: 'Suggested tasks (not confirmed)',
  decisions: 'Decisions',
  risks: 'Risks',
  questions: 'Open questions',
  transcript: 'Transcript',
}

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const MAIN = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main'
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006'
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const WORD_TYPE = 'application/vnd.openxmlformats-officedocument.wordprocessingml'

const CONTENT_TYPES = `${XML}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="${WORD_TYPE}.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="${WORD_TYPE}.styles+xml"/></Types>`
const ROOT_RELATIONS = `${XML}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>`
const DOCUMENT_RELATIONS = `${XML}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/styles" Target="styles.xml"/></Relationships>`

const style = (id: string, name: string, size: number): string =>
  `<w:style w:type="paragraph" w:styleId="${id}"><w:name w:val="${name}"/><w:basedOn w:val="Normal"/><w:pPr><w:spacing w:before="240" w:after="80"/></w:pPr><w:rPr><w:b/><w:sz w:val="${size}"/></w:rPr></w:style>`
const STYLES = `${XML}<w:styles xmlns:w="${MAIN}"><w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:pPr><w:spacing w:after="80"/></w:pPr><w:rPr><w:rFonts w:ascii="Calibri" w:hAnsi="Calibri"/><w:sz w:val="22"/></w:rPr></w:style>${style('Title', 'Title', 40)}${style('Heading1', 'heading 1', 28)}</w:styles>`
