/** Function words and fillers, folded. They carry no topic. */

const ES = `a al algo alguien alguna algunas alguno algunos ahi alla alli ahora antes aqui asi aun aunque bajo bastante bien bueno buenas buenos
cada casi como con contra cosa cosas cual cuales cualquier cuando cuanta cuanto da dan de debe deben del desde despues dia dias dice dicho
donde dos e el ella ellas ello ellos en entonces entre era eran eres es esa esas ese eso esos esta estaba estan estamos estar estas
este esto estos estoy etc fue fueron gracias gente ha habia hace hacer hacen hago han has hasta hay haya he hecho hemos hola hoy i igual ir
jamas junto la las le les lo los luego mas me mejor menos mi mia mientras mio mis misma mismo mucha muchas mucho muchos muy nada nadie ni
ningun ninguna no nos nosotros nuestra nuestras nuestro nuestros o os otra otras otro otros para parece parte pero poco podemos poder
podria porque por pues puede pueden puedo que quien quienes quiere quiero sea sean segun ser sera si sido siempre sin sino sobre sois
solo somos son soy su sus suya suyo tal tambien tampoco tan tanto te tenemos tener tengo ti tiene tienen toda todas todavia todo todos
tu tus un una unas uno unos usted ustedes va vale vamos van vaya ver verdad vez voy vosotros y ya yo eh em ah oh oye mira claro ok okey
perfecto acuerdo venga genial hombre mujer mañana tarde noche creo sabe sabes se`

const EN = `a about after again all also am an and any are as at be because been before being but by can could did do does doing don done
down each for from further get go going good got had has have having he her here hers him his how i if in into is it its just know let
like ll me more most my no nor not now of off okay on once one only or other our out over own re really right s same she should so
some such t than that the their them then there these they thing things this those through to too under until up us ve very was we
well were what when where which while who why will with would yeah yes you your hello hi thanks thank please today tomorrow yet still
don't doesn't didn't i'll i'm i've i'd we'll we're we've we'd it's that's let's can't won't they're you're there's he's she's what's who's`

const lists = { es: new Set(ES.split(/\s+/)), en: new Set(EN.split(/\s+/)) }

/** True for a word without a topic of its own. @param plain - folded */
export function isStopword(plain: string, language: 'es' | 'en'): boolean {
  return lists[language].has(plain)
}
