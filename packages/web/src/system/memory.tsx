import type { SystemStatus } from '@vigia/protocol'
import { useText } from '../i18n/i18n.ts'
import { bytes } from '../std/format.ts'

/** The machine's memory as a bar: this server, its models, other programs, what is free. */
export function MemoryPicture({ status }: { status: SystemStatus }) {
  const { t, language } = useText()
  const { total_bytes, free_bytes, process_bytes, ledger = [] } = status.memory
  const loaded = ledger.filter(({ state }) => state !== 'out')
  const models = loaded.reduce((sum, { ram_bytes }) => sum + ram_bytes, 0)
  const others = Math.max(0, total_bytes - free_bytes - process_bytes - models)
  const parts = [
    { key: 'server', label: t('server'), size: process_bytes },
    { key: 'models', label: t('models'), size: models },
    { key: 'others', label: t('others'), size: others },
    { key: 'free', label: t('free'), size: free_bytes },
  ].filter(({ size }) => size > 0)
  let x = 0
  return (
    <section className="card memory" aria-labelledby="s-memory">
      <h2 id="s-memory">
        {t('memory')} <small>{bytes(total_bytes, language)}</small>
      </h2>
      <svg
        viewBox="0 0 100 12"
        preserveAspectRatio="none"
        role="img"
        aria-label={parts.map(({ label, size }) => `${label} ${bytes(size, language)}`).join(', ')}
      >
        {parts.map(({ key, size }) => {
          const width = (size / total_bytes) * 100
          x += width
          return <rect key={key} x={x - width} y="0" width={width} height="12" className={`mem-${key}`} />
        })}
      </svg>
      <ul className="legend">
        {parts.map(({ key, label, size }) => (
          <li key={key}>
            <span className={`swatch mem-${key}`} aria-hidden="true" /> {label} <strong>{bytes(size, language)}</strong>
          </li>
        ))}
      </ul>
      <h3>{t('ledger')}</h3>
      {loaded.length === 0 ? (
        <p className="quiet">{t('noLedger')}</p>
      ) : (
        <ul className="ledger">
          {loaded.map((model) => (
            <li key={model.id}>
              <code>{model.id}</code> {bytes(model.ram_bytes, language)}
              {model.vram_bytes > 0 && ` · GPU ${bytes(model.vram_bytes, language)}`}
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
