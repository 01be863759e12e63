/** Common first names, folded: recognizers without capitals give no other sign that somebody else is being called. */
export const FIRST_NAMES: ReadonlySet<string> = new Set(
  (
    'maria ana carmen laura marta lucia elena sara paula isabel rosa teresa cristina patricia silvia julia andrea raquel pilar ' +
    'beatriz sofia alba irene nuria claudia valentina camila daniela gabriela mariana fernanda juan jose antonio manuel luis ' +
    'carlos javier miguel pedro pablo jorge alberto fernando diego sergio raul andres alejandro daniel david adrian ivan oscar ' +
    'ruben victor roberto ricardo eduardo francisco paco pepe mateo santiago hugo john mary james robert michael william emma ' +
    'olivia peter paul mark susan karen lisa anna tom jack kate alice bob sam'
  ).split(' '),
)
