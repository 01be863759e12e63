/** Known voices. */
export const voices = {
  voices: 'Voces conocidas',
  voicesWhat:
    'Personas cuya voz reconoce este servidor de una sesión a otra. Una voz es un dato personal: solo se guarda con el permiso de la persona, y se olvida para siempre cuando lo pide.',
  voicesOff: 'Este servidor no guarda voces. Para permitirlo, arráncalo con «--voices.enrolment true».',
  noVoices: 'Ninguna voz guardada.',
  voicesHow: 'En una sesión terminada, toca el nombre de una persona y elige «Recordar esta voz».',
  voiceFrom: 'Desde el {day}, de {time} de habla',
  forgetVoice: 'Olvidar la voz de {name}',
  forgetWhat: 'Se borra del servidor la huella de su voz. Las sesiones y los nombres que ya tienen se quedan.',
  forget: 'Olvidar',
  enrolTitle: 'Recordar esta voz',
  enrolNeedsName: 'Primero dale un nombre.',
  enrolConsent: '{name} sabe que su voz se guardará para reconocerla y ha dado su permiso.',
  enrol: 'Recordar',
  voiceKnown: 'La voz de {name} queda guardada.',
} as const
