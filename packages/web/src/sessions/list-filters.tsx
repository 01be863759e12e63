import type { SessionSummary } from '@vigia/protocol'
import { type TextKey, useText } from '../i18n/i18n.ts'
import { go } from '../std/router.ts'
import { changeSettings, useSettings } from '../std/settings.ts'
import { Icon } from '../ui/icons.tsx'
import { Button } from '../ui/parts.tsx'
import { choicesOf, type ListFilter, listAddress } from './filters.ts'

const HAS: readonly [ListFilter['has'], TextKey][] = [
  ['all', 'filterAll'],
  ['tasks', 'filterTasks'],
  ['photos', 'filterPhotos'],
]

/** Chooses sessions by what they have, their language and who is named in them. */
export function Filters({ filter, sessions }: { filter: ListFilter; sessions: readonly SessionSummary[] }) {
  const { t, language } = useText()
  const { languages, people } = choicesOf(sessions)
  const set = (change: Partial<ListFilter>): void => go(listAddress('', { ...filter, ...change }), true)
  const nameOf = (tag: string): string =>
    tag === 'auto' ? t('autoLanguage') : (new Intl.DisplayNames([language], { type: 'language' }).of(tag) ?? tag)
  return (
    <fieldset className="filters">
      <legend className="sr-only">{t('filters')}</legend>
      {HAS.map(([has, label]) => (
        <button key={has} type="button" className="chip" aria-pressed={filter.has === has} onClick={() => set({ has })}>
          {t(label)}
        </button>
      ))}
      {(languages.length > 1 || filter.language !== '') && (
        <select value={filter.language} aria-label={t('spoken')} onChange={(event) => set({ language: event.target.value })}>
          <option value="">{t('anyLanguage')}</option>
          {languages.map((tag) => (
            <option key={tag} value={tag}>
              {nameOf(tag)}
            </option>
          ))}
        </select>
      )}
      {(people.length > 0 || filter.person !== '') && (
        <select value={filter.person} aria-label={t('speakers')} onChange={(event) => set({ person: event.target.value })}>
          <option value="">{t('anybody')}</option>
          {people.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      )}
    </fieldset>
  )
}

/** Searches and choices that this browser keeps. */
export function KeptSearches({ text, filter }: { text: string; filter: ListFilter }) {
  const { t } = useText()
  const { searches } = useSettings()
  const address = listAddress(text, filter)
  const isKept = searches.some((one) => one.address === address)
  const words = [text, filter.has === 'all' ? '' : t(filter.has === 'tasks' ? 'filterTasks' : 'filterPhotos')]
  const name = [...words, filter.language, filter.person].filter(Boolean).join(' · ')
  if (name === '' && searches.length === 0) return null
  return (
    <div className="kept-searches">
      {searches.map((one) => (
        <span key={one.address} className="kept-search">
          <a className="chip" href={`#${one.address}`} aria-current={one.address === address ? 'true' : undefined}>
            <Icon name="star" size={14} /> {one.name}
          </a>
          <button
            type="button"
            className="link"
            aria-label={t('forgetSearch', { name: one.name })}
            title={t('forgetSearch', { name: one.name })}
            onClick={() => changeSettings({ searches: searches.filter((other) => other !== one) })}
          >
            <Icon name="close" size={14} />
          </button>
        </span>
      ))}
      {name !== '' && !isKept && (
        <Button
          label={t('keepSearch')}
          icon="star"
          kind="ghost"
          onClick={() => changeSettings({ searches: [...searches, { name, address }].slice(-20) })}
        />
      )}
    </div>
  )
}
