import type { WireTurnTrace } from '@vigia/protocol'
import { useText } from '../i18n/i18n.ts'
import { Button } from '../ui/parts.tsx'
import type { LiveView } from './live-state.ts'

/** What the assistant answers, and where the time of the last turn went. */
export function Answers({ view, onHush }: { view: LiveView; onHush: () => void }) {
  const { t } = useText()
  if (view.replies.length === 0) return null
  const speaking = view.replies.some(({ state }) => state === 'speaking')
  const trace = view.traces.at(-1)
  return (
    <section className="card answers" aria-label={t('answers')}>
      <h2>
        {t('answers')} {speaking && <Button label={t('stopAnswer')} icon="stop" onClick={onHush} />}
      </h2>
      {view.replies.slice(-4).map((reply) => (
        <p key={reply.id} className={`reply ${reply.state}`}>
          {reply.heardText ?? reply.text}
          {reply.state === 'interrupted' && <em> — {t('interrupted')}</em>}
        </p>
      ))}
      {trace && <Waterfall trace={trace} />}
    </section>
  )
}

const PARTS = ['turn_end', 'final_text', 'requested', 'first_token', 'first_sentence', 'first_audio', 'first_sent'] as const

/** The parts of a turn's latency, one after the other. */
export function Waterfall({ trace }: { trace: WireTurnTrace }) {
  const { t } = useText()
  const total = Math.max(trace.total, 0.001)
  const parts = PARTS.map((name) => ({ name, seconds: Math.max(0, trace.parts[name] ?? 0) }))
  let at = 0
  return (
    <div className="waterfall">
      <p>
        {t('latency')}: <strong>{Math.round(trace.total * 1000)} ms</strong>
      </p>
      <svg
        viewBox="0 0 100 10"
        preserveAspectRatio="none"
        role="img"
        aria-label={parts.map(({ name, seconds }) => `${t(`latency_${name}`)} ${Math.round(seconds * 1000)} ms`).join(', ')}
      >
        {parts.map(({ name, seconds }, i) => {
          const x = (at / total) * 100
          at += seconds
          return <rect key={name} x={x} y="0" width={Math.max(0, (seconds / total) * 100)} height="10" className={`part-${i}`} />
        })}
      </svg>
      <ol>
        {parts.map(({ name, seconds }, i) =>
          seconds > 0 ? (
            <li key={name} className={`part-${i}`}>
              {t(`latency_${name}`)} {Math.round(seconds * 1000)} ms
            </li>
          ) : null,
        )}
      </ol>
    </div>
  )
}
