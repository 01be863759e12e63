import { VigiaError } from '@vigia/protocol'

/** A piece of audio ended its engine twice and is not tried again. What is around it is heard as ever. */
export class AudioRefused extends VigiaError {}
