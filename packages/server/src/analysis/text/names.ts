import { capitalize } from './fold.ts'
import type { Token } from './tokens.ts'

/** Given names, folded: common in Spanish- and English-speaking countries. Used where a recognizer writes no capitals. */
const GIVEN = new Set(
  `aaron abel adela adrian agustin aitor alba alberto alejandra alejandro alex alfonso alfredo alicia alvaro amalia amelia ana andrea andres
angel angela angeles antonia antonio araceli ariadna arturo aurora beatriz begoña belen benito bernardo blanca borja bruno camila carla
carlos carlota carmen carolina catalina cecilia celia cesar claudia clara concha consuelo cristian cristina cristobal dani daniel daniela
david diana diego dolores edgar eduardo elena elisa elsa elvira emilia emilio emma enrique erika ernesto esteban estela ester eugenia eva
fabian fatima federico felipe felix fernanda fernando fidel francisca francisco gabriel gabriela gemma gerardo german gloria gonzalo
guillermo gustavo hector hugo ignacio ignasi iker ines inma irene iris isabel ismael ivan jaime javier jesus joaquin jordi jorge jose josefa
juan juana juanjo julia julian juliana julio laia laura leire leo leonor leticia lidia lola lorena lorenzo lourdes lucas lucia luis luisa
macarena maite manolo manuel manuela marcelo marcos margarita maria mariana mariano marina mario marisa marta martin mateo matias
mauricio maxi mercedes miguel mikel miriam monica montse nacho natalia nerea nicolas nieves noelia nora nuria olga oscar pablo paco paloma
pamela patricia paula paulina pedro pepe pilar rafa rafael ramon raquel raul rebeca ricardo roberto rocio rodrigo rosa rosario ruben ruth
salvador samuel sandra santiago sara sebastian sergio silvia simon sofia sonia susana tamara teresa tomas toni valentina valeria
vanesa vega veronica vicente victor victoria virginia xavier yolanda
alice amy anna anne ben bob brian chris dan dave emily eric frank george grace hannah harry helen henry jack james jane janet jason jen
jennifer jim jess jessica joe john jonathan josh kate katie karen kevin kim lisa lucy mark mary matt megan michael mike nancy nick olivia
paul peter priya rachel richard robert ryan sally sam sarah scott sophie stephen steve sue susan ted tim tom tony will zoe`.split(
    /\s+/,
  ),
)
/** Names that are common words as well: taken for names only when capitalised. */
const ALSO_WORDS = new Set(
  'will mark may grace frank sue rosa alba blanca clara concha gloria luz mercedes nieves pilar rosario vega aurora'.split(' '),
)

/** True for a word that is, or is written like, a given name. Capitals prove nothing at the beginning of a sentence. */
export function isName(token: Token, isFirst: boolean): boolean {
  const isCapital = /^\p{Lu}\p{Ll}/u.test(token.text)
  if (GIVEN.has(token.plain)) return isCapital || !ALSO_WORDS.has(token.plain)
  return isCapital && !isFirst
}

/** True for a given name of the list, however it is written. */
export function isGivenName(plain: string): boolean {
  return GIVEN.has(plain) && !ALSO_WORDS.has(plain)
}

export function displayName(token: Token): string {
  return capitalize(token.lower)
}
