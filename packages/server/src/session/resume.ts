import { VigiaError } from '@vigia/protocol'
import type { SessionRecord } from '../store/store.ts'
import { tokenMatches } from './tokens.ts'

/** Whether who comes with this token may go on with the session. @throws VigiaError `resume_denied`, `session_not_live` */
export function assertResumable(record: SessionRecord, token: string, owner: string | null): void {
  if (!tokenMatches(token, record.tokenHash) || (record.owner !== null && record.owner !== owner)) {
    throw new VigiaError('resume_denied', 'The resume_token is not the last one of this session.', {
      hint: 'Use the token of the last config_ack.',
    })
  }
  if (record.state === 'ending' || record.state === 'final') {
    throw new VigiaError('session_not_live', `Session "${record.id}" has ended (${record.state}).`, {
      hint: `Its report is at /sessions/${record.id}/report.`,
    })
  }
}
