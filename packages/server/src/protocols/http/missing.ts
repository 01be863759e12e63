import { VigiaError } from '@vigia/protocol'
import type { SessionRecord } from '../../store/store.ts'

/** What is asked for and is not there, or not the caller's: one answer for both. */

/** A session that does not exist, or belongs to another owner. */
export const noSuchSession = (): VigiaError =>
  new VigiaError('session_not_found', 'There is no session of this id.', { hint: 'GET /sessions lists them.' })

/** A part of a session: a segment, a task, a speaker. @throws VigiaError `not_found` */
export function missingPart(what: string, id: string): never {
  throw new VigiaError('not_found', `Expected the id of a ${what} of this session, got ${JSON.stringify(id)}.`)
}

/** The recording of a session that has not been finished yet. @param hint - what it is good for, later */
export const noRecording = ({ state }: SessionRecord, hint: string): VigiaError =>
  new VigiaError('not_found', `Expected a finished session, got one that is ${state}.`, { hint })
