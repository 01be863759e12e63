/** What the page says, in both languages. */
const TEXTS = {
  es: {
    language: 'Idioma',
    listen: 'Escuchar',
    start: 'Usar el micrófono',
    stop: 'Terminar',
    file: 'Abrir una grabación',
    photo: 'Enviar una foto',
    captions: 'Lo que se oye',
    photos: 'Fotos',
    report: 'Informe',
    api: 'La API de este servidor',
    ready: 'Listo.',
    connecting: 'Conectando…',
    live: 'Escuchando. Todo se guarda en este servidor.',
    analysing: 'Preparando el informe…',
    done: 'Informe listo.',
    lost: 'Se perdió la conexión; se reanuda sola…',
    noMicrophone: 'El micrófono no está disponible. En otra máquina que no sea esta, el navegador exige HTTPS.',
    failed: 'No se pudo: ',
    summary: 'Resumen',
    tasks: 'Tareas',
    decisions: 'Decisiones',
    risks: 'Riesgos',
    questions: 'Preguntas abiertas',
    nothing: 'Nada que mencionar.',
    due: 'para',
    seeing: 'Mirando la foto…',
  },
  en: {
    language: 'Language',
    listen: 'Listen',
    start: 'Use the microphone',
    stop: 'Finish',
    file: 'Open a recording',
    photo: 'Send a photo',
    captions: 'What is heard',
    photos: 'Photos',
    report: 'Report',
    api: 'The API of this server',
    ready: 'Ready.',
    connecting: 'Connecting…',
    live: 'Listening. Everything stays on this server.',
    analysing: 'Making the report…',
    done: 'The report is ready.',
    lost: 'Connection lost; resuming by itself…',
    noMicrophone: 'No microphone. Away from this machine a browser asks for HTTPS.',
    failed: 'Failed: ',
    summary: 'Summary',
    tasks: 'Tasks',
    decisions: 'Decisions',
    risks: 'Risks',
    questions: 'Open questions',
    nothing: 'Nothing to mention.',
    due: 'by',
    seeing: 'Looking at the photo…',
  },
}

let texts = TEXTS.es

/** @param {keyof typeof TEXTS.es} key */
export const text = (key) => texts[key]

/** Sets the language of the page and of everything marked with `data-text`. */
export function setLanguage(language) {
  texts = TEXTS[language] ?? TEXTS.es
  document.documentElement.lang = language
  for (const element of document.querySelectorAll('[data-text]')) element.textContent = text(element.dataset.text)
}
