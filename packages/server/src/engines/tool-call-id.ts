import { randomUUID } from 'node:crypto'

/** For a call of a function that the engine gave no id: never the same twice, since answers come back by it, also turns later. */
export const newToolCallId = (): string => `call_${randomUUID().replaceAll('-', '').slice(0, 24)}`
