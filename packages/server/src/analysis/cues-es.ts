import { type CueSet, cue } from './cues.ts'
import { findTaskEs } from './tasks-es.ts'

/** Spanish cues, on folded text (`analysis-ux` patterns; each has a line in the scripted sessions of the tests). */

const TASK_VETO = cue(
  `podriamos|deberiamos(?! de)|habria que|algun dia|un dia de estos|a ver si|me gustaria|nos gustaria|ojala|si yo fuera|si (?:yo )?tuviera|si fuera|si pudiera|querria|
  |ya esta|ya (?:lo|la|los|las|le|te|se) (?:he|hemos|ha|han|hice|envie|mande|di|dije|pase|pague|llame)|ya he|ya hemos|(?:lo|la|los|las) hice|la semana pasada|ayer|anoche|no puedo|no podre|no podra|no voy a|
  |no (?:te|le|les|se|lo|la) \\S+|no hace falta|no hay que|no tienes que|no tenemos que|era broma|es broma|imaginate|dijo que|dice que|decia que|dicen que|iba a|ibamos a|cuando (?:sea|tenga|pueda)|(?:te|os|le|les) dejo que|(?:te|os|le|les) llamo (?:de|por|para)|
  |creo que no|a lo mejor|quiza|quizas|tal vez|puede que|no se si|no \\S+(?:re|ra|remos|ran)`.replace(/\n\s*/gu, ''),
)

export const ES: CueSet = {
  language: 'es',
  task: findTaskEs,
  vetoesTask: (clause) => TASK_VETO.test(clause.plain),
  acceptance:
    /^(?:si|vale|de acuerdo|hecho|perfecto|claro|dale|simon|sale|va|ok|okey|okay|venga|por supuesto|sin problema|ahora mismo|muy bien|esta bien|yo me encargo|cuenta con ello|entendido)(?! pero| no)(?:\s|$)/u,
  refusal:
    /^(?:no(?! te preocupes| hay problema| puedo (?:creer|esperar|negar|quejar))|imposible|ni hablar|que va|lo siento)(?:\s|$)/u,
  cannot: cue(
    'no puedo(?! (?:creer|esperar|negar|quejar|mas))|no podemos|no podre(?:mos)?|no (?:voy|vamos) a poder|no (?:lo|la|los|las) (?:hago|hare|haremos|hacemos|voy a hacer|pienso hacer|quiero hacer)|no pienso \\S+r|no me (?:da tiempo|es posible|viene bien|va bien|toca|corresponde)|imposible|ni hablar|me niego|no cuentes conmigo|conmigo no|(?:eso|yo|de eso) paso|paso de eso|no quiero',
  ),
  declines: /^(?:no )*(?:no hace falta|no es necesario|no te molestes|no te preocupes (?:por eso|que)|dejalo|olvidalo)(?: |$)/u,
  retraction: cue('era broma|es broma|estoy de broma|de broma|lo digo en broma|es coña|no en serio'),
  cancellation: cue('(?:ya )?no hace falta|olvida(?:te)? (?:lo )?de|olvidalo|dejalo|cancel(?:a|amos|ad)|anul(?:a|amos)'),
  takesOn: cue(
    '(?:ya )?(?:yo )?me (?:encargo|ocupo)(?: yo)?|(?:ya )?lo hago(?: yo)?|cuenta conmigo|queda de mi cuenta|dejamelo a mi|ya (?:me|lo|la|le) \\S+o yo',
  ),
  decision: cue(
    'decidimos|decidi|(?:queda|esta|ya esta) decidido|hemos (?:decidido|acordado|quedado)|acordamos|acordado|quedamos en|se (?:aprueba|decide|acuerda)|(?:queda|queda asi) aprobad[oa]|aprobad[oa] (?:por|el|la)|por (?:unanimidad|mayoria)|nos quedamos con|nos decantamos por|optamos por|al final (?:\\S+ )?(?:\\S+amos|\\S+emos|\\S+imos)|finalmente (?:\\S+ )?(?:\\S+amos|\\S+emos|\\S+imos)|l[oa]s? (?:dejamos|pasamos|movemos|cambiamos|aplazamos) (?:para|a|al)|seguimos con|vamos con|vamos a quedarnos con|entonces solo|queda[n]? (?:descartad|anulad|cancelad|aplazad|confirmad)[oa]s?|descartamos|cancelamos|anulamos|aplazamos|ya no (?:\\S+ )?(?:\\S+amos|\\S+emos|\\S+imos)',
  ),
  decisionVeto: cue(
    'podriamos|creo que|propongo|propondria|y si|a lo mejor|quiza|quizas|tal vez|no (?:hemos|esta) (?:decidido|decidid)|sin decidir|habria que decidir|hay que decidir|tenemos que decidir|cuando (?:decidamos|decidimos)|si decidimos|todavia no|aun no|era broma|la semana pasada decid',
  ),
  revocation: cue(
    'al final|finalmente|mejor|ya no|en vez de|en lugar de|anulamos|cancelamos|descartamos|descartad[oa]|cambiamos|rectifico|olvida|no (?:\\S+ )?(?:\\S+amos|\\S+emos|\\S+imos)',
  ),
  settlesBefore: cue('(?:pues |ya |queda |esta |entonces )?decidido|aprobado'),
  settlesDate: cue('(?:sera|seran|es|son|queda|quedan|se queda|fijamos|lo fijamos|mantenemos)(?: \\S+){0,3}'),
  risk: cue(
    'riesgos?|peligro|peligros[oa]s?|cuidado|ojo (?:con|que|al?)|se puede[n]? \\S+(?:er|ir|ar)(?:se)?|se nos puede[n]? \\S+|puede[n]? (?:fallar|caer|caerse|romperse|quemar|quemarse|perder|perderse|explotar|resbalar|colapsar|retrasar(?:se)?|hacer daño)|podria[n]? (?:fallar|caerse|romperse|quemarse|explotar|retrasarse)|nos (?:podemos|vamos a) (?:retrasar|quedar sin|quemar|caer)|retrasos?|no llegamos|no llegaremos|se nos complica|alergia|alergic[oa]s?|urgencias|averiad[oa]s?|averia|sigue rot[oa]|esta (?:rot[oa]|suelt[oa]|muy caliente)|cable suelto|fuga|sin fondos|multa|caduca|vence|denuncia|se va a enfadar|dura (?:muy )?poco|no aguanta|(?:hay|tenemos) (?:un|otro) problema|problema (?:con|de)|preocupa|amenaza|vulnerabilidad|resbala|se acerca (?:un|una) (?:moto|coche|camion|bici|bicicleta|autobus)',
  ),
  riskVeto: cue(
    '(?:informe|analisis|evaluacion|mapa|matriz|plan|gestion|seguro|prevencion|lista|estudio|apartado) de riesgos?|sin (?:ningun )?(?:riesgo|peligro|problema)|no (?:hay|veo|tiene|tenemos|existe) (?:ningun )?(?:riesgo|peligro|problema)|(?:ya )?(?:esta )?(?:resuelto|solucionado|arreglado)|ningun problema|se puede (?:ver|decir|saber|hacer|usar|abrir|entrar|hablar|pasar|pagar|comprar|elegir|probar|oir)|(?:ten|tened|tenga) cuidado de ti|cuidado personal',
  ),
  riskBefore:
    /(?:^| )(?:ese|eso|esto|este|esa|esta) (?:es|sera|seria|me parece) (?:el |un |una |la )?(?:\S+ )?(?:riesgo|peligro|problema|preocupacion)(?: \S+)?$/u,
  severe: cue(
    'peligro|peligros[oa]s?|urgencias|alergia|alergic[oa]s?|fuga|incendio|fuego|quemar(?:se)?|electrocutar|descarga|caer(?:se)?|explotar|herid[oa]s?|muert[eo]|principal|grave|moto|coche|camion|critico|muy alto',
  ),
  mild: cue('un poco|poco probable|quiza|quizas|leve|pequeño|menor|si acaso'),
  question:
    /^(?:y |pero |entonces )?(?:quien(?:es)?|cuando|cuant[oa]s?|cual(?:es)?|donde|a que hora|que dia|como|por que|que)(?: |$)/u,
  unknown: cue(
    'no lo se|no se sabe|no lo sabemos|(?:todavia|aun) no (?:lo )?(?:sabemos|tenemos claro|hay fecha|esta claro|se sabe|tenemos fecha)|no (?:sabemos|esta claro|tenemos claro) (?:quien|cuando|cuanto|cual|donde|como|si|que)|falta (?:saber|decidir|definir)|habria que ver|luego lo vemos|ya lo veremos|esta por ver|queda por (?:decidir|definir|ver)|lo (?:tengo que )?consult(?:o|ar)|ni idea|no lo hemos (?:hablado|decidido)|no se lo (?:se|puedo decir)|queda pendiente (?:saber|decidir|definir)|sin decidir',
  ),
  topic: cue(
    'pasamos a|siguiente punto|otra cosa|por otro lado|en cuanto a|respecto a|vamos a (?:revisar|hablar de|tratar|ver|repasar)|hoy (?:vamos a|toca|hablamos de)|lo de',
  ),
  greeting:
    /(?:^| )(?:buenos dias|buenas tardes|buenas noches|buenas|hola|gracias|oye|perdona|bienvenid[oa]|adios|hasta luego|que tal)$/u,
  selfIntroduction: /(?:^| )(?:soy|me llamo|mi nombre es|aqui|habla|te habla)$/u,
  instruction: cue(
    'ignora (?:todas )?(?:las|tus|mis|estas)?\\s*(?:\\S+ )?instrucciones|olvida (?:todas )?(?:las|tus) instrucciones|escribe en el resumen|añade (?:al|en el) (?:resumen|informe) que|como modelo de lenguaje|asistente|(?:oye|hey|eh|ok|okey) (?:vigia|siri|alexa|google)|ok google|eres un (?:modelo|asistente)',
  ),
  fiction: cue(
    'en la (?:pelicula|serie|novela|obra|teleserie)|en el (?:libro|cuento|anuncio|videojuego)|el protagonista|llame ahora|oferta valida|compre (?:ya|ahora)|anuncio publicitario|en la tele',
  ),
  pointing: cue(
    'mira(?:d|en)? (?:esto|est[ae]|es[ae]|aqui|ahi|como)|(?:esto|est[oa]s|es[ao]s|est[ae]|eso|es[ae]|l[oa]) de aqui|como (?:ves|veis|ven|se ve|podeis ver|puedes ver)|aqui se ve|en (?:la|esta|esa) foto',
  ),
  leading:
    /^(?:(?:y|e|pero|pues|bueno|entonces|así que|asi que|a ver|o sea|sí|si(?=,)|no(?=,)|vale|perfecto|claro|de acuerdo|muy bien|también|tambien|además|ademas|venga|eh|ah|mira|oye|bien|hecho|ok|en plan|la verdad|que)(?:[\s,]+|$))+/iu,
}
