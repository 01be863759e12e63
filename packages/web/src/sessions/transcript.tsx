import type { Segment, WireWord } from '@vigia/protocol'
import { type KeyboardEvent, memo, type RefObject, useCallback, useEffect, useImperativeHandle, useRef, useState } from 'react'
import { isTextKey, useText } from '../i18n/i18n.ts'
import { api } from '../std/api.ts'
import { clock } from '../std/format.ts'
import { Icon } from '../ui/icons.tsx'
import { Button } from '../ui/parts.tsx'
import { Speaker } from '../ui/speaker.tsx'
import { useVirtual } from '../ui/virtual.ts'
import type { Row } from './model.ts'

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
  handle: RefObject<TranscriptHandle | null>
  onSeek: (seconds: number) => void
  onEdit: (segmentId: string | null) => void
  onSave: (segmentId: string, text: string) => void
  onSpeaker: (segment: Segment) => void
  onOffRecord: (segment: Segment) => void
  onCite: (reportItem: string) => void
  onPhoto: (frameId: string) => void
}

const ROW_PX = 64

/** The transcript, however long: only what can be seen is in the page. */
export function Transcript(props: TranscriptProps) {
  const { rows, current, follows, handle } = props
  const { t } = useText()
  const scroller = useRef<HTMLDivElement>(null)
  const keyOf = useCallback((index: number) => rows[index]?.key ?? '', [rows])
  const virtual = useVirtual(scroller, rows.length, keyOf, ROW_PX)
  useImperativeHandle(handle, () => ({ scrollTo: virtual.scrollTo }), [virtual.scrollTo])
  useEffect(() => {
    if (follows && current >= 0) virtual.scrollTo(current)
  }, [current, follows, virtual.scrollTo])
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and must do so by keyboard
    <section className="transcript" ref={scroller} aria-label={t('transcript')} tabIndex={0}>
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
              <RowView row={row} isCurrent={index === current} isLit={props.lit.has(row.key)} {...props} />
            </li>
          )
        })}
      </ol>
    </section>
  )
}

type RowProps = TranscriptProps & { row: Row; isCurrent: boolean; isLit: boolean }

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

const SegmentRow = memo(function SegmentRow(props: RowProps & { segment: Segment; startsTurn: boolean }) {
  const { segment, startsTurn, names, isCurrent, isLit, cited, editing } = props
  const { t } = useText()
  const reason = `excluded_${segment.excluded ?? ''}`
  const citing = cited.get(segment.id) ?? []
  return (
    <div className={`row segment ${isCurrent ? 'current' : ''} ${isLit ? 'lit' : ''} ${segment.excluded ? 'excluded' : ''}`}>
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
          <Editor text={segment.text} onSave={(text) => props.onSave(segment.id, text)} onCancel={() => props.onEdit(null)} />
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
            onClick={() => props.onOffRecord(segment)}
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
function sameRow(a: RowProps & { segment: Segment }, b: RowProps & { segment: Segment }): boolean {
  return (
    a.segment === b.segment &&
    a.isCurrent === b.isCurrent &&
    a.isLit === b.isLit &&
    a.names === b.names &&
    a.cited === b.cited &&
    a.review === b.review &&
    (a.editing === a.segment.id) === (b.editing === b.segment.id)
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

function Editor({ text, onSave, onCancel }: { text: string; onSave: (text: string) => void; onCancel: () => void }) {
  const { t } = useText()
  const [value, setValue] = useState(text)
  const area = useRef<HTMLTextAreaElement>(null)
  useEffect(() => area.current?.focus(), [])
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') onCancel()
    else if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault()
      if (value.trim() && value !== text) onSave(value.trim())
      else onCancel()
    }
  }
  return (
    <span className="editor">
      <textarea
        ref={area}
        value={value}
        rows={2}
        aria-label={t('editText')}
        onChange={(event) => setValue(event.target.value)}
        onKeyDown={onKey}
      />
      <small>{t('editHint')}</small>
      <span className="row">
        <Button label={t('save')} kind="main" onClick={() => (value.trim() ? onSave(value.trim()) : onCancel())} />
        <Button label={t('cancel')} onClick={onCancel} />
      </span>
    </span>
  )
}
