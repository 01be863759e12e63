export type { MarkBody, Peaks, SystemStatus } from '@vigia/protocol'
