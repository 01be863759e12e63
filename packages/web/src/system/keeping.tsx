import type { SystemStatus } from '@vigia/protocol'
import { useText } from '../i18n/i18n.ts'

/** How long things are kept, and where known voices are. */
export function Keeping({ status }: { status: SystemStatus }) {
  const { t } = useText()
  const days = (count: number): string => (count === 0 ? t('keptForever') : t('keptDays', { n: count }))
  return (
    <section className="card wide" aria-labelledby="s-keeping">
      <h2 id="s-keeping">{t('keeping')}</h2>
      {status.keeps && (
        <dl>
          {(['recordings', 'photos', 'sessions'] as const).map((what) => (
            <div key={what}>
              <dt>{t(`keep_${what}`)}</dt>
              <dd>{days(status.keeps![what])}</dd>
            </div>
          ))}
        </dl>
      )}
      <p className="quiet">{t('keepingHow')}</p>
      <p>
        <a href="#/voices">{t('voices')}</a>
      </p>
    </section>
  )
}
