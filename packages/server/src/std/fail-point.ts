/**
 * Named places at which a test may end the process without warning, as a power cut or `kill -9` would: `VIGIA_FAIL_POINT=name` or
 * `name:3` for the third time it is passed. Without the variable a call does nothing.
 */

export const FAIL_POINTS = [
  'audio_received',
  'segment_before_write',
  'segment_half_written',
  'segment_written',
  'segment_synced',
  'segment_file_made',
  'journal_written',
  'journal_synced',
  'journal_files_synced',
  'audio_before_commit',
  'audio_committed',
  'audio_acknowledged',
  'session_before_create',
  'session_created',
  'takeover_before_commit',
  'takeover_committed',
  'end_before_commit',
  'end_committed',
  'recording_half_written',
  'photo_before_rename',
  'photo_before_row',
  'photo_stored',
  'erase_noted',
  'erase_files_gone',
  'recover_midway',
] as const
export type FailPoint = (typeof FAIL_POINTS)[number]

const [armed = '', nth = '1'] = (process.env.VIGIA_FAIL_POINT ?? '').split(':')
let left = Number(nth)

/** Whether the process ends at this place now; for places that do half of something first. */
export const isFailing = (name: FailPoint): boolean => name === armed && left === 1

/** Ends the process when this place is armed and its time has come. */
export function failPoint(name: FailPoint): void {
  if (name !== armed || --left > 0) return
  process.kill(process.pid, 'SIGKILL')
  for (;;); // the signal may come late; nothing more may happen
}
