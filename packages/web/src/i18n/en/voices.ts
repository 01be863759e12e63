import type { voices as spanish } from '../es/voices.ts'

export const voices: Record<keyof typeof spanish, string> = {
  voices: 'Known voices',
  voicesWhat:
    'People whose voice this server knows from one session to the next. A voice is personal data: it is kept only with the person’s consent, and forgotten for good when they ask.',
  voicesOff: 'This server keeps no voices. To allow it, start it with “--voices.enrolment true”.',
  noVoices: 'No voice is kept.',
  voicesHow: 'In a finished session, tap the name of a person and choose “Remember this voice”.',
  voiceFrom: 'Since {day}, from {time} of speech',
  forgetVoice: 'Forget the voice of {name}',
  forgetWhat: 'The print of their voice is erased from the server. Sessions and the names in them stay.',
  forget: 'Forget',
  enrolTitle: 'Remember this voice',
  enrolNeedsName: 'Give it a name first.',
  enrolConsent: '{name} knows that their voice will be kept to recognize it, and agreed.',
  enrol: 'Remember',
  voiceKnown: 'The voice of {name} is kept.',
}
