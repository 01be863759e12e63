import { useEffect, useRef, useState } from 'react'
import { isTextKey, useText } from '../i18n/i18n.ts'
import { Icon } from '../ui/icons.tsx'
import { Speaker } from '../ui/speaker.tsx'
import type { LiveView } from './live-state.ts'

/** Rows kept in the page while live; the session page has all. */
const MAX_ROWS = 300
const NO_NAMES = {}

/** What is said, as it is said. Confirmed words do not move; pending ones are lighter. Scrolling up stops following. */
export function Captions({ view }: { view: LiveView }) {
  const { t } = useText()
  const box = useRef<HTMLDivElement>(null)
  const [follows, setFollows] = useState(true)
  const lines = view.lines.slice(-MAX_ROWS)
  const length = view.lines.length + (view.pending?.text.length ?? 0)

  // biome-ignore lint/correctness/useExhaustiveDependencies: new text moves the view
  useEffect(() => {
    const element = box.current
    if (follows && element) element.scrollTop = element.scrollHeight
  }, [length, follows])

  return (
    <section className="captions-panel" aria-label={t('captions')}>
      <div
        className="captions"
        ref={box}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and must do so by keyboard
        tabIndex={0}
        onScroll={({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) =>
          setFollows(scrollHeight - scrollTop - clientHeight < 60)
        }
      >
        {lines.map((line, i) => {
          const reason = `excluded_${line.excluded ?? ''}`
          return (
            <p key={line.id} className={line.excluded ? 'line excluded' : 'line'}>
              {line.speaker && line.speaker !== lines[i - 1]?.speaker && <Speaker speaker={line.speaker} names={NO_NAMES} />}
              <span>{line.text}</span>
              {line.excluded && isTextKey(reason) && <em className="why"> ({t(reason)})</em>}
            </p>
          )
        })}
        {view.pending ? (
          <p className="line">
            <span>{view.pending.text.slice(0, view.pending.confirmed)}</span>
            <span className="pending">{view.pending.text.slice(view.pending.confirmed)}</span>
          </p>
        ) : (
          lines.length === 0 && <p className="waiting">{view.speaking ? t('speaking') : t('waiting')}</p>
        )}
      </div>
      {!follows && (
        <button type="button" className="button plain to-end" onClick={() => setFollows(true)}>
          <Icon name="down" /> {t('toEnd')}
        </button>
      )}
      <div className="sr-only" role="log" aria-live="polite" aria-label={t('captions')}>
        {lines.slice(-3).map((line) => (
          <p key={line.id}>{line.text}</p>
        ))}
      </div>
    </section>
  )
}
