import { fold, soundKey } from './fold.ts'

/** Verbs of doing that a task is made of, with the forms in which people take one on, ask for one, or tell of one. Pure. */

/** How a form speaks: `i` promises, `they` is told of another, `order` asks; the rest is not a task by itself. */
export type VerbForm =
  | 'infinitive'
  | 'present-i'
  | 'present-we'
  | 'present-they'
  | 'future-i'
  | 'future-we'
  | 'future-they'
  | 'order'
  | 'past'

export interface VerbReading {
  infinitive: string
  form: VerbForm
}

const REGULAR = `abrir acabar aclarar activar actualizar adjuntar ajustar alquilar anotar anunciar añadir apuntar archivar arreglar asegurar
asignar avisar ayudar bajar barrer borrar buscar cambiar cancelar cargar comentar compartir completar comprar comprobar comunicar
configurar confirmar consultar contactar contratar coordinar copiar corregir crear cubrir cuidar dejar desarrollar descargar diseñar
documentar echar editar elaborar eliminar entregar enseñar enviar escribir estudiar evaluar explicar firmar formar fregar gestionar
grabar guardar hablar imprimir informar instalar invitar investigar juntar limpiar llamar llenar llevar localizar lanzar mandar mejorar
meter mirar modificar montar organizar pagar pasar pedir pintar planificar preguntar preparar presentar presupuestar probar programar
publicar quedar quitar reclamar recoger recopilar recordar redactar regar registrar rellenar remitir renovar reparar repasar reservar
resolver responder resumir retirar reunir revisar sacar solicitar subir sustituir terminar tirar tomar traducir traer tramitar validar
vender verificar visitar contestar devolver convocar calcular medir ordenar cocinar colgar conseguir averiguar negociar cerrar empezar
encargar ocupar poner hacer decir dar ir venir salir apagar encender girar cortar soldar tomar volver regresar beber comer esperar acordar fijar fijarse`

/** Stem changes in the present: `pedir` → `pid-`. */
const CHANGES: Record<string, string> = {
  pedir: 'pid', corregir: 'corrig', conseguir: 'consig', medir: 'mid', probar: 'prueb', comprobar: 'comprueb', recordar: 'recuerd',
  resolver: 'resuelv', devolver: 'devuelv', colgar: 'cuelg', volver: 'vuelv', regar: 'rieg', fregar: 'frieg', cerrar: 'cierr', empezar: 'empiez',
  soldar: 'sueld', acordar: 'acuerd', encender: 'enciend', enviar: 'enví', renovar: 'renuev', reunir: 'reún',
} // biome-ignore format: a table
/** First person of the present where it is irregular. */
const FIRST: Record<string, string> = {
  hacer: 'hago', decir: 'digo', poner: 'pongo', traer: 'traigo', salir: 'salgo', venir: 'vengo', dar: 'doy', ir: 'voy',
  traducir: 'traduzco', recoger: 'recojo', corregir: 'corrijo', conseguir: 'consigo',
} // biome-ignore format: a table
/** Stem of the future where it is irregular. */
const FUTURE: Record<string, string> = { hacer: 'har', decir: 'dir', poner: 'pondr', salir: 'saldr', venir: 'vendr' }
const ORDERS: Record<string, string[]> = {
  hacer: ['haz', 'haga', 'hagan', 'hace'], decir: ['di', 'diga', 'digan'], poner: ['pon', 'ponga', 'pongan'],
  traer: ['trae', 'traiga', 'traigan'], dar: ['da', 'de', 'den'], salir: ['sal', 'salga'], venir: ['ven', 'venga'], ir: ['ve', 'vaya'],
  traducir: ['traduce', 'traduzca'], recoger: ['recoge', 'recoja'], corregir: ['corrige', 'corrija'], conseguir: ['consigue', 'consiga'],
} // biome-ignore format: a table
/** Futures of these are no tasks: “será”, “podré”. */
const NO_ACTION = new Set([
  'ser',
  'estar',
  'poder',
  'podr',
  'tener',
  'tendr',
  'haber',
  'habr',
  'querer',
  'querr',
  'saber',
  'sabr',
  'ir',
  'ver',
  'cre',
])

const readings = new Map<string, VerbReading[]>()
for (const infinitive of new Set(REGULAR.split(/\s+/)))
  for (const [form, word] of formsOf(infinitive)) add(word, infinitive, form)

function add(word: string, infinitive: string, form: VerbForm): void {
  const key = soundKey(fold(word))
  readings.set(key, [...(readings.get(key) ?? []), { infinitive, form }])
}

function formsOf(infinitive: string): [VerbForm, string][] {
  const stem = infinitive.slice(0, -2)
  const isAr = infinitive.endsWith('ar')
  const present = CHANGES[infinitive] ?? stem
  const future = FUTURE[infinitive] ?? infinitive
  const subjunctive = soften(present, isAr) + (isAr ? 'e' : 'a')
  return [
    ['infinitive', infinitive],
    ['present-i', FIRST[infinitive] ?? `${present}o`],
    ['present-they', `${present}${isAr ? 'a' : 'e'}`],
    ['present-we', infinitive === 'ir' ? 'vamos' : `${infinitive.slice(0, -1)}mos`],
    ['order', infinitive === 'ir' ? 'id' : `${infinitive.slice(0, -1)}d`],
    ['future-i', `${future}é`],
    ['future-we', `${future}emos`],
    ['future-they', `${future}á`],
    ['future-they', `${future}án`],
    ...(ORDERS[infinitive] ?? [`${present}${isAr ? 'a' : 'e'}`, subjunctive, `${subjunctive}n`]).map(
      (word): [VerbForm, string] => ['order', word],
    ),
  ]
}

/** Spelling before e: `revise`, `saque`, `pague`, `organice`. */
function soften(stem: string, isAr: boolean): string {
  if (!isAr) return stem
  return stem.replace(/c$/u, 'qu').replace(/g$/u, 'gu').replace(/z$/u, 'c')
}

/**
 * Readings of a word, best known first. Futures of verbs that are not in the table count too, if the accent is there.
 *
 * @param lower - lower case, with accents where the recognizer gave them
 */
export function readVerb(lower: string): VerbReading[] {
  // Nearly always “as”, “how” and “I believe”, hardly ever “I eat” and “I create”.
  if (lower === 'como' || lower === 'cómo' || lower === 'creo') return []
  const known = readings.get(soundKey(fold(lower))) ?? []
  const isPast = /[^r]é$|[^r]í$|ó$/u.test(lower)
  if (isPast) return []
  return known.length > 0 ? known : unknownFuture(lower)
}

function unknownFuture(lower: string): VerbReading[] {
  const match = /^(\p{L}{2,}[aei]r)(é|emos|á|án)$/u.exec(lower)
  if (!match || NO_ACTION.has(match[1]!)) return []
  const form = match[2] === 'é' ? 'future-i' : match[2] === 'emos' ? 'future-we' : 'future-they'
  return [{ infinitive: match[1]!, form }]
}

const CLITICS = '(?:me|te|se|nos|os)?(?:l[aeo]s?)?'
const WITH_CLITICS = new RegExp(`^(\\p{L}{1,}?)(${CLITICS})$`, 'u')

/** The infinitive of `enviar`, `enviarlo`, `tomárselas`; null for other words. */
export function readInfinitive(plain: string): string | null {
  const match = /^(\p{L}+[aei]r)(?:se|me|te|nos|os)?(?:l[aeo]s?)?$/u.exec(plain)
  return (match && match[1]!.length >= 3) || plain === 'ir' ? (match?.[1] ?? 'ir') : null
}

/** The infinitive of an order with a pronoun behind it: `mándame`, `revísalo`, `tómese`; null for other words. */
export function readOrder(plain: string): string | null {
  const match = WITH_CLITICS.exec(plain)
  for (let cut = 2; match && cut <= plain.length - 2; cut++) {
    if (!new RegExp(`^${CLITICS}$`, 'u').test(plain.slice(cut))) continue
    const reading = (readings.get(soundKey(plain.slice(0, cut))) ?? []).find((item) => item.form === 'order')
    if (reading) return reading.infinitive
  }
  return null
}
