import type { Segment, WireWord } from '@vigia/protocol'
import { type ClipboardEvent, memo, type RefObject, useCallback, useEffect, useImperativeHandle, useMemo, useRef } from 'react'
import { isTextKey, useText } from '../i18n/i18n.ts'
import { api } from '../std/api.ts'
import { clock } from '../std/format.ts'
import { Icon } from '../ui/icons.tsx'
import { Button } from '../ui/parts.tsx'
import { Speaker } from '../ui/speaker.tsx'
import { useVirtual } from '../ui/virtual.ts'
import { selectedText } from './copy.tsx'
import { LineEditor } from './line-editor.tsx'
import type { Row } from './model.ts'
import type { Edits } from './use-edits.ts'

export interface TranscriptHandle {
  scrollTo: (index: number) => void
}

export interface TranscriptProps {
  rows: readonly Row[]
  names: Readonly<Record<string, string>>
  /** Index of the row that is played; -1 for none. */
  current: number
  /** Keys of rows to stand out. */
  lit: ReadonlySet<string>
  cited: ReadonlyMap<string, { id: string; text: string }[]>
  follows: boolean
  /** Dotted lines under doubtful words. */
  review: boolean
  editing: string | null
  /** Lines may be cut and joined. */
  canCut: boolean
  handle: RefObject<TranscriptHandle | null>
  edits: Edits
  onSeek: (seconds: number) => void
  onEdit: (segmentId: string | null) => void
  onSpeaker: (segment: Segment) => void
  onCite: (reportItem: string) => void
  onPhoto: (frameId: string) => void
}

const ROW_PX = 64

/** The transcript, however long: only what can be seen is in the page. */
export function Transcript(props: TranscriptProps) {
  const { rows, names, current, follows, handle } = props
  const { t } = useText()
  const lastLine = useMemo(() => rows.findLastIndex(({ kind }) => kind === 'segment'), [rows])
  const scroller = useRef<HTMLDivElement>(null)
  const keyOf = useCallback((index: number) => rows[index]?.key ?? '', [rows])
  const virtual = useVirtual(scroller, rows.length, keyOf, ROW_PX)
  useImperativeHandle(handle, () => ({ scrollTo: virtual.scrollTo }), [virtual.scrollTo])
  useEffect(() => {
    if (follows && current >= 0) virtual.scrollTo(current)
  }, [current, follows, virtual.scrollTo])
  return (
    <section
      className="transcript"
      ref={scroller}
      aria-label={t('transcript')}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and must do so by keyboard
      tabIndex={0}
      onCopy={(event) => copyLines(event, selectedText(rows, names))}
    >
      <ol style={{ height: virtual.total }}>
        {virtual.rows.map(({ index, top }) => {
          const row = rows[index]!
          return (
            <li
              key={row.key}
              ref={virtual.measure(index)}
              style={{ transform: `translateY(${top}px)` }}
              aria-setsize={rows.length}
              aria-posinset={index + 1}
            >
              <RowView
                row={row}
                isCurrent={index === current}
                isLit={props.lit.has(row.key)}
                hasNext={index < lastLine}
                {...props}
              />
            </li>
          )
        })}
      </ol>
    </section>
  )
}

/** Lines leave with speaker and time; a part of one line as it is. */
function copyLines(event: ClipboardEvent, text: string | null): void {
  if (text === null) return
  event.preventDefault()
  event.clipboardData.setData('text/plain', text)
}

type RowProps = TranscriptProps & { row: Row; isCurrent: boolean; isLit: boolean; hasNext: boolean }

function RowView(props: RowProps) {
  const { row, onSeek, onPhoto } = props
  const { t } = useText()
  if (row.kind === 'segment') return <SegmentRow {...props} segment={row.segment} startsTurn={row.startsTurn} />
  if (row.kind === 'gap') {
    return (
      <p className="row gap">
        <time>{clock(row.at)}</time> {t('gap_at', { reason: row.reason })} · {clock(row.end - row.at)}
      </p>
    )
  }
  if (row.kind === 'mark') {
    return (
      <p className="row mark">
        <Icon name="flag" size={16} />
        <button type="button" className="link" onClick={() => onSeek(row.at)}>
          {clock(row.at)}
        </button>{' '}
        {row.label || t('mark_at')}
      </p>
    )
  }
  return (
    <div className={`row frame ${props.isLit ? 'lit' : ''}`}>
      <button type="button" onClick={() => onPhoto(row.key)} aria-label={`${t('photo')} ${clock(row.at)}`}>
        <img src={api().photoUrl(row.key, 'thumb')} alt="" loading="lazy" width="96" height="72" />
      </button>
      <p>
        <time>{clock(row.at)}</time> {row.observation.description}
      </p>
    </div>
  )
}

type LineProps = RowProps & { segment: Segment; startsTurn: boolean }

const SegmentRow = memo(function SegmentRow(props: LineProps) {
  const { segment, startsTurn, names, isCurrent, isLit, cited, editing } = props
  const { t } = useText()
  const reason = `excluded_${segment.excluded ?? ''}`
  const citing = cited.get(segment.id) ?? []
  return (
    <div
      data-line={segment.id}
      className={`row segment ${isCurrent ? 'current' : ''} ${isLit ? 'lit' : ''} ${segment.excluded ? 'excluded' : ''}`}
    >
      {startsTurn && segment.speaker && (
        <Speaker speaker={segment.speaker} names={names} onClick={() => props.onSpeaker(segment)} title={t('changeSpeaker')} />
      )}
      <div className="said">
        <button
          type="button"
          className="link time"
          onClick={() => props.onSeek(segment.start)}
          aria-label={`${t('play')} ${clock(segment.start)}`}
        >
          {clock(segment.start)}
        </button>
        {editing === segment.id ? (
          <LineEditor
            line={segment}
            canCut={props.canCut}
            hasNext={props.hasNext}
            edits={props.edits}
            onClose={() => props.onEdit(null)}
          />
        ) : (
          <Words {...props} />
        )}
        <span className="row-tools">
          {citing.map(({ id, text }) => (
            <button
              key={id}
              type="button"
              className="cite"
              title={text}
              aria-label={`${t('cites')}: ${text}`}
              onClick={() => props.onCite(id)}
            >
              ◆
            </button>
          ))}
          <Button label={t('editText')} icon="edit" quiet kind="ghost" onClick={() => props.onEdit(segment.id)} />
          <Button label={t('changeSpeaker')} icon="person" quiet kind="ghost" onClick={() => props.onSpeaker(segment)} />
          <Button
            label={segment.excluded === 'off_record' ? t('onRecordSegment') : t('offRecordSegment')}
            icon="off"
            quiet
            kind="ghost"
            onClick={() => props.edits.setOffRecord(segment, segment.excluded !== 'off_record')}
          />
        </span>
      </div>
      {(segment.edited || segment.excluded) && (
        <small className="why">
          {segment.edited ? t('edited') : ''} {isTextKey(reason) ? t(reason) : ''}
        </small>
      )}
    </div>
  )
}, sameRow)

/** A row is drawn again only when something it shows has changed: playing moves `current` sixty times a second. */
function sameRow(a: LineProps, b: LineProps): boolean {
  return (
    a.segment === b.segment &&
    a.startsTurn === b.startsTurn &&
    a.isCurrent === b.isCurrent &&
    a.isLit === b.isLit &&
    a.names === b.names &&
    a.cited === b.cited &&
    a.review === b.review &&
    (a.editing === a.segment.id) === (b.editing === b.segment.id) &&
    a.canCut === b.canCut &&
    a.hasNext === b.hasNext &&
    a.edits === b.edits
  )
}

/** Words of one segment keep their order; two may begin at the same time. */
const keyOfWord = (word: WireWord, at: number): string => `${word.start} ${at}`

/** Words that can be clicked where their times are known; else the whole text. */
function Words({ segment, onSeek, review }: RowProps & { segment: Segment }) {
  const { words } = segment
  if (!words || words.length === 0) {
    return (
      // biome-ignore lint/a11y/useKeyWithClickEvents: the time beside it does the same by keyboard
      // biome-ignore lint/a11y/noStaticElementInteractions: see above
      <span className="text" onClick={() => onSeek(segment.start)}>
        {segment.text}
      </span>
    )
  }
  return (
    <span className="text">
      {words.map((word, i) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the time beside it does the same by keyboard
        // biome-ignore lint/a11y/noStaticElementInteractions: see above
        <span
          key={keyOfWord(word, i)}
          className={review && (word.confidence ?? 1) < 0.5 ? 'word doubtful' : 'word'}
          onClick={() => onSeek(word.start)}
        >
          {word.text}{' '}
        </span>
      ))}
    </span>
  )
}
