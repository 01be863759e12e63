import { createContext, useContext } from 'react'
import { en } from './en.ts'
import { es } from './es.ts'

export type Language = 'es' | 'en'
export type TextKey = keyof typeof es
/** Gives a text, its `{x}` filled in. */
export type Translate = (key: TextKey, values?: Record<string, string | number>) => string

const TEXTS: Record<Language, Record<TextKey, string>> = { es, en }

export function translator(language: Language): Translate {
  return (key, values = {}) => TEXTS[language][key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''))
}

export const isTextKey = (key: string): key is TextKey => key in es

/** Spanish, unless the browser asks for English. */
export function preferredLanguage(languages: readonly string[]): Language {
  return languages[0]?.startsWith('en') ? 'en' : 'es'
}

export const I18n = createContext<{ language: Language; t: Translate }>({ language: 'es', t: translator('es') })
export const useText = () => useContext(I18n)
