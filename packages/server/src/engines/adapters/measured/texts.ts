import type { PhotoMeasures } from '../../photo-processor.ts'

interface Texts {
  noModel: string
  cannotAnswer: string
  unknown: string
  uncertain: string
  measures(photo: PhotoMeasures): string
}

type Light = 'dark' | 'dim' | 'normal' | 'bright'
type Focus = 'blurred' | 'soft' | 'sharp'
type Shape = 'landscape' | 'portrait' | 'square'

/** Mean luma: a rocket at dusk 58, ordinary rooms and streets 90–170, a lit page 172. */
function lightOf(light: number): Light {
  if (light < 40) return 'dark'
  if (light < 80) return 'dim'
  return light > 205 ? 'bright' : 'normal'
}

/** Variance of the Laplacian at 640 px: sharp photos 190 and more, blurred by 2 px mostly below 30. */
function focusOf(sharpness: number): Focus {
  if (sharpness < 30) return 'blurred'
  return sharpness < 130 ? 'soft' : 'sharp'
}

function shapeOf(width: number, height: number): Shape {
  if (Math.abs(width - height) < 0.02 * Math.max(width, height)) return 'square'
  return width > height ? 'landscape' : 'portrait'
}

const join = (items: readonly string[], and: string): string =>
  items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} ${and} ${items.at(-1)}`

const SPANISH: Texts = {
  noModel: 'No hay ningún modelo de visión instalado, así que solo se dice lo que se puede medir.',
  cannotAnswer: 'No hay ningún modelo de visión instalado, así que la pregunta sobre la foto queda sin respuesta.',
  unknown: 'No se sabe qué aparece en ella.',
  uncertain: 'Sin modelo de visión no se reconocen personas, objetos, texto ni peligros.',
  measures({ width, height, light, sharpness, colors }) {
    const shape = { landscape: 'apaisada', portrait: 'vertical', square: 'cuadrada' }[shapeOf(width, height)]
    const lit = { dark: 'muy oscura', dim: 'con poca luz', normal: 'con luz normal', bright: 'muy clara' }[lightOf(light)]
    const focus = { blurred: 'borrosa', soft: 'algo borrosa', sharp: 'nítida' }[focusOf(sharpness)]
    const main = colors.map((color) => `el ${color}`)
    const dominant = main.length === 0 ? '' : `; ${main.length === 1 ? 'predomina' : 'predominan'} ${join(main, 'y')}`
    return `Es una foto ${shape} de ${width} × ${height} píxeles, ${lit} y ${focus}${dominant}.`
  },
}

const ENGLISH_COLORS: Record<string, string> = {
  negro: 'black',
  gris: 'grey',
  blanco: 'white',
  rojo: 'red',
  naranja: 'orange',
  amarillo: 'yellow',
  verde: 'green',
  turquesa: 'turquoise',
  azul: 'blue',
  morado: 'purple',
  rosa: 'pink',
  marrón: 'brown',
  beige: 'beige',
}

const ENGLISH: Texts = {
  noModel: 'No vision model is installed, so only what can be measured is told.',
  cannotAnswer: 'No vision model is installed, so the question about the photo stays without an answer.',
  unknown: 'What it shows is unknown.',
  uncertain: 'Without a vision model no people, objects, text or dangers are recognised.',
  measures({ width, height, light, sharpness, colors }) {
    const lit = { dark: 'very dark', dim: 'dim', normal: 'normally lit', bright: 'very bright' }[lightOf(light)]
    const focus = { blurred: 'blurred', soft: 'slightly blurred', sharp: 'sharp' }[focusOf(sharpness)]
    const main = join(
      colors.map((color) => ENGLISH_COLORS[color] ?? color),
      'and',
    )
    return `It is a ${shapeOf(width, height)} photo of ${width} × ${height} pixels, ${lit} and ${focus}${main && `; mostly ${main}`}.`
  },
}

/** The sentences in a language: English for `en`, else Spanish. */
export function measuredTexts(language: string): Texts {
  return language.toLowerCase().startsWith('en') ? ENGLISH : SPANISH
}
